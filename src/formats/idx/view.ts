/**
 * Pack index files, `.idx` (gitformat-pack).
 *
 *     version 2                                version 1
 *     0     ff 74 4f 63, u32 2                 0     256 × u32 fanout
 *     8     256 × u32 fanout                   1024  n × { u32 offset, id }
 *     1032  n × id, ascending                  end   pack checksum, own checksum
 *           n × u32 CRC32 of the packed entry
 *           n × u32 offset; top bit set: row of the next table
 *           u64 offsets, one for each such row
 *           pack checksum, own checksum
 */

import { fanoutByteLength, fanoutFall, OidTable, type OidTableLayout, readFanout } from "../../bytes/oid-table.js";
import type { ByteSource } from "../../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { IdxPosition } from "../../core/positions.js";

/** The first four bytes of version 2 and later: no fanout of version 1 can begin so. */
export const idxSignature = 0xff744f63;

/** An opened pack index: structure checked, contents read on demand. */
export class IdxView {
  readonly source: ByteSource;
  readonly format: ObjectFormat;
  readonly version: 1 | 2;
  /** Ids in ascending order. */
  readonly ids: OidTable;
  /** Rows of the table of 64-bit offsets; 0 in version 1. */
  readonly largeOffsetCount: number;
  readonly #offsets: number;
  readonly #offsetStride: number;
  readonly #crcs: number;
  readonly #largeOffsets: number;

  /** Objects in the pack. */
  get count(): number {
    return this.ids.count;
  }

  /**
   * Opens an index, at a cost that does not depend on its size.
   * @throws GitmidxError `truncated`, `bad-version`, `bad-fanout` or `bad-size`, in git's words where it has them.
   */
  constructor(source: ByteSource, format: ObjectFormat) {
    const trailer = 2 * format.byteLength;
    if (source.size < fanoutByteLength + trailer)
      throw problem("truncated", source, source.size, `index file ${source.name} is too small`);
    this.source = source;
    this.format = format;
    this.version = source.u32(0) === idxSignature ? 2 : 1;
    if (this.version === 2) {
      const version = source.u32(4);
      if (version !== 2) {
        const message = `index file ${source.name} is version ${version} and is not supported by this binary (try upgrading GIT to a newer version)`;
        throw problem("bad-version", source, 4, message);
      }
    }
    const fanoutOffset = this.version === 2 ? 8 : 0;
    const fanout = readFanout(source, fanoutOffset);
    const fall = fanoutFall(fanout);
    if (fall >= 0) throw problem("bad-fanout", source, fanoutOffset + 4 * fall, `non-monotonic index ${source.name}`);
    const count = fanout[255]!;
    const rows = fanoutOffset + fanoutByteLength;
    const idByteLength = format.byteLength;
    const layout: OidTableLayout =
      this.version === 2
        ? { offset: rows, stride: idByteLength, idOffset: 0, idByteLength }
        : { offset: rows, stride: 4 + idByteLength, idOffset: 4, idByteLength };
    this.ids = new OidTable(source, layout, fanout);
    const wrongSize = () =>
      problem("bad-size", source, source.size, `wrong index v${this.version} file size in ${source.name}`);
    if (this.version === 1) {
      if (source.size !== rows + count * layout.stride + trailer) throw wrongSize();
      this.#crcs = -1;
      this.#offsets = rows;
      this.#offsetStride = layout.stride;
      this.#largeOffsets = -1;
      this.largeOffsetCount = 0;
      return;
    }
    const least = rows + count * (idByteLength + 8) + trailer;
    const most = count === 0 ? least : least + (count - 1) * 8;
    if (source.size < least || source.size > most || (source.size - least) % 8 !== 0) throw wrongSize();
    this.#crcs = rows + count * idByteLength;
    this.#offsets = this.#crcs + 4 * count;
    this.#offsetStride = 4;
    this.#largeOffsets = this.#offsets + 4 * count;
    this.largeOffsetCount = (source.size - least) / 8;
  }

