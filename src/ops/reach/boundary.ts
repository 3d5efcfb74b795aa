/** The quicker way to find what is not wanted: from where the wanted history meets the other. It may miss some of it. */

import { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { commitCode } from "../../core/object-type.js";
import { boundaryMark, seenMark, uninterestingMark } from "../walk/flags.js";
import type { PendingObject } from "../walk/pending.js";
import { RevisionWalk } from "../walk/revision-walk.js";
import type { BitmapWalk } from "./bitmap-walk.js";

/**
 * What the commits among `unwanted` have bitmaps of, and where they do not tell all, what is reached from the boundary.
 * @param pending all that the question began with.
 */
export async function findBoundaryObjects(
  walk: BitmapWalk,
  pending: readonly PendingObject[],
  unwanted: readonly number[],
): Promise<BitSet> {
  const { graph, index } = walk;
  const base = new BitSet(index.order.bitCount);
  const merges = await walk.beginMerges(base, unwanted);
  let isCovered = true;
  for (const row of unwanted) {
    if (graph.type(row) !== commitCode) continue;
    if (!(await withRanges(() => walk.orBitmap(row, base)))) isCovered = false;
  }
  if (isCovered) return base;
  await withRanges(() => merges.cascade(base));
  const boundary = await boundaryCommits(walk, pending, base);
  walk.forgetWalks();
  walk.forgetWalks(uninterestingMark);
  const roots: number[] = [];
  for (const row of boundary) {
    if (await withRanges(() => walk.has(base, row))) graph.objects.mark(row, seenMark);
    else roots.push(row);
  }
  if (roots.length > 0) await walk.fillIn(roots, base, undefined, "missing");
  return base;
}

/** Rows of the commits at the boundary; the bitmaps of those that are not wanted are added to `base`. */
async function boundaryCommits(
  walk: BitmapWalk,
  pending: readonly PendingObject[],
  base: BitSet,
): Promise<readonly number[]> {
  const { graph, options } = walk;
  const { objects } = graph;
  const { isPacked } = options;
  const revisions = new RevisionWalk(graph, {
    objects: false,
    boundary: true,
    ignoreMissingLinks: true,
    hides: isPacked,
  });
  for (const { row, name, path } of pending) revisions.pending.add(row, name, path);
  await revisions.prepare();
  const boundary: number[] = [];
  for (let row = await revisions.next(); row >= 0; row = await revisions.next()) {
    if (objects.has(row, boundaryMark)) boundary.push(row);
    if (objects.has(row, uninterestingMark)) await withRanges(() => void walk.orBitmap(row, base));
  }
  return boundary;
}
