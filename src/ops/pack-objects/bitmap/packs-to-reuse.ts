/** The packs that entries may be taken over from. */

import type { BitSet } from "../../../bytes/bit-set.js";
import { bitCount32 } from "../../../bytes/bit-set.js";
import { withRanges } from "../../../bytes/source.js";
import { isGitmidxError } from "../../../core/errors.js";
import type { LayerPackId } from "../../../core/positions.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { MidxStack } from "../../../store/midx-stack.js";
import type { ReachResult } from "../../reach/reach-result.js";
import { type PackBits, ReusedPack } from "./reused-pack.js";

/** `pack.allowPackReuse`: from no pack, from the one that is first in the bitmap's order, or from all. */
export type PackReuse = "none" | "single" | "multi";

/** The bits of a pack by its number. */
type PackRange = Omit<PackBits, "pack">;

/**
 * Opens the packs, in the order of their bits.
 * @param wanted packs of which nothing is wanted are left out, as are those that cannot be opened.
 */
export async function packsToReuse(result: ReachResult, wanted: BitSet, reuse: PackReuse): Promise<ReusedPack[]> {
  const packs: ReusedPack[] = [];
  for (const range of await withRanges(() => rangesOf(result, reuse))) {
    const count = countBits(wanted, range.firstBit, range.firstBit + range.bitCount);
    if (count === 0) continue;
    try {
      const pack = result.packs.pack(range.packId);
      packs.push(await ReusedPack.open(result.order, { pack, ...range }, count));
    } catch (error) {
      // Its objects are listed then, and whoever reads them finds other copies or says what is missing.
      if (!isGitmidxError(error)) throw error;
    }
  }
  return packs;
}

function rangesOf({ index, order }: ReachResult, reuse: PackReuse): readonly PackRange[] {
  if (reuse === "none" || order.bitCount === 0) return [];
  const { stack } = index;
  if (stack === undefined) return [{ packId: 0, firstBit: 0, bitCount: order.bitCount, isOwnOrder: true }];
  const all = bitmappedRanges(stack);
  if (reuse === "multi" && all !== undefined) return all;
  // Git calls it the preferred pack: that of the first object of the lowest layer.
  const packId = order.packAt(0);
  const first = all?.find((range) => range.packId === packId && range.firstBit === 0);
  if (first !== undefined) return [first];
  return [{ packId, firstBit: 0, bitCount: leadingBits(order, stack.layers[0]!.view.count), isOwnOrder: false }];
}

/** What the BTMP chunks say; undefined if one is missing. */
function bitmappedRanges(stack: MidxStack): readonly PackRange[] | undefined {
  const ranges: PackRange[] = [];
  for (const { view, packsBelow, objectsBelow } of stack.layers) {
    for (let id = 0; id < view.packNames.length; id++) {
      const bits = view.bitmappedPackAt(id as LayerPackId);
      if (bits === undefined) return undefined;
      const { firstBit, count } = bits;
      const isInside = firstBit >= objectsBelow && firstBit + count <= objectsBelow + view.count;
      if (count > 0 && isInside) {
        ranges.push({ packId: packsBelow + id, firstBit, bitCount: count, isOwnOrder: false });
      }
    }
  }
  return ranges.sort((a, b) => a.firstBit - b.firstBit);
}

/** How many of the first `most` bits are of one pack: packs do not mix. */
function leadingBits(order: BitOrder, most: number): number {
  const packId = order.packAt(0);
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (order.packAt(middle) === packId) low = middle;
    else high = middle;
  }
  return high;
}

/** How many bits are set from `start` up to `end`. */
function countBits({ words }: BitSet, start: number, end: number): number {
  let count = 0;
  for (let at = start >>> 5; at < words.length && 32 * at < end; at++) {
    let word = words[at]!;
    if (32 * at < start) word &= -1 << (start & 31);
    if (32 * (at + 1) > end) word &= ~(-1 << (end & 31));
    if (word !== 0) count += bitCount32(word);
  }
  return count;
}
