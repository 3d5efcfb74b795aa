/**
 * Preferred bases of thin packs: objects that the other side has, in trees of its commits, at the paths of the objects that are packed.
 */

import { blobCode, commitCode, type ObjectTypeCode, objectTypeCode, treeCode } from "../../../core/object-type.js";
import { toHex } from "../../../core/oid.js";
import { CommitLinks } from "../../../formats/object/commit.js";
import { readTagLinks } from "../../../formats/object/tag.js";
import { isBlobMode, isGitlinkMode, isTreeMode, TreeCursor } from "../../../formats/object/tree.js";
import type { ObjectSource } from "../../walk/object-graph.js";
import type { ObjectAdder, ObjectName } from "./object-adder.js";

const newline = 0x0a;
const slash = 0x2f;
/** Trees that are kept for further paths. */
const keptTrees = 256;

/** A root tree of the other side. */
interface RootTree {
  readonly oid: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Finds preferred bases and adds them to the packing list. */
export class PreferredBases {
  readonly #adder: ObjectAdder;
  readonly #source: ObjectSource;
  readonly #most: number;
  #count = 0;
  readonly #roots: RootTree[] = [];
  readonly #donePaths = new Set<number>();
  readonly #trees = new Map<string, Uint8Array>();

  /** @param window how many edges count: as many as objects are tried as bases. */
  constructor(adder: ObjectAdder, source: ObjectSource, window: number) {
    this.#adder = adder;
    this.#source = source;
    this.#most = window;
  }

  /** Takes note of what the other side has: a commit, tag or tree. */
  async addEdge(oid: Uint8Array): Promise<void> {
    if (this.#most <= this.#count++) return;
    const root = await this.#rootTree(oid);
    if (root === undefined) return;
    const hex = toHex(root.oid);
    if (!this.#roots.some((known) => toHex(known.oid) === hex)) this.#roots.unshift(root);
  }

  /** Whether there are edges at all. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds the objects at a path as bases, once. An empty path means the root trees. */
  async addAt(path: ObjectName): Promise<void> {
    if (this.#count === 0) return;
    const hash = this.#adder.nameHash(path.bytes, path.length);
    if (this.#donePaths.has(hash)) return;
    this.#donePaths.add(hash);
    const kept = { bytes: path.bytes.slice(0, path.length), length: path.length };
    for (const { oid, bytes } of this.#roots) {
      if (partEnd(kept, 0) === 0) this.#adder.addBase(oid, treeCode, undefined);
      else await this.#addIn(bytes, kept);
    }
  }

  async #addIn(root: Uint8Array, path: ObjectName): Promise<void> {
    const { format } = this.#adder.list;
    const levels = [{ bytes: root, at: 0, partStart: 0 }];
    const cursor = new TreeCursor(format);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const { bytes, partStart } = level;
      const end = partEnd(path, partStart);
      cursor.reset(bytes, level.at);
      levels.pop();
      while (cursor.next()) {
        if (isGitlinkMode(cursor.mode)) continue;
        const order = comparePart(path.bytes, partStart, end, cursor);
        if (order > 0) continue;
        if (order < 0) break;
        const oid = bytes.subarray(cursor.idAt, cursor.idAt + format.byteLength);
        if (path.bytes[end] !== slash || end === path.length) {
          this.#adder.addBase(oid, typeOfMode(cursor.mode), path);
          break;
        }
        if (!isTreeMode(cursor.mode)) continue;
        const below = await this.#tree(oid);
        if (below === undefined) break;
        levels.push({ bytes, at: cursor.idAt + format.byteLength, partStart });
        levels.push({ bytes: below, at: 0, partStart: end + 1 });
        break;
      }
    }
  }

  async #tree(oid: Uint8Array): Promise<Uint8Array | undefined> {
    const hex = toHex(oid);
    const known = this.#trees.get(hex);
    if (known !== undefined) return known;
    const object = this.#source.readPacked(oid) ?? (await this.#source.read(oid.slice()));
    if (object?.type !== "tree") return undefined;
    if (this.#trees.size === keptTrees) this.#trees.delete(this.#trees.keys().next().value!);
    this.#trees.set(hex, object.bytes);
    return object.bytes;
  }

  async #rootTree(from: Uint8Array): Promise<RootTree | undefined> {
    const { format } = this.#adder.list;
    let oid: Uint8Array = from.slice();
    for (;;) {
      const object = this.#source.readPacked(oid) ?? (await this.#source.read(oid));
      if (object === undefined) return undefined;
      const { bytes } = object;
      const type = objectTypeCode(object.type)!;
      if (type === treeCode) return { oid, bytes };
      if (type === blobCode) return undefined;
      if (type === commitCode) {
        const links = new CommitLinks(format);
        links.parse(bytes, 0, bytes.length, oid);
        oid = links.tree;
      } else oid = readTagLinks(bytes, 0, bytes.length, format, oid).target;
    }
  }
}

/** Where the part of a path that begins at `start` ends. */
function partEnd({ bytes, length }: ObjectName, start: number): number {
  let end = start;
  while (end < length && bytes[end] !== slash && bytes[end] !== newline) end++;
  return end;
}

/** Compares as git does here: names of another length count as earlier ones. */
function comparePart(path: Uint8Array, start: number, end: number, cursor: TreeCursor): number {
  const { bytes, nameStart, nameEnd } = cursor;
  if (nameEnd - nameStart !== end - start) return 1;
  for (let i = 0; i < end - start; i++) {
    const difference = path[start + i]! - bytes[nameStart + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function typeOfMode(mode: number): ObjectTypeCode {
  return isBlobMode(mode) ? blobCode : treeCode;
}
