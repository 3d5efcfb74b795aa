/** What the entries of a bitmap say, differences resolved. */

import { BitSet } from "../../bytes/bit-set.js";
import type { Ewah } from "../../formats/ewah/ewah.js";

/** An entry as it was read. */
export interface TestedEntry {
  /** Its number in the file, from 0. */
  readonly index: number;
  /** Position of its commit in the index, through all layers. */
  readonly position: number;
  /** Bit of its commit; −1 if it has none. */
  readonly bit: number;
  /** Where its header begins in the file, and where its bits end. */
  readonly offset: number;
  readonly end: number;
  /** The entry that this one is a difference to; −1 if it is none, −2 if there is no such entry. */
  readonly base: number;
  /** Undefined where it does not decode. */
  readonly ewah: Ewah | undefined;
}

/** Bytes that resolved entries may take together. */
const keptByteLength = 64 << 20;
const fewestKept = 16;

/** Resolves entries of one file; asked for in their order, each is resolved once unless they are very large. */
export class EntryBits {
  readonly entries: readonly TestedEntry[];
  readonly #bitLimit: number;
  readonly #kept = new Map<number, BitSet>();
  readonly #most: number;

  constructor(entries: readonly TestedEntry[], bitLimit: number) {
    this.entries = entries;
    this.#bitLimit = bitLimit;
    this.#most = Math.max(fewestKept, Math.floor(keptByteLength / (bitLimit / 8 + 1)));
  }

  /** The bits of entry number `index`, not to be changed; undefined where it, or one that it rests on, is damaged. */
  bitsOf(index: number): BitSet | undefined {
    const trail: TestedEntry[] = [];
    let bits: BitSet | undefined;
    for (let at = index; at >= 0; ) {
      bits = this.#kept.get(at)?.clone();
      if (bits !== undefined) break;
      const entry = this.entries[at];
      if (entry?.ewah === undefined || entry.base === -2) return undefined;
      trail.push(entry);
      at = entry.base;
    }
    bits ??= new BitSet(this.#bitLimit);
    for (const entry of trail.toReversed()) entry.ewah!.xorInto(bits);
    this.#keep(index, bits);
    return bits;
  }

  #keep(index: number, bits: BitSet): void {
    this.#kept.delete(index);
    this.#kept.set(index, bits);
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!);
  }
}
