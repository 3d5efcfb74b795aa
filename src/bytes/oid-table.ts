/**
 * Sorted tables of object ids inside a file, with the 256-entry fanout that every git index begins with.
 *
 * The table may be unsorted in a damaged file: searches end all the same, with an answer that means nothing.
 */

import type { ByteSource } from "./source.js";

/** Entries of a fanout table; entry `i` counts the ids whose first byte is at most `i`. */
export const fanoutEntries = 256;
/** Bytes of a fanout table. */
export const fanoutByteLength = 1024;

/** Reads a fanout table as it stands. */
export function readFanout(source: ByteSource, offset: number): Uint32Array {
  const bytes = source.copy(offset, fanoutByteLength);
  const view = new DataView(bytes.buffer);
  const fanout = new Uint32Array(fanoutEntries);
  for (let i = 0; i < fanoutEntries; i++) fanout[i] = view.getUint32(4 * i);
  return fanout;
}

/** The first entry that is smaller than the one before it, or −1 if the table never falls. */
export function fanoutFall(fanout: Uint32Array): number {
  for (let i = 1; i < fanoutEntries; i++) if (fanout[i]! < fanout[i - 1]!) return i;
  return -1;
}

/** Where the rows of a table lie. */
export interface OidTableLayout {
  /** Offset of row 0. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Where in a row the id begins. */
  readonly idOffset: number;
  /** Bytes of an id: 20 or 32. */
  readonly idByteLength: number;
}

/** Steps of interpolation before plain bisection takes over: ids are hashes, so two or three land next to the place. */
const interpolationSteps = 4;

/** A table of ids in ascending order, its rows read from a source on demand. */
export class OidTable {
  readonly source: ByteSource;
  readonly layout: OidTableLayout;
  /** Cumulative counts by first byte; must not fall (see {@link fanoutFall}). */
  readonly fanout: Uint32Array;
  /** Rows of the table. */
  readonly count: number;

  constructor(source: ByteSource, layout: OidTableLayout, fanout: Uint32Array) {
    this.source = source;
    this.layout = layout;
    this.fanout = fanout;
    this.count = fanout[255]!;
  }

  /** Number of the first row whose id may begin with that byte. */
  bucketStart(firstByte: number): number {
    return firstByte === 0 ? 0 : this.fanout[firstByte - 1]!;
  }

  /** A fresh copy of the id in row `position`. */
  idAt(position: number): Uint8Array {
    const at = this.#locate(position);
    return this.source.bytes.slice(at, at + this.layout.idByteLength);
  }

  /** Compares the id in row `position` with `oid`: negative, zero or positive. */
  compareAt(position: number, oid: Uint8Array): number {
    const at = this.#locate(position);
    const { bytes } = this.source;
    for (let i = 0; i < this.layout.idByteLength; i++) {
      const difference = bytes[at + i]! - oid[i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The row that holds `oid`, or −1. Reads a few rows around its place, not the table. */
  find(oid: Uint8Array): number {
    const position = this.lowerBound(oid);
    return position < this.fanout[oid[0]!]! && this.compareAt(position, oid) === 0 ? position : -1;
  }

  /** The first row whose id is not below `oid`; the number of rows if there is none. */
  lowerBound(oid: Uint8Array): number {
    const key = ((oid[1]! << 24) | (oid[2]! << 16) | (oid[3]! << 8) | oid[4]!) >>> 0;
    let low = this.bucketStart(oid[0]!);
    let high = this.fanout[oid[0]!]!;
    // What bytes 1 to 4 of the ids in [low, high) lie between.
    let lowKey = 0;
    let highKey = 0xffff_ffff;
    for (let step = 0; low < high; step++) {
      const middle =
        step < interpolationSteps && highKey > lowKey
          ? low +
            Math.min(high - low - 1, Math.max(0, Math.floor(((key - lowKey) / (highKey - lowKey)) * (high - low))))
          : (low + high) >>> 1;
      const at = this.#locate(middle) + 1;
      const { bytes } = this.source;
      const found = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
      const below = found === key ? this.compareAt(middle, oid) < 0 : found < key;
      if (below) {
        low = middle + 1;
        lowKey = found;
      } else {
        high = middle;
        highKey = found;
      }
    }
    return low;
  }

  /** The rows `[start, end)` whose ids begin with the first `digits` hex digits of `oid`: 1 to all of them. */
  prefixRange(oid: Uint8Array, digits: number): { start: number; end: number } {
    const bound = oid.slice();
    bound.fill(0, (digits + 1) >> 1);
    if (digits % 2 === 1) bound[digits >> 1]! &= 0xf0;
    const start = this.lowerBound(bound);
    // The rows end where those of the next prefix begin. In a table that is not sorted that may lie before.
    const end = increment(bound, digits) ? this.lowerBound(bound) : this.count;
    return { start, end: Math.max(start, end) };
  }

  #locate(position: number): number {
    const { offset, stride, idOffset, idByteLength } = this.layout;
    return this.source.locate(offset + position * stride + idOffset, idByteLength);
  }
}

/** Adds one to the first `digits` hex digits of `id`; false if they were all `f`. */
function increment(id: Uint8Array, digits: number): boolean {
  let unit = digits % 2 === 1 ? 16 : 1;
  for (let i = (digits - 1) >> 1; i >= 0; i--, unit = 1) {
    const sum = id[i]! + unit;
    id[i] = sum;
    if (sum < 256) return true;
  }
  return false;
}
