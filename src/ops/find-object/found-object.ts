/** What a lookup tells: where an object is, and where it is as well. */

import type { MidxPosition, PackId } from "../../core/positions.js";
import type { MidxLayer } from "../../store/midx-stack.js";

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

/** A copy in a file of its own. */
export interface LooseCopy {
  readonly kind: "loose";
  /** Path of the object directory. */
  readonly directory: string;
  readonly path: string;
}

/** One copy of an object. */
export type ObjectCopy = PackedCopy | LooseCopy;

/** An object that was found. */
export interface FoundObject {
  /** The id, lower-case hex. */
  readonly oid: string;
  /** The copy that git reads. */
  readonly copy: ObjectCopy;
  /** All other copies, if they were asked for: those that git would read next come first. */
  readonly others: readonly ObjectCopy[];
}

/** What came of looking up an id or a prefix. */
export type Lookup =
  | { readonly outcome: "found"; readonly object: FoundObject }
  /** Several objects begin so: their ids, ascending. */
  | { readonly outcome: "ambiguous"; readonly candidates: readonly string[] }
  | { readonly outcome: "missing" }
  /** The text is no object id and no prefix of at least {@link leastPrefixDigits} digits. */
  | { readonly outcome: "invalid" };

/** The shortest prefix that git takes. */
export const leastPrefixDigits = 4;
