/** Which objects a delta is looked for, and in which order: like to like, and of those the larger first, as git sorts them. */

import { radixSortPermutation } from "../../../bytes/radix-sort.js";
import { ofsDeltaCode } from "../../../formats/pack/entry-header.js";
import type { PackEntries } from "../entries.js";
import { noTryDeltaFlag } from "../packing-list.js";

/** A smaller object is not worth a delta. */
const leastSize = 50;

/** A stretch of the sorted list, as columns: all that the search needs to know, ready to be sent to a thread. */
export interface SearchList {
  readonly count: number;
  readonly ids: Uint8Array;
  readonly types: Uint8Array;
  readonly sizes: Float64Array;
  readonly nameHashes: Uint32Array;
  /** {@link isPreferred}, {@link isDeltaThere}. */
  readonly flags: Uint8Array;
  /** In which pack the object lies now, −1 if in none. */
  readonly packs: Int32Array;
  /** How many deltas that are used again stand on the object, one upon the other. */
  readonly heights: Int32Array;
}

/** The object is a preferred base: a delta may stand on it, and it is none itself. */
export const isPreferred = 1;
/** The object is a delta in its pack, and is not used again as that. */
export const isDeltaThere = 2;

/** The rows for which deltas are looked for, and those that they may stand on, in the order of the search. */
export function sortedCandidates(entries: PackEntries, start = 0, end = entries.count): Uint32Array {
  const { type, size, list } = entries;
  const rows: number[] = [];
  for (let row = start; row < end; row++) {
    if (entries.isDelta(row) || type[row] === 0 || size[row]! < leastSize) continue;
    if ((list.flags[row]! & noTryDeltaFlag) !== 0) continue;
    rows.push(row);
  }
  // First by size, then, leaving equals in place, by what comes before size. Rows are in order of recency already.
  let largest = 0;
  for (const row of rows) if (size[row]! > largest) largest = size[row]!;
  const bySize = radixSortPermutation(Float64Array.from(rows, (row) => largest - size[row]!));
  const kinds = new Float64Array(rows.length);
  for (let i = 0; i < kinds.length; i++) {
    const row = rows[bySize[i]!]!;
    const others = 2 * (0xffff_ffff - list.nameHashes[row]!) + (entries.isPreferredBase(row) ? 0 : 1);
    kinds[i] = (7 - type[row]!) * 0x2_0000_0000 + others;
  }
  const byKind = radixSortPermutation(kinds);
  return Uint32Array.from(byKind, (i) => rows[bySize[i]!]!);
}

/** The columns of the rows `rows[start, end)`. */
export function searchList(entries: PackEntries, rows: Uint32Array, heights: Int32Array): SearchList {
  const { list, type, size, source, sourceType } = entries;
  const { byteLength } = list.format;
  const count = rows.length;
  const result = {
    count,
    ids: new Uint8Array(count * byteLength),
    types: new Uint8Array(count),
    sizes: new Float64Array(count),
    nameHashes: new Uint32Array(count),
    flags: new Uint8Array(count),
    packs: new Int32Array(count),
    heights: new Int32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    result.ids.set(list.idAt(row), i * byteLength);
    result.types[i] = type[row]!;
    result.sizes[i] = size[row]!;
    result.nameHashes[i] = list.nameHashes[row]!;
    result.flags[i] =
      (entries.isPreferredBase(row) ? isPreferred : 0) | (sourceType[row]! >= ofsDeltaCode ? isDeltaThere : 0);
    result.packs[i] = source[row]!;
    result.heights[i] = heights[row]!;
  }
  return result;
}

/** For each row how many deltas stand on it, one upon the other. Chains have been cut to a length that makes walking them cheap. */
export function chainHeights({ base, count }: PackEntries): Int32Array {
  const heights = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    let height = 1;
    for (let below = base[row]!; below >= 0 && heights[below]! < height; below = base[below]!)
      heights[below] = height++;
  }
  return heights;
}
