/** A buffer of planned size that is filled from front to back with big-endian numbers. */

import { bug } from "../core/errors.js";
import { fanoutEntries } from "./oid-table.js";

/** Fills exactly the bytes it was planned for; writing past them, or finishing early, is a bug. */
export class Sink {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(byteLength: number) {
    this.#bytes = new Uint8Array(byteLength);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** A byte. */
  u8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  /** A big-endian unsigned 32-bit number. */
  u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  /** A big-endian unsigned 64-bit number, 0 to 2^53 − 1. */
  u64(value: number): void {
    this.#view.setUint32(this.#at, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(this.#at + 4, value >>> 0);
    this.#at += 8;
  }

  /** Bytes as they are. */
  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** The fanout of `count` ascending ids. */
  fanout(ids: Uint8Array, idByteLength: number, count: number): void {
    let row = 0;
    for (let first = 0; first < fanoutEntries; first++) {
      while (row < count && ids[row * idByteLength] === first) row++;
      this.u32(row);
    }
    if (row !== count) throw bug(`ids are not in ascending order at row ${row}`);
  }

  /** What has been written so far: a view, not a copy. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  /** The whole buffer. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#at !== this.#bytes.length)
      throw bug(`${this.#at} bytes written where ${this.#bytes.length} were planned`);
    return this.#bytes;
  }
}
