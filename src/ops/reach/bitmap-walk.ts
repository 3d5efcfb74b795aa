/** What objects reach, found with bitmaps as far as they go and by walking from there on. */

import { BitSet } from "../../bytes/bit-set.js";
import { NeedRange, withRanges } from "../../bytes/source.js";
import { commitCode, type ObjectTypeCode } from "../../core/object-type.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { makeFilter } from "../walk/filter/make-filter.js";
import type { FilterSpec } from "../walk/filter/parse-filter.js";
import { addedMark, boundaryMark, childShownMark, seenMark, shownMark, uninterestingMark } from "../walk/flags.js";
import { nameHashV1 } from "../walk/name-hash.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import { type ObjectVisitor, walkObjects } from "../walk/object-walk.js";
import type { AskOid } from "../walk/parent-links.js";
import type { PathBuffer } from "../walk/path-buffer.js";
import { RevisionWalk } from "../walk/revision-walk.js";
import { ObjectBits } from "./object-bits.js";
import { PseudoMerges } from "./pseudo-merges.js";

/** What walks leave on objects, and the next one must not find. */
const walkMarks = seenMark | addedMark | shownMark | childShownMark | boundaryMark;

/** How it is walked where bitmaps do not reach. */
export interface BitmapWalkOptions extends TaskOptions {
  /** Whether trees, blobs and tags count too. */
  readonly objects: boolean;
  /** What need not be looked at, as it is filtered out at the end. */
  readonly filter?: FilterSpec | undefined;
  /** `--unpacked`: whether an object is in a pack. Then it is left aside, as are the trees of such commits. */
  readonly isPacked?: AskOid | undefined;
  /** `core.maxTreeDepth` */
  readonly maxTreeDepth?: number | undefined;
}

/** One question's walks. */
export class BitmapWalk {
  readonly index: BitmapIndex;
  readonly graph: ObjectGraph;
  readonly options: BitmapWalkOptions;
  readonly bits: ObjectBits;
  readonly #step: Step;
  #merges: PseudoMerges | undefined;

  constructor(index: BitmapIndex, graph: ObjectGraph, options: BitmapWalkOptions) {
    this.index = index;
    this.graph = graph;
    this.options = options;
    this.bits = new ObjectBits(graph, index.order);
    this.#step = new Step({ signal: options.signal }, "Enumerating objects");
  }

  /**
   * All that `roots` reach.
   * @param roots rows of the graph.
   * @param seen what counts for nothing, and need not be looked at: all that some other objects reach.
   * @param links whether links to missing objects are passed over.
   */
  async findObjects(roots: readonly number[], seen: BitSet | undefined, links: "whole" | "missing"): Promise<BitSet> {
    const base = new BitSet(this.index.order.bitCount);
    const merges = await this.beginMerges(base, roots);
    const commits = roots.filter((row) => this.graph.type(row) === commitCode);
    // The youngest are the likeliest to reach the others, whose bitmaps are then not needed.
    for (const row of commits.sort((a, b) => this.graph.date(b) - this.graph.date(a))) {
      await withRanges(() => void this.orBitmap(row, base));
    }
    await withRanges(() => merges.cascade(base));
    const rest: number[] = [];
    for (const row of roots) {
      if (await withRanges(() => this.has(base, row))) this.graph.objects.mark(row, seenMark);
      else rest.push(row);
    }
    for (const row of rest) this.graph.objects.unmark(row, uninterestingMark);
    if (rest.length > 0) await this.fillIn(rest, base, seen, links);
    return base;
  }

  /** Takes pseudo-merges into use anew, and adds what those reach whose commits are all among the roots. */
  async beginMerges(base: BitSet, roots: readonly number[]): Promise<PseudoMerges> {
    const merges = await withRanges(() => new PseudoMerges(this.index));
    this.#merges = merges;
    if (merges.isEmpty) return merges;
    const given = new BitSet(this.index.order.bitCount);
    for (const row of roots) {
      const bit = await withRanges(() => this.bits.bitOf(row));
      if (bit >= 0) given.add(bit);
    }
    await withRanges(() => merges.cascade(base, given));
    return merges;
  }

  /** Adds what a commit reaches if there is a bitmap of it, or it is reached already. @returns false if there is none. @throws NeedRange */
  orBitmap(row: number, base: BitSet): boolean {
    const bit = this.bits.bitOf(row);
    if (bit < 0 || bit >= this.index.order.bitCount) return false;
    if (base.has(bit)) return true;
    const stored = this.index.bitsOf(this.graph.objects.oid(row));
    if (stored !== undefined) base.or(stored);
    return stored !== undefined;
  }

  /** Whether a row's object is in a set. @throws NeedRange */
  has(set: BitSet, row: number): boolean {
    const bit = this.bits.bitOf(row);
    return bit >= 0 && set.has(bit);
  }

  /** Walks from `roots`, which are added to `base` with all that they reach. */
  async fillIn(
    roots: readonly number[],
    base: BitSet,
    seen: BitSet | undefined,
    links: "whole" | "missing",
  ): Promise<void> {
    const { graph } = this;
    const { objects, filter, isPacked, maxTreeDepth } = this.options;
    const walk = new RevisionWalk(graph, {
      objects,
      ignoreMissingLinks: links === "missing",
      includes: (oid) => atOnce(() => this.#includes(graph.objects.set.find(oid), base, seen)),
      hides: isPacked,
      hidesObjects: true,
    });
    for (const row of roots) walk.pending.add(row);
    await walk.prepare();
    const filtering = filter && (await makeFilter(graph, filter, noSparseBlob));
    const visitor = this.#visitor(base);
    await walkObjects(walk, visitor, { filter: filtering, maxTreeDepth, tick: (n) => this.#step.tick(n) });
  }

  /** Takes off the graph's objects what walks have left on them. */
  forgetWalks(marks = walkMarks): void {
    const { objects } = this.graph;
    for (let row = 0; row < objects.set.count; row++) objects.unmark(row, marks);
  }

  #visitor(base: BitSet): ObjectVisitor {
    return {
      commit: () => undefined,
      object: (row: number, _: ObjectTypeCode, path: PathBuffer) =>
        atOnce(() => base.add(this.bits.addRow(row, nameHashV1(path.bytes, path.length)))),
    };
  }

  /** Whether the walk goes on from a commit, or into a tree. */
  #includes(row: number, base: BitSet, seen: BitSet | undefined): boolean {
    const included =
      this.graph.type(row) === commitCode ? this.#includesCommit(row, base, seen) : this.#includesTree(row, base, seen);
    if (!included) this.graph.objects.mark(row, seenMark);
    return included;
  }

  #includesCommit(row: number, base: BitSet, seen: BitSet | undefined): boolean {
    const bit = this.bits.addRow(row, 0);
    if (seen?.has(bit) || base.has(bit)) return false;
    if (bit >= this.index.order.bitCount) {
      base.add(bit);
      return true;
    }
    const stored = this.index.bitsOf(this.graph.objects.oid(row));
    if (stored !== undefined) {
      base.or(stored);
      return false;
    }
    base.add(bit);
    try {
      return !this.#merges!.applyFor(bit, base);
    } catch (error) {
      base.delete(bit);
      throw error;
    }
  }

  #includesTree(row: number, base: BitSet, seen: BitSet | undefined): boolean {
    const bit = this.bits.bitOf(row);
    return bit < 0 || !(seen?.has(bit) || base.has(bit));
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

function noSparseBlob(): Promise<never> {
  throw new Error("BUG: bitmaps know no paths");
}
