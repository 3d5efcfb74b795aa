/** What index-pack knows of a pack's entries: a row for each, in the order of the pack, kept in columns that threads can share. */

import { bug } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";

/** The columns as they cross from one thread to another. */
export interface EntryColumns {
  /** Where the entry begins in the pack; one row more than there are entries, for the end of the last. */
  readonly offsets: Float64Array;
  /** Inflated size of the entry's own data: of a delta the size of its instructions. */
  readonly sizes: Float64Array;
  /** As in the pack: 1 to 4, 6 and 7. */
  readonly types: Uint8Array;
  /** 1 to 4; 0 for a delta that is not resolved yet. */
  readonly objectTypes: Uint8Array;
  /** Bytes of the entry before its zlib stream. */
  readonly headerByteLengths: Uint8Array;
  readonly crc32s: Uint32Array;
  /** Of an OFS delta: where its base begins in the pack. Of a REF delta: its row in the table of base ids. */
  readonly bases: Float64Array;
  /** Object ids, one after the other; meaningless for a delta that is not resolved yet. */
  readonly ids: Uint8Array;
}

/** Where columns are allocated: `shared` ones can be given to other threads without a copy. */
export type TableMemory = "shared" | "own";

function buffer(byteLength: number, memory: TableMemory): ArrayBufferLike {
  return memory === "shared" ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength);
}

/** Columns of `rows` rows. */
export function allocateColumns(rows: number, format: ObjectFormat, memory: TableMemory): EntryColumns {
  return {
    offsets: new Float64Array(buffer(8 * (rows + 1), memory)),
    sizes: new Float64Array(buffer(8 * rows, memory)),
    types: new Uint8Array(buffer(rows, memory)),
    objectTypes: new Uint8Array(buffer(rows, memory)),
    headerByteLengths: new Uint8Array(buffer(rows, memory)),
    crc32s: new Uint32Array(buffer(4 * rows, memory)),
    bases: new Float64Array(buffer(8 * rows, memory)),
    ids: new Uint8Array(buffer(rows * format.byteLength, memory)),
  };
}

/** The rows found so far. Grows with what is found, not with what a header claims. */
export class EntryTable {
  readonly format: ObjectFormat;
  columns: EntryColumns;
  /** Rows filled. */
  count = 0;
  /** Ids of the bases of REF deltas, in the order of the pack. */
  refBaseIds: Uint8Array;
  /** Rows of {@link refBaseIds}. */
  refCount = 0;
  /** OFS deltas among the rows. */
  ofsCount = 0;
  readonly #memory: TableMemory;

  /**
   * @param rows room to begin with.
   * @param columns memory that is there already, instead of new one.
   */
  constructor(format: ObjectFormat, rows: number, memory: TableMemory, columns?: EntryColumns) {
    this.format = format;
    this.#memory = memory;
    this.columns = columns ?? allocateColumns(Math.max(1, rows), format, memory);
    this.refBaseIds = new Uint8Array(0);
  }

  /** Rows that there is room for. */
  get capacity(): number {
    return this.columns.types.length;
  }

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    if (rows <= this.capacity) return;
    const larger = allocateColumns(Math.max(rows, 2 * this.capacity), this.format, this.#memory);
    copyRows(this.columns, 0, this.count, larger, 0, this.format);
    larger.offsets[this.count] = this.columns.offsets[this.count]!;
    this.columns = larger;
  }

  /** Keeps the id of a REF delta's base. @returns its row among the base ids. */
  addRefBase(bytes: Uint8Array, at: number): number {
    const { byteLength } = this.format;
    const start = this.refCount * byteLength;
    if (start + byteLength > this.refBaseIds.length) {
      const larger = new Uint8Array(Math.max(64 * byteLength, 2 * this.refBaseIds.length));
      larger.set(this.refBaseIds);
      this.refBaseIds = larger;
    }
    for (let i = 0; i < byteLength; i++) this.refBaseIds[start + i] = bytes[at + i]!;
    return this.refCount++;
  }

  /** Appends the rows of a table that goes on where this one ends. */
  append(other: EntryTable): void {
    const { columns: from, count } = other;
    if (this.columns.offsets[this.count] !== from.offsets[0]) throw bug("tables of entries that do not meet");
    this.reserve(this.count + count);
    copyRows(from, 0, count, this.columns, this.count, this.format);
    for (let row = this.count; row < this.count + count; row++) {
      if (this.columns.types[row] === 7) this.columns.bases[row]! += this.refCount;
    }
    const { byteLength } = this.format;
    const ids = new Uint8Array((this.refCount + other.refCount) * byteLength);
    ids.set(this.refBaseIds.subarray(0, this.refCount * byteLength));
    ids.set(other.refBaseIds.subarray(0, other.refCount * byteLength), this.refCount * byteLength);
    this.refBaseIds = ids;
    this.refCount += other.refCount;
    this.ofsCount += other.ofsCount;
    this.count += count;
    this.columns.offsets[this.count] = from.offsets[count]!;
  }
}

function copyRows(
  from: EntryColumns,
  start: number,
  count: number,
  to: EntryColumns,
  at: number,
  { byteLength }: ObjectFormat,
): void {
  const end = start + count;
  to.offsets.set(from.offsets.subarray(start, end), at);
  to.sizes.set(from.sizes.subarray(start, end), at);
  to.types.set(from.types.subarray(start, end), at);
  to.objectTypes.set(from.objectTypes.subarray(start, end), at);
  to.headerByteLengths.set(from.headerByteLengths.subarray(start, end), at);
  to.crc32s.set(from.crc32s.subarray(start, end), at);
  to.bases.set(from.bases.subarray(start, end), at);
  to.ids.set(from.ids.subarray(start * byteLength, end * byteLength), at * byteLength);
}

/** The row of `offsets[0, count)`, which ascend, that has `offset`; −1 if none has. */
export function rowAtOffset(offsets: Float64Array, count: number, offset: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low < count && offsets[low] === offset ? low : -1;
}
