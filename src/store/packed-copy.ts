/** Where a multi-pack-index or a pack's own index says that an object is. */

import type { MidxPosition, PackId } from "../core/positions.js";
import type { MidxLayer } from "./midx-stack.js";

/** What the multi-pack-index says of an object. */
export interface MidxEntry {
  /** The layer, or the single file, that holds it. */
  readonly layer: MidxLayer;
  /** Its position in the whole multi-pack-index. */
  readonly position: MidxPosition;
}

/** A copy in a pack. */
export interface PackedCopy {
  readonly kind: "packed";
  /** Path of the object directory. */
  readonly directory: string;
  /** Name of the pack's `.idx` file. */
  readonly packName: string;
  /** Where in the pack the object's entry begins. */
  readonly offset: number;
  /** Number of the pack in the whole multi-pack-index; undefined for a pack that it does not cover. */
  readonly packId: PackId | undefined;
  /** The entry of the multi-pack-index that points to this copy; undefined if none does. */
  readonly midx: MidxEntry | undefined;
  /** False where the multi-pack-index points to a pack that is not there: git then looks further. */
  readonly present: boolean;
}
