/**
 * The extensions of the index (gitformat-index) that name objects.
 *
 *     TREE: name, a NUL, count of entries in decimal (negative: not valid), a space, count of subtrees, a newline,
 *           the tree's id if valid; then the subtrees likewise
 *     REUC: name, a NUL, three modes in octal with a NUL behind each, the ids of those that are not 0
 */

import type { ObjectFormat } from "../core/oid.js";

/** An object that an extension names. */
export interface ExtensionObject {
  readonly kind: "tree" | "blob";
  readonly path: Uint8Array;
  readonly oid: Uint8Array;
}

const treeSignature = 0x54524545;
const undoSignature = 0x52455543;
const slash = 0x2f;
const newline = 0x0a;
const space = 0x20;

/** The objects that the extensions from `offset` on name: cached trees, and the sides of conflicts that were resolved. What is damaged is left aside. */
export function extensionObjects(bytes: Uint8Array, offset: number, format: ObjectFormat): readonly ExtensionObject[] {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - format.byteLength;
  const trees: ExtensionObject[] = [];
  const blobs: ExtensionObject[] = [];
  for (let at = offset; at + 8 <= end; at += 8 + data.getUint32(at + 4)) {
    const body = bytes.subarray(at + 8, Math.min(end, at + 8 + data.getUint32(at + 4)));
    const signature = data.getUint32(at);
    if (signature === treeSignature) trees.push(...new CachedTrees(body, format).objects);
    else if (signature === undoSignature) blobs.push(...undoneBlobs(body, format));
  }
  return [...trees, ...blobs];
}

/** Reads the `TREE` extension. */
class CachedTrees {
  readonly objects: ExtensionObject[] = [];
  readonly #bytes: Uint8Array;
  readonly #idByteLength: number;
  #at = 0;

  constructor(bytes: Uint8Array, format: ObjectFormat) {
    this.#bytes = bytes;
    this.#idByteLength = format.byteLength;
    /** Trees whose subtrees are still to come. */
    const open: { readonly path: Uint8Array; left: number }[] = [{ path: new Uint8Array(0), left: 1 }];
    for (let parent = open.at(-1); parent !== undefined; parent = open.at(-1)) {
      if (parent.left-- === 0) {
        open.pop();
        continue;
      }
      const tree = this.#next(parent.path);
      if (tree === undefined) {
        this.objects.length = 0;
        return;
      }
      open.push(tree);
    }
  }

  #next(parent: Uint8Array): { readonly path: Uint8Array; left: number } | undefined {
    const bytes = this.#bytes;
    const nameEnd = bytes.indexOf(0, this.#at);
    if (nameEnd < 0) return undefined;
    const path = joined(parent, bytes.subarray(this.#at, nameEnd));
    this.#at = nameEnd + 1;
    const count = this.#number(space);
    const left = this.#number(newline);
    if (count === undefined || left === undefined || left < 0) return undefined;
    if (count >= 0) {
      if (this.#at + this.#idByteLength > bytes.length) return undefined;
      const oid = bytes.slice(this.#at, this.#at + this.#idByteLength);
      this.#at += this.#idByteLength;
      this.objects.push({ kind: "tree", path, oid });
    }
    return { path, left };
  }

  /** A decimal number up to a byte. */
  #number(ending: number): number | undefined {
    const end = this.#bytes.indexOf(ending, this.#at);
    if (end < 0) return undefined;
    const text = String.fromCharCode(...this.#bytes.subarray(this.#at, end).subarray(0, 12));
    this.#at = end + 1;
    return /^-?\d+$/.test(text) ? Number(text) : undefined;
  }
}

function joined(parent: Uint8Array, name: Uint8Array): Uint8Array {
  if (parent.length === 0) return name.slice();
  const path = new Uint8Array(parent.length + 1 + name.length);
  path.set(parent);
  path[parent.length] = slash;
  path.set(name, parent.length + 1);
  return path;
}

const typeBits = 0o170000;
const fileType = 0o100000;

function undoneBlobs(bytes: Uint8Array, format: ObjectFormat): readonly ExtensionObject[] {
  const blobs: ExtensionObject[] = [];
  let at = 0;
  const textEnd = () => bytes.indexOf(0, at);
  while (at < bytes.length) {
    const nameEnd = textEnd();
    if (nameEnd < 0) return [];
    const path = bytes.slice(at, nameEnd);
    at = nameEnd + 1;
    const modes: number[] = [];
    for (let i = 0; i < 3; i++) {
      const end = textEnd();
      if (end <= at || end - at > 8) return [];
      modes.push(Number.parseInt(String.fromCharCode(...bytes.subarray(at, end)), 8));
      at = end + 1;
    }
    for (const mode of modes) {
      if (mode === 0) continue;
      if (!(mode > 0) || at + format.byteLength > bytes.length) return [];
      const oid = bytes.slice(at, at + format.byteLength);
      at += format.byteLength;
      if ((mode & typeBits) === fileType) blobs.push({ kind: "blob", path, oid });
    }
  }
  return blobs;
}
