/**
 * The entries of a tree that another tree does not have.
 *
 * Two versions of a directory differ in few entries: bytes that are the same are passed over sixteen at a time, and only what stands around
 * a difference is taken apart. No order of entries is relied on: of trees that are out of order more entries may come than need be, but
 * never fewer.
 */

import type { ObjectFormat } from "../../../core/oid.js";
import { isTreeMode, TreeCursor } from "../../../formats/object/tree.js";
import { TreeCopy } from "./tree-copies.js";

/** Goes through the entries of one tree that are not in the other. One is set to pair after pair. */
export class TreeDifference {
  /** The entry that {@link next} has come to. */
  readonly entry: TreeCursor;
  /** Where in the earlier tree the id begins of the tree that had the entry's name, if both are trees; −1 if there was none. */
  earlierIdAt = -1;
  readonly #earlierEntry: TreeCursor;
  readonly #idByteLength: number;
  readonly #nothing = new TreeCopy();
  #tree = this.#nothing;
  #earlier = this.#nothing;
  #at = 0;
  /** Numbers of the entry of the earlier tree that comes next, and of the one behind the last. */
  #next = 0;
  #last = 0;

  constructor(format: ObjectFormat) {
    this.entry = new TreeCursor(format);
    this.#earlierEntry = new TreeCursor(format);
    this.#idByteLength = format.byteLength;
  }

  /** @param tree the tree to go through; where its entries begin is noted. @param earlier the other, of which that is known */
  reset(tree: TreeCopy, earlier: TreeCopy | undefined): void {
    this.#tree = tree;
    this.#earlier = earlier ?? this.#nothing;
    tree.count = 0;
    this.#at = tree.start;
    this.#next = this.#earlier.first;
    this.#last = this.#earlier.first + this.#earlier.count;
  }

  /**
   * Goes to the next entry that is not in the other tree, with the same name, mode and id.
   * @throws GitmidxError `bad-object`, in git's words, where the bytes are no entry.
   */
  next(): boolean {
    const tree = this.#tree;
    while (this.#at < tree.end) {
      const isBoth = this.#next < this.#last;
      if (isBoth && this.#passSame()) continue;
      this.entry.reset(tree.bytes, this.#at, tree.end);
      this.entry.next();
      this.earlierIdAt = -1;
      if (isBoth && this.#parseEarlier() && !this.#compare()) continue;
      tree.starts[tree.first + tree.count++] = this.#at;
      this.#at = this.entry.idAt + this.#idByteLength;
      return true;
    }
    tree.starts[tree.first + tree.count] = this.#at;
    return false;
  }

  /** Passes over whole entries that are the same in both; false if there is none. */
  #passSame(): boolean {
    const tree = this.#tree;
    const { starts, words } = this.#earlier;
    const first = this.#next;
    const from = starts[first]!;
    const most = Math.min(tree.end - this.#at, starts[this.#last]! - from);
    const end = from + sameLength(tree.words, this.#at, words, from, most);
    let low = first;
    let high = this.#last;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle]! <= end) low = middle;
      else high = middle - 1;
    }
    if (low === first) return false;
    const own = tree.starts;
    const shift = this.#at - from;
    for (let i = first, to = tree.first + tree.count; i < low; i++, to++) own[to] = starts[i]! + shift;
    tree.count += low - first;
    this.#at = starts[low]! + shift;
    this.#next = low;
    return true;
  }

  /** Parses the earlier tree's next entry; false if the bytes are none. */
  #parseEarlier(): boolean {
    const { bytes, starts } = this.#earlier;
    const entry = this.#earlierEntry;
    entry.reset(bytes, starts[this.#next]!, starts[this.#next + 1]!);
    return entry.step() === undefined;
  }

  /** Compares the two entries; false if the earlier one comes before the other, so that it must be passed first. */
  #compare(): boolean {
    const order = this.#compareNames();
    if (order < 0) return true;
    const both = order === 0 && isTreeMode(this.entry.mode) && isTreeMode(this.#earlierEntry.mode);
    if (both) this.earlierIdAt = this.#earlierEntry.idAt;
    this.#next++;
    return order === 0;
  }

  #compareNames(): number {
    const { entry } = this;
    const earlier = this.#earlierEntry;
    const a = entry.bytes;
    const b = earlier.bytes;
    const aLength = entry.nameEnd - entry.nameStart;
    const bLength = earlier.nameEnd - earlier.nameStart;
    const least = Math.min(aLength, bLength);
    for (let i = 0; i < least; i++) {
      const difference = a[entry.nameStart + i]! - b[earlier.nameStart + i]!;
      if (difference !== 0) return difference;
    }
    return aLength - bLength;
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
