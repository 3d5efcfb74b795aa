/** The indexes of a pack, as bytes. */

import { env } from "#env";
import { encodeIdx, type IdxContent } from "../../formats/idx/encode.js";
import { encodeMtimes } from "../../formats/mtimes.js";
import { encodeRev } from "../../formats/rev.js";
import type { EntryTable } from "./entry-table.js";
import type { IndexPackOptions } from "./options.js";
import { idxContentOf, idxPositions, refuseDuplicates, sortById } from "./sort-entries.js";

/** What goes beside a pack. */
export interface PackIndexes {
  readonly content: IdxContent;
  readonly idx: Uint8Array;
  /** Undefined if none is wanted. */
  readonly rev: Uint8Array | undefined;
}

/**
 * Encodes the index of the entries of a table, and the reverse index if one is wanted.
 * @throws GitmidxError `duplicate-object` where copies of an object are refused.
 */
export function encodeIndexes(table: EntryTable, checksum: Uint8Array, options: IndexPackOptions): PackIndexes {
  const { format, encoding = {}, reverseIndex = true } = options;
  const order = sortById(table);
  if (options.refuseDuplicates === true) refuseDuplicates(table, order);
  const content = idxContentOf(table, order, checksum);
  return {
    content,
    idx: encodeIdx(content, encoding, env.createHasher(format)),
    rev: reverseIndex ? encodeRev(format, idxPositions(order), checksum, env.createHasher(format)) : undefined,
  };
}

/** Encodes the modification times of objects. @param mtimeOf the time of an object in seconds since 1970 */
export function encodeMtimesOf(content: IdxContent, mtimeOf: (oid: Uint8Array) => number): Uint8Array {
  const { format, ids, count, packChecksum } = content;
  const { byteLength } = format;
  const mtimes = Uint32Array.from({ length: count }, (_, i) =>
    mtimeOf(ids.slice(i * byteLength, (i + 1) * byteLength)),
  );
  return encodeMtimes(format, mtimes, packChecksum, env.createHasher(format));
}
