/** Opening the bitmap of one multi-pack-index or of one pack. */

import type { ByteSource } from "../../bytes/source.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { BitmapPlace } from "../../formats/bitmap/layout.js";
import { type BitmapView, openBitmap } from "../../formats/bitmap/view.js";
import type { IdxView } from "../../formats/idx/view.js";
import { RevView } from "../../formats/rev.js";
import type { MidxLayer, MidxStack } from "../midx-stack.js";
import type { ObjectDirectory, PackFile } from "../object-directory.js";
import { openIdx } from "../open-idx.js";
import { systemErrorText } from "../system-error.js";
import type { BitOrderOptions } from "./bit-order.js";
import { BitmapIndex } from "./bitmap-index.js";
import { MidxBitOrder } from "./midx-bit-order.js";
import { PackBitOrder } from "./pack-bit-order.js";

/** How a bitmap's files are opened. */
export interface BitmapFileOptions extends BitOrderOptions {
  /** Told of files that are left aside because they cannot be read, where it goes on without them: `.rev` files. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** How the bitmap of a multi-pack-index is opened. */
export interface MidxBitmapOptions extends BitmapFileOptions {
  /** Whether closing the bitmap closes the multi-pack-index. Default false. */
  readonly closeStack?: boolean | undefined;
}

/** Path of the bitmap that belongs to a layer, or to the single multi-pack-index. */
export function midxBitmapPath(directory: ObjectDirectory, kind: "single" | "chain", checksum: string): string {
  return kind === "chain" ? directory.layerPath(checksum, "bitmap") : directory.midxCompanionPath(checksum, "bitmap");
}

/** Path of the bitmap beside a pack. */
export function packBitmapPath(pack: Pick<PackFile, "packPath">): string {
  return `${pack.packPath.slice(0, -"pack".length)}bitmap`;
}

/**
 * Opens the bitmap of a multi-pack-index; of a chain, that of every layer.
 * @returns undefined if the youngest layer has none.
 * @throws GitmidxError as `openBitmap`; `wrong-bitmap` for one that belongs to another multi-pack-index; `bad-reverse-index` where there
 *   is no order of bits; `missing-pack`; `missing-layer` if a layer below has none, without which the others mean nothing.
 */
export async function openMidxBitmap(
  directory: ObjectDirectory,
  stack: MidxStack,
  options: MidxBitmapOptions = {},
): Promise<BitmapIndex | undefined> {
  const opened: ByteSource[] = [];
  const close = () => {
    for (const source of opened) source.close();
  };
  try {
    const views: BitmapView[] = [];
    for (const layer of stack.layers.toReversed()) {
      const view = await openLayerBitmap(directory, stack, layer, opened);
      if (view === undefined && layer === stack.tip) return undefined;
      if (view === undefined) {
        const path = midxBitmapPath(directory, stack.kind, layer.checksum);
        throw new GitmidxError("missing-layer", "could not open bitmap for base MIDX", { path });
      }
      views.unshift(view);
    }
    const rev = await openMidxRev(directory, stack, options, opened);
    const order = new MidxBitOrder(stack, { ...options, rev });
    await checkPacks(directory, stack);
    const closeAll = () => {
      close();
      stack.close();
    };
    const own = options.closeStack === true ? closeAll : close;
    return new BitmapIndex({
      kind: stack.kind,
      directory,
      order,
      layers: views,
      stack,
      warn: options.warn,
      close: own,
    });
  } catch (error) {
    close();
    throw error;
  }
}

async function openLayerBitmap(
  directory: ObjectDirectory,
  { kind }: MidxStack,
  { view, checksum, objectsBelow }: MidxLayer,
  opened: ByteSource[],
): Promise<BitmapView | undefined> {
  const path = midxBitmapPath(directory, kind, checksum);
  const source = await openBitmapFile(directory, path);
  if (source === undefined) return undefined;
  opened.push(source);
  const place: BitmapPlace = { format: directory.format, objectCount: view.count, objectsBelow };
  const bitmap = await withRanges(() => openBitmap(source, place));
  if (sameBytes(bitmap.checksum, await withRanges(() => view.checksum()))) return bitmap;
  throw new GitmidxError("wrong-bitmap", "checksum doesn't match in MIDX and bitmap", { path });
}

/** The order that git 2.34 and 2.35 wrote to a file of its own. */
async function openMidxRev(
  directory: ObjectDirectory,
  { kind, tip }: MidxStack,
  { warn }: BitmapFileOptions,
  opened: ByteSource[],
): Promise<RevView | undefined> {
  if (kind === "chain" || tip.view.hasReverseIndex) return undefined;
  const path = directory.midxCompanionPath(tip.checksum, "rev");
  return openRev(directory, { path, count: tip.view.count, checksum: tip.view.checksum() }, warn, opened);
}

async function checkPacks(directory: ObjectDirectory, stack: MidxStack): Promise<void> {
  for (const { view, path } of stack.layers) {
    for (const name of view.packNames) {
      if ((await directory.packFile(name)) === undefined)
        throw new GitmidxError("missing-pack", `could not open pack ${name}`, { path });
    }
  }
}

/**
 * Opens the bitmap beside a pack.
 * @param pack the pack, or the name of its `.idx` file.
 * @returns undefined if there is no such pack, or no bitmap beside it.
 * @throws GitmidxError as `openBitmap` and `openIdx`; `wrong-bitmap` for one that belongs to another pack.
 */
export async function openPackBitmap(
  directory: ObjectDirectory,
  pack: PackFile | string,
  options: BitmapFileOptions = {},
): Promise<BitmapIndex | undefined> {
  const file = typeof pack === "string" ? await directory.packFile(pack) : pack;
  if (file === undefined) return undefined;
  const path = packBitmapPath(file);
  const source = await openBitmapFile(directory, path);
  if (source === undefined) return undefined;
  const opened = [source];
  const close = () => {
    for (const each of opened) each.close();
  };
  try {
    const idx = await openIdx(directory, file.idxPath);
    opened.push(idx.source);
    const place: BitmapPlace = { format: directory.format, objectCount: idx.count, objectsBelow: 0 };
    const bitmap = await withRanges(() => openBitmap(source, place));
    const checksum = await withRanges(() => idx.packChecksum());
    if (!sameBytes(bitmap.checksum, checksum))
      throw new GitmidxError("wrong-bitmap", "checksum doesn't match in pack and bitmap", { path });
    const rev = await openPackRev(directory, file, idx, options, opened);
    const order = new PackBitOrder(idx, rev, options);
    return new BitmapIndex({ kind: "pack", directory, order, layers: [bitmap], pack: file, warn: options.warn, close });
  } catch (error) {
    close();
    throw error;
  }
}

async function openPackRev(
  directory: ObjectDirectory,
  { packPath }: PackFile,
  idx: IdxView,
  { warn }: BitmapFileOptions,
  opened: ByteSource[],
): Promise<RevView | undefined> {
  const path = `${packPath.slice(0, -"pack".length)}rev`;
  const checksum = await withRanges(() => idx.packChecksum());
  return openRev(directory, { path, count: idx.count, checksum }, warn, opened);
}

/** A reverse index, if there is one that belongs to what has that checksum. */
async function openRev(
  directory: ObjectDirectory,
  { path, count, checksum }: { readonly path: string; readonly count: number; readonly checksum: Uint8Array },
  warn: ((message: string) => void) | undefined,
  opened: ByteSource[],
): Promise<RevView | undefined> {
  const source = await openBitmapFile(directory, path);
  if (source === undefined) return undefined;
  try {
    const rev = await withRanges(() => new RevView(source, directory.format, count));
    if (sameBytes(await withRanges(() => rev.packChecksum()), checksum)) {
      opened.push(source);
      return rev;
    }
    warn?.(`reverse-index file ${path} belongs to another pack`);
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    warn?.(error.message);
  }
  source.close();
  return undefined;
}

/** Opens a file, if there is one. @throws GitmidxError in git's words if it cannot be opened. */
export async function openBitmapFile({ fs }: ObjectDirectory, path: string): Promise<ByteSource | undefined> {
  try {
    return (await fs.stat(path)) === undefined ? undefined : await fs.openSource(path);
  } catch (cause) {
    if (isGitmidxError(cause, "not-found")) return undefined;
    if (!isGitmidxError(cause)) throw cause;
    throw new GitmidxError(cause.code, `cannot open '${path}': ${systemErrorText(cause)}`, { path, cause });
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
