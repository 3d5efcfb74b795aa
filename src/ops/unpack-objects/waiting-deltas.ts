/** Deltas whose base has not come yet. */

import { toHex } from "../../core/oid.js";

/** A delta that waits. */
export interface Waiting {
  /** The number of its entry. */
  readonly entry: number;
  readonly delta: Uint8Array;
}

/** Deltas by the id of their base or by the offset of its entry. */
export class WaitingDeltas {
  readonly #byId = new Map<string, Waiting[]>();
  readonly #byOffset = new Map<number, Waiting[]>();
  #count = 0;

  /** How many wait. */
  get count(): number {
    return this.#count;
  }

  addForId(oid: Uint8Array, waiting: Waiting): void {
    this.#add(this.#byId, toHex(oid), waiting);
  }

  addForOffset(offset: number, waiting: Waiting): void {
    this.#add(this.#byOffset, offset, waiting);
  }

  /** Whether any waits for the object of that id, whose entry is at `offset`. */
  isFor(oid: Uint8Array, offset: number): boolean {
    return this.#count > 0 && (this.#byOffset.has(offset) || this.#byId.has(toHex(oid)));
  }

  /** Takes those off that wait for the object of that id, whose entry is at `offset`. */
  take(oid: Uint8Array, offset: number): Waiting[] {
    if (!this.isFor(oid, offset)) return [];
    const hex = toHex(oid);
    const taken = [...(this.#byId.get(hex) ?? []), ...(this.#byOffset.get(offset) ?? [])];
    this.#byId.delete(hex);
    this.#byOffset.delete(offset);
    this.#count -= taken.length;
    return taken;
  }

  #add<K>(map: Map<K, Waiting[]>, key: K, waiting: Waiting): void {
    const same = map.get(key);
    if (same === undefined) map.set(key, [waiting]);
    else same.push(waiting);
    this.#count++;
  }
}
