/**
 * The objects that are to be packed, in the order in which they were found: git's recency order, which the pack's layout follows.
 *
 * A row has an id, a type, a name hash and flags. Rows of preferred bases are not packed: deltas of a thin pack may stand on them.
 */

import { OidSet } from "../../bytes/oid-set.js";
import type { ObjectTypeCode } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";

/** The receiver has this object: a thin pack may use it as a base, and no pack contains it. */
export const preferredBaseFlag = 1;
/** No delta is looked for: attribute `-delta`. */
export const noTryDeltaFlag = 2;

/** An insertion-ordered set of objects with what the selection knows of each. */
export class PackingList {
  readonly format: ObjectFormat;
  /** Rows by position: 1 to 4 as `ObjectTypeCode`, or 0 where the type is not known yet. Longer than {@link count}. */
  types = new Uint8Array(initialRows);
  /** The hash of the path under which the object was found, 0 without one. */
  nameHashes = new Uint32Array(initialRows);
  /** {@link preferredBaseFlag}, {@link noTryDeltaFlag}. */
  flags = new Uint8Array(initialRows);
  readonly #set: OidSet;
  #preferredCount = 0;

  constructor(format: ObjectFormat) {
    this.format = format;
    this.#set = new OidSet(format.byteLength, initialRows);
  }

  /** Rows, preferred bases included. */
  get count(): number {
    return this.#set.count;
  }

  /** Rows that the pack is to contain: those that are no preferred bases. */
  get resultCount(): number {
    return this.#set.count - this.#preferredCount;
  }

  /** The ids of all rows, one behind the other. A view until the next {@link add}. */
  get ids(): Uint8Array {
    return this.#set.ids;
  }

  /**
   * Adds the object whose id is `oid[at, …)`.
   * @returns its row; or −1 − row if it was there already, which then stays as it is, but for becoming a preferred base if it is one now.
   */
  add(oid: Uint8Array, type: ObjectTypeCode | 0, nameHash: number, flags: number, at = 0): number {
    const row = this.#set.add(oid, at);
    if (row < 0) {
      if (flags & preferredBaseFlag) this.#prefer(-1 - row);
      return row;
    }
    if (row === this.types.length) this.#grow();
    this.types[row] = type;
    this.nameHashes[row] = nameHash;
    this.flags[row] = flags;
    if (flags & preferredBaseFlag) this.#preferredCount++;
    return row;
  }

  /** The row of the id `oid[at, …)`, −1 if it is not listed. */
  find(oid: Uint8Array, at = 0): number {
    return this.#set.find(oid, at);
  }

  /** The id of a row: a view until the next {@link add}. */
  idAt(row: number): Uint8Array {
    return this.#set.viewAt(row);
  }

  #prefer(row: number): void {
    if (this.flags[row]! & preferredBaseFlag) return;
    this.flags[row]! |= preferredBaseFlag;
    this.#preferredCount++;
  }

  #grow(): void {
    const rows = 2 * this.types.length;
    this.types = grown(this.types, new Uint8Array(rows));
    this.flags = grown(this.flags, new Uint8Array(rows));
    this.nameHashes = grown(this.nameHashes, new Uint32Array(rows));
  }
}

const initialRows = 1024;

function grown<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
