/** What a filter of objects is asked, and what it answers. */

import type { PathBuffer } from "../path-buffer.js";

/** Sum of the three below. */
export type FilterAnswer = number;
/** The object is done: it is not looked at again. */
export const markSeenAnswer = 1;
/** The object is told. */
export const showAnswer = 2;
/** What is in the tree is left aside. */
export const skipTreeAnswer = 4;

/** Where the walk is. A tree is asked about twice: before and behind what is in it. */
export type FilterSituation = "commit" | "tag" | "tree" | "end of tree" | "blob";

/** Chooses among the objects that a walk finds. One filter serves one walk. */
export interface ObjectFilter {
  /**
   * @param row the object's row in the object table.
   * @param path the object's path; for trees without the slash, but with it at the end of a tree.
   * @param nameStart where in the path the object's own name begins.
   */
  ask(
    situation: FilterSituation,
    row: number,
    path: PathBuffer,
    nameStart: number,
  ): FilterAnswer | Promise<FilterAnswer>;
}