  /** The position of `oid`, or undefined if the pack does not have it. */
  find(oid: Uint8Array): IdxPosition | undefined {
    const position = this.ids.find(oid);
    return position < 0 ? undefined : (position as IdxPosition);
  }

  /**
   * Where in the pack the object's entry begins.
   * @throws GitmidxError `bad-large-offset` if the 64-bit table has no such row, or the offset there is above 2^53 − 1.
   */
  offsetAt(position: IdxPosition): number {
    const value = this.rawOffsetAt(position);
    if (this.version === 1 || value < 0x8000_0000) return value;
    const row = value - 0x8000_0000;
    if (row < this.largeOffsetCount) return this.largeOffsetAt(row);
    throw this.#outOfBounds(this.#offsets + position * this.#offsetStride);
  }

  /** The u32 of the offset table: in version 2 with the top bit set it is `0x80000000 +` a row of the 64-bit table. */
  rawOffsetAt(position: IdxPosition): number {
    return this.source.u32(this.#offsets + position * this.#offsetStride);
  }

  /** The offset in row `row` of the 64-bit table. @throws GitmidxError `bad-large-offset` as {@link offsetAt} */
  largeOffsetAt(row: number): number {
    if (row >= this.largeOffsetCount) throw this.#outOfBounds(this.#largeOffsets);
    const at = this.#largeOffsets + 8 * row;
    const offset = this.source.u64(at);
    if (offset > maxOffset) {
      throw problem(
        "bad-large-offset",
        this.source,
        at,
        `${this.source.name}: offset ${offset} in row ${row} is above 2^53 - 1`,
      );
    }
    return offset;
  }

  #outOfBounds(place: number): GitmidxError {
    const message = `offset beyond end of pack index for ${this.source.name} (truncated index?)`;
    return problem("bad-large-offset", this.source, place, message);
  }

  /** Where every object's entry begins, in idx order. O(n). */
  offsets(): Float64Array {
    const offsets = new Float64Array(this.count);
    if (this.version === 1) {
      for (let i = 0; i < offsets.length; i++) offsets[i] = this.rawOffsetAt(i as IdxPosition);
      return offsets;
    }
    const rows = new DataView(this.copyRawOffsets(0, this.count).buffer);
    for (let i = 0; i < offsets.length; i++) {
      const value = rows.getUint32(4 * i);
      offsets[i] = value < 0x8000_0000 ? value : this.offsetAt(i as IdxPosition);
    }
    return offsets;
  }

  /** CRC32 of the object's entry in the pack; undefined in version 1, which has none. */
  crc32At(position: IdxPosition): number | undefined {
    return this.#crcs < 0 ? undefined : this.source.u32(this.#crcs + 4 * position);
  }

  /** A copy of the id table's bytes `[start, end)`: rows of `ids.layout.stride` bytes. */
  copyRows(start: number, end: number): Uint8Array<ArrayBuffer> {
    const { offset, stride } = this.ids.layout;
    return this.source.copy(offset + start * stride, (end - start) * stride);
  }

  /** A copy of the offset table's rows `[start, end)` of version 2, big-endian; in version 1 they stand in `copyRows`. */
  copyRawOffsets(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.source.copy(this.#offsets + 4 * start, 4 * (end - start));
  }

  /** The checksum of the pack that this index is for. */
  packChecksum(): Uint8Array {
    return this.source.copy(this.source.size - 2 * this.format.byteLength, this.format.byteLength);
  }

  /** The checksum of the index itself, as it stands in the file. */
  checksum(): Uint8Array {
    return this.source.copy(this.source.size - this.format.byteLength, this.format.byteLength);
  }
}

function problem(code: ErrorCode, source: ByteSource, offset: number, message: string): GitmidxError {
  return new GitmidxError(code, message, { path: source.name, offset });
}
