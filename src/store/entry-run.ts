/** The bytes of a pack's entries, read in long stretches: for work that goes through a pack from front to back. */

import type { ByteSource } from "../bytes/source.js";

/** Reads stretches of one file. What was read stays in {@link bytes} until another stretch is wanted. */
export class EntryRun {
  /** The bytes that were read last. */
  bytes = new Uint8Array(0);
  readonly #source: ByteSource;
  readonly #stretch: number;
  #start = 0;
  #end = 0;

  /** @param stretch bytes to read at a time, if not more are wanted. */
  constructor(source: ByteSource, stretch: number) {
    this.#source = source;
    this.#stretch = stretch;
  }

  /**
   * Makes the bytes from `start` to `end` of the file available, which must be inside of it. @returns where in {@link bytes} they begin
   * @throws GitmidxError what reading throws; NeedRange
   */
  locate(start: number, end: number): number {
    if (start >= this.#start && end <= this.#end) return start - this.#start;
    const length = Math.min(Math.max(this.#stretch, end - start), this.#source.size - start);
    if (this.bytes.length < length) this.bytes = new Uint8Array(Math.max(length, this.#stretch));
    this.#end = 0;
    this.#source.readInto(start, this.bytes.subarray(0, length));
    this.#start = start;
    this.#end = start + length;
    return 0;
  }
}
