/**
 * The order in which objects are written: git's. First what is newest, up to the first tagged tip; then the other tips of tags; commits
 * and tags; trees; and at last everything else, each family of deltas together.
 */

import { bug } from "../../core/errors.js";
import { commitCode, tagCode, treeCode } from "../../core/object-type.js";
import type { PackEntries } from "./entries.js";

/**
 * The rows in the order of the pack, preferred bases included.
 * @param tips ids of tags, and of what they point at, one behind the other.
 */
export function writeOrder(entries: PackEntries, tips: Uint8Array): Int32Array {
  return new WriteOrder(entries).compute(taggedRows(entries, tips));
}

/** 1 for each row at the tip of a tag. */
function taggedRows({ list, count }: PackEntries, tips: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(count);
  for (let at = 0; at < tips.length; at += list.format.byteLength) {
    const row = list.find(tips, at);
    if (row >= 0) tagged[row] = 1;
  }
  return tagged;
}

class WriteOrder {
  readonly #entries: PackEntries;
  /** The first delta of a row, and the next delta of the same base. */
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #placed: Uint8Array;
  readonly #order: Int32Array;
  #end = 0;

  constructor(entries: PackEntries) {
    const { count, base } = entries;
    this.#entries = entries;
    this.#child = new Int32Array(count).fill(-1);
    this.#sibling = new Int32Array(count).fill(-1);
    this.#placed = new Uint8Array(count);
    this.#order = new Int32Array(count);
    for (let row = count - 1; row >= 0; row--) {
      const parent = base[row]!;
      if (parent < 0) continue;
      this.#sibling[row] = this.#child[parent]!;
      this.#child[parent] = row;
    }
  }

  compute(tagged: Uint8Array): Int32Array {
    const { count, type } = this.#entries;
    let first = 0;
    while (first < count && tagged[first] === 0) this.#place(first++);
    for (let row = first; row < count; row++) if (tagged[row] !== 0) this.#place(row);
    for (let row = first; row < count; row++) if (type[row] === commitCode || type[row] === tagCode) this.#place(row);
    for (let row = first; row < count; row++) if (type[row] === treeCode) this.#place(row);
    for (let row = first; row < count; row++) if (this.#placed[row] === 0) this.#placeFamily(row);
    if (this.#end !== count) throw bug(`ordered ${this.#end} objects, expected ${count}`);
    return this.#order;
  }

  #place(row: number): void {
    if (this.#placed[row] !== 0) return;
    this.#placed[row] = 1;
    this.#order[this.#end++] = row;
  }

  /** Places the object that the row's chain of deltas ends at, and all that stands on it: all deltas of a base before theirs. */
  #placeFamily(member: number): void {
    const { base } = this.#entries;
    const child = this.#child;
    const sibling = this.#sibling;
    let row = member;
    while (base[row]! >= 0) row = base[row]!;
    for (let descending = true; row >= 0; ) {
      if (descending) for (let next = row; next >= 0; next = sibling[next]!) this.#place(next);
      descending = child[row]! >= 0;
      if (descending) row = child[row]!;
      else {
        // Back up until there is a sibling that may have deltas of its own.
        while (row >= 0 && sibling[row]! < 0) row = base[row]!;
        if (row >= 0) row = sibling[row]!;
      }
    }
  }
}
