/**
 * Trees beside the tree that was gone through before at the same path. Nearly all entries of the two are the same, and those are done
 * with: comparing bytes passes over them at a fraction of what it costs to look up each id in a table that no cache holds.
 */

import type { TreeCursor } from "../../formats/object/tree.js";

/** Bytes that are kept of earlier trees. Beyond that all are forgotten: walks of histories with so many directories just begin anew. */
const mostKept = 96 << 20;
const leastByteLength = 64;
const leastEntries = 8;
const space = 0x20;

const noBytes = new Uint8Array(0);
const noStarts = new Int32Array(0);

/** A copy of a tree, with where its entries begin. It has no arrays before it needs them: most paths have one tree only. */
class TreeCopy {
  bytes = noBytes;
  length = 0;
  /** Where each entry begins, then where the last ends. */
  starts = noStarts;
  count = 0;
  #words: DataView | undefined;

  /** The bytes, for comparing four at a time wherever they are. */
  get words(): DataView {
    this.#words ??= new DataView(this.bytes.buffer);
    return this.#words;
  }

  load(source: Uint8Array): void {
    const { length } = source;
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(leastByteLength, length + (length >> 2)));
      this.#words = undefined;
    }
    this.bytes.set(source);
    this.length = length;
    this.count = 0;
  }

  roomForEntries(count: number): void {
    if (count < this.starts.length) return;
    const starts = new Int32Array(Math.max(leastEntries, 2 * count));
    starts.set(this.starts);
    this.starts = starts;
  }
}

/** The tree that is being gone through, and what was at its path before. */
export class TreePair {
  /** Whether the tree is being gone through. */
  isOpen = false;
  readonly #idByteLength: number;
  #tree = new TreeCopy();
  #earlier = new TreeCopy();
  /** The first entry of the earlier tree that the next of this one may be. */
  #next = 0;

  constructor(idByteLength: number) {
    this.#idByteLength = idByteLength;
  }

  /** The content of the tree is `bytes[0, length)`. */
  get bytes(): Uint8Array {
    return this.#tree.bytes;
  }

  get length(): number {
    return this.#tree.length;
  }

  /** Bytes that the pair takes. */
  get byteLength(): number {
    const [a, b] = [this.#tree, this.#earlier];
    return a.bytes.length + b.bytes.length + a.starts.byteLength + b.starts.byteLength;
  }

  /** Copies a tree's content. @param compared whether everything in the tree before was done with, so that it need not be looked at. */
  open(content: Uint8Array, compared: boolean): void {
    this.isOpen = true;
    this.#tree.load(content);
    this.#next = 0;
    if (!compared) this.#earlier.count = 0;
  }

  /** Passes over the entries from `at` on that are the same in the earlier tree. @returns where the first begins that is not. */
  pass(at: number): number {
    const earlier = this.#earlier;
    let next = this.#next;
    if (next === earlier.count) return at;
    const tree = this.#tree;
    const { starts } = earlier;
    const from = starts[next]!;
    const most = Math.min(tree.length - at, earlier.length - from);
    const end = from + sameLength(tree.words, at, earlier.words, from, most);
    if (starts[next + 1]! > end) return at;
    tree.roomForEntries(tree.count + earlier.count - next + 1);
    const own = tree.starts;
    let { count } = tree;
    for (; next < earlier.count && starts[next + 1]! <= end; next++) own[count++] = starts[next]! - from + at;
    tree.count = count;
    this.#next = next;
    return starts[next]! - from + at;
  }

  /** Notes the entry that the cursor has come to, and looks for where the earlier tree goes on behind it. */
  note({ bytes, start, nameStart, nameEnd }: TreeCursor): void {
    const tree = this.#tree;
    tree.roomForEntries(tree.count + 1);
    tree.starts[tree.count++] = start;
    const earlier = this.#earlier;
    while (this.#next < earlier.count) {
      let at = earlier.starts[this.#next]!;
      while (earlier.bytes[at++] !== space);
      const end = earlier.starts[this.#next + 1]! - this.#idByteLength - 1;
      const order = compareNames(earlier.bytes, at, end, bytes, nameStart, nameEnd);
      if (order > 0) return;
      this.#next++;
      if (order === 0) return;
    }
  }

  /** All of the tree is done with: it is the earlier one from now on. */
  finish(): void {
    const tree = this.#tree;
    tree.roomForEntries(tree.count + 1);
    tree.starts[tree.count] = tree.length;
    this.#tree = this.#earlier;
    this.#earlier = tree;
    this.isOpen = false;
  }

  /** The tree is left aside. */
  cancel(): void {
    this.isOpen = false;
  }
}

/** The pairs of all paths. */
export class TreePairs {
  readonly #idByteLength: number;
  /** By a hash of the path. Two paths that share one only have less in common. */
  #pairs = new Map<number, TreePair>();
  #byteLength = 0;

  constructor(idByteLength: number) {
    this.#idByteLength = idByteLength;
  }

  /** Opens the tree at a path: `path[0, length)`. The content is copied. @param compared see {@link TreePair.open} */
  open(path: Uint8Array, length: number, content: Uint8Array, compared: boolean): TreePair {
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ path[i]!, 0x01000193);
    let pair = this.#pairs.get(hash);
    if (pair === undefined || pair.isOpen) {
      const taken = pair !== undefined;
      pair = new TreePair(this.#idByteLength);
      if (!taken) this.#pairs.set(hash, pair);
    } else this.#byteLength -= pair.byteLength;
    pair.open(content, compared);
    this.#byteLength += pair.byteLength;
    if (this.#byteLength > mostKept) {
      this.#pairs = new Map();
      this.#byteLength = 0;
    }
    return pair;
  }
}

/** How many of the next `most` bytes are the same. Trees differ in few places, so four words are compared with one branch. */
function sameLength(a: DataView, aStart: number, b: DataView, bStart: number, most: number): number {
  let at = aStart;
  let bt = bStart;
  for (const last = aStart + most - 16; at <= last; at += 16, bt += 16) {
    const low = (a.getInt32(at, true) ^ b.getInt32(bt, true)) | (a.getInt32(at + 4, true) ^ b.getInt32(bt + 4, true));
    const high =
      (a.getInt32(at + 8, true) ^ b.getInt32(bt + 8, true)) | (a.getInt32(at + 12, true) ^ b.getInt32(bt + 12, true));
    if ((low | high) !== 0) break;
  }
  let same = at - aStart;
  while (same < most && a.getUint8(aStart + same) === b.getUint8(bStart + same)) same++;
  return same;
}

/** Compares names as bytes. Trees are in a slightly different order, which costs at most some looks. */
function compareNames(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const least = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < least; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
