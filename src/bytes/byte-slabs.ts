/** Small arrays cut from common buffers: a buffer of its own each would cost more than what is put into it. */

import { GitmidxError } from "../core/errors.js";

const slabByteLength = 1 << 15;
const mostInSlab = 1 << 12;

/** Gives arrays. One that is held keeps the 32 KiB it was cut from, so they are for what is held together or not for long. */
export class ByteSlabs {
  #slab = new Uint8Array(0);
  #used = 0;

  /** A copy of `bytes[start, start + length)`. @throws GitmidxError `too-large` */
  copy(bytes: Uint8Array, start: number, length: number): Uint8Array {
    if (length > mostInSlab) {
      const copy = allocateBytes(length);
      copy.set(bytes.subarray(start, start + length));
      return copy;
    }
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(slabByteLength);
      this.#used = 0;
    }
    const copy = this.#slab.subarray(this.#used, this.#used + length);
    if (length > 0) copy.set(bytes.subarray(start, start + length));
    this.#used += length;
    return copy;
  }
}

/** A new array. @throws GitmidxError `too-large` if there is no memory for it */
export function allocateBytes(byteLength: number): Uint8Array {
  try {
    return new Uint8Array(byteLength);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GitmidxError("too-large", `out of memory: ${byteLength} bytes cannot be had at once`, { cause });
  }
}
