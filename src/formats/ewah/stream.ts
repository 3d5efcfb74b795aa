/** Words going into a compressed bitmap one after the other: what all that make bitmaps have in common. */

import { Ewah } from "./ewah.js";

/** The bit size is a number of 32 bits. */
const maxBitSize = 0xffff_ffff;
/** Copies of fewer halves than this are made one by one. */
const shortCopy = 32;

/**
 * A bitmap being made. Runs join the run before if it has the same value and nothing is between; literal words stay literal whatever
 * they hold. A bitmap has fewer than 2^32 bits, thus at most 2^26 words: neither count of a marker, of 32 and 31 bits, can ever overflow.
 */
export class EwahStream {
  #words: Uint32Array<ArrayBuffer>;
  /** Halves in use, those of the last marker included, which are filled in late. */
  #length = 2;
  #marker = 0;
  #bit = 0;
  #run = 0;
  #literals = 0;

  /** @param capacity compressed 64-bit words there is room for at first. */
  constructor(capacity = 16) {
    this.#words = new Uint32Array(2 * Math.max(1, capacity));
  }

  /** Adds `count` words of which every bit is `bit`, 0 or 1. */
  run(bit: number, count: number): void {
    if (count === 0) return;
    if (this.#literals !== 0 || (this.#run !== 0 && this.#bit !== bit)) this.#newMarker();
    this.#bit = bit;
    this.#run += count;
  }

  /** Adds one literal word. */
  literal(low: number, high: number): void {
    if (this.#length === this.#words.length) this.#grow(2);
    this.#words[this.#length] = low;
    this.#words[this.#length + 1] = high;
    this.#length += 2;
    this.#literals++;
  }

  /** Adds a word as a run if all its bits are alike, else as it is. */
  word(low: number, high: number): void {
    if ((low | high) === 0) this.run(0, 1);
    else if ((low & high) === -1) this.run(1, 1);
    else this.literal(low, high);
  }

  /** Adds `count` literal words that stand in `words` from `at` on; each half is turned over by `flip`, 0 or −1. */
  copy(words: Uint32Array, at: number, count: number, flip = 0): void {
    const halves = 2 * count;
    if (this.#length + halves > this.#words.length) this.#grow(halves);
    const target = this.#words;
    const to = this.#length;
    if (halves >= shortCopy && flip === 0) target.set(words.subarray(at, at + halves), to);
    else for (let i = 0; i < halves; i++) target[to + i] = words[at + i]! ^ flip;
    this.#length += halves;
    this.#literals += count;
  }

  /** The bitmap. The stream is of no use afterwards. @throws RangeError for more bits than a file can tell of */
  finish(bitSize: number): Ewah {
    if (bitSize > maxBitSize) throw new RangeError(`a bitmap of ${bitSize} bits, where ${maxBitSize} is the most`);
    this.#fillMarker();
    const { length } = this.#words;
    // What is much larger than needed would be kept with the bitmap.
    const words = this.#length === length ? this.#words : this.#words.slice(0, this.#length);
    return new Ewah(bitSize, words, this.#marker >>> 1);
  }

  #newMarker(): void {
    this.#fillMarker();
    this.#marker = this.#length;
    this.#bit = 0;
    this.#run = 0;
    this.#literals = 0;
    if (this.#length === this.#words.length) this.#grow(2);
    this.#length += 2;
  }

  #fillMarker(): void {
    this.#words[this.#marker] = (this.#run << 1) | this.#bit;
    this.#words[this.#marker + 1] = (this.#literals << 1) | (this.#run >>> 31);
  }

  #grow(halves: number): void {
    const words = new Uint32Array(Math.max(2 * this.#words.length, this.#length + halves));
    words.set(this.#words);
    this.#words = words;
  }
}
