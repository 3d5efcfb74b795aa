/** What deltas turned out to be in the end, so that the next one on the same chain need not follow it down again. */

import type { ObjectTypeCode } from "../core/object-type.js";

const places = 1 << 16;

/** A table of a fixed size: the entry that came last to a place stays. */
export class TypeMemo {
  #packs = new Int32Array(0);
  #offsets = new Float64Array(0);
  #types = new Uint8Array(0);

  /** The type of the object whose entry begins at `offset` of pack number `pack`; undefined if it is not known. */
  get(pack: number, offset: number): ObjectTypeCode | undefined {
    if (this.#types.length === 0) return undefined;
    const place = placeOf(pack, offset);
    const isThere = this.#offsets[place] === offset && this.#packs[place] === pack && this.#types[place] !== 0;
    return isThere ? (this.#types[place] as ObjectTypeCode) : undefined;
  }

  put(pack: number, offset: number, type: ObjectTypeCode): void {
    if (this.#types.length === 0) {
      this.#packs = new Int32Array(places);
      this.#offsets = new Float64Array(places);
      this.#types = new Uint8Array(places);
    }
    const place = placeOf(pack, offset);
    this.#packs[place] = pack;
    this.#offsets[place] = offset;
    this.#types[place] = type;
  }
}

function placeOf(pack: number, offset: number): number {
  const mixed = Math.imul((offset | 0) ^ Math.imul(pack, 0x27d4eb2f), 0x9e3779b1);
  return (mixed ^ (mixed >>> 16)) & (places - 1);
}
