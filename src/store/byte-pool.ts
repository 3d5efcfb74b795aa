/** Arrays of bytes that are used again and again, so that making and dropping large objects leaves nothing to collect. */

import { allocateBytes } from "../bytes/byte-slabs.js";

/** Gives arrays with room for at least so many bytes, in sizes of which there are four for each power of two. */
export class BytePool {
  readonly #spare = new Map<number, Uint8Array[]>();
  /** Bytes of all arrays that were given and not dropped, those that lie here included. */
  byteLength = 0;

  /** An array with room for `length` bytes; what is in it has no meaning. @throws GitmidxError `too-large` */
  take(length: number): Uint8Array {
    const size = roundedUp(length);
    const spare = this.#spare.get(size)?.pop();
    if (spare !== undefined) return spare;
    const bytes = allocateBytes(size);
    this.byteLength += size;
    return bytes;
  }

  /** Takes an array back. */
  give(bytes: Uint8Array): void {
    const spare = this.#spare.get(bytes.length);
    if (spare === undefined) this.#spare.set(bytes.length, [bytes]);
    else spare.push(bytes);
  }

  /** Drops what lies here until there are no more than `limit` bytes in all, as far as that goes. */
  shrinkTo(limit: number): void {
    for (const [size, arrays] of this.#spare) {
      while (this.byteLength > limit && arrays.pop() !== undefined) this.byteLength -= size;
      if (this.byteLength <= limit) return;
    }
  }
}

function roundedUp(length: number): number {
  let step = 64;
  while (step * 8 <= length) step *= 2;
  return Math.max(1, Math.ceil(length / step)) * step;
}
