/** What is known of the trees that bits were filled from: each is read once, and kept as the bits of what is new in it. */

import type { Expansions } from "./expansions.js";

const entriesPerObject = 4;
const mostEntriesAtFirst = 1 << 22;

/** How many entries there is room for at first, among so many objects. */
export function entryRoom(bitCount: number): number {
  return 1 + Math.min(entriesPerObject * bitCount, mostEntriesAtFirst);
}

/**
 * Columns, a number for each tree. What a tree holds is a stretch of one long list.
 *
 * They are as long as they can get, and the list as long as it mostly gets: memory that is not written to costs nothing, but each time that
 * another array takes an array's place, the code that fills it is compiled anew.
 */
export class TreeTable {
  /** By bit: the tree's number plus one, 0 for none. */
  readonly #numbers: Int32Array;
  count = 0;
  /** The bits of the trees. */
  readonly bits: Int32Array;
  /** The bit of the tree whose entries are left out of the tree's own, as they are the same; −1 if none are left out, or none known yet. */
  readonly earlier: Int32Array;
  /** Hash of what the paths in the tree begin with. */
  readonly pathHashes: Uint32Array;
  /** Where in {@link entries} the tree's begin and end; a beginning of −1 stands for a tree that was not read. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** What is in trees: the bit of a blob, or −1 − the number of a tree. */
  entries: Int32Array<ArrayBuffer>;
  entryCount = 0;

  /** @param bitCount bits that objects have: 0 to one less. */
  constructor(bitCount: number) {
    this.#numbers = new Int32Array(bitCount);
    this.bits = new Int32Array(bitCount);
    this.earlier = new Int32Array(bitCount);
    this.pathHashes = new Uint32Array(bitCount);
    this.starts = new Int32Array(bitCount);
    this.ends = new Int32Array(bitCount);
    this.entries = new Int32Array(entryRoom(bitCount));
  }

  /** The number of the tree with that bit, which is added if it is new. */
  number(bit: number): number {
    const known = this.#numbers[bit]!;
    if (known !== 0) return known - 1;
    const number = this.count++;
    this.#numbers[bit] = number + 1;
    this.bits[number] = bit;
    this.earlier[number] = -1;
    this.starts[number] = -1;
    return number;
  }

  /** Adds an entry to the list. */
  addEntry(entry: number): void {
    if (this.entryCount === this.entries.length) this.entries = grown(this.entries);
    this.entries[this.entryCount++] = entry;
  }

  /** Takes what was found out elsewhere of trees that were not read here. @param each called for every entry that is taken */
  take({ bits, earlier, pathHashes, ends, entries }: Expansions, each: (entry: number, index: number) => void): void {
    for (let i = 0, at = 0; i < bits.length; i++) {
      const end = ends[i]!;
      const number = this.number(bits[i]!);
      if (this.starts[number]! >= 0) {
        at = end;
        continue;
      }
      this.earlier[number] = earlier[i]!;
      this.pathHashes[number] = pathHashes[i]!;
      const start = this.entryCount;
      for (; at < end; at++) {
        const entry = entries[at]!;
        this.addEntry(entry < 0 ? -1 - this.number(-1 - entry) : entry);
        each(entry, at);
      }
      this.starts[number] = start;
      this.ends[number] = this.entryCount;
    }
  }
}

function grown(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(2 * from.length);
  to.set(from);
  return to;
}
