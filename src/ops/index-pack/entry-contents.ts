/** The contents of entries whose bases are known, in any order. */

import { applyDelta, readDeltaSizes } from "../../formats/delta/apply.js";
import { ofsDeltaCode } from "../../formats/pack/entry-header.js";
import { checkDeltaResult } from "./delta-result.js";
import type { EntryReader } from "./entry-reader.js";
import type { EntryColumns } from "./entry-table.js";
import { badDelta } from "./faults.js";

/** Reads objects of a pack by their rows; keeps those that others may be made from. */
export class EntryContents {
  readonly #columns: EntryColumns;
  readonly #baseRows: Int32Array;
  readonly #reader: EntryReader;
  readonly #limit: number;
  /** Contents by row; the one used last is last. */
  readonly #kept = new Map<number, Uint8Array>();
  #keptByteLength = 0;

  /** @param limit bytes that are kept at most. */
  constructor(columns: EntryColumns, baseRows: Int32Array, reader: EntryReader, limit: number) {
    this.#columns = columns;
    this.#baseRows = baseRows;
    this.#reader = reader;
    this.#limit = limit;
  }

  /** The content of the object in `row`: not to be written to. */
  read(row: number): Uint8Array {
    const { types } = this.#columns;
    const chain: number[] = [];
    let base = row;
    let content = this.#kept.get(base);
    for (; content === undefined && types[base]! >= ofsDeltaCode; content = this.#kept.get(base)) {
      chain.push(base);
      base = this.#baseRows[base]!;
    }
    content ??= this.#keep(base, this.#inflate(base));
    for (const next of chain.reverse()) content = this.#keep(next, this.#apply(next, content));
    return content;
  }

  #inflate(row: number): Uint8Array {
    const size = this.#columns.sizes[row]!;
    const buffer = new Uint8Array(size + 1);
    this.#reader.inflate(row, buffer, 0);
    return buffer.subarray(0, size);
  }

  #apply(row: number, base: Uint8Array): Uint8Array {
    const delta = this.#inflate(row);
    try {
      const { baseSize, resultSize, start } = readDeltaSizes(delta);
      checkDeltaResult(delta, start, delta.length, {
        deltaSize: delta.length,
        wanted: baseSize,
        baseSize: base.length,
        resultSize,
      });
      const result = new Uint8Array(resultSize);
      applyDelta(delta, start, delta.length, base, 0, base.length, result, 0, resultSize);
      return result;
    } catch (error) {
      throw badDelta(this.#columns.offsets[row]!, error);
    }
  }

  #keep(row: number, content: Uint8Array): Uint8Array {
    if (content.length > this.#limit / 4) return content;
    this.#kept.set(row, content);
    this.#keptByteLength += content.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptByteLength <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#keptByteLength -= length;
    }
    return content;
  }
}
