/** What was found: bits, and what they stand for. */

import type { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { blobCode, commitCode, type ObjectTypeCode, tagCode, treeCode } from "../../core/object-type.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { AskOid } from "../walk/parent-links.js";
import type { BitmapWalk } from "./bitmap-walk.js";
import { BitmappedPacks, diskSizeOf } from "./bitmapped-packs.js";
import { countInBoth } from "./count-in-both.js";
import { idLines } from "./id-lines.js";
import type { ObjectBits, OutsideObjects } from "./object-bits.js";

/** How many objects there are of each type. */
export interface TypeCounts {
  readonly commits: number;
  readonly trees: number;
  readonly blobs: number;
  readonly tags: number;
}

/** The types in the order in which git shows what bitmaps have. */
const typesInOrder: readonly ObjectTypeCode[] = [commitCode, treeCode, blobCode, tagCode];

/** Bits that are handed out at a time. */
const runLength = 4096;

/**
 * The objects that are reached. A question about commits alone (`objects` false) may have set bits of other objects: what is counted,
 * listed and summed up is commits alone then.
 */
export class ReachResult {
  readonly index: BitmapIndex;
  readonly order: BitOrder;
  /** Whether trees, blobs and tags count. */
  readonly objects: boolean;
  /** Bits in `order`; those from `order.bitCount` on are of objects outside of it. The caller may change it. */
  readonly bits: BitSet;
  /** Bits of what was not wanted, in the same way; undefined if everything was. */
  readonly unwanted: BitSet | undefined;
  /** The packs that the order's bits are of. */
  readonly packs: BitmappedPacks;
  readonly #numbers: ObjectBits;
  readonly #store: ObjectStore;

  constructor(walk: BitmapWalk, bits: BitSet, unwanted: BitSet | undefined, store: ObjectStore) {
    this.index = walk.index;
    this.order = walk.index.order;
    this.objects = walk.options.objects;
    this.bits = bits;
    this.unwanted = unwanted;
    this.packs = new BitmappedPacks(walk.index, store);
    this.#numbers = walk.bits;
    this.#store = store;
  }

  /** The objects outside of the order that were come across, whether they are reached or not. */
  get outside(): OutsideObjects {
    return this.#numbers;
  }

  /** The bit of the object whose id stands at `oid[at]`; −1 if it has none. @throws NeedRange */
  bitOf(oid: Uint8Array, at = 0): number {
    return this.#numbers.bitOfId(oid, at);
  }

  /** The id of a bit's object: a view, valid until the next call. @throws NeedRange */
  oidAt(bit: number): Uint8Array {
    const { bitCount } = this.order;
    return bit < bitCount ? this.order.oidAt(bit) : this.outside.oidAt(bit - bitCount);
  }

  /** The type of a bit's object; 0 if the type bitmaps do not say. @throws NeedRange */
  typeAt(bit: number): ObjectTypeCode | 0 {
    const { bitCount } = this.order;
    return bit < bitCount ? this.index.typeOf(bit) : this.outside.typeOf(bit - bitCount);
  }

  /** The hash of the name of a bit's object, for delta search; 0 if it is not known. @throws NeedRange */
  nameHashAt(bit: number): number {
    const { bitCount } = this.order;
    return bit < bitCount ? this.index.nameHashOf(bit) : this.outside.nameHashOf(bit - bitCount);
  }

  /** How many objects there are of each type. */
  async counts(): Promise<TypeCounts> {
    const [commits, trees, blobs, tags] = await withRanges(() => typesInOrder.map((type) => this.#count(type)));
    return { commits: commits!, trees: trees!, blobs: blobs!, tags: tags! };
  }

  /** How many objects there are in all. */
  async count(): Promise<number> {
    const { commits, trees, blobs, tags } = await this.counts();
    return commits + trees + blobs + tags;
  }

  /**
   * The bits in the order in which git shows the objects: commits, trees, blobs and tags of the order, then what is outside of it. Each
   * piece is of one type, in a fresh array.
   */
  async *bitsByType(): AsyncGenerator<{ readonly type: ObjectTypeCode; readonly bits: Uint32Array }, void, undefined> {
    for (const type of this.#types) {
      const types = await withRanges(() => this.index.typeBits(type));
      for (let word = 0; word < types.words.length; ) {
        const piece = new Uint32Array(runLength);
        let filled = 0;
        for (; word < types.words.length && filled + 32 <= runLength; word++) {
          let left = types.words[word]! & (this.bits.words[word] ?? 0);
          for (; left !== 0; left &= left - 1) piece[filled++] = 32 * word + 31 - Math.clz32(left & -left);
        }
        if (filled > 0) yield { type, bits: piece.subarray(0, filled) };
      }
    }
    for (const bit of this.#outsideBits()) {
      yield { type: this.typeAt(bit) as ObjectTypeCode, bits: Uint32Array.of(bit) };
    }
  }

  /** The ids as lines of hex digits, in that order. Each piece is valid until the next is asked for. */
  async *lines(): AsyncGenerator<Uint8Array, void, undefined> {
    if (4 * this.bits.count() > this.order.bitCount) await withRanges(() => this.order.load());
    yield* idLines(this);
  }

  /** Bytes that the objects take in packs and in files of their own. @throws GitmidxError `missing-object`, `bad-offset`, `missing-pack` */
  async diskUsage(): Promise<number> {
    let total = 0;
    for (const type of this.#types) {
      const bits = this.bits.clone();
      await withRanges(() => bits.and(this.index.typeBits(type)));
      let bit = bits.next(0);
      if (bit >= 0) await withRanges(() => this.order.load());
      // Run again after a range was fetched, the work goes on where it stopped.
      const some = () => {
        for (let n = 0; n < runLength && bit >= 0; n++, bit = bits.next(bit + 1)) total += this.packs.diskSizeAt(bit);
      };
      while (bit >= 0) await withRanges(some);
    }
    for (const bit of this.#outsideBits()) total += await diskSizeOf(this.#store, this.oidAt(bit));
    return total;
  }

  /** `--unpacked`: leaves out what is in packs. */
  async dropPacked(isPacked: AskOid): Promise<void> {
    const { bitCount } = this.order;
    const outside = [...this.#outsideBits()];
    this.bits.clear();
    for (const bit of outside) if (!(await isPacked(this.outside.oidAt(bit - bitCount)))) this.bits.add(bit);
  }

  get #types(): readonly ObjectTypeCode[] {
    return this.objects ? typesInOrder : typesInOrder.slice(0, 1);
  }

  /** Bits of what is outside and counts, ascending. */
  *#outsideBits(): Generator<number, void, undefined> {
    const { bitCount } = this.order;
    for (let bit = this.bits.next(bitCount); bit >= 0; bit = this.bits.next(bit + 1)) {
      if (this.objects || this.outside.typeOf(bit - bitCount) === commitCode) yield bit;
    }
  }

  #count(type: ObjectTypeCode): number {
    if (!this.objects && type !== commitCode) return 0;
    let count = 0;
    for (const layer of this.index.layers) count += countInBoth(layer.typeBits(type), this.bits.words);
    for (const bit of this.#outsideBits()) if (this.typeAt(bit) === type) count++;
    return count;
  }
}
