/** A path in a tree: `REV:PATH`, with symbolic links taken for what they are or followed. */

import { bytesOfName, compareBytes, nameOfBytes } from "../../bytes/name-text.js";
import { canonicalMode, isBlobMode, isSymlinkMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import { leadOf } from "./peel.js";
import type { Resolution, RevisionSource } from "./revision.js";

/** Symbolic links that are followed in one path. */
const mostLinks = 40;
const slash = 0x2f;

/** A tree's content with the id that it is found by. */
interface Tree {
  readonly oid: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What stands in a tree. */
interface Entry {
  readonly oid: Uint8Array;
  readonly mode: number;
}

/** Finds paths in trees. */
export class TreePaths {
  readonly #source: RevisionSource;
  readonly #cursor: TreeCursor;

  constructor(source: RevisionSource) {
    this.#source = source;
    this.#cursor = new TreeCursor(source.format);
  }

  /** What is at `path` below the tree-ish `from`. An empty path is the tree itself, without a mode. */
  async find(from: Uint8Array, path: string): Promise<Resolution> {
    let tree = await this.#tree(from);
    let name = bytesOfName(path);
    if (tree !== undefined && name.length === 0) return { outcome: "found", oid: tree.oid, mode: undefined, path };
    let mode: number | undefined;
    while (tree !== undefined) {
      const found = this.#findEntry(tree.bytes, name);
      if (found === undefined) return { outcome: "missing" };
      mode = found.entry.mode;
      if (found.rest.length === 0) return { outcome: "found", oid: found.entry.oid, mode, path };
      name = found.rest;
      tree = await this.#tree(found.entry.oid);
    }
    return { outcome: "missing" };
  }

  /** The same, following symbolic links; where one leads out of the tree, where to. */
  async follow(from: Uint8Array, path: string): Promise<Resolution> {
    const root = await this.#tree(from);
    if (root === undefined) return { outcome: "missing" };
    const parents: Tree[] = [root];
    let name = bytesOfName(path);
    let mode: number | undefined;
    let links = 0;
    let failure: "missing" | "dangling" = "missing";
    for (;;) {
      let start = 0;
      while (name[start] === slash && name.length > 0) start++;
      // an empty path as it was given is the tree, whatever was before it
      name = name.subarray(start);
      const current = parents.at(-1)!;
      if (name.length === 0) return { outcome: "found", oid: current.oid, mode, path };
      const end = name.indexOf(slash);
      const part = end < 0 ? name : name.subarray(0, end);
      const rest = end < 0 ? undefined : name.subarray(end + 1);
      if (nameOfBytes(part) === "..") {
        if (parents.length === 1) return { outcome: "symlink", target: nameOfBytes(name) };
        parents.pop();
        name = rest ?? new Uint8Array(0);
        continue;
      }
      const entry = this.#findEntry(current.bytes, part)?.entry;
      if (entry === undefined) return { outcome: failure };
      mode = entry.mode;
      if (isTreeMode(mode)) {
        if (rest === undefined) return { outcome: "found", oid: entry.oid, mode, path };
        const tree = await this.#tree(entry.oid);
        if (tree === undefined) return { outcome: failure };
        parents.push(tree);
        if (rest.length === 0) return { outcome: "found", oid: tree.oid, mode, path };
        name = rest;
      } else if (isSymlinkMode(mode)) {
        if (links++ === mostLinks) return { outcome: "loop" };
        failure = "dangling";
        const target = (await this.#source.objects.read(entry.oid))?.bytes;
        if (target === undefined) return { outcome: failure };
        if (target[0] === slash) return { outcome: "symlink", target: untilNul(target) };
        name = rest === undefined ? target : joined(target, rest);
      } else if (isBlobMode(mode)) {
        return rest === undefined ? { outcome: "found", oid: entry.oid, mode, path } : { outcome: "notdir" };
      } else {
        // a submodule: git comes by again with the same name, and finds nothing
        return { outcome: failure };
      }
    }
  }

  /** The tree that `oid`, a tag or a commit leads to. */
  async #tree(from: Uint8Array): Promise<Tree | undefined> {
    let oid: Uint8Array | undefined = from;
    while (oid !== undefined) {
      const object: Awaited<ReturnType<RevisionSource["objects"]["read"]>> = await this.#source.objects.read(oid);
      if (object?.type === "tree") return { oid, bytes: object.bytes };
      oid = object && leadOf(this.#source, object.type, object.bytes);
    }
    return undefined;
  }

  /** The entry that the first part of `path` names, and what is left of the path; the search goes as git's, entry by entry. */
  #findEntry(bytes: Uint8Array, path: Uint8Array): { readonly entry: Entry; readonly rest: Uint8Array } | undefined {
    const cursor = this.#cursor;
    cursor.reset(bytes);
    while (cursor.next()) {
      const length = cursor.nameEnd - cursor.nameStart;
      if (length > path.length) continue;
      const order = compareBytes(path.subarray(0, length), bytes.subarray(cursor.nameStart, cursor.nameEnd));
      if (order > 0) continue;
      if (order < 0) return undefined;
      const isLast = length === path.length;
      if (!isLast && path[length] !== slash) continue;
      const mode = canonicalMode(cursor.mode);
      if (!isLast && !isTreeMode(mode)) return undefined;
      const oid = bytes.slice(cursor.idAt, cursor.idAt + this.#source.format.byteLength);
      return { entry: { oid, mode }, rest: isLast ? path.subarray(length) : path.subarray(length + 1) };
    }
    return undefined;
  }
}

function joined(target: Uint8Array, rest: Uint8Array): Uint8Array {
  const whole = new Uint8Array(target.length + 1 + rest.length);
  whole.set(target);
  whole[target.length] = slash;
  whole.set(rest, target.length + 1);
  return whole;
}

function untilNul(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return nameOfBytes(nul < 0 ? bytes : bytes.subarray(0, nul));
}
