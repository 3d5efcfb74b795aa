/** Plain bit sets for work, on 32-bit words: bit `i` is bit `i & 31` of word `i >>> 5`. */

/** Set bits of a word. */
export function bitCount32(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** A set of numbers from 0 to 2^32 − 1 that are dense. It grows as bits are added. */
export class BitSet {
  /** The words; bits beyond the last are 0. Replaced as the set grows. */
  words: Uint32Array<ArrayBuffer>;

  /** @param bitCount bits to have room for at once. */
  constructor(bitCount = 0) {
    this.words = new Uint32Array(Math.ceil(bitCount / 32));
  }

  has(bit: number): boolean {
    return (this.words[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  add(bit: number): void {
    const word = bit >>> 5;
    if (word >= this.words.length) this.reserve(Math.max(bit + 1, 48 * this.words.length));
    this.words[word]! |= 1 << (bit & 31);
  }

  delete(bit: number): void {
    const word = bit >>> 5;
    if (word < this.words.length) this.words[word]! &= ~(1 << (bit & 31));
  }

  /** Makes room for bits 0 to `bitCount` − 1. */
  reserve(bitCount: number): void {
    const count = Math.ceil(bitCount / 32);
    if (count <= this.words.length) return;
    const words = new Uint32Array(count);
    words.set(this.words);
    this.words = words;
  }

  /** Adds all of `other`. */
  or(other: BitSet): void {
    const from = other.words;
    this.reserve(32 * from.length);
    const { words } = this;
    for (let i = 0; i < from.length; i++) words[i]! |= from[i]!;
  }

  /** Keeps what is in `other` too. */
  and(other: BitSet): void {
    const { words } = this;
    const count = Math.min(words.length, other.words.length);
    for (let i = 0; i < count; i++) words[i]! &= other.words[i]!;
    words.fill(0, count);
  }

  /** Takes out all of `other`. */
  andNot(other: BitSet): void {
    const { words } = this;
    const count = Math.min(words.length, other.words.length);
    for (let i = 0; i < count; i++) words[i]! &= ~other.words[i]!;
  }

  /** Keeps what is in one of both only. */
  xor(other: BitSet): void {
    const from = other.words;
    this.reserve(32 * from.length);
    const { words } = this;
    for (let i = 0; i < from.length; i++) words[i]! ^= from[i]!;
  }

  /** A copy of its own. */
  clone(): BitSet {
    const copy = new BitSet();
    copy.words = this.words.slice();
    return copy;
  }

  clear(): void {
    this.words.fill(0);
  }

  /** How many bits are set. */
  count(): number {
    let count = 0;
    for (const word of this.words) if (word !== 0) count += bitCount32(word);
    return count;
  }

  isEmpty(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** Whether the same bits are set; how much room there is does not matter. */
  equals(other: BitSet): boolean {
    const [short, long] =
      this.words.length <= other.words.length ? [this.words, other.words] : [other.words, this.words];
    for (let i = 0; i < long.length; i++) if (long[i] !== (short[i] ?? 0)) return false;
    return true;
  }

  /** Whether all of `other` is in it. */
  includes(other: BitSet): boolean {
    return other.words.every((word, i) => (word & ~(this.words[i] ?? 0)) === 0);
  }

  /** The first set bit from `from` on; −1 if there is none. */
  next(from: number): number {
    const { words } = this;
    let at = from >>> 5;
    if (at >= words.length) return -1;
    let word = words[at]! & (-1 << (from & 31));
    while (word === 0) {
      if (++at === words.length) return -1;
      word = words[at]!;
    }
    return 32 * at + 31 - Math.clz32(word & -word);
  }

  /** Visits the set bits in ascending order. */
  forEach(visit: (bit: number) => void): void {
    const { words } = this;
    for (let at = 0; at < words.length; at++) {
      for (let word = words[at]!; word !== 0; word &= word - 1) visit(32 * at + 31 - Math.clz32(word & -word));
    }
  }
}
