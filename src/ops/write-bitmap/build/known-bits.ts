/** Bits that an older bitmap has already, put into the order of the new one. */

import { BitSet } from "../../../bytes/bit-set.js";
import { isGitmidxError } from "../../../core/errors.js";
import type { ObjectTypeCode } from "../../../core/object-type.js";
import { ewahOfBits } from "../../../formats/ewah/build.js";
import type { Ewah } from "../../../formats/ewah/ewah.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../../store/bitmaps/bitmap-index.js";

/** What an older bitmap knows. Its methods may throw NeedRange. */
export class KnownBits {
  readonly #existing: BitmapIndex;
  readonly #order: BitOrder;
  /** Objects below this number have the same bit in both. */
  readonly #sharedCount: number;
  /** By old bit less the shared ones: the new bit, −1 for an object that is not there any more. Undefined where all bits are shared. */
  #newBits: Int32Array | undefined;
  /** The old bits of objects that are not there any more. */
  readonly #gone: BitSet;
  /** The set that was put into the new order last, in the old and in the new order: the next one is mostly much the same. */
  #lastOld: BitSet | undefined;
  #lastNew: BitSet;

  /** @param existing a bitmap of the same directory: of layers below, whose objects have the same bits in `order`, and of others. */
  constructor(existing: BitmapIndex, order: BitOrder) {
    const old = existing.order;
    this.#existing = existing;
    this.#order = order;
    this.#sharedCount = Math.min(order.objectsBelow, old.bitCount);
    this.#gone = new BitSet();
    this.#lastNew = new BitSet(order.bitCount);
    if (old.bitCount > this.#sharedCount) this.#newBits = this.#mapBits();
  }

  /** The bits of a commit; undefined if they are not known, or cannot be read: then the commit is walked. */
  find(oid: Uint8Array, bit: number): Ewah | undefined {
    // where all of the old bits are shared, newer commits are not looked for
    if (this.#newBits === undefined && bit >= this.#sharedCount) return undefined;
    try {
      const old = this.#existing.bitsOf(oid);
      if (old === undefined || intersects(old, this.#gone)) return undefined;
      return ewahOfBits(this.#newBits === undefined ? old : this.#renumbered(old));
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      return undefined;
    }
  }

  /** Notes the types of the objects of the youngest layer. @param types by bit less the bits below */
  noteTypes(types: Uint8Array): void {
    if (this.#newBits === undefined) return;
    for (let old = this.#sharedCount; old < this.#existing.order.bitCount; old++) {
      const at = this.#newBits[old - this.#sharedCount]! - this.#order.objectsBelow;
      if (at >= 0) types[at] = this.#existing.typeOf(old) satisfies ObjectTypeCode | 0;
    }
  }

  #mapBits(): Int32Array {
    const { order: old } = this.#existing;
    const newBits = new Int32Array(old.bitCount - this.#sharedCount);
    for (let bit = this.#sharedCount; bit < old.bitCount; bit++) {
      const renumbered = this.#order.bitOf(old.oidAt(bit));
      newBits[bit - this.#sharedCount] = renumbered;
      if (renumbered < 0) this.#gone.add(bit);
    }
    return newBits;
  }

  /** The same objects in the new order, valid until the next call. */
  #renumbered(old: BitSet): BitSet {
    const changed = this.#lastOld ?? new BitSet(this.#existing.order.bitCount);
    changed.xor(old);
    const newBits = this.#newBits!;
    const shared = this.#sharedCount;
    const { words } = this.#lastNew;
    changed.forEach((bit) => {
      const renumbered = bit < shared ? bit : newBits[bit - shared]!;
      words[renumbered >>> 5]! ^= 1 << (renumbered & 31);
    });
    this.#lastOld = old;
    return this.#lastNew;
  }
}

function intersects(a: BitSet, b: BitSet): boolean {
  const count = Math.min(a.words.length, b.words.length);
  for (let i = 0; i < count; i++) if ((a.words[i]! & b.words[i]!) !== 0) return true;
  return false;
}
