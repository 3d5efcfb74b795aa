/** The objects of a multi-pack-index about to be written: columns, in id order, in as few allocations as possible. */

/** Ids are kept in segments, because ten million of them exceed what one array should hold; the numbers in one column each. */
export interface MidxEntries {
  readonly count: number;
  /** Ids in ascending order, one after the other, in consecutive segments of whole ids. */
  readonly idSegments: readonly Uint8Array[];
  /** For each object the number of its pack in the order of the names. */
  readonly packIds: Uint32Array;
  /** For each object its offset in the pack modulo 2^32. */
  readonly offsetsLow: Uint32Array;
  /** For each object its offset divided by 2^32, rounded down; undefined where all are 0. */
  readonly offsetsHigh: Uint32Array | undefined;
}

/** The offset of object `position`: 0 to 2^53 − 1. */
export function entryOffset(entries: MidxEntries, position: number): number {
  const high = entries.offsetsHigh;
  return (high === undefined ? 0 : high[position]! * 0x1_0000_0000) + entries.offsetsLow[position]!;
}

/** The order of a MIDX bitmap's bits, as its RIDX and BTMP chunks record it. */
export interface PseudoPack {
  /** Positions of the objects in id order, local to the file, in pseudo-pack order. */
  readonly order: Uint32Array;
  /** For each pack the rank, local to the file, of its first object, and the number of its objects; {0, 0} where it has none. */
  readonly packs: readonly { readonly first: number; readonly count: number }[];
}
