/** A pack that objects are taken from: what lies where in it. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import type { PackPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import type { PackView } from "../../formats/pack/view.js";
import type { PackOrder } from "../../formats/rev.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { PackingList } from "./packing-list.js";

/** From one object in so many on, all offsets of a pack are gathered in memory instead of searched in its files. */
const worthGathering = 16;

/** Whether so many objects are to be taken from a pack that it is worth while to look at all of it. */
export function isWorthGathering(pack: OpenPack, count: number): boolean {
  return count * worthGathering >= pack.idx.count;
}

/** An opened pack of the repository, with its index. */
export class SourcePack {
  readonly view: PackView;
  readonly idx: IdxView;
  /** The row of the packing list that each entry is, −1 for none; where that has been gathered for all of them. */
  readonly rowOfEntry: Int32Array | undefined;
  readonly #order: PackOrder;
  /** Where each entry begins, in ascending order; where that has been gathered. */
  readonly offsets: Float64Array | undefined;

  private constructor(
    { view, idx, order }: OpenPack,
    offsets: Float64Array | undefined,
    rowOfEntry: Int32Array | undefined,
  ) {
    this.view = view;
    this.idx = idx;
    this.#order = order;
    this.offsets = offsets;
    this.rowOfEntry = rowOfEntry;
  }

  /** @param count how many objects are to be taken from the pack. @throws GitmidxError as `OpenPack.open` */
  static async open(pack: OpenPack, count: number): Promise<SourcePack> {
    await pack.open();
    if (!isWorthGathering(pack, count)) return new SourcePack(pack, undefined, undefined);
    const offsets = (await withRanges(() => pack.idx.offsets())).sort();
    return new SourcePack(pack, offsets, undefined);
  }

  /** The same for the only pack that there is, with the rows of all its entries. */
  static async openWithRows(pack: OpenPack, list: PackingList): Promise<SourcePack> {
    await pack.open();
    const { idx, order } = pack;
    const { count, ids } = idx;
    const table = await withRanges(() => idx.copyRows(0, count));
    const byPosition = await withRanges(() => idx.offsets());
    const { stride, idOffset } = ids.layout;
    const offsets = new Float64Array(count);
    const rowOfEntry = new Int32Array(count);
    for (let entry = 0; entry < count; entry++) {
      const position = order.idxPositionAt(entry as PackPosition);
      offsets[entry] = byPosition[position]!;
      rowOfEntry[entry] = list.find(table, position * stride + idOffset);
    }
    return new SourcePack(pack, offsets, rowOfEntry);
  }

  /** Number of entries. */
  get count(): number {
    return this.idx.count;
  }

  /** Which entry of the pack begins at `offset`; −1 if none does. */
  entryAt(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsetOf(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.offsetOf(low) === offset ? low : -1;
  }

  /** Where entry number `entry` begins; behind the last one, where the trailer does. */
  offsetOf(entry: number): number {
    if (entry === this.count) return this.view.entriesEnd;
    return this.offsets?.[entry] ?? this.idx.offsetAt(this.#order.idxPositionAt(entry as PackPosition));
  }

  /** The id of entry number `entry`: a copy. */
  idOf(entry: number): Uint8Array {
    return this.idx.ids.idAt(this.#order.idxPositionAt(entry as PackPosition));
  }

  /** The CRC32 that the index has for entry number `entry`; undefined in version 1. */
  crc32Of(entry: number): number | undefined {
    return this.idx.crc32At(this.#order.idxPositionAt(entry as PackPosition));
  }

  /**
   * Which entry begins at `offset`, where the index has told that there is one.
   * @throws GitmidxError `pack-index-mismatch` in git's words if there is none.
   */
  entryOf(offset: number, id: Uint8Array): number {
    const entry = this.entryAt(offset);
    if (entry >= 0) return entry;
    const path = this.view.source.name;
    const message = `write_reuse_object: could not locate ${toHex(id)}, expected at offset ${offset} in pack ${path}`;
    throw new GitmidxError("pack-index-mismatch", message, { path, offset });
  }
}
