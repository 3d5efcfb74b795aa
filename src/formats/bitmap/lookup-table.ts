/**
 * The lookup table of a bitmap file (gitformat-bitmap): finds a commit's entry without reading any other.
 *
 *     rows by ascending position: u32 index position of the commit, u64 where its entry begins in the file,
 *                                 u32 row of the commit it is XORed with, or 0xffffffff
 */

import type { ByteSource } from "../../bytes/source.js";
import { type BitmapEntry, readEntry } from "./entries.js";
import { type BitmapLayout, bitLimitOf, bitmapProblem, lookupRowByteLength, type Section } from "./layout.js";

/** What stands in the last column where a commit is XORed with none. */
export const noXorRow = 0xffff_ffff;

/** A row as it stands there. */
export interface LookupRow {
  readonly position: number;
  readonly offset: number;
  readonly xorRow: number;
}

/** Rows are checked when they are used; that they are in order and complete is `verify`'s business. */
export class LookupTable {
  readonly count: number;
  readonly #source: ByteSource;
  readonly #layout: BitmapLayout;
  readonly #offset: number;

  constructor(source: ByteSource, layout: BitmapLayout, section: Section) {
    this.#source = source;
    this.#layout = layout;
    this.#offset = section.offset;
    this.count = section.byteLength / lookupRowByteLength;
  }

  /** Where a row stands in the file. */
  placeOf(row: number): number {
    return this.#offset + lookupRowByteLength * row;
  }

  /** A row as it stands there. @throws GitmidxError `bad-lookup-table` if there is no such row. */
  rowAt(row: number): LookupRow {
    if (row >= this.count) {
      const message = "corrupt bitmap lookup table: triplet position out of index";
      throw bitmapProblem(this.#source, "bad-lookup-table", this.#offset, message);
    }
    const at = this.placeOf(row);
    return { position: this.#source.u32(at), offset: this.#source.u64(at + 4), xorRow: this.#source.u32(at + 12) };
  }

  /** The row of that position; −1 if there is none. */
  find(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#source.u32(this.placeOf(middle));
      if (found === position) return middle;
      if (found < position) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  /**
   * The entry of a row.
   * @throws GitmidxError `bad-lookup-table` if row and entry do not agree; what {@link readEntry} throws.
   */
  entryAt(row: number): BitmapEntry {
    const { position, offset, xorRow } = this.rowAt(row);
    const fail = (message: string) => {
      const text = `corrupt bitmap lookup table: ${message}`;
      return bitmapProblem(this.#source, "bad-lookup-table", this.placeOf(row), text);
    };
    const { place, typesOffset, entriesEnd } = this.#layout;
    if (position < place.objectsBelow || position >= bitLimitOf(place))
      throw fail(`commit index ${position} out of range`);
    if (offset < typesOffset || offset >= entriesEnd) throw fail(`offset ${offset} is not among the entries`);
    const entry = readEntry(this.#source, this.#layout, offset, `bitmap of commit index ${position}`);
    if (entry.position !== position)
      throw fail(`commit index ${position} has an entry of commit index ${entry.position}`);
    if ((xorRow === noXorRow) !== (entry.xorOffset === 0))
      throw fail(`xor row ${xorRow}, but the xor offset of the entry is ${entry.xorOffset}`);
    return entry;
  }

  /**
   * The entry that the one of a row is XORed with; undefined if it is with none.
   * @throws GitmidxError `bad-lookup-table`, also if it does not stand before it.
   */
  baseOf(row: number, entry: BitmapEntry): BitmapEntry | undefined {
    const { xorRow } = this.rowAt(row);
    if (xorRow === noXorRow) return undefined;
    const base = this.entryAt(xorRow);
    // Each base ends before what needs it begins: no chain is endless, and none is longer than the file.
    if (base.offset + base.byteLength <= entry.offset) return base;
    const message = `corrupt bitmap lookup table: xor row ${xorRow} has an entry at ${base.offset}, which is not before ${entry.offset}`;
    throw bitmapProblem(this.#source, "bad-lookup-table", this.placeOf(row) + 12, message);
  }
}
