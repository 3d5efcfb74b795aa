/**
 * The pseudo-pack order: in which order the objects of a multi-pack-index stand as the bits of its bitmap.
 *
 * First the preferred pack's objects, then pack by pack in the order of their numbers; within a pack by offset.
 */

import { radixSortPermutation } from "../../bytes/radix-sort.js";
import { entryOffset, type MidxEntries, type PseudoPack } from "../../formats/midx/entries.js";

/**
 * Orders the entries. O(n).
 * @param preferredPack number of the preferred pack, or undefined for none.
 */
export function orderPseudoPack(
  entries: MidxEntries,
  packCount: number,
  preferredPack: number | undefined,
): PseudoPack {
  const counts = new Uint32Array(packCount);
  for (let i = 0; i < entries.count; i++) counts[entries.packIds[i]!]!++;
  const firsts = new Uint32Array(packCount);
  let rank = 0;
  const place = (pack: number) => {
    firsts[pack] = rank;
    rank += counts[pack]!;
  };
  if (preferredPack !== undefined) place(preferredPack);
  for (let pack = 0; pack < packCount; pack++) if (pack !== preferredPack) place(pack);
  const grouped = groupByPack(entries, firsts);
  const order = new Uint32Array(entries.count);
  for (let pack = 0; pack < packCount; pack++) {
    const members = grouped.subarray(firsts[pack]!, firsts[pack]! + counts[pack]!);
    const byOffset = radixSortPermutation(Float64Array.from(members, (position) => entryOffset(entries, position)));
    for (let i = 0; i < members.length; i++) order[firsts[pack]! + i] = members[byOffset[i]!]!;
  }
  const packs = Array.from({ length: packCount }, (_, pack) => ({ first: firsts[pack]!, count: counts[pack]! }));
  return { order, packs };
}

/** Positions in id order, gathered by pack. */
function groupByPack(entries: MidxEntries, firsts: Uint32Array): Uint32Array {
  const next = firsts.slice();
  const grouped = new Uint32Array(entries.count);
  for (let i = 0; i < entries.count; i++) grouped[next[entries.packIds[i]!]!++] = i;
  return grouped;
}
