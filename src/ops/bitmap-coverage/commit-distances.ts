/** How far commits are from commits that have a bitmap. */

import { withRanges } from "../../bytes/source.js";
import type { Step } from "../../core/task.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectGraph } from "../walk/object-graph.js";

/** The nearest commit with a bitmap among a commit and those before it. */
export interface NearestBitmap {
  /** Its row in the graph. */
  readonly row: number;
  /** Parents to follow to come to it: 0 for a commit that has a bitmap. */
  readonly distance: number;
}

const unknown = 0;
const open = 1;
const none = 2;

/** Distances of commits, each found once. What lies behind commits with a bitmap is not looked at. */
export class CommitDistances {
  readonly #index: BitmapIndex | undefined;
  readonly #graph: ObjectGraph;
  readonly #step: Step;
  /** By row: {@link unknown}, {@link open}, {@link none}, or the distance plus 3. */
  #states = new Uint32Array(1024);
  /** By row, where there is a distance: the row of the nearest. */
  #nearest = new Int32Array(1024);

  constructor(index: BitmapIndex | undefined, graph: ObjectGraph, step: Step) {
    this.#index = index;
    this.#graph = graph;
    this.#step = step;
  }

  /** The nearest to the commit of a row, which was read; undefined if there is none. @throws GitmidxError; codes of damaged bitmaps */
  async nearest(row: number): Promise<NearestBitmap | undefined> {
    const path = [row];
    while (path.length > 0) {
      const last = path.at(-1)!;
      if (this.#state(last) > open) {
        path.pop();
        continue;
      }
      if (this.#state(last) === unknown) {
        await this.#step.tick();
        if (await this.#hasBitmap(last)) {
          this.#set(last, 3, last);
          continue;
        }
        await this.#graph.readParents(last);
        this.#set(last, open, -1);
      }
      const next = this.#unknownParent(last);
      if (next >= 0) path.push(next);
      else this.#close(last);
    }
    const state = this.#state(row);
    return state === none ? undefined : { row: this.#nearest[row]!, distance: state - 3 };
  }

  async #hasBitmap(row: number): Promise<boolean> {
    const index = this.#index;
    if (index === undefined) return false;
    return withRanges(() => index.bitsOf(this.#graph.objects.oid(row)) !== undefined);
  }

  #unknownParent(row: number): number {
    const graph = this.#graph;
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      if (this.#state(parent) === unknown) return parent;
    }
    return -1;
  }

  #close(row: number): void {
    const graph = this.#graph;
    let best = -1;
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const state = this.#state(parent);
      if (state > none && (best < 0 || state < this.#state(best))) best = parent;
    }
    if (best < 0) this.#set(row, none, -1);
    else this.#set(row, this.#state(best) + 1, this.#nearest[best]!);
  }

  #state(row: number): number {
    return this.#states[row] ?? unknown;
  }

  #set(row: number, state: number, nearest: number): void {
    if (row >= this.#states.length) {
      const length = Math.max(row + 1, 2 * this.#states.length);
      const states = new Uint32Array(length);
      states.set(this.#states);
      this.#states = states;
      const rows = new Int32Array(length);
      rows.set(this.#nearest);
      this.#nearest = rows;
    }
    this.#states[row] = state;
    this.#nearest[row] = nearest;
  }
}
