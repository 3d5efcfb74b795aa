/** The edges of what is wanted: commits that the other side has. Their trees are marked, and they are told as bases for thin packs. */

import { commitCode } from "../../core/object-type.js";
import { shownMark, uninterestingMark } from "./flags.js";
import { markTree } from "./mark-trees.js";
import { markTreesSparsely } from "./mark-trees-sparsely.js";
import type { ObjectGraph } from "./object-graph.js";

/**
 * Which edges are told: none; the parents of what is wanted (`--objects-edge`); all commits that were given as not wanted too
 * (`--objects-edge-aggressive`); or only those.
 */
export type EdgeHints = "none" | "parents" | "all" | "given";

/** How {@link markEdges} works. */
export interface EdgeOptions {
  /** Git's sparse way, which marks less. */
  readonly sparse: boolean;
  readonly hints: EdgeHints;
  /** Rows of all objects that arguments and refs named. */
  readonly given: readonly number[];
  /** Called with the row of each edge. */
  readonly edge: (row: number) => void;
}

/** Marks what is in the trees of the commits that are not wanted, among `commits` and their parents. */
export async function markEdges(graph: ObjectGraph, commits: readonly number[], options: EdgeOptions): Promise<void> {
  const { objects } = graph;
  const tell = (row: number) => {
    if (objects.has(row, shownMark)) return;
    objects.mark(row, shownMark);
    options.edge(row);
  };
  if (options.sparse) await markSparsely(graph, commits, options.hints, tell);
  else await markWholly(graph, commits, options.hints, tell);
  if (!tellsGiven(options.hints)) return;
  for (const row of options.given) {
    if (graph.type(row) !== commitCode || !objects.has(row, uninterestingMark)) continue;
    await markTree(graph, graph.tree(row));
    tell(row);
  }
}

async function markSparsely(
  graph: ObjectGraph,
  commits: readonly number[],
  hints: EdgeHints,
  tell: (row: number) => void,
): Promise<void> {
  const { objects } = graph;
  const trees = new Set<number>();
  for (const commit of commits) {
    const tree = graph.tree(commit);
    if (objects.has(commit, uninterestingMark)) objects.mark(tree, uninterestingMark);
    trees.add(tree);
    for (let i = 0; i < graph.parentCount(commit); i++) {
      const parent = graph.parent(commit, i);
      const parentTree = graph.tree(parent);
      if (parentTree < 0) continue;
      trees.add(parentTree);
      if (!objects.has(parent, uninterestingMark)) continue;
      objects.mark(parentTree, uninterestingMark);
      if (tellsParents(hints)) tell(parent);
    }
  }
  await markTreesSparsely(graph, trees);
}

async function markWholly(
  graph: ObjectGraph,
  commits: readonly number[],
  hints: EdgeHints,
  tell: (row: number) => void,
): Promise<void> {
  const { objects } = graph;
  for (const commit of commits) {
    if (objects.has(commit, uninterestingMark)) {
      await markTree(graph, graph.tree(commit));
      if (tellsGiven(hints)) tell(commit);
      continue;
    }
    for (let i = 0; i < graph.parentCount(commit); i++) {
      const parent = graph.parent(commit, i);
      if (!objects.has(parent, uninterestingMark)) continue;
      await markTree(graph, graph.tree(parent));
      if (tellsParents(hints)) tell(parent);
    }
  }
}

function tellsParents(hints: EdgeHints): boolean {
  return hints === "parents" || hints === "all";
}

function tellsGiven(hints: EdgeHints): boolean {
  return hints === "all" || hints === "given";
}
