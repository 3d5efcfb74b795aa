/** From commits to their parents, and with them what is not wanted. */

import type { CommitQueue } from "./commit-queue.js";
import { addedMark, foundMark, missingMark, seenMark, uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

/** A question about an object, answered at once where that can be. The id is a copy. */
export type AskOid = (oid: Uint8Array) => boolean | Promise<boolean>;

/** Which links are followed. */
export interface ParentLinkOptions {
  /** Parents of commits of which this is false are not followed. */
  readonly includes?: AskOid | undefined;
  /** Whether a missing object is promised, and so no error. */
  readonly isPromised?: AskOid | undefined;
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
    if (graph.objects.has(row, addedMark)) return true;
    graph.objects.mark(row, addedMark);
    const { includes, isPromised } = this.#options;
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
    const graph = this.#graph;
    const { objects } = graph;
    const unwanted = objects.has(row, uninterestingMark);
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const missing = objects.has(parent, missingMark);
      if (unwanted) {
        objects.mark(parent, uninterestingMark);
        if (missing) continue;
        this.markUnwanted(parent);
      } else if (missing) {
        if (promised.has(parent)) continue;
        return false;
      }
      if (objects.has(parent, seenMark)) continue;
      objects.mark(parent, seenMark | foundMark);
      queue.put(parent, graph.date(parent));
    }
    return true;
  }
}
