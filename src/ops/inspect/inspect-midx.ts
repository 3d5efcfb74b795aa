/** Reports on a multi-pack-index file, or one layer of a chain. */

import type { ByteSource } from "../../bytes/source.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { LayerPackId } from "../../core/positions.js";
import { chunkRowByteLength } from "../../formats/chunk-file.js";
import { type MidxLayout, midxHeaderByteLength, midxSignature, readMidxLayout } from "../../formats/midx/layout.js";
import { canView, MidxView } from "../../formats/midx/view.js";
import { type FilePart, type FileReport, type InspectedPack, problemOf } from "./file-report.js";

export function inspectMidx(source: ByteSource, format: ObjectFormat): FileReport {
  const kind = "multi-pack-index" as const;
  const { name: path, size: byteLength } = source;
  const header = { name: "header", offset: 0, byteLength: Math.min(byteLength, midxHeaderByteLength) };
  let layout: MidxLayout;
  try {
    layout = readMidxLayout(source, undefined);
  } catch (error) {
    const isMidx = byteLength > 4 && source.u32(0) === midxSignature;
    const known = isMidx ? { version: source.u8(4), parts: [header] } : { version: undefined, parts: [] };
    return { kind, path, byteLength, ...known, hash: format.name, problems: [problemOf(error)] };
  }
  const trailer = { name: "trailer", offset: byteLength - format.byteLength, byteLength: format.byteLength };
  const view = canView(layout) ? new MidxView(source, layout) : undefined;
  return {
    kind,
    path,
    byteLength,
    version: layout.header.version,
    hash: layout.format.name,
    objects: view?.count ?? layout.fanout?.[255],
    largeOffsets: view === undefined ? undefined : Math.max(0, view.largeOffsetCount),
    parts: [header, chunkTable(layout), ...layout.chunks.map(partOf), trailer],
    packs: packsOf(layout, view),
    checksum: toHex(source.copy(trailer.offset, trailer.byteLength)),
    problems: layout.problems.map(({ code, message, chunk, offset }) => ({ code, message, chunk, offset })),
  };
}

function chunkTable({ header }: MidxLayout): FilePart {
  const byteLength = (header.chunkCount + 1) * chunkRowByteLength;
  return { name: "chunk table", offset: midxHeaderByteLength, byteLength };
}

function partOf({ name, offset, byteLength }: FilePart): FilePart {
  return { name, offset, byteLength };
}

function packsOf({ packNames }: MidxLayout, view: MidxView | undefined): readonly InspectedPack[] | undefined {
  return packNames?.map((name, number) => {
    const bitmapped = view?.bitmappedPackAt(number as LayerPackId);
    return { number, name, firstBit: bitmapped?.firstBit, objects: bitmapped?.count };
  });
}
