/** From commits to their parents, and with them what is not wanted. */

import type { CommitQueue } from "./commit-queue.js";
import { addedMark, foundMark, leftMark, missingMark, seenMark, uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

/** A question about an object, answered at once where that can be. The id is a copy. */
export type AskOid = (oid: Uint8Array) => boolean | Promise<boolean>;

/** Which links are followed. */
export interface ParentLinkOptions {
  /** Parents of commits of which this is false are not followed. */
  readonly includes?: AskOid | undefined;
  /** Whether a missing object is promised, and so no error. */
  readonly isPromised?: AskOid | undefined;
  /** Rows of commits that are missing, and may be (`--missing`): those that are found to be are added, and come as commits. */
  readonly missingCommits?: Set<number> | undefined;
  /** `--first-parent`: only these are followed from what is wanted. */
  readonly firstParent?: boolean | undefined;
}

const nonePromised: ReadonlySet<number> = new Set();

/** Puts parents into a queue. */
export class ParentLinks {
  readonly #graph: ObjectGraph;
  readonly #options: ParentLinkOptions;

  constructor(graph: ObjectGraph, options: ParentLinkOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  /**
   * Puts the parents of a commit that were not seen yet into the queue; parents of what is not wanted become unwanted.
   * @returns false if a parent is missing, a promise if something must be read or asked first.
   */
  enqueue(row: number, queue: CommitQueue): boolean | Promise<boolean> {
    const graph = this.#graph;
    const { includes, isPromised, missingCommits } = this.#options;
    if (graph.objects.has(row, addedMark) || missingCommits?.has(row) === true) return true;
    graph.objects.mark(row, addedMark);
    const wait = graph.readParents(row);
    if (wait !== undefined || includes !== undefined || isPromised !== undefined) return this.#late(row, queue, wait);
    return this.#enqueueRead(row, queue, nonePromised);
  }

  /** Marks all ancestors of a commit that were read already as not wanted. */
  markUnwanted(row: number): void {
    const graph = this.#graph;
    const waiting: number[] = [];
    for (let i = 0; i < graph.parentCount(row); i++) this.#markOne(graph.parent(row, i), waiting);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) this.#markOne(next, waiting);
  }

  #markOne(row: number, waiting: number[]): void {
    const graph = this.#graph;
    if (graph.objects.has(row, uninterestingMark)) return;
    graph.objects.mark(row, uninterestingMark);
    for (let i = 0; i < graph.parentCount(row); i++) waiting.push(graph.parent(row, i));
  }

  async #late(row: number, queue: CommitQueue, wait: Promise<void> | undefined): Promise<boolean> {
    await wait;
    const graph = this.#graph;
    const { includes, isPromised } = this.#options;
    if (includes !== undefined && !(await includes(graph.objects.set.idAt(row)))) return true;
    const promised = new Set<number>();
    for (let i = 0; isPromised !== undefined && i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      if (!graph.objects.has(parent, missingMark)) continue;
      if (await isPromised(graph.objects.set.idAt(parent))) promised.add(parent);
    }
    return this.#enqueueRead(row, queue, promised);
  }

  #enqueueRead(row: number, queue: CommitQueue, promised: ReadonlySet<number>): boolean {
    const { objects } = this.#graph;
    if (objects.has(row, uninterestingMark)) {
      this.#enqueueUnwanted(row, queue);
      return true;
    }
    return this.#enqueueWanted(row, queue, promised);
  }

  #enqueueUnwanted(row: number, queue: CommitQueue): void {
    const graph = this.#graph;
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      graph.objects.mark(parent, uninterestingMark);
      if (graph.objects.has(parent, missingMark)) continue;
      this.markUnwanted(parent);
      this.#put(parent, queue);
    }
  }

  /** @returns false if a parent is missing that may not be. */
  #enqueueWanted(row: number, queue: CommitQueue, promised: ReadonlySet<number>): boolean {
    const graph = this.#graph;
    const { missingCommits, firstParent } = this.#options;
    const side = graph.objects.marks[row]! & leftMark;
    const count = firstParent === true ? Math.min(1, graph.parentCount(row)) : graph.parentCount(row);
    for (let i = 0; i < count; i++) {
      const parent = graph.parent(row, i);
      if (graph.objects.has(parent, missingMark)) {
        if (promised.has(parent)) continue;
        if (missingCommits === undefined) return false;
        missingCommits.add(parent);
      }
      graph.objects.mark(parent, side);
      this.#put(parent, queue);
    }
    return true;
  }

  #put(row: number, queue: CommitQueue): void {
    const { objects } = this.#graph;
    if (objects.has(row, seenMark)) return;
    objects.mark(row, seenMark | foundMark);
    queue.put(row, this.#graph.date(row));
  }
}
