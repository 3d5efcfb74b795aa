/** Walks the rows that a layer takes from one pack beside the pack's index: the inner loop of verify. */

import { toHex } from "../../core/oid.js";
import type { IdxPosition, LayerPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import type { Reporter } from "./finding.js";
import { IdRows } from "./id-rows.js";
import {
  reportBeyond,
  reportIdxOrder,
  reportMissing,
  reportOffset,
  reportPackId,
  reportUncovered,
} from "./join-findings.js";
import type { TestedLayer, TestedPack } from "./tested-layer.js";

const noRows = new IdRows(new Uint8Array(0), 0, 4, 0, 4);

/** Rows of a range, gathered by pack: pack p has those from `starts[p]` to `starts[p + 1]`. */
interface Gathered {
  /** Ids, in the machine's own words. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** The number of each row in the range. */
  readonly rows: Uint32Array;
  /** The offsets as OOFF has them. */
  readonly offsets: Uint32Array;
  readonly starts: Uint32Array;
}

/** Whether some layer has the object of a row. */
export type IsCovered = (ids: IdRows, row: number) => boolean;

/** The rows of a pack's index whose ids begin with the bytes from `first` to `end` − 1. */
function readIdx(idx: IdxView, first: number, end: number): { ids: IdRows; offsets: DataView; offsetStride: number } {
  const start = idx.ids.bucketStart(first);
  const stop = idx.ids.fanout[end - 1]!;
  const { stride, idOffset, idByteLength } = idx.ids.layout;
  const bytes = idx.copyRows(start, stop);
  const ids = new IdRows(bytes, start, stride, idOffset, idByteLength);
  const offsets = new DataView(idx.version === 2 ? idx.copyRawOffsets(start, stop).buffer : bytes.buffer);
  return { ids, offsets, offsetStride: idx.version === 2 ? 4 : stride };
}

/** The rows of one range of one layer, gathered pack by pack, so that each pack's lie side by side. */
export class PackJoin {
  readonly #reporter: Reporter;
  #ids = noRows;
  #gathered: Gathered = {
    ids: new Uint32Array(0),
    rows: new Uint32Array(0),
    offsets: new Uint32Array(0),
    starts: new Uint32Array(1),
  };
  #pack = 0;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Takes a range. The packs are then walked in the order of their numbers. */
  group(layer: TestedLayer, ids: IdRows, table: DataView): void {
    const packCount = layer.packs.length;
    const starts = new Uint32Array(packCount + 2);
    for (let row = 0; row < ids.count; row++) {
      const packId = table.getUint32(8 * row);
      if (packId < packCount) starts[packId + 2]!++;
      else reportPackId(this.#reporter, layer, (ids.start + row) as LayerPosition, toHex(ids.id(row)), packId);
    }
    for (let pack = 1; pack < starts.length; pack++) starts[pack]! += starts[pack - 1]!;
    const words = layer.view.format.byteLength >> 2;
    const from = new Uint32Array(ids.bytes.buffer);
    const gathered = new Uint32Array(ids.count * words);
    const rows = new Uint32Array(ids.count);
    const offsets = new Uint32Array(ids.count);
    for (let row = 0; row < ids.count; row++) {
      const packId = table.getUint32(8 * row);
      if (packId >= packCount) continue;
      const to = starts[packId + 1]!++;
      rows[to] = row;
      offsets[to] = table.getUint32(8 * row + 4);
      for (let i = row * words, j = to * words, end = i + words; i < end; ) gathered[j++] = from[i++]!;
    }
    this.#ids = ids;
    this.#gathered = { ids: gathered, rows, offsets, starts };
    this.#pack = 0;
  }

  /** Walks the next pack's rows beside its index; returns how many rows it looked at. */
  walk(layer: TestedLayer, pack: TestedPack, first: number, end: number, isCovered: IsCovered): number {
    const packId = this.#pack++;
    const { ids, rows, offsets, starts } = this.#gathered;
    const from = starts[packId]!;
    const count = starts[packId + 1]! - from;
    const { idx, file } = pack;
    if (idx === undefined || file === undefined) return count;
    const { byteLength } = layer.view.format;
    const own = new IdRows(
      new Uint8Array(ids.buffer, from * byteLength, count * byteLength),
      0,
      byteLength,
      0,
      byteLength,
    );
    const theirs = readIdx(idx, first, end);
    const plainLimit = Math.min(0x8000_0000, file.packSize);
    let j = 0;
    for (let i = 0; i < count; i++) {
      // Nearly always the two tables go on with the same object: everything else is slow and rare.
      if (j >= theirs.ids.count || !theirs.ids.equals(j, own, i)) {
        j = this.#advance(idx, theirs.ids, j, own, i, isCovered);
        if (j >= theirs.ids.count || !theirs.ids.equals(j, own, i)) {
          this.#search(layer, pack, idx, rows[from + i]!);
          continue;
        }
      }
      const offset = offsets[from + i]!;
      if (offset < plainLimit && theirs.offsets.getUint32(j * theirs.offsetStride) === offset) j++;
      else j = this.#compareOffsets(layer, pack, idx, theirs.ids, j, rows[from + i]!);
    }
    this.#advance(idx, theirs.ids, j, own, -1, isCovered);
    return count + theirs.ids.count;
  }

  /** Passes over the index's rows below that of `row` (all of them for −1), which must be covered by another pack's copy. */
  #advance(idx: IdxView, theirs: IdRows, at: number, own: IdRows, row: number, isCovered: IsCovered): number {
    const key = row < 0 ? 0x1_0000_0000 : own.key(row);
    let j = at;
    for (; j < theirs.count; j++) {
      const found = theirs.key(j);
      if (found > key || (found === key && theirs.compare(j, own, row) >= 0)) break;
      if (j > 0 && theirs.key(j - 1) >= found && theirs.compare(j - 1, theirs, j) > 0)
        reportIdxOrder(this.#reporter, idx, theirs, j);
      if (!isCovered(theirs, j)) reportUncovered(this.#reporter, idx, theirs, j);
    }
    return j;
  }

  /** Compares offsets the long way: 64-bit rows, and an index that lists the object more than once. Returns the row to go on from. */
  #compareOffsets(layer: TestedLayer, pack: TestedPack, idx: IdxView, idxIds: IdRows, at: number, row: number): number {
    const position = (this.#ids.start + row) as LayerPosition;
    let offset: number;
    let end = at;
    const inIdx: number[] = [];
    try {
      while (end < idxIds.count && idxIds.compare(end, this.#ids, row) === 0) {
        inIdx.push(idx.offsetAt((idxIds.start + end++) as IdxPosition));
      }
      offset = layer.view.offsetAt(position);
    } catch (error) {
      const object = toHex(this.#ids.id(row));
      this.#reporter.addError(error, { path: layer.path, chunk: "OOFF" }, { object });
      return Math.max(end, at + 1);
    }
    if (!inIdx.includes(offset)) reportOffset(this.#reporter, layer, position, toHex(this.#ids.id(row)), offset, inIdx);
    else if (offset >= pack.file!.packSize) reportBeyond(this.#reporter, pack.file!, offset, toHex(this.#ids.id(row)));
    return end;
  }

  /** The walk did not meet the object: perhaps one of the two tables is out of order. */
  #search(layer: TestedLayer, pack: TestedPack, idx: IdxView, row: number): void {
    const found = idx.find(this.#ids.id(row));
    const position = (this.#ids.start + row) as LayerPosition;
    if (found === undefined) {
      reportMissing(this.#reporter, layer, position, toHex(this.#ids.id(row)), pack);
      return;
    }
    try {
      const offset = layer.view.offsetAt(position);
      const inIdx = idx.offsetAt(found);
      if (offset !== inIdx) reportOffset(this.#reporter, layer, position, toHex(this.#ids.id(row)), offset, [inIdx]);
    } catch (error) {
      this.#reporter.addError(error, { path: layer.path, chunk: "OOFF" }, { object: toHex(this.#ids.id(row)) });
    }
  }
}
