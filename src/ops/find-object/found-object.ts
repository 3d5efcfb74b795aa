/** What a lookup tells: where an object is, and where it is as well. */

import type { PackedCopy } from "../../store/packed-copy.js";

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
