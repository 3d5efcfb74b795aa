/** The objects that a pack has brought so far, for the deltas that are made on them. */

import { OidSet } from "../../bytes/oid-set.js";
import type { StoredObject } from "../../store/stored-object.js";

/** Ids by the offsets of entries, and as many contents as there is room for. */
export class BaseObjects {
  readonly #limit: number;
  readonly #ids: OidSet;
  /** Offsets in ascending order, and the row of each entry's id; −1 while that is not known. */
  #offsets = new Float64Array(1024);
  #rows = new Int32Array(1024);
  #count = 0;
  readonly #contents = new Map<number, StoredObject>();
  #byteLength = 0;

  /** @param limit bytes of contents to hold. */
  constructor(idByteLength: number, limit: number) {
    this.#ids = new OidSet(idByteLength);
    this.#limit = limit;
  }

  /** Takes up an entry. Entries come in the order of their offsets. @returns its number. */
  begin(offset: number): number {
    if (this.#count === this.#offsets.length) {
      const offsets = new Float64Array(2 * this.#count);
      const rows = new Int32Array(2 * this.#count);
      offsets.set(this.#offsets);
      rows.set(this.#rows);
      this.#offsets = offsets;
      this.#rows = rows;
    }
    this.#offsets[this.#count] = offset;
    this.#rows[this.#count] = -1;
    return this.#count++;
  }

  /** Says what the object of an entry is. */
  know(entry: number, oid: Uint8Array, object: StoredObject | undefined): void {
    const added = this.#ids.add(oid);
    const row = added >= 0 ? added : -1 - added;
    this.#rows[entry] = row;
    if (object === undefined || object.bytes.length > this.#limit / 2 || this.#contents.has(row)) return;
    this.#contents.set(row, object);
    this.#byteLength += object.bytes.length;
    for (const [oldest, { bytes }] of this.#contents) {
      if (this.#byteLength <= this.#limit) break;
      this.#contents.delete(oldest);
      this.#byteLength -= bytes.length;
    }
  }

  offsetOf(entry: number): number {
    return this.#offsets[entry]!;
  }

  /** The id of the object whose entry begins at `offset`; undefined if none does or it is not known yet. */
  idAt(offset: number): Uint8Array | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    if (low === this.#count || this.#offsets[low] !== offset) return undefined;
    const row = this.#rows[low]!;
    return row < 0 ? undefined : this.#ids.idAt(row);
  }

  /** Whether an entry's object has that id. */
  has(oid: Uint8Array): boolean {
    return this.#ids.has(oid);
  }

  /** The object, if its content is held. */
  content(oid: Uint8Array): StoredObject | undefined {
    return this.#contents.get(this.#ids.find(oid));
  }
}
