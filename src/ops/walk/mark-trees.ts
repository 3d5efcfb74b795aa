/** Marking trees, and all that is in them, as not wanted. */

import { blobCode, treeCode } from "../../core/object-type.js";
import { isBlobMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import { uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

/** Marks the tree, and all that is in it. Trees that are marked already are not looked into. */
export async function markTree(graph: ObjectGraph, row: number): Promise<void> {
  if (row < 0 || graph.objects.has(row, uninterestingMark)) return;
  graph.objects.mark(row, uninterestingMark);
  await markTreeContents(graph, row);
}

/** Marks all that is in the tree, but not the tree itself. */
export async function markTreeContents(graph: ObjectGraph, row: number): Promise<void> {
  const { objects } = graph;
  const cursor = new TreeCursor(graph.format);
  const waiting = [row];
  for (;;) {
    const tree = waiting.pop();
    if (tree === undefined) return;
    const bytes = graph.treeNow(tree) ?? (await graph.treeLate(tree));
    if (bytes === undefined) continue;
    for (cursor.reset(bytes); cursor.next(); ) {
      if (isTreeMode(cursor.mode)) {
        const child = objects.rowAs(treeCode, bytes, cursor.idAt);
        if (child < 0 || objects.has(child, uninterestingMark)) continue;
        objects.mark(child, uninterestingMark);
        waiting.push(child);
      } else if (isBlobMode(cursor.mode)) {
        const child = objects.rowAs(blobCode, bytes, cursor.idAt);
        if (child >= 0) objects.mark(child, uninterestingMark);
      }
    }
  }
}
