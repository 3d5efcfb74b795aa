/** Opening bitmaps to look at them: what is damaged is a problem of its file, and the rest is there. */

import { type ByteSource, withRanges } from "../../bytes/source.js";
import { toHex } from "../../core/oid.js";
import type { TaskOptions } from "../../core/task.js";
import { type BitmapPlace, bitmapHeaderByteLength } from "../../formats/bitmap/layout.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { MidxBitOrder } from "../../store/bitmaps/midx-bit-order.js";
import { midxBitmapPath, openBitmapFile, packBitmapPath } from "../../store/bitmaps/open-bitmap.js";
import { packsWithBitmap } from "../../store/bitmaps/open-bitmap-index.js";
import { PackBitOrder } from "../../store/bitmaps/pack-bit-order.js";
import { type MidxStack, openMidxStack } from "../../store/midx-stack.js";
import type { ObjectDirectory, PackFile } from "../../store/object-directory.js";
import { openIdx } from "../../store/open-idx.js";
import { type InspectedProblem, problemOf } from "../inspect/file-report.js";
import type { BitmapKind } from "./bitmap-report.js";
import { type ReadablePart, readablePart } from "./readable-part.js";

/** One file. */
export interface ShownLayer extends Partial<ReadablePart> {
  /** Number of the layer, 0 for the oldest. */
  readonly layer: number;
  readonly path: string;
  readonly place: BitmapPlace;
  /** Undefined where it cannot be opened. */
  readonly source: ByteSource | undefined;
  readonly problems: readonly InspectedProblem[];
}

/** The files of a bitmap. Close it when done. */
export interface ShownBitmap {
  readonly kind: BitmapKind;
  readonly layers: readonly ShownLayer[];
  /** Undefined where nobody can tell which object a bit stands for. */
  readonly order?: BitOrder | undefined;
  close(): void;
}

/** The files of a bitmap that can be used. */
export async function shownIndex(index: BitmapIndex, task: TaskOptions): Promise<ShownBitmap> {
  const { kind, order } = index;
  const layers: ShownLayer[] = [];
  for (const [layer, { source, layout }] of index.layers.entries()) {
    const part = await readablePart(source, layout.place, task);
    layers.push({ layer, path: source.name, place: layout.place, source, ...part });
  }
  return { kind, layers, order, close: () => index.close() };
}

/** Opens the bitmap beside a pack. @returns undefined if there is none @throws GitmidxError if the index cannot be read */
export async function openShownPack(
  directory: ObjectDirectory,
  pack: PackFile,
  task: TaskOptions,
): Promise<ShownBitmap | undefined> {
  const path = packBitmapPath(pack);
  if ((await directory.fs.stat(path)) === undefined) return undefined;
  const idx = await openIdx(directory, pack.idxPath);
  let layer: ShownLayer | undefined;
  try {
    const place = { format: directory.format, objectCount: idx.count, objectsBelow: 0 };
    const owner = toHex(await withRanges(() => idx.packChecksum()));
    layer = await openLayer(directory, { layer: 0, path, place }, { what: "pack", checksum: owner }, task);
  } finally {
    if (layer === undefined) idx.source.close();
  }
  const close = () => {
    layer.source?.close();
    idx.source.close();
  };
  return { kind: "pack", layers: [layer], order: new PackBitOrder(idx, undefined), close };
}

/**
 * Opens the bitmaps of a multi-pack-index.
 * @param anyLayer whether one is enough, of whatever layer; else the youngest must have one.
 * @returns undefined if there is no multi-pack-index, or no such bitmap
 * @throws GitmidxError if the multi-pack-index cannot be read
 */
export async function openShownMidx(
  directory: ObjectDirectory,
  anyLayer: boolean,
  task: TaskOptions,
): Promise<ShownBitmap | undefined> {
  const stack = await openMidxStack(directory);
  if (stack === undefined) return undefined;
  const layers: ShownLayer[] = [];
  const close = () => {
    for (const { source } of layers) source?.close();
    stack.close();
  };
  try {
    for (const [layer, { view, checksum, objectsBelow }] of stack.layers.entries()) {
      const path = midxBitmapPath(directory, stack.kind, checksum);
      const place = { format: directory.format, objectCount: view.count, objectsBelow };
      layers.push(await openLayer(directory, { layer, path, place }, { what: "MIDX", checksum }, task));
    }
    const isThere = (layer: ShownLayer | undefined) => layer?.problems[0]?.code !== "missing-layer";
    if (anyLayer ? layers.some(isThere) : isThere(layers.at(-1))) {
      const { order, problem } = orderOf(stack);
      const tip = layers.pop()!;
      layers.push(problem === undefined ? tip : { ...tip, problems: [...tip.problems, problem] });
      return { kind: stack.kind, layers, order, close };
    }
  } catch (error) {
    close();
    throw error;
  }
  close();
  return undefined;
}

/** Opens the first bitmap that there is, where git looks for one. @param useMidx whether multi-pack-indexes count */
export async function openFirstShown(
  directories: readonly ObjectDirectory[],
  useMidx: boolean,
  task: TaskOptions,
): Promise<ShownBitmap | undefined> {
  for (const directory of useMidx ? directories : []) {
    const shown = await openShownMidx(directory, false, task).catch((error) => void problemOf(error));
    if (shown !== undefined) return shown;
  }
  for (const directory of directories) {
    for (const pack of await packsWithBitmap(directory)) {
      const shown = await openShownPack(directory, pack, task).catch((error) => void problemOf(error));
      if (shown !== undefined) return shown;
    }
  }
  return undefined;
}

async function openLayer(
  directory: ObjectDirectory,
  file: Pick<ShownLayer, "layer" | "path" | "place">,
  owner: { readonly what: "pack" | "MIDX"; readonly checksum: string },
  task: TaskOptions,
): Promise<ShownLayer> {
  const { path, place } = file;
  let source: ByteSource | undefined;
  try {
    source = await openBitmapFile(directory, path);
  } catch (error) {
    return { ...file, source, problems: [problemOf(error)] };
  }
  if (source === undefined) {
    const message = "could not open bitmap for base MIDX";
    return { ...file, source, problems: [{ code: "missing-layer", message }] };
  }
  const part = await readablePart(source, place, task);
  const problems = [...part.problems];
  if (part.header !== undefined && part.header.owner !== owner.checksum) {
    const message = `checksum doesn't match in ${owner.what} and bitmap`;
    problems.push({ code: "wrong-bitmap", message, offset: bitmapHeaderByteLength });
  }
  return { ...file, ...part, source, problems };
}

function orderOf(stack: MidxStack): { readonly order?: BitOrder; readonly problem?: InspectedProblem } {
  try {
    return { order: new MidxBitOrder(stack) };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}
