/** An opened multi-pack-index file, or one layer of a chain; the byte map is in layout.ts. */

import { OidTable } from "../../bytes/oid-table.js";
import type { ByteSource } from "../../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { LayerPackId, LayerPosition } from "../../core/positions.js";
import { type Chunk, chunkId } from "../chunk-file.js";
import { type MidxLayout, midxRowByteLength, readMidxLayout } from "./layout.js";

/** A contribution of one pack to the pseudo-pack: a row of BTMP. */
export interface BitmappedPack {
  /** First bit of the pack's objects, global in the chain; 0 where the pack contributes none. */
  readonly firstBit: number;
  /** Number of objects that the MIDX takes from this pack. */
  readonly count: number;
}

/** The file seen by itself: positions and pack numbers are local to it, what RIDX and BTMP say is global in the chain. */
export class MidxView {
  readonly source: ByteSource;
  readonly layout: MidxLayout;
  readonly format: ObjectFormat;
  readonly version: number;
  /**
   * Names of the packs' `.idx` files, in the order that numbers them. Not yet fit to be joined to a path: see `packNameFault`. One of
   * more than 4096 bytes is cut there.
   */
  readonly packNames: readonly string[];
  /** Ids in ascending order. */
  readonly ids: OidTable;
  /** Rows of LOFF; −1 where there is no such chunk, which decides what a top bit in OOFF means. */
  readonly largeOffsetCount: number;
  readonly #objectOffsets: number;
  readonly #largeOffsets: number;
  readonly #reverseIndex: Chunk | undefined;
  readonly #bitmappedPacks: Chunk | undefined;

  /** Objects in this file alone. */
  get count(): number {
    return this.ids.count;
  }

  /**
   * Takes a layout that has what a view needs: see {@link openMidx}, and {@link canView}.
   * @throws TypeError if it has not.
   */
  constructor(source: ByteSource, layout: MidxLayout) {
    const chunk = (name: string) => layout.chunks.find(({ id }) => id === chunkId(name));
    const ids = chunk("OIDL");
    const objectOffsets = chunk("OOFF");
    if (!layout.packNames || !layout.fanout || !ids || !objectOffsets)
      throw new TypeError("the layout lacks a required chunk");
    this.source = source;
    this.layout = layout;
    this.format = layout.format;
    this.version = layout.header.version;
    this.packNames = layout.packNames;
    const idByteLength = layout.format.byteLength;
    this.ids = new OidTable(
      source,
      { offset: ids.offset, stride: idByteLength, idOffset: 0, idByteLength },
      layout.fanout,
    );
    this.#objectOffsets = objectOffsets.offset;
    const large = chunk("LOFF");
    this.#largeOffsets = large?.offset ?? 0;
    this.largeOffsetCount = large === undefined ? -1 : Math.floor(large.byteLength / midxRowByteLength);
    const fits = (found: Chunk | undefined, rows: number, width: number) =>
      found !== undefined && found.byteLength === rows * width ? found : undefined;
    this.#reverseIndex = fits(chunk("RIDX"), this.count, 4);
    this.#bitmappedPacks = fits(chunk("BTMP"), layout.header.packCount, midxRowByteLength);
  }

  /** The position of `oid` in this file, or undefined. */
  find(oid: Uint8Array): LayerPosition | undefined {
    const position = this.ids.find(oid);
    return position < 0 ? undefined : (position as LayerPosition);
  }

