/**
 * The walk path by path (git 2.49's path-walk): the commits first, then tags, then all versions of the root tree, and of each path
 * below, blobs before trees.
 */

import { GitmidxError } from "../../core/errors.js";
import { blobCode, commitCode, type ObjectTypeCode, tagCode, treeCode } from "../../core/object-type.js";
import { latin1Text } from "../../formats/object/text.js";
import { isGitlinkMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import { markEdges } from "./edges.js";
import { seenMark, uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";
import { PathHeap } from "./path-heap.js";
import type { RevisionWalk } from "./revision-walk.js";

/** Told of the objects of one type that have one path. Trees have a slash at the end; a path that begins with one is of tagged objects. */
export type PathVisitor = (path: Uint8Array, rows: readonly number[], type: ObjectTypeCode) => void | Promise<void>;

/** How it is walked. */
export interface PathWalkOptions {
  /** Paths where nothing is wanted are left aside. */
  readonly sparse: boolean;
  /** What was given as not wanted is told too. */
  readonly aggressive: boolean;
  /** Objects that are told; all unless given. */
  readonly takes?: PathWalkTypes | undefined;
}

/** What is told of. */
export interface PathWalkTypes {
  readonly commits: boolean;
  readonly tags: boolean;
  readonly trees: boolean;
  readonly blobs: boolean;
  /** Whether that goes for tagged trees and blobs too. */
  readonly strict: boolean;
  /** Blobs of this size or more are left out; undefined for no limit. */
  readonly blobLimit: number | undefined;
}

/** What a walk without a filter tells of. */
export const everything: PathWalkTypes = {
  commits: true,
  tags: true,
  trees: true,
  blobs: true,
  strict: false,
  blobLimit: undefined,
};

/** The objects that were found at a path. */
interface ObjectsAtPath {
  readonly type: ObjectTypeCode;
  readonly rows: number[];
  maybeWanted: boolean;
}

const rootPath = "";
const taggedTrees = "/tagged-trees";
const taggedBlobs = "/tagged-blobs";
const tagsPath = "/tags";

/** Walks what is pending in `walk`, which must not be prepared yet. */
export async function walkByPath(walk: RevisionWalk, visit: PathVisitor, options: PathWalkOptions): Promise<void> {
  await new PathWalk(walk, visit, options).run();
}

class PathWalk {
  readonly #walk: RevisionWalk;
  readonly #graph: ObjectGraph;
  readonly #visit: PathVisitor;
  readonly #options: PathWalkOptions;
  readonly #takes: PathWalkTypes;
  readonly #lists = new Map<string, ObjectsAtPath>();
  readonly #heap: PathHeap;
  readonly #pushed = new Set<string>();
  readonly #cursor: TreeCursor;

  constructor(walk: RevisionWalk, visit: PathVisitor, options: PathWalkOptions) {
    this.#walk = walk;
    this.#graph = walk.graph;
    this.#visit = visit;
    this.#options = options;
    this.#takes = options.takes ?? everything;
    this.#heap = new PathHeap((a, b) => this.#compare(a, b));
    this.#cursor = new TreeCursor(walk.graph.format);
  }

  async run(): Promise<void> {
    const roots: ObjectsAtPath = { type: treeCode, rows: [], maybeWanted: true };
    this.#lists.set(rootPath, roots);
    this.#push(rootPath);
    await this.#walk.prepare();
    await this.#markEdges(roots);
    this.#addPending();
    const commits = await this.#commits(roots);
    if (this.#takes.commits && commits.length > 0) await this.#visit(new Uint8Array(0), commits, commitCode);
    await this.#walkPaths();
    for (const path of this.#lists.keys()) {
      this.#pushed.delete(path);
      this.#push(path);
    }
    await this.#walkPaths();
  }

  async #markEdges(roots: ObjectsAtPath): Promise<void> {
    const graph = this.#graph;
    const { objects } = graph;
    await markEdges(graph, this.#walk.commits, {
      sparse: this.#options.sparse,
      hints: this.#options.aggressive ? "given" : "none",
      given: this.#walk.pending.given,
      edge: (commit) => {
        const tree = graph.tree(commit);
        if (tree < 0) return;
        if (objects.has(commit, uninterestingMark)) objects.mark(tree, uninterestingMark);
        if (this.#see(tree)) roots.rows.push(tree);
      },
    });
  }

  async #commits(roots: ObjectsAtPath): Promise<readonly number[]> {
    const commits: number[] = [];
    for (let row = await this.#walk.next(); row >= 0; row = await this.#walk.next()) {
      commits.push(row);
      if (!this.#takes.trees && !this.#takes.blobs) continue;
      const tree = this.#graph.tree(row);
      if (this.#see(tree)) roots.rows.push(tree);
    }
    return commits;
  }

  /** Marks an object as seen; false if it was. */
  #see(row: number): boolean {
    if (this.#graph.objects.has(row, seenMark)) return false;
    this.#graph.objects.mark(row, seenMark);
    return true;
  }

  /** Takes over the tags, trees and blobs that were asked for. */
  #addPending(): void {
    const graph = this.#graph;
    const direct = new Map<string, ObjectsAtPath>(
      [
        [taggedBlobs, blobCode],
        [taggedTrees, treeCode],
        [tagsPath, tagCode],
      ].map(([path, type]) => [
        path as string,
        { type: type as ObjectTypeCode, rows: [] as number[], maybeWanted: true },
      ]),
    );
    for (const { row: first, path } of this.#walk.pending.take()) {
      let row = first;
      if (graph.type(row) === commitCode) continue;
      while (graph.type(row) === tagCode && this.#see(row)) {
        if (this.#takes.tags) direct.get(tagsPath)!.rows.push(row);
        row = graph.tag(row).target;
      }
      if (graph.type(row) === tagCode || !this.#see(row)) continue;
      if (graph.type(row) === treeCode) {
        if (path !== undefined && path.length > 0) this.#add(`${latin1Text(path)}/`, treeCode, row);
        else if (path === undefined || !this.#takes.trees) direct.get(taggedTrees)!.rows.push(row);
        else this.#add(rootPath, treeCode, row);
      } else if (graph.type(row) === blobCode) {
        if (path === undefined) direct.get(taggedBlobs)!.rows.push(row);
        else this.#add(latin1Text(path), blobCode, row);
      }
    }
    for (const [path, list] of direct) {
      if (list.rows.length === 0) continue;
      this.#lists.set(path, list);
      this.#push(path);
    }
  }

  #add(path: string, type: ObjectTypeCode, row: number, maybeWanted = true): void {
    let list = this.#lists.get(path);
    if (list === undefined) this.#lists.set(path, (list = { type, rows: [], maybeWanted: false }));
    if (maybeWanted) list.maybeWanted = true;
    list.rows.push(row);
  }

  #push(path: string): void {
    if (this.#pushed.has(path)) return;
    this.#pushed.add(path);
    this.#heap.put(path);
  }

  /** Tags first, then blobs, then trees; by path within. */
  #compare(a: string, b: string): number {
    const first = this.#lists.get(a)?.type;
    const second = this.#lists.get(b)?.type;
    if (first === undefined || second === undefined || first === second) return a < b ? -1 : a > b ? 1 : 0;
    for (const type of [tagCode, blobCode]) {
      if (first === type) return -1;
      if (second === type) return 1;
    }
    return 0;
  }

  async #walkPaths(): Promise<void> {
    for (let path = this.#heap.take(); path !== undefined; path = this.#heap.take()) {
      const list = this.#lists.get(path);
      this.#lists.delete(path);
      if (list !== undefined && list.rows.length > 0) await this.#walkPath(path, list);
    }
  }

  async #walkPath(path: string, list: ObjectsAtPath): Promise<void> {
    const { objects } = this.#graph;
    const isDirect = path.startsWith("/");
    if (this.#options.sparse) {
      const wanted = list.type === tagCode || list.rows.some((row) => !objects.has(row, uninterestingMark));
      if (!list.maybeWanted || !wanted) return;
    }
    const { trees, strict, blobLimit } = this.#takes;
    const limited = list.type === blobCode && blobLimit !== undefined && !isDirect;
    const rows = limited ? await this.#smallBlobs(list.rows, blobLimit) : list.rows;
    const taken = (isDirect && !strict) || this.#takesType(list.type);
    if (taken && rows.length > 0) await this.#visit(bytesOf(path), rows, list.type);
    if (list.type !== treeCode || (isDirect && !trees)) return;
    const base = path === taggedTrees ? rootPath : path;
    for (const row of list.rows) await this.#addEntries(base, row);
  }

  #takesType(type: ObjectTypeCode): boolean {
    const { trees, blobs, tags } = this.#takes;
    return (type === treeCode && trees) || (type === blobCode && blobs) || (type === tagCode && tags);
  }

  async #smallBlobs(rows: readonly number[], limit: number): Promise<readonly number[]> {
    const small: number[] = [];
    for (const row of rows) {
      const header = await this.#graph.source.readHeader(this.#graph.objects.set.idAt(row));
      if (header?.type !== "blob" || header.size < limit) small.push(row);
    }
    return small;
  }

  async #addEntries(base: string, tree: number): Promise<void> {
    const graph = this.#graph;
    const { objects } = graph;
    const bytes = graph.treeNow(tree) ?? (await graph.treeLate(tree));
    if (bytes === undefined) throw new GitmidxError("missing-object", `bad tree object ${objects.hex(tree)}`);
    const cursor = this.#cursor;
    for (cursor.reset(bytes); cursor.next(); ) {
      const isTree = isTreeMode(cursor.mode);
      if (isGitlinkMode(cursor.mode) || (!isTree && !this.#takes.blobs)) continue;
      const row = objects.rowAs(isTree ? treeCode : blobCode, bytes, cursor.idAt);
      if (row < 0) throw new GitmidxError("wrong-object-type", `failed to find object in tree ${objects.hex(tree)}`);
      if (!this.#see(row)) continue;
      const name = latin1Text(bytes.subarray(cursor.nameStart, cursor.nameEnd));
      const path = isTree ? `${base}${name}/` : base + name;
      this.#add(path, isTree ? treeCode : blobCode, row, !objects.has(row, uninterestingMark));
      this.#push(path);
    }
  }
}

function bytesOf(path: string): Uint8Array {
  return Uint8Array.from(path, (character) => character.charCodeAt(0));
}
