/** Reports on a pack index, and on what goes with it: a reverse index, modification times, and the pack itself as far as its frame. */

import { fanoutByteLength } from "../../bytes/oid-table.js";
import type { ByteSource } from "../../bytes/source.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { IdxView, idxSignature } from "../../formats/idx/view.js";
import { MtimesView, mtimesSignature } from "../../formats/mtimes.js";
import { packHeaderByteLength, packSignature } from "../../formats/pack-frame.js";
import { RevView, revHeaderByteLength, revSignature } from "../../formats/rev.js";
import { type FilePart, type FileReport, type InspectedKind, type InspectedProblem, problemOf } from "./file-report.js";

/** Parts that follow each other, from their names and lengths; those without a byte are left out. */
function partsOf(lengths: readonly (readonly [name: string, byteLength: number])[]): readonly FilePart[] {
  let offset = 0;
  const parts = lengths.map(([name, byteLength]) => {
    const part = { name, offset, byteLength };
    offset += byteLength;
    return part;
  });
  return parts.filter(({ byteLength }) => byteLength > 0);
}

export function inspectIdx(source: ByteSource, format: ObjectFormat): FileReport {
  const file = { kind: "pack-index" as const, path: source.name, byteLength: source.size, hash: format.name };
  let view: IdxView;
  try {
    view = new IdxView(source, format);
  } catch (error) {
    const version = source.size >= 8 && source.u32(0) === idxSignature ? source.u32(4) : undefined;
    return { ...file, version, parts: [], problems: [problemOf(error)] };
  }
  const { version, count, largeOffsetCount } = view;
  const trailers = [
    ["pack checksum", format.byteLength],
    ["trailer", format.byteLength],
  ] as const;
  const parts =
    version === 1
      ? partsOf([["fanout", fanoutByteLength], ["objects", count * (4 + format.byteLength)], ...trailers])
      : partsOf([
          ["header", 8],
          ["fanout", fanoutByteLength],
          ["ids", count * format.byteLength],
          ["crc32s", 4 * count],
          ["offsets", 4 * count],
          ["64-bit offsets", 8 * largeOffsetCount],
          ...trailers,
        ]);
  return {
    ...file,
    version,
    objects: count,
    largeOffsets: largeOffsetCount,
    parts,
    packChecksum: toHex(view.packChecksum()),
    checksum: toHex(view.checksum()),
    problems: [],
  };
}

export function inspectRev(source: ByteSource, format: ObjectFormat): FileReport {
  return inspectRows(source, format, {
    kind: "reverse-index",
    rows: "positions",
    signature: revSignature,
    View: RevView,
  });
}

export function inspectMtimes(source: ByteSource, format: ObjectFormat): FileReport {
  const kind = "modification-times";
  return inspectRows(source, format, { kind, rows: "times", signature: mtimesSignature, View: MtimesView });
}

/** Files that are a header of 12 bytes, a number for each object and two checksums. */
interface RowsFile {
  readonly kind: InspectedKind;
  readonly rows: string;
  readonly signature: number;
  readonly View: typeof RevView | typeof MtimesView;
}

function inspectRows(source: ByteSource, format: ObjectFormat, { kind, rows, signature, View }: RowsFile): FileReport {
  const file = { kind, path: source.name, byteLength: source.size, hash: format.name };
  const count = rowCount(source, format);
  try {
    const view = new View(source, format, count);
    const parts = partsOf([
      ["header", revHeaderByteLength],
      [rows, 4 * count],
      ["pack checksum", format.byteLength],
      ["trailer", format.byteLength],
    ]);
    const checksums = { packChecksum: toHex(view.packChecksum()), checksum: toHex(view.checksum()) };
    return { ...file, version: 1, objects: count, parts, ...checksums, problems: [] };
  } catch (error) {
    const version = source.size >= 8 && source.u32(0) === signature ? source.u32(4) : undefined;
    return { ...file, version, parts: [], problems: [problemOf(error)] };
  }
}

/** The rows that a file of that size has room for. */
export function rowCount(source: ByteSource, format: ObjectFormat): number {
  return Math.max(0, Math.floor((source.size - revHeaderByteLength - 2 * format.byteLength) / 4));
}

/** The pack's header and trailer: the entries between them are not looked at. */
export function inspectPack(source: ByteSource, format: ObjectFormat): FileReport {
  const { name: path, size: byteLength } = source;
  const file = { kind: "pack" as const, path, byteLength, hash: format.name };
  if (byteLength < packHeaderByteLength + format.byteLength) {
    const message = `file ${path} is far too short to be a packfile`;
    return { ...file, parts: [], problems: [{ code: "truncated", message, offset: byteLength }] };
  }
  if (source.u32(0) !== packSignature) {
    const message = `file ${path} is not a GIT packfile`;
    return { ...file, parts: [], problems: [{ code: "bad-signature", message, chunk: "header", offset: 0 }] };
  }
  const version = source.u32(4);
  const problems: InspectedProblem[] = [];
  if (version !== 2 && version !== 3) {
    const message = `packfile ${path} is version ${version} and not supported (try upgrading GIT to a newer version)`;
    problems.push({ code: "bad-version", message, chunk: "header", offset: 4 });
  }
  const entries = byteLength - packHeaderByteLength - format.byteLength;
  const parts = partsOf([
    ["header", packHeaderByteLength],
    ["entries", entries],
    ["trailer", format.byteLength],
  ]);
  const checksum = toHex(source.copy(byteLength - format.byteLength, format.byteLength));
  return { ...file, version, objects: source.u32(8), parts, checksum, problems };
}
