/**
 * Where the objects of a new multi-pack-index can come from: a pack's index, or a layer of the old one.
 *
 * Each is a list sorted by id that hands out its rows in bulk; which copy of an object wins is decided by the order of the lists.
 */

import { GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";
import type { IdxPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import { midxRowByteLength } from "../../formats/midx/layout.js";
import type { MidxView } from "../../formats/midx/view.js";

/** Rows being compared: columns that candidate lists fill. */
export interface Staging {
  /** Ids one after the other, in a buffer aligned for 32-bit words. */
  readonly ids: Uint8Array<ArrayBuffer>;
  readonly packIds: Uint32Array;
  readonly offsetsLow: Uint32Array;
  /** Offsets divided by 2^32. */
  readonly offsetsHigh: Uint32Array;
}

/** A sorted list of objects. */
export interface CandidateList {
  /** Cumulative counts by the first byte of the id, 256 of them. */
  readonly fanout: Uint32Array;
  /** Copies its rows `[start, end)` to `staging` from row `at`. */
  stage(start: number, end: number, staging: Staging, at: number): void;
}

/** The objects of one pack. */
export class IdxCandidates implements CandidateList {
  readonly fanout: Uint32Array;
  readonly #idx: IdxView;
  readonly #packId: number;

  /** @param packId the pack's number in the file to be written. */
  constructor(idx: IdxView, packId: number) {
    this.fanout = idx.ids.fanout;
    this.#idx = idx;
    this.#packId = packId;
  }

  stage(start: number, end: number, staging: Staging, at: number): void {
    staging.packIds.fill(this.#packId, at, at + end - start);
    if (this.#idx.version === 1) this.#stageInterleaved(start, end, staging, at);
    else this.#stageColumns(start, end, staging, at);
  }

  /** Version 1: rows of { u32 offset, id }. */
  #stageInterleaved(start: number, end: number, staging: Staging, at: number): void {
    const { stride, idByteLength } = this.#idx.ids.layout;
    const rows = this.#idx.copyRows(start, end);
    const view = new DataView(rows.buffer);
    for (let i = 0; i < end - start; i++) {
      staging.offsetsLow[at + i] = view.getUint32(i * stride);
      staging.offsetsHigh[at + i] = 0;
      staging.ids.set(rows.subarray(i * stride + 4, i * stride + 4 + idByteLength), (at + i) * idByteLength);
    }
  }

  #stageColumns(start: number, end: number, staging: Staging, at: number): void {
    const { offset, stride } = this.#idx.ids.layout;
    const count = end - start;
    this.#idx.source.readInto(offset + start * stride, staging.ids.subarray(at * stride, (at + count) * stride));
    const raw = this.#idx.copyRawOffsets(start, end);
    const view = new DataView(raw.buffer);
    for (let i = 0; i < count; i++) {
      const low = view.getUint32(4 * i);
      staging.offsetsLow[at + i] = low;
      staging.offsetsHigh[at + i] = 0;
      if (low >= 0x8000_0000) stageOffset(staging, at + i, this.#idx.offsetAt((start + i) as IdxPosition));
    }
  }
}

/** The objects of one layer of the multi-pack-index that is being replaced, with the packs it chose for them. */
export class LayerCandidates implements CandidateList {
  readonly fanout: Uint32Array;
  readonly #view: MidxView;
  readonly #packIds: Uint32Array;

  /** @param packIds for each pack of the layer its number in the file to be written. */
  constructor(view: MidxView, packIds: Uint32Array) {
    this.fanout = view.ids.fanout;
    this.#view = view;
    this.#packIds = packIds;
  }

  stage(start: number, end: number, staging: Staging, at: number): void {
    const view = this.#view;
    const { offset, stride } = view.ids.layout;
    const count = end - start;
    view.source.readInto(offset + start * stride, staging.ids.subarray(at * stride, (at + count) * stride));
    const rows = new DataView(view.copyObjectOffsets(start, end).buffer);
    for (let i = 0; i < count; i++) {
      const packId = rows.getUint32(i * midxRowByteLength);
      if (packId >= this.#packIds.length) throw badPackId(view, start + i, packId);
      staging.packIds[at + i] = this.#packIds[packId]!;
      const low = rows.getUint32(i * midxRowByteLength + 4);
      staging.offsetsLow[at + i] = low;
      staging.offsetsHigh[at + i] = 0;
      if (low >= 0x8000_0000 && view.largeOffsetCount >= 0) {
        stageOffset(staging, at + i, view.largeOffsetAt(low - 0x8000_0000));
      }
    }
  }
}

function stageOffset(staging: Staging, row: number, offset: number): void {
  if (offset > maxOffset) throw new RangeError(`offset ${offset} is above 2^53 - 1`);
  staging.offsetsLow[row] = offset >>> 0;
  staging.offsetsHigh[row] = Math.floor(offset / 0x1_0000_0000);
}

function badPackId(view: MidxView, position: number, packId: number): GitmidxError {
  const message = `bad pack-int-id: ${packId} (${view.packNames.length} total packs)`;
  const offset = view.objectOffsetPlace(position as Parameters<MidxView["objectOffsetPlace"]>[0]);
  return new GitmidxError("bad-pack-id", message, { path: view.source.name, offset, chunk: "OOFF" });
}
