/**
 * Compressed bitmaps, EWAH, as bitmap files have them (gitformat-bitmap, appendix A).
 *
 *     0   u32 bit size, u32 number of words
 *     8   u64 words: a marker, its literal words, a marker, …
 *         u32 which word is the last marker
 *
 * Bit 0 of a marker is the value of all bits of a run of words, bits 1–32 are how many words the run has, bits 33–63 how many literal
 * words follow the marker. Bits are counted from the lowest of each word. In memory a word is two numbers, its low half first, so that
 * literal words are the words of a {@link BitSet}.
 */

import { BitSet, bitCount32 } from "../../bytes/bit-set.js";

/** Bytes of a stored bitmap that are not words. */
export const ewahFrameByteLength = 12;

/** How many words the run of a marker has. */
export function runLengthOf(low: number, high: number): number {
  return ((low >>> 1) | (high << 31)) >>> 0;
}

/** How many literal words follow a marker. */
export function literalCountOf(high: number): number {
  return high >>> 1;
}

/** A compressed bitmap. It does not change; whoever makes one of `words` vouches for what they say. */
export class Ewah {
  /**
   * How many bits it is said to have, set or not: 0 to 2^32 − 1. Bitmaps of commits have whole words, those of types end behind their last
   * set bit.
   */
  readonly bitSize: number;
  /** The compressed words, low and high half by turns. */
  readonly words: Uint32Array;
  /** Which of the 64-bit words is the last marker. */
  readonly lastMarker: number;

  constructor(bitSize: number, words: Uint32Array, lastMarker: number) {
    this.bitSize = bitSize;
    this.words = words;
    this.lastMarker = lastMarker;
  }

  /** Bytes it takes in a file. */
  get byteLength(): number {
    return ewahFrameByteLength + 4 * this.words.length;
  }

  /** 64-bit words that it stands for. */
  get wordCount(): number {
    return Math.ceil(this.bitSize / 64);
  }

  /** Stores it from `at` on; returns the end. */
  writeTo(target: Uint8Array, at: number): number {
    const { words } = this;
    const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
    view.setUint32(at, this.bitSize);
    view.setUint32(at + 4, words.length >>> 1);
    let to = at + 8;
    for (let i = 0; i < words.length; i += 2, to += 8) {
      view.setUint32(to, words[i + 1]!);
      view.setUint32(to + 4, words[i]!);
    }
    view.setUint32(to, this.lastMarker);
    return to + 4;
  }

  /** Adds its bits to `bits`. */
  orInto(bits: BitSet): void {
    bits.reserve(64 * this.wordCount);
    const target = bits.words;
    const { words } = this;
    for (let at = 0, to = 0; at < words.length; ) {
      const low = words[at]!;
      const high = words[at + 1]!;
      const runEnd = to + 2 * runLengthOf(low, high);
      if ((low & 1) !== 0) target.fill(0xffff_ffff, to, runEnd);
      to = runEnd;
      at += 2;
      for (const end = at + 2 * literalCountOf(high); at < end; ) target[to++]! |= words[at++]!;
    }
  }

  /** Turns those bits of `bits` over that it has. */
  xorInto(bits: BitSet): void {
    bits.reserve(64 * this.wordCount);
    const target = bits.words;
    const { words } = this;
    for (let at = 0, to = 0; at < words.length; ) {
      const low = words[at]!;
      const high = words[at + 1]!;
      const runEnd = to + 2 * runLengthOf(low, high);
      if ((low & 1) !== 0) while (to < runEnd) target[to++]! ^= -1;
      to = runEnd;
      at += 2;
      for (const end = at + 2 * literalCountOf(high); at < end; ) target[to++]! ^= words[at++]!;
    }
  }

  /** Takes its bits out of `bits`. */
  andNotInto(bits: BitSet): void {
    const target = bits.words;
    const { words } = this;
    for (let at = 0, to = 0; at < words.length && to < target.length; ) {
      const low = words[at]!;
      const high = words[at + 1]!;
      const runEnd = to + 2 * runLengthOf(low, high);
      if ((low & 1) !== 0) target.fill(0, to, runEnd);
      at += 2;
      const end = at + 2 * literalCountOf(high);
      // The set may be shorter than the bitmap.
      for (to = runEnd; at < end && to < target.length; ) target[to++]! &= ~words[at++]!;
      at = end;
    }
  }

  /** Whether every bit that it has is in `bits`. */
  isSubsetOf(bits: BitSet): boolean {
    const target = bits.words;
    const { words } = this;
    for (let at = 0, to = 0; at < words.length; ) {
      const low = words[at]!;
      const high = words[at + 1]!;
      const runEnd = to + 2 * runLengthOf(low, high);
      if ((low & 1) !== 0) for (; to < runEnd; to++) if (target[to] !== 0xffff_ffff) return false;
      to = runEnd;
      at += 2;
      for (const end = at + 2 * literalCountOf(high); at < end; at++, to++) {
        if ((words[at]! & ~(target[to] ?? 0)) !== 0) return false;
      }
    }
    return true;
  }

  /** A set of its bits. */
  toBits(): BitSet {
    const bits = new BitSet(64 * this.wordCount);
    this.orInto(bits);
    return bits;
  }

  /** How many bits are set. */
  count(): number {
    const { words } = this;
    let count = 0;
    for (let at = 0; at < words.length; ) {
      const low = words[at]!;
      const high = words[at + 1]!;
      if ((low & 1) !== 0) count += 64 * runLengthOf(low, high);
      at += 2;
      for (const end = at + 2 * literalCountOf(high); at < end; ) count += bitCount32(words[at++]!);
    }
    return count;
  }

  /** Visits the set bits in ascending order. */
  forEach(visit: (bit: number) => void): void {
    const { words } = this;
    for (let at = 0, bit = 0; at < words.length; ) {
      const low = words[at]!;
      const high = words[at + 1]!;
      const runEnd = bit + 64 * runLengthOf(low, high);
      if ((low & 1) !== 0) while (bit < runEnd) visit(bit++);
      bit = runEnd;
      at += 2;
      for (const end = at + 2 * literalCountOf(high); at < end; bit += 32) {
        for (let word = words[at++]!; word !== 0; word &= word - 1) visit(bit + 31 - Math.clz32(word & -word));
      }
    }
  }

  /** Git's check value of a bitmap, as `rev-list --test-bitmap` shows it. */
  checksum(): number {
    let sum = this.bitSize | 0;
    for (const half of this.words) {
      sum = (Math.imul(sum, 31) + (half & 255)) | 0;
      sum = (Math.imul(sum, 31) + ((half >>> 8) & 255)) | 0;
      sum = (Math.imul(sum, 31) + ((half >>> 16) & 255)) | 0;
      sum = (Math.imul(sum, 31) + (half >>> 24)) | 0;
    }
    return sum >>> 0;
  }
}
