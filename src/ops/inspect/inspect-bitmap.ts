/** Reports on a bitmap file: where its parts lie, with the help of the index that lies beside it. `bitmap show` tells more. */

import { type ByteSource, withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { objectTypes } from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { bitmapHeaderByteLength, bitmapSignature, nameHashesFlag } from "../../formats/bitmap/layout.js";
import { type BitmapView, openBitmap } from "../../formats/bitmap/view.js";
import { IdxView } from "../../formats/idx/view.js";
import { openMidx } from "../../formats/midx/view.js";
import type { PackFs } from "../../store/pack-fs.js";
import { type FilePart, type FileReport, type InspectedProblem, problemOf } from "./file-report.js";

/** The pack or multi-pack-index that a bitmap is for. */
interface Owner {
  readonly objects: number;
  readonly checksum: string;
}

/** As many objects as there can be: where their number does not matter. */
const manyObjects = 0xffff_ffff;

export async function inspectBitmap(fs: PackFs, source: ByteSource, format: ObjectFormat): Promise<FileReport> {
  const owner = await ownerOf(fs, source.name, format);
  return withRanges(() => report(source, format, owner));
}

function report(source: ByteSource, format: ObjectFormat, owner: Owner | undefined): FileReport {
  const { name: path, size: byteLength } = source;
  const whole = byteLength >= bitmapHeaderByteLength + 2 * format.byteLength && source.u32(0) === bitmapSignature;
  const known = whole ? headerOf(source, format) : undefined;
  const problems: InspectedProblem[] = [];
  let view: BitmapView | undefined;
  try {
    if (owner !== undefined || known === undefined || (known.flags & nameHashesFlag) === 0) {
      view = openBitmap(source, { format, objectCount: owner?.objects ?? manyObjects, objectsBelow: 0 });
    }
  } catch (error) {
    problems.push(problemOf(error));
  }
  if (owner !== undefined && known !== undefined && owner.checksum !== known.packChecksum) {
    const what = path.includes("/multi-pack-index-") ? "MIDX" : "pack";
    problems.push({ code: "wrong-bitmap", message: `checksum doesn't match in ${what} and bitmap`, offset: 12 });
  }
  return {
    kind: "bitmap",
    path,
    byteLength,
    hash: format.name,
    ...known,
    objects: owner?.objects,
    parts: view === undefined ? unknownParts(source, format, known !== undefined) : partsOfBitmap(view),
    checksum: whole ? toHex(source.copy(byteLength - format.byteLength, format.byteLength)) : undefined,
    problems,
  };
}

function headerOf(source: ByteSource, format: ObjectFormat) {
  const versionAndFlags = source.u32(4);
  return {
    version: versionAndFlags >>> 16,
    flags: versionAndFlags & 0xffff,
    commits: source.u32(8),
    packChecksum: toHex(source.copy(bitmapHeaderByteLength, format.byteLength)),
  };
}

/** Without the number of objects nobody can tell where the parts before the name hashes end. */
function unknownParts(source: ByteSource, format: ObjectFormat, whole: boolean): readonly FilePart[] {
  if (!whole) return [];
  const header = bitmapHeaderByteLength + format.byteLength;
  const trailer = source.size - format.byteLength;
  return [
    { name: "header", offset: 0, byteLength: header },
    { name: "bitmaps", offset: header, byteLength: trailer - header },
    { name: "trailer", offset: trailer, byteLength: format.byteLength },
  ];
}

/** Where everything lies, in the order of the file. */
export function partsOfBitmap(view: BitmapView): readonly FilePart[] {
  const { layout, format, source } = view;
  const parts: FilePart[] = [];
  const add = (name: string, offset: number, end: number) => parts.push({ name, offset, byteLength: end - offset });
  add("header", 0, layout.typesOffset);
  const places = [...([1, 2, 3, 4] as const).map((type) => view.typePlace(type)), view.entriesOffset];
  for (const [i, type] of objectTypes.entries()) add(`${type}s`, places[i]!, places[i + 1]!);
  add("entries", view.entriesOffset, layout.entriesEnd);
  const sections = [
    ["pseudo-merges", layout.pseudoMerges],
    ["lookup table", layout.lookupTable],
    ["name hashes", layout.nameHashes],
  ] as const;
  for (const [name, section] of sections) if (section !== undefined) parts.push({ name, ...section });
  add("trailer", source.size - format.byteLength, source.size);
  return parts;
}

/** What lies beside the bitmap; undefined if there is nothing, or it cannot be read. */
async function ownerOf(fs: PackFs, path: string, format: ObjectFormat): Promise<Owner | undefined> {
  const [, directory, hex] = /^(.*\/)multi-pack-index-([0-9a-f]+)\.bitmap$/.exec(path) ?? [];
  if (directory === undefined)
    return readOwner(fs, path.replace(/\.[^./]*$/, ".idx"), (source) => {
      const idx = new IdxView(source, format);
      return { objects: idx.count, checksum: toHex(idx.packChecksum()) };
    });
  const isLayer = directory.endsWith("/multi-pack-index.d/");
  return readOwner(fs, `${directory}multi-pack-index${isLayer ? `-${hex}.midx` : ""}`, (source) => {
    const midx = openMidx(source, format);
    return { objects: midx.count, checksum: midx.checksumHex() };
  });
}

async function readOwner(fs: PackFs, path: string, read: (source: ByteSource) => Owner): Promise<Owner | undefined> {
  try {
    if ((await fs.stat(path))?.kind !== "file") return undefined;
    const source = await fs.openSource(path);
    try {
      return await withRanges(() => read(source));
    } finally {
      source.close();
    }
  } catch (error) {
    if (isGitmidxError(error)) return undefined;
    throw error;
  }
}