  /** The pack number as it stands in OOFF, checked or not by the caller. */
  rawPackIdAt(position: LayerPosition): number {
    return this.source.u32(this.#objectOffsets + midxRowByteLength * position);
  }

  /**
   * The number of the pack that holds the object.
   * @throws GitmidxError `bad-pack-id` if this file has no such pack.
   */
  packIdAt(position: LayerPosition): LayerPackId {
    const packId = this.rawPackIdAt(position);
    if (packId < this.packNames.length) return packId as LayerPackId;
    const message = `bad pack-int-id: ${packId} (${this.packNames.length} total packs)`;
    throw this.#problem("bad-pack-id", "OOFF", this.objectOffsetPlace(position), message);
  }

  /** The u32 offset as it stands in OOFF. */
  rawOffsetAt(position: LayerPosition): number {
    return this.source.u32(this.#objectOffsets + midxRowByteLength * position + 4);
  }

  /**
   * Where in its pack the object's entry begins.
   * @throws GitmidxError `bad-large-offset` if LOFF has no such row, or the offset there is above 2^53 − 1.
   */
  offsetAt(position: LayerPosition): number {
    const value = this.rawOffsetAt(position);
    // Without a LOFF chunk the top bit belongs to the offset: packs between 2 and 4 GiB need no 64-bit rows.
    if (value < 0x8000_0000 || this.largeOffsetCount < 0) return value;
    const row = value - 0x8000_0000;
    if (row < this.largeOffsetCount) return this.largeOffsetAt(row);
    throw this.#outOfBounds(row, "OOFF", this.objectOffsetPlace(position) + 4);
  }

  /** The offset in row `row` of LOFF. @throws GitmidxError `bad-large-offset` as {@link offsetAt} */
  largeOffsetAt(row: number): number {
    if (row >= this.largeOffsetCount) throw this.#outOfBounds(row, "LOFF", this.#largeOffsets);
    const at = this.#largeOffsets + midxRowByteLength * row;
    const offset = this.source.u64(at);
    if (offset <= maxOffset) return offset;
    throw this.#problem("bad-large-offset", "LOFF", at, `large offset ${offset} in row ${row} is above 2^53 - 1`);
  }

  /** Where in the file the object's row of OOFF stands. */
  objectOffsetPlace(position: LayerPosition): number {
    return this.#objectOffsets + midxRowByteLength * position;
  }

  /** A copy of the id table's bytes `[start, end)`. */
  copyIds(start: number, end: number): Uint8Array<ArrayBuffer> {
    const { offset, stride } = this.ids.layout;
    return this.source.copy(offset + start * stride, (end - start) * stride);
  }

  /** A copy of the OOFF rows `[start, end)`, big-endian. */
  copyObjectOffsets(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.source.copy(this.#objectOffsets + midxRowByteLength * start, midxRowByteLength * (end - start));
  }

  /** Whether the file has a usable RIDX chunk. */
  get hasReverseIndex(): boolean {
    return this.#reverseIndex !== undefined;
  }

  /** Where the RIDX chunk begins; a misuse without one. */
  get reverseIndexOffset(): number {
    if (this.#reverseIndex === undefined) throw new TypeError("the file has no reverse index");
    return this.#reverseIndex.offset;
  }

  /** The global position that RIDX gives for the object that is number `index` in this file's pseudo-pack order. */
  reverseIndexAt(index: number): number {
    return this.source.u32(this.reverseIndexOffset + 4 * index);
  }

  /** The row of BTMP of that pack; undefined without a usable chunk. */
  bitmappedPackAt(packId: LayerPackId): BitmappedPack | undefined {
    if (this.#bitmappedPacks === undefined) return undefined;
    const at = this.#bitmappedPacks.offset + midxRowByteLength * packId;
    return { firstBit: this.source.u32(at), count: this.source.u32(at + 4) };
  }

  /** The file's own checksum as it stands at its end: what names the layer. */
  checksum(): Uint8Array {
    return this.source.copy(this.source.size - this.format.byteLength, this.format.byteLength);
  }

  /** {@link checksum} in hex. */
  checksumHex(): string {
    return toHex(this.checksum());
  }

  #outOfBounds(row: number, chunk: string, offset: number): GitmidxError {
    const message = `multi-pack-index large offset out of bounds: row ${row} of ${this.largeOffsetCount}`;
    return this.#problem("bad-large-offset", chunk, offset, message);
  }

  #problem(code: ErrorCode, chunk: string, offset: number, message: string): GitmidxError {
    return new GitmidxError(code, message, { path: this.source.name, offset, chunk });
  }
}

/** Whether a view of that layout can be made, whatever else is wrong with it. */
export function canView(layout: MidxLayout): boolean {
  if (layout.packNames === undefined || layout.fanout === undefined) return false;
  const unusable = (chunk: string) => layout.problems.some((problem) => problem.fatal && problem.chunk === chunk);
  return !unusable("OIDL") && !unusable("OOFF");
}

/**
 * Opens a file at a cost of O(chunks + packs).
 * @throws GitmidxError for the first thing in its structure for which git would refuse it.
 */
export function openMidx(source: ByteSource, format: ObjectFormat): MidxView {
  const layout = readMidxLayout(source, format);
  const fatal = layout.problems.find((problem) => problem.fatal);
  if (fatal === undefined) return new MidxView(source, layout);
  throw new GitmidxError(fatal.code, fatal.message, { path: source.name, offset: fatal.offset, chunk: fatal.chunk });
}
