/** The records of a reftable's block: keys that share their beginnings with the one before, each with what it stands for. */

import type { GitmidxError } from "../core/errors.js";

/** Makes the error for what is wrong at a place of the block. */
export type RecordProblem = (at: number, what: string) => GitmidxError;

/** Reads a block's records from front to back. */
export class RecordCursor {
  at: number;
  /** The key of the record that was begun last. */
  key: Uint8Array = new Uint8Array(0);
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #problem: RecordProblem;

  constructor(bytes: Uint8Array, start: number, end: number, problem: RecordProblem) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#problem = problem;
  }

  get atEnd(): boolean {
    return this.at >= this.#end;
  }

  /** Reads the key of the next record. @returns its kind: 0 to 7 */
  next(): number {
    const shared = this.varint();
    const kind = this.varint();
    const rest = this.take(Math.floor(kind / 8));
    if (shared > this.key.length) throw this.#problem(this.at, "a name that shares more than there is");
    const key = new Uint8Array(shared + rest.length);
    key.set(this.key.subarray(0, shared));
    key.set(rest, shared);
    this.key = key;
    return kind % 8;
  }

  /** A number of 7 bits a byte, high bits first, one added for each byte that follows. */
  varint(): number {
    let byte = this.take(1)[0]!;
    let value = byte & 127;
    while (byte >= 128) {
      byte = this.take(1)[0]!;
      value = (value + 1) * 128 + (byte & 127);
    }
    return value;
  }

  take(byteLength: number): Uint8Array {
    const from = this.at;
    if (from + byteLength > this.#end) throw this.#problem(from, "a record that ends behind its block");
    this.at += byteLength;
    return this.#bytes.subarray(from, this.at);
  }
}
