/** Counting what a compressed bitmap and a set have in common, without unpacking the bitmap: those of types are mostly long runs. */

import { bitCount32 } from "../../bytes/bit-set.js";
import { type Ewah, literalCountOf, runLengthOf } from "../../formats/ewah/ewah.js";

/** How many bits both have. @param set the words of the set. */
export function countInBoth(ewah: Ewah, set: Uint32Array): number {
  const { words } = ewah;
  let count = 0;
  for (let at = 0, to = 0; at < words.length && to < set.length; ) {
    const low = words[at]!;
    const high = words[at + 1]!;
    const runEnd = to + 2 * runLengthOf(low, high);
    if ((low & 1) !== 0) {
      for (const end = Math.min(runEnd, set.length); to < end; to++) {
        const word = set[to]!;
        if (word !== 0) count += word === 0xffff_ffff ? 32 : bitCount32(word);
      }
    }
    to = runEnd;
    at += 2;
    for (const end = at + 2 * literalCountOf(high); at < end; at++, to++) {
      const both = words[at]! & (set[to] ?? 0);
      if (both !== 0) count += bitCount32(both);
    }
  }
  return count;
}
