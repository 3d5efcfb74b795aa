/** A pack whose entries may be taken over as they are: which bit of a bitmap stands for which entry. */

import { withRanges } from "../../../bytes/source.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { OpenPack } from "../../../store/open-pack.js";
import { isWorthGathering, SourcePack } from "../source-pack.js";

/** The bits of a pack's objects: one behind the other, by offset. */
export interface PackBits {
  readonly pack: OpenPack;
  /** The pack's number in the bitmap's order. */
  readonly packId: number;
  readonly firstBit: number;
  readonly bitCount: number;
  /** Whether the order is the pack's own: that of the offsets. */
  readonly isOwnOrder: boolean;
}

/** One pack. Its methods may throw NeedRange where little is wanted of the pack, and so not all offsets are in memory. */
export class ReusedPack {
  readonly source: SourcePack;
  readonly firstBit: number;
  /** Behind the last bit. */
  readonly endBit: number;
  /** Whether the entries are known to be the bits one by one: none is left out because another copy of its object was chosen. */
  readonly isWhole: boolean;
  readonly #order: BitOrder;
  readonly #packId: number;
  /** By bit, from the first. */
  readonly #offsets: Float64Array | undefined;

  private constructor(source: SourcePack, order: BitOrder, bits: PackBits, offsets: Float64Array | undefined) {
    this.source = source;
    this.firstBit = bits.firstBit;
    this.endBit = bits.firstBit + bits.bitCount;
    this.#order = order;
    this.#packId = bits.packId;
    const entries = source.offsets;
    this.isWhole =
      entries !== undefined &&
      offsets !== undefined &&
      (offsets === entries || (entries.length === offsets.length && offsets.every((at, i) => at === entries[i])));
    this.#offsets = this.isWhole ? entries : offsets;
  }

  /**
   * Opens the pack.
   * @param count how many of its objects are wanted: of many, all offsets are gathered.
   * @throws GitmidxError as `OpenPack.open`, or what the order says
   */
  static async open(order: BitOrder, bits: PackBits, count: number): Promise<ReusedPack> {
    const source = await SourcePack.open(bits.pack, count);
    if (!isWorthGathering(bits.pack, count)) return new ReusedPack(source, order, bits, undefined);
    const offsets = await withRanges(() => gatherOffsets(order, bits, source));
    return new ReusedPack(source, order, bits, offsets);
  }

  /** Where the entry of a bit begins; below 0 if the order has the object in another pack after all. */
  offsetOf(bit: number): number {
    return this.#offsets === undefined ? offsetIn(this.#order, this.#packId, bit) : this.#offsets[bit - this.firstBit]!;
  }

  /** The bit of the entry that begins at `offset`; −1 if there is none. */
  bitAt(offset: number): number {
    let low = this.firstBit;
    let high = this.endBit;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetOf(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low < this.endBit && this.offsetOf(low) === offset ? low : -1;
  }

  /** Where the entry of a bit, which begins at `offset`, ends. @throws GitmidxError `pack-index-mismatch` if none begins there */
  endOf(bit: number, offset: number): number {
    const { source } = this;
    const entry = this.isWhole ? bit - this.firstBit : source.entryOf(offset, this.#order.oidAt(bit));
    return source.offsetOf(entry + 1);
  }
}

function gatherOffsets(
  order: BitOrder,
  { packId, firstBit, bitCount, isOwnOrder }: PackBits,
  source: SourcePack,
): Float64Array {
  if (isOwnOrder && source.offsets?.length === bitCount) return source.offsets;
  const offsets = new Float64Array(bitCount);
  for (let i = 0; i < bitCount; i++) offsets[i] = offsetIn(order, packId, firstBit + i);
  return offsets;
}

function offsetIn(order: BitOrder, packId: number, bit: number): number {
  return order.packAt(bit) === packId ? order.offsetAt(bit) : -1;
}
