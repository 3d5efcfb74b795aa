/**
 * Where the objects of a new multi-pack-index can come from: a pack's index, or a layer of the old one.
 *
 * Each is a list sorted by id that hands out its rows in bulk; which copy of an object wins is decided by the order of the lists.
 */

import type { OidTable } from "../../bytes/oid-table.js";
import { GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";
import type { IdxPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import { midxRowByteLength } from "../../formats/midx/layout.js";
import type { MidxView } from "../../formats/midx/view.js";
import { copyWords, type Staging } from "./staging.js";

/** A sorted list of objects. */
export interface CandidateList {
  /** Cumulative counts by the first byte of the id, 256 of them. */
  readonly fanout: Uint32Array;
  /** Copies its rows whose ids begin with the bytes from `first` to `end` − 1 to the rows of `staging` that are next for these bytes. */
  stage(first: number, end: number, staging: Staging): void;
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

  stage(first: number, end: number, staging: Staging): void {
    const idx = this.#idx;
    const start = idx.ids.bucketStart(first);
    const stop = this.fanout[end - 1]!;
    const rows = stageIds(idx.ids, first, end, staging);
    // In version 1 an offset stands before each id.
    const offsets =
      idx.version === 2
        ? new DataView(idx.copyRawOffsets(start, stop).buffer)
        : new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    const offsetStride = idx.version === 2 ? 4 : idx.ids.layout.stride;
    const { places } = staging;
    for (let byte = first, i = start; byte < end; byte++) {
      let row = staging.nextRows[byte]!;
      for (; i < this.fanout[byte]!; i++, row++) {
        const low = offsets.getUint32((i - start) * offsetStride);
        places[2 * row] = this.#packId;
        places[2 * row + 1] = low;
        if (low >= 0x8000_0000 && idx.version === 2) placeOffset(staging, row, idx.offsetAt(i as IdxPosition));
      }
      staging.nextRows[byte] = row;
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

  stage(first: number, end: number, staging: Staging): void {
    const view = this.#view;
    const start = view.ids.bucketStart(first);
    stageIds(view.ids, first, end, staging);
    const table = new DataView(view.copyObjectOffsets(start, this.fanout[end - 1]!).buffer);
    const { places } = staging;
    for (let byte = first, i = start; byte < end; byte++) {
      let row = staging.nextRows[byte]!;
      for (; i < this.fanout[byte]!; i++, row++) {
        const packId = table.getUint32((i - start) * midxRowByteLength);
        const low = table.getUint32((i - start) * midxRowByteLength + 4);
        if (packId >= this.#packIds.length) throw badPackId(view, i, packId);
        places[2 * row] = this.#packIds[packId]!;
        places[2 * row + 1] = low;
        if (low >= 0x8000_0000 && view.largeOffsetCount >= 0) {
          placeOffset(staging, row, view.largeOffsetAt(low - 0x8000_0000));
        }
      }
      staging.nextRows[byte] = row;
    }
  }
}

/** Reads rows of a table and copies their ids to their places, without moving `nextRows` on. Returns the rows as they were read. */
function stageIds(table: OidTable, first: number, end: number, staging: Staging): Uint32Array<ArrayBuffer> {
  const { offset, stride, idOffset, idByteLength } = table.layout;
  const start = table.bucketStart(first);
  const read = staging.scratch((table.fanout[end - 1]! - start) * stride);
  table.source.readInto(offset + start * stride, new Uint8Array(read.buffer, read.byteOffset, read.byteLength));
  const words = idByteLength >> 2;
  const rowWords = stride >> 2;
  let from = idOffset >> 2;
  for (let byte = first, i = start; byte < end; byte++) {
    const count = table.fanout[byte]! - i;
    if (count === 0) continue;
    let to = staging.nextRows[byte]! * words;
    if (rowWords === words) staging.words.set(read.subarray(from, from + count * words), to);
    else
      for (let row = 0; row < count; row++, to += words)
        copyWords(read, from + row * rowWords, staging.words, to, words);
    from += count * rowWords;
    i += count;
  }
  return read;
}

function placeOffset(staging: Staging, row: number, offset: number): void {
  if (offset > maxOffset) throw new RangeError(`offset ${offset} is above 2^53 - 1`);
  staging.setOffset(row, offset);
}

function badPackId(view: MidxView, position: number, packId: number): GitmidxError {
  const message = `bad pack-int-id: ${packId} (${view.packNames.length} total packs)`;
  const offset = view.objectOffsetPlace(position as Parameters<MidxView["objectOffsetPlace"]>[0]);
  return new GitmidxError("bad-pack-id", message, { path: view.source.name, offset, chunk: "OOFF" });
}
