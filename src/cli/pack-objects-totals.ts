/** The last line of `gitmidx pack-objects`. */

import type { PackObjectsResult } from "../ops/pack-objects/pack-objects.js";

/** The counts that git ends with. */
export function totalsLine(totals: PackObjectsResult["totals"]): string {
  const { written, deltas, reused, reusedDeltas, packReused, reusedPacks } = totals;
  const taken = `reused ${reused} (delta ${reusedDeltas}), pack-reused ${packReused} (from ${reusedPacks})`;
  return `Total ${written} (delta ${deltas}), ${taken}\n`;
}
