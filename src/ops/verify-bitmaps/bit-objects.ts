/** The objects that bits stand for, and what they really are. */

import { withRanges } from "../../bytes/source.js";
import type { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import { type EntryTypes, entryTypes } from "../../store/entry-types.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { StoredObject } from "../../store/stored-object.js";

/** The types of some objects. */
export interface RealTypes {
  /** As `ObjectTypeCode`, by bit less the first bit; 0 where damage hides it. */
  readonly types: Uint8Array;
  /** What is wrong with the packs' entries, the first thing of each pack. */
  readonly damage: readonly GitmidxError[];
}

/** The objects of a pack, or of a multi-pack-index with all its layers, by bits. */
export class BitObjects {
  readonly order: BitOrder;
  readonly store: ObjectStore;
  /** By the numbers that {@link BitOrder.packAt} gives; undefined where a pack cannot be opened. */
  readonly #packs: readonly (OpenPack | undefined)[];

  constructor(order: BitOrder, store: ObjectStore, packs: readonly (OpenPack | undefined)[]) {
    this.order = order;
    this.store = store;
    this.#packs = packs;
  }

  /** The id of a bit's object in hex. */
  hexAt(bit: number): string {
    return toHex(this.order.oidAt(bit));
  }

  /** The object; undefined if there is none. The bytes are only valid until the next call. @throws GitmidxError if it is damaged */
  async read(oid: Uint8Array): Promise<StoredObject | undefined> {
    return this.store.peekPacked(oid) ?? (await this.store.read(oid));
  }

  /** The object of a bit, read from where the multi-pack-index says; undefined where it takes more. Valid until the next call. */
  peekAt(bit: number): StoredObject | undefined {
    const pack = this.#packs[this.order.packAt(bit)];
    return pack === undefined ? undefined : this.store.peekAt(pack, this.order.offsetAt(bit));
  }

  /**
   * Tells the types of the objects of bits `firstBit` to `firstBit + count − 1`, whose packs follow one another, from their entries' headers.
   * @throws GitmidxError `aborted`, or a code of a damaged index
   */
  async realTypes(firstBit: number, count: number, task: TaskOptions): Promise<RealTypes> {
    const types = new Uint8Array(count);
    const damage: GitmidxError[] = [];
    const { order } = this;
    const step = new Step(task, "Reading the types of objects", count);
    let packId = -1;
    let entries: EntryTypes | undefined;
    let at = 0;
    for (let i = 0; i < count; ) {
      const wanted = await withRanges(() => order.packAt(firstBit + i));
      if (wanted !== packId) {
        packId = wanted;
        const pack = this.#packs[packId];
        entries = pack === undefined ? undefined : await entryTypes(pack, { signal: task.signal });
        if (entries?.damage !== undefined) damage.push(entries.damage);
        at = 0;
      }
      const start = i;
      await withRanges(() => {
        for (; i < count && i - start < 4096 && order.packAt(firstBit + i) === packId; i++) {
          if (entries === undefined) continue;
          at = entryAt(entries.offsets, order.offsetAt(firstBit + i), at);
          types[i] = at < 0 ? 0 : entries.types[at]!;
          at = Math.max(0, at);
        }
      });
      await step.tick(i - start);
    }
    step.finish();
    return { types, damage };
  }
}

/** The number of the entry that begins at `offset`, or −1; it is sought near `from` first. */
function entryAt(offsets: Float64Array, offset: number, from: number): number {
  for (let i = from; i < from + 8; i++) if (offsets[i] === offset) return i;
  let low = 0;
  let high = offsets.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = offsets[middle]!;
    if (found === offset) return middle;
    if (found < offset) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
