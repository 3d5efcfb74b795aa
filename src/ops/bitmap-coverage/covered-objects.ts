/** What bitmaps say of what some objects reach, and what must be walked beside that, as git finds it for a clone. */

import { BitSet } from "../../bytes/bit-set.js";
import { NeedRange, withRanges } from "../../bytes/source.js";
import { commitCode, type ObjectTypeCode } from "../../core/object-type.js";
import type { Step } from "../../core/task.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { PseudoMerges } from "../reach/pseudo-merges.js";
import { seenMark } from "../walk/flags.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import { type ObjectVisitor, walkObjects } from "../walk/object-walk.js";
import { RevisionWalk } from "../walk/revision-walk.js";

/** Objects by type code − 1. */
export type TypeTally = [commits: number, trees: number, blobs: number, tags: number];

/** What one tip added that no bitmap and no tip before had. */
export interface TipWalk {
  /** Objects that had to be walked to. */
  readonly walked: TypeTally;
  /** Those of them that the pack or the multi-pack-index of the bitmap does not have. */
  readonly outside: TypeTally;
}

/** The objects that were reached so far. */
export class CoveredObjects {
  readonly #index: BitmapIndex | undefined;
  readonly #graph: ObjectGraph;
  readonly #step: Step;
  /** Bits of what is reached, by bitmaps and by walking. */
  readonly #reached = new BitSet();
  #merges: PseudoMerges | undefined;
  #walk: TipWalk = { walked: [0, 0, 0, 0], outside: [0, 0, 0, 0] };

  constructor(index: BitmapIndex | undefined, graph: ObjectGraph, step: Step) {
    this.#index = index;
    this.#graph = graph;
    this.#step = step;
    this.#reached.reserve(index?.order.bitCount ?? 0);
  }

  /** How many objects in the order of the bitmap are reached. */
  get count(): number {
    return this.#reached.count();
  }

  /** Takes what the bitmaps of some commits have, and what pseudo-merges have of which they are all the commits. */
  async addBitmaps(rows: readonly number[]): Promise<void> {
    const index = this.#index;
    if (index === undefined) return;
    const merges = await withRanges(() => new PseudoMerges(index));
    this.#merges = merges;
    const tips = new BitSet(index.order.bitCount);
    for (const row of rows) {
      const bit = await withRanges(() => index.order.bitOf(this.#graph.objects.oid(row)));
      if (bit < 0) continue;
      tips.add(bit);
      if (!this.#reached.has(bit)) await withRanges(() => void this.#or(row));
      await this.#step.tick();
    }
    await withRanges(() => merges.cascade(this.#reached, tips));
    await withRanges(() => merges.cascade(this.#reached));
  }

  /** Walks from the object of a row, which was read, to all that is not reached yet. @throws GitmidxError `missing-object` */
  async walkFrom(row: number): Promise<TipWalk> {
    const graph = this.#graph;
    const walk: TipWalk = { walked: [0, 0, 0, 0], outside: [0, 0, 0, 0] };
    this.#walk = walk;
    const revisions = new RevisionWalk(graph, {
      objects: true,
      includes: (oid) => atOnce(() => this.#includes(graph.objects.set.find(oid))),
    });
    revisions.pending.add(row);
    await revisions.prepare();
    const visitor: ObjectVisitor = {
      commit: () => undefined,
      object: (object, type) => atOnce(() => this.#count(object, type)),
    };
    await walkObjects(revisions, visitor, { tick: (objects) => this.#step.tick(objects) });
    return walk;
  }

  #or(row: number): boolean {
    const bits = this.#index?.bitsOf(this.#graph.objects.oid(row));
    if (bits !== undefined) this.#reached.or(bits);
    return bits !== undefined;
  }

  #bitOf(row: number): number {
    return this.#index?.order.bitOf(this.#graph.objects.oid(row)) ?? -1;
  }

  /** Whether the walk goes on from a commit, or into a tree. @throws NeedRange */
  #includes(row: number): boolean {
    const bit = this.#bitOf(row);
    const isReached = bit >= 0 && this.#reached.has(bit);
    if (this.#graph.type(row) !== commitCode) {
      if (isReached) this.#graph.objects.mark(row, seenMark);
      return !isReached;
    }
    const isAnswered = isReached || (bit >= 0 && this.#or(row));
    if (isAnswered) this.#graph.objects.mark(row, seenMark);
    else this.#count(row, commitCode);
    return !isAnswered && !(bit >= 0 && this.#merges!.applyFor(bit, this.#reached));
  }

  #count(row: number, type: ObjectTypeCode): void {
    const bit = this.#bitOf(row);
    if (bit >= 0) {
      if (this.#reached.has(bit)) return;
      this.#reached.add(bit);
    } else this.#walk.outside[type - 1]!++;
    this.#walk.walked[type - 1]!++;
  }
}

/** What work gives, at once where nothing must be fetched for it. */
function atOnce<T>(work: () => T): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error instanceof NeedRange) return withRanges(work);
    throw error;
  }
}
