/**
 * What is known of each object of a packing list while the pack is made: where it lies now, what it can be made from, where it went.
 *
 * Columns, one row an object: the rows of the {@link PackingList} that they belong to.
 */

import type { PackingList } from "./packing-list.js";
import { preferredBaseFlag } from "./packing-list.js";
import type { SourcePack } from "./source-pack.js";

/** In {@link PackEntries.offsets}: the object went to a pack that is finished. */
export const inEarlierPack = -1;
/** In {@link PackEntries.offsets}: not written; no object lies at the beginning of a pack. */
export const notWritten = 0;
/** In {@link PackEntries.offsets}: its base is being written first. */
export const baseFirst = 1;

/** In {@link PackEntries.base}: the object stays the delta that it is; its base is not listed, but the receiver has it. */
export const outsideBase = -2;

/** The columns. Rows that name no other row or pack hold −1; a base may also be {@link outsideBase}. */
export class PackEntries {
  readonly list: PackingList;
  readonly count: number;
  /** The packs that the objects lie in now. */
  readonly sources: SourcePack[] = [];
  /** Which of {@link sources} an object is taken from. */
  readonly source: Int32Array;
  readonly sourceOffset: Float64Array;
  /** Which entry of its pack it is. */
  readonly sourceEntry: Int32Array;
  /** Its type there: 6 or 7 for a delta. 0 if it is in no pack. */
  readonly sourceType: Uint8Array;
  /** Bytes of its entry there before the zlib stream. */
  readonly sourceHeader: Uint8Array;
  /** 1 to 4; 6 or 7 while the delta in its pack is to be used again; 0 where no such object is found. */
  readonly type: Uint8Array;
  /** The object's size, or the delta's while that is to be used again. */
  readonly size: Float64Array;
  /** The row of the object that it is, or is to become, a delta of. */
  readonly base: Int32Array;
  /** The ids of the bases of rows whose base is {@link outsideBase}. */
  readonly outsideBases = new Map<number, Uint8Array>();
  readonly deltaSize: Float64Array;
  /** Deltas below it in the chain, for deltas used again. */
  readonly depth: Int32Array;
  /** Where in the new pack it was written, or one of the constants above. */
  readonly offsets: Float64Array;
  readonly crc32s: Uint32Array;
  /** Of a cruft pack: when each object was last used, in seconds since 1970. */
  readonly mtimes: Uint32Array | undefined;

  constructor(list: PackingList, mtimes?: Uint32Array) {
    const { count } = list;
    this.list = list;
    this.mtimes = mtimes;
    this.count = count;
    this.source = new Int32Array(count).fill(-1);
    this.sourceOffset = new Float64Array(count);
    this.sourceEntry = new Int32Array(count).fill(-1);
    this.sourceType = new Uint8Array(count);
    this.sourceHeader = new Uint8Array(count);
    this.type = new Uint8Array(count);
    this.size = new Float64Array(count);
    this.base = new Int32Array(count).fill(-1);
    this.deltaSize = new Float64Array(count);
    this.depth = new Int32Array(count);
    this.offsets = new Float64Array(count);
    this.crc32s = new Uint32Array(count);
  }

  /** Whether the object is, or is to become, a delta. */
  isDelta(row: number): boolean {
    return this.base[row] !== -1;
  }

  /** The id of the object that a row is a delta of. */
  baseId(row: number): Uint8Array {
    return this.outsideBases.get(row) ?? this.list.idAt(this.base[row]!);
  }

  /** Whether the object is there for deltas to stand on only, and not to be packed. */
  isPreferredBase(row: number): boolean {
    return (this.list.flags[row]! & preferredBaseFlag) !== 0;
  }
}
