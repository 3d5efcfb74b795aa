/** The packs whose objects a bitmap's bits stand for, and what they say of those. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import type { PackId } from "../../core/positions.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { OpenPack } from "../../store/open-pack.js";
import { isEmptyTree } from "../walk/empty-tree.js";

/** One pack, with where its entries begin. */
interface OpenedPack {
  readonly pack: OpenPack;
  /** Where every entry begins, ascending, and where the last one ends; read when it is first needed. */
  offsets: Float64Array | undefined;
  /** The entry that was asked for last: the next one is mostly behind it. */
  at: number;
}

/** Packs by their numbers. */
export class BitmappedPacks {
  readonly #index: BitmapIndex;
  readonly #store: ObjectStore;
  readonly #opened: OpenedPack[] = [];

  constructor(index: BitmapIndex, store: ObjectStore) {
    this.#index = index;
    this.#store = store;
  }

  /** The pack with that number. @throws GitmidxError `missing-pack` */
  pack(id: number): OpenPack {
    return this.#openedPack(id).pack;
  }

  /** Bytes of the content of a bit's object. @throws GitmidxError in git's words; NeedRange */
  sizeAt(bit: number): number {
    const { order } = this.#index;
    return this.#store.headerAt(this.pack(order.packAt(bit)), order.offsetAt(bit)).size;
  }

  /** Bytes that the entry of a bit's object takes in its pack. @throws GitmidxError `bad-offset`, `missing-pack`; NeedRange */
  diskSizeAt(bit: number): number {
    const { order } = this.#index;
    const opened = this.#openedPack(order.packAt(bit));
    const offset = order.offsetAt(bit);
    opened.offsets ??= entryOffsets(opened.pack);
    const { offsets } = opened;
    let { at } = opened;
    if (offsets[at] !== offset) at = offsets[at + 1] === offset ? at + 1 : lowerBound(offsets, offset);
    if (offsets[at] !== offset || at + 1 === offsets.length) {
      const path = opened.pack.file.packPath;
      const message = `could not find '${toHex(order.oidAt(bit))}' in pack '${path}' at offset ${offset}`;
      throw new GitmidxError("bad-offset", message, { path, offset });
    }
    opened.at = at;
    return offsets[at + 1]! - offset;
  }

  #openedPack(id: number): OpenedPack {
    const known = this.#opened[id];
    if (known !== undefined) return known;
    const { stack, pack: own, directory } = this.#index;
    const name = stack === undefined ? own!.name : stack.packNameOf(id as PackId);
    const pack = this.#store.packs().find((one) => one.name === name && one.directory.path === directory.path);
    if (pack === undefined) throw new GitmidxError("missing-pack", `could not open pack ${name}`);
    const opened: OpenedPack = { pack, offsets: undefined, at: 0 };
    this.#opened[id] = opened;
    return opened;
  }
}

/** Bytes that an object takes where it is stored; none for the empty tree, which git has without storing it. @throws GitmidxError `missing-object`, in git's words */
export async function diskSizeOf(store: ObjectStore, oid: Uint8Array): Promise<number> {
  if (isEmptyTree(oid, store.format)) return 0;
  const location = await store.location(oid);
  if (location === undefined) {
    throw new GitmidxError("missing-object", `unable to get disk usage of '${toHex(oid)}'`);
  }
  if (location.kind === "loose") return location.diskSize;
  const { pack, offset } = location;
  await pack.open();
  return (await withRanges(() => pack.entryEnd(offset))) - offset;
}

function entryOffsets(pack: OpenPack): Float64Array {
  const end = pack.view.entriesEnd;
  const inOrder = pack.idx.offsets();
  const offsets = new Float64Array(inOrder.length + 1);
  offsets.set(inOrder);
  offsets[inOrder.length] = end;
  return offsets.sort();
}

function lowerBound(offsets: Float64Array, offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
