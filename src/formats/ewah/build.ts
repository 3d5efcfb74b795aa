/** Makes compressed bitmaps of plain bits, byte for byte as git does. */

import type { BitSet } from "../../bytes/bit-set.js";
import type { Ewah } from "./ewah.js";
import { EwahStream } from "./stream.js";

/** Takes bits in ascending order, as git collects the bitmaps of types: the bitmap ends behind its last set bit. */
export class EwahBuilder {
  readonly #stream = new EwahStream();
  #bitSize = 0;
  /** The word that is being filled: which one, and its halves. */
  #word = 0;
  #low = 0;
  #high = 0;

  /** @throws RangeError unless `bit` is above all bits before it. */
  add(bit: number): void {
    if (bit < this.#bitSize) throw new RangeError(`bit ${bit} comes after bit ${this.#bitSize - 1}`);
    const word = Math.floor(bit / 64);
    if (word !== this.#word) {
      this.#flush();
      this.#stream.run(0, word - this.#word);
      this.#word = word;
    }
    this.#bitSize = bit + 1;
    if ((bit & 32) === 0) this.#low |= 1 << (bit & 31);
    else this.#high |= 1 << (bit & 31);
  }

  /** The bitmap. The builder is of no use afterwards. */
  finish(): Ewah {
    this.#flush();
    return this.#stream.finish(this.#bitSize);
  }

  #flush(): void {
    if ((this.#low | this.#high) === 0) return;
    this.#stream.word(this.#low, this.#high);
    this.#word++;
    this.#low = 0;
    this.#high = 0;
  }
}

/** A set as git compresses the bitmap of a commit: whole words up to the last that is not 0, and one word if all are. */
export function ewahOfBits(bits: BitSet): Ewah {
  const end = endOf(bits.words);
  if (end === 0) {
    const stream = new EwahStream(1);
    stream.run(0, 1);
    return stream.finish(64);
  }
  return compress(bits.words, end, 32 * end);
}

/** A set as git compresses the bitmap of a type: what {@link EwahBuilder} gives for the same bits, but faster. */
export function typeEwahOfBits(bits: BitSet): Ewah {
  const { words } = bits;
  const end = endOf(words);
  if (end === 0) return new EwahStream(1).finish(0);
  const high = words[end - 1] ?? 0;
  const bitSize = high === 0 ? 32 * end - 32 - Math.clz32(words[end - 2]!) : 32 * end - Math.clz32(high);
  return compress(words, end, bitSize);
}

/** How many halves there are up to the last word that is not 0: an even number. */
function endOf(words: Uint32Array): number {
  let end = words.length;
  while (end > 0 && words[end - 1] === 0) end--;
  return end + (end & 1);
}

function compress(words: Uint32Array, end: number, bitSize: number): Ewah {
  const stream = new EwahStream();
  // A last word of which only the low half is there.
  const whole = Math.min(end, words.length & ~1);
  for (let at = 0; at < whole; ) {
    const start = at;
    const low = words[at]!;
    if (low === 0 && words[at + 1] === 0) {
      do at += 2;
      while (at < whole && words[at] === 0 && words[at + 1] === 0);
      stream.run(0, (at - start) >>> 1);
    } else if (low === 0xffff_ffff && words[at + 1] === 0xffff_ffff) {
      do at += 2;
      while (at < whole && words[at] === 0xffff_ffff && words[at + 1] === 0xffff_ffff);
      stream.run(1, (at - start) >>> 1);
    } else {
      do at += 2;
      while (at < whole && !isRun(words[at]!, words[at + 1]!));
      stream.copy(words, start, (at - start) >>> 1);
    }
  }
  if (whole < end) stream.word(words[whole]!, 0);
  return stream.finish(bitSize);
}

function isRun(low: number, high: number): boolean {
  return low === high && (low === 0 || low === 0xffff_ffff);
}
