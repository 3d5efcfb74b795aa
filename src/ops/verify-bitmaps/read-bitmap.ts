/** A bitmap with all that was read of it. */

import type { TestedPseudoMerge } from "./check-pseudo-merges.js";
import type { EntryBits } from "./entry-bits.js";
import type { TestedBitmap } from "./tested-bitmap.js";

/** What there is to compare with what a walk gives. */
export interface ReadBitmap {
  readonly bitmap: TestedBitmap;
  readonly bits: EntryBits;
  readonly merges: readonly TestedPseudoMerge[];
}
