/**
 * Git's sparse way (`pack.useSparse`) of marking what the other side has: trees are looked into only where, at the same path, there are
 * wanted and unwanted ones. It marks less than marking whole trees, in a fraction of the time.
 */

import { blobCode, treeCode } from "../../core/object-type.js";
import { isBlobMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import { firstWord, idSetOrder, nameMapHash, nameMapOrder } from "./bucket-order.js";
import { uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

/** The trees that have the same path in several trees. */
interface TreesAtPath {
  readonly name: Uint8Array;
  readonly hash: number;
  readonly rows: Set<number>;
}

/** Marks what is in the unwanted trees of `rows`, which all have the same path. */
export async function markTreesSparsely(graph: ObjectGraph, rows: ReadonlySet<number>): Promise<void> {
  const trees = [...rows];
  const { objects } = graph;
  const unwanted = trees.filter((row) => objects.has(row, uninterestingMark)).length;
  if (unwanted === 0 || unwanted === trees.length) return;
  const paths: TreesAtPath[] = [];
  const byHash = new Map<number, TreesAtPath[]>();
  for (const place of idSetOrder(trees.map((row) => firstWord(objects.oid(row))))) {
    await addChildren(graph, trees[place]!, paths, byHash);
  }
  for (const place of nameMapOrder(paths.map(({ hash }) => hash))) await markTreesSparsely(graph, paths[place]!.rows);
}

async function addChildren(
  graph: ObjectGraph,
  row: number,
  paths: TreesAtPath[],
  byHash: Map<number, TreesAtPath[]>,
): Promise<void> {
  const { objects } = graph;
  const bytes = graph.treeNow(row) ?? (await graph.treeLate(row));
  if (bytes === undefined) return;
  const unwanted = objects.has(row, uninterestingMark);
  const cursor = new TreeCursor(graph.format);
  for (cursor.reset(bytes); cursor.next(); ) {
    if (isTreeMode(cursor.mode)) {
      const child = objects.row(bytes, cursor.idAt);
      childrenAt(bytes, cursor, paths, byHash).rows.add(child);
      if (unwanted && objects.rowAs(treeCode, bytes, cursor.idAt) >= 0) objects.mark(child, uninterestingMark);
    } else if (unwanted && isBlobMode(cursor.mode)) {
      const child = objects.rowAs(blobCode, bytes, cursor.idAt);
      if (child >= 0) objects.mark(child, uninterestingMark);
    }
  }
}

function childrenAt(
  bytes: Uint8Array,
  { nameStart, nameEnd }: TreeCursor,
  paths: TreesAtPath[],
  byHash: Map<number, TreesAtPath[]>,
): TreesAtPath {
  const hash = nameMapHash(bytes, nameStart, nameEnd);
  let sharing = byHash.get(hash);
  if (sharing === undefined) byHash.set(hash, (sharing = []));
  const known = sharing.find(({ name }) => isSame(name, bytes, nameStart, nameEnd));
  if (known !== undefined) return known;
  const added = { name: bytes.slice(nameStart, nameEnd), hash, rows: new Set<number>() };
  sharing.push(added);
  paths.push(added);
  return added;
}

function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
