/** Which packs a write takes: those of the multi-pack-index it replaces, and those in the directory that are new to it. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { Step } from "../../core/task.js";
import type { IdxView } from "../../formats/idx/view.js";
import { comparePackNames, packNameFault, quotePackName } from "../../formats/midx/pack-names.js";
import type { MidxLayer } from "../../store/midx-stack.js";
import type { ObjectDirectory, PackFile } from "../../store/object-directory.js";
import { openIdx } from "../../store/open-idx.js";
import type { WriteMidxOptions } from "./options.js";

/** A pack that is to be in the file written. */
export interface GatheredPack {
  readonly name: string;
  readonly file: PackFile;
  /** Its index; undefined for a pack whose objects are copied from the old multi-pack-index. */
  readonly idx: IdxView | undefined;
}

/** A pack that the multi-pack-index names is not there (any more). */
export function missingPack(packId: number, name: string, directory: ObjectDirectory): GitmidxError {
  const path = directory.inPackDirectory(name);
  const message = `could not load pack ${packId}\nthe multi-pack-index names ${quotePackName(name)}, which is not in ${directory.packPath}`;
  return new GitmidxError("missing-pack", message, { path });
}

/**
 * The packs of `layers`, whose objects are copied without a look at their indexes.
 * @throws GitmidxError `missing-pack` for one that is gone, in git's words.
 */
export async function packsOfLayers(directory: ObjectDirectory, layers: readonly MidxLayer[]): Promise<GatheredPack[]> {
  const packs: GatheredPack[] = [];
  for (const layer of layers) {
    for (const [i, name] of layer.view.packNames.entries()) {
      const file = packNameFault(name) === undefined ? await directory.packFile(name) : undefined;
      if (file === undefined) throw missingPack(layer.packsBelow + i, name, directory);
      packs.push({ name, file, idx: undefined });
    }
  }
  return packs;
}

/** What came of looking through the directory. */
export interface NewPacks {
  readonly packs: GatheredPack[];
  /** Whether a pack disappeared while it was being opened: somebody is repacking. */
  readonly vanished: boolean;
}

/** Every pack in the directory that is not `known` and, with `--stdin-packs`, asked for; in the order of names. */
export async function packsInDirectory(
  directory: ObjectDirectory,
  known: ReadonlySet<string>,
  options: WriteMidxOptions,
): Promise<NewPacks> {
  const wanted = options.stdinPacks === undefined ? undefined : new Set(options.stdinPacks);
  const step = new Step(options, "Adding packfiles to multi-pack-index");
  const packs: GatheredPack[] = [];
  let vanished = false;
  for (const name of (await directory.listIdxNames()).toSorted(comparePackNames)) {
    await step.tick();
    if (known.has(name) || (wanted !== undefined && !wanted.has(name))) continue;
    const idxPath = directory.inPackDirectory(name);
    const file = await directory.packFile(name);
    if (file === undefined) {
      vanished ||= await isGone(directory, idxPath);
      options.warn?.(`failed to add packfile '${idxPath}'`);
      continue;
    }
    try {
      packs.push({ name, file, idx: await openIdx(directory, idxPath) });
    } catch (error) {
      if (!isGitmidxError(error) || error.code === "io") throw error;
      vanished ||= await isGone(directory, idxPath);
      options.warn?.(`failed to open pack-index '${idxPath}'\n${error.message}`);
    }
  }
  step.finish();
  return { packs, vanished };
}

/** Whether what was listed is not there any more; a link that leads nowhere is there. */
async function isGone(directory: ObjectDirectory, path: string): Promise<boolean> {
  return (await directory.fs.lstat(path)) === undefined;
}

/** Whether a name given for a pack, with `.idx` or `.pack`, means the pack of that `.idx` name. */
export function isPackNamed(given: string, idxName: string): boolean {
  return given === idxName || given === `${idxName.slice(0, -".idx".length)}.pack`;
}
