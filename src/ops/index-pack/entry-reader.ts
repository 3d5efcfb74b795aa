/** Reads the zlib streams of entries whose place is known. */

import { env } from "#env";
import { type ByteSource, MemorySource } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import type { Inflater } from "../../env/contract.js";
import { PackWindows } from "../../formats/pack/windows.js";
import type { EntryColumns } from "./entry-table.js";

/** Families of deltas lie together for the most part: little has to be held of the rest. */
const windowsByteLength = 8 << 20;

/** The entries of a pack that the first pass has been through. */
export class EntryReader {
  #source: ByteSource;
  readonly #columns: EntryColumns;
  readonly #windows = new PackWindows(windowsByteLength);
  readonly #number = this.#windows.enrol();
  readonly #step: number;
  readonly #inflater: Inflater = env.createInflater();
  #own = new Uint8Array(0);

  constructor(source: ByteSource, columns: EntryColumns) {
    this.#source = source;
    this.#columns = columns;
    this.#step = this.#windows.step;
  }

  /** Reads from `source` from now on: the same file, which has grown. */
  useSource(source: ByteSource): void {
    this.#source = source;
  }

  /**
   * Inflates the entry in `row` to `target` from `at`, where there must be room for its size and one byte.
   * @throws GitmidxError `bad-zlib-stream` if it is not what it was when it was first read.
   */
  inflate(row: number, target: Uint8Array, at: number): void {
    const { offsets, headerByteLengths, sizes } = this.#columns;
    const start = offsets[row]! + headerByteLengths[row]!;
    // One byte more: without it the inflater might wait for what follows. A trailer always does.
    const length = offsets[row + 1]! - start;
    const { bytes, from } = this.#locate(start, length + 1);
    const taken = this.#inflater.inflate(bytes, from, from + length + 1, target, at, sizes[row]!);
    if (taken !== length) {
      throw new GitmidxError("bad-zlib-stream", "serious inflate inconsistency", { offset: offsets[row]! });
    }
  }

  #locate(offset: number, length: number): { bytes: Uint8Array; from: number } {
    const source = this.#source;
    if (source instanceof MemorySource) return { bytes: source.bytes, from: source.locate(offset, length) };
    const index = Math.floor(offset / this.#step);
    const from = offset - index * this.#step;
    if (from + length <= 2 * this.#step) {
      const window = this.#windows.window(source, this.#number, index);
      if (from + length <= window.end) return { bytes: window.bytes, from };
    }
    if (this.#own.length < length) this.#own = new Uint8Array(2 * length);
    source.readInto(offset, this.#own.subarray(0, length));
    return { bytes: this.#own, from: 0 };
  }
}
