/** Which `.bitmap` files there are in a directory, and what each belongs to. */

import { packNameFault } from "../../formats/midx/pack-names.js";
import { listNames, type ObjectDirectory, type PackFile } from "../../store/object-directory.js";
import type { Reporter } from "../verify-midx/finding.js";
import type { OpenedLayers } from "../verify-midx/open-layers.js";
import type { TestedLayer } from "../verify-midx/tested-layer.js";

/** A bitmap of a pack, of the single multi-pack-index, or of a layer. */
export type FoundBitmap =
  | { readonly kind: "pack"; readonly path: string; readonly pack: PackFile }
  | { readonly kind: "single" | "layer"; readonly path: string; readonly layer: TestedLayer };

const stale = "no pack or multi-pack-index that is here goes with this bitmap; git does not read it";
const staleAdvice = "remove it, unless a process is just writing what it goes with";

/** Finds the bitmaps that can be tested, those of the oldest layer first; those that belong to nothing are noted. */
export async function findBitmaps(
  directory: ObjectDirectory,
  opened: OpenedLayers,
  reporter: Reporter,
): Promise<readonly FoundBitmap[]> {
  const packs: FoundBitmap[] = [];
  const layers: FoundBitmap[] = [];
  const noteStale = (path: string) =>
    reporter.note({ code: "stale-bitmap", message: stale, path, advice: staleAdvice });
  for (const name of await listNames(directory.fs, directory.packPath)) {
    const path = directory.inPackDirectory(name);
    if (name.startsWith("tmp_bitmap_")) {
      const message = "a temporary file: being written, or left by a writer that was killed";
      reporter.note({ code: "stale-file", message, path });
      continue;
    }
    if (!name.endsWith(".bitmap")) continue;
    const found = name.startsWith("multi-pack-index-")
      ? ofSingle(directory, opened, path)
      : await ofPack(directory, name, path);
    if (found === "stale") noteStale(path);
    else if (found?.kind === "pack") packs.push(found);
    else if (found !== undefined) layers.push(found);
  }
  // Of a chain beside a single file all that is to be said is that it is not in use.
  if (opened.kind === "single") return [...layers, ...packs];
  const inChain = new Set(opened.chain.map((checksum) => directory.layerPath(checksum, "bitmap")));
  for (const name of await listNames(directory.fs, directory.chainDirectory)) {
    const path = `${directory.chainDirectory}/${name}`;
    if (name.endsWith(".bitmap") && !inChain.has(path)) noteStale(path);
  }
  for (const layer of opened.layers) {
    const path = layer.path.replace(/\.midx$/, ".bitmap");
    if ((await directory.fs.stat(path)) !== undefined) layers.push({ kind: "layer", path, layer });
  }
  noteGap(layers, opened, reporter);
  return [...layers, ...packs];
}

function ofSingle(directory: ObjectDirectory, opened: OpenedLayers, path: string): FoundBitmap | "stale" | undefined {
  if (opened.kind !== "single") return "stale";
  const layer = opened.layers[0];
  // Of a file that cannot be read nobody knows the checksum.
  if (layer === undefined) return undefined;
  if (path !== directory.midxCompanionPath(layer.view.checksumHex(), "bitmap")) return "stale";
  return { kind: "single", path, layer };
}

async function ofPack(directory: ObjectDirectory, name: string, path: string): Promise<FoundBitmap | "stale"> {
  const idxName = `${name.slice(0, -".bitmap".length)}.idx`;
  if (packNameFault(idxName) !== undefined) return "stale";
  const pack = await directory.packFile(idxName);
  const hasIdx = pack !== undefined && (await directory.fs.stat(pack.idxPath))?.kind === "file";
  return hasIdx ? { kind: "pack", path, pack } : "stale";
}

/** A layer's bitmap is of no use to git unless every layer below has one. */
function noteGap(layers: readonly FoundBitmap[], opened: OpenedLayers, reporter: Reporter): void {
  const withBitmap = new Set(layers.flatMap((found) => (found.kind === "layer" ? [found.layer] : [])));
  const without = opened.layers.findIndex((layer) => !withBitmap.has(layer));
  if (without < 0) return;
  for (const layer of opened.layers.slice(without + 1)) {
    if (!withBitmap.has(layer)) continue;
    const path = layer.path.replace(/\.midx$/, ".bitmap");
    const message = `could not open bitmap for base MIDX: a layer below has none, so that git does not use this one`;
    const advice = "write the multi-pack-index anew with bitmaps in all layers: gitmidx write --bitmap";
    const found = `no bitmap of ${opened.layers[without]!.path}`;
    reporter.note({ code: "stale-bitmap", message, path, advice, found });
  }
}
