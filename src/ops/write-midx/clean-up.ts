/** Removes what a new state replaces, and what killed writers left behind. Only for who holds the locks. */

import { listNames, type ObjectDirectory } from "../../store/object-directory.js";
import { removeIfThere } from "../../store/temporary-file.js";
import { isBitmapUnderLock } from "../write-bitmap/stage-bitmap.js";

const layerFile = /^multi-pack-index-.*\.(midx|bitmap|rev)$/;
const companionFile = /^multi-pack-index-.*\.(bitmap|rev|midx)$/;

/** Name of a temporary layer whose writer holds the chain's lock: whoever holds the lock and finds one knows that its writer is dead. */
export const temporaryUnderLock = "tmp_midx_chain_XXXXXX";
/** Git's own name, which writers without a lock use too (`--no-write-chain-file`): such a file may be being written. */
export const temporaryOfAnybody = "tmp_midx_XXXXXX";

const deadTemporary = /^tmp_midx_chain_\w{6}$/;
const anyTemporary = /^tmp_midx_/;
/** Seconds after which a temporary file that nobody has written to is taken for dead. */
const temporaryGrace = 86_400;

/** Removes the files of `directory` whose names `remove` picks; returns their paths. */
async function removeNames(
  directory: ObjectDirectory,
  path: string,
  remove: (name: string) => boolean,
): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await listNames(directory.fs, path)) {
    if (remove(name) && (await removeIfThere(directory.fs, `${path}/${name}`))) removed.push(`${path}/${name}`);
  }
  return removed;
}

function isKept(name: string, checksums: readonly string[]): boolean {
  return checksums.some((checksum) => name.startsWith(`multi-pack-index-${checksum}.`));
}

/** Removes the layers that are not in `checksums`, and what dead writers left, from the chain's directory. */
export async function removeLayersExcept(directory: ObjectDirectory, checksums: readonly string[]): Promise<string[]> {
  const dead = new Set(await deadTemporaries(directory));
  return removeNames(
    directory,
    directory.chainDirectory,
    (name) => dead.has(name) || (layerFile.test(name) && !isKept(name, checksums)),
  );
}

/** Names of the temporary files in the chain's directory that nobody is writing to any more. */
async function deadTemporaries(directory: ObjectDirectory): Promise<readonly string[]> {
  const dead: string[] = [];
  for (const name of await listNames(directory.fs, directory.chainDirectory)) {
    if (!anyTemporary.test(name)) continue;
    const stat = await directory.fs.stat(`${directory.chainDirectory}/${name}`);
    const isOld = stat !== undefined && Date.now() / 1000 - stat.mtime > temporaryGrace;
    if (isOld || deadTemporary.test(name)) dead.push(name);
  }
  return dead;
}

/** Removes the bitmaps and reverse indexes of single multi-pack-indexes, except those of `checksum`, and what dead writers left. */
export function removeCompanionsExcept(directory: ObjectDirectory, checksum: string | undefined): Promise<string[]> {
  return removeNames(directory, directory.packPath, (name) => isReplacedCompanion(name, checksum));
}

/** Whether there is anything that {@link removeCompanionsExcept} would remove. */
export async function hasOtherCompanions(directory: ObjectDirectory, checksum: string | undefined): Promise<boolean> {
  const names = await listNames(directory.fs, directory.packPath);
  return names.some((name) => isReplacedCompanion(name, checksum));
}

function isReplacedCompanion(name: string, kept: string | undefined): boolean {
  return isBitmapUnderLock(name) || (companionFile.test(name) && !isKept(name, kept === undefined ? [] : [kept]));
}

/** Removes the bitmaps of single multi-pack-indexes. */
export function removeBitmaps(directory: ObjectDirectory): Promise<string[]> {
  return removeNames(directory, directory.packPath, (name) => companionFile.test(name) && name.endsWith(".bitmap"));
}

/** Whether there is anything that {@link removeChain} would remove. */
export async function hasChainFiles(directory: ObjectDirectory): Promise<boolean> {
  const names = await listNames(directory.fs, directory.chainDirectory);
  const isRest = (name: string) => name === "multi-pack-index-chain" || layerFile.test(name);
  return names.some(isRest) || (await deadTemporaries(directory)).length > 0;
}

/** After a single file was written: the chain goes, its list first, so that no reader finds a list of layers that are not there. */
export async function removeChain(directory: ObjectDirectory): Promise<string[]> {
  const removed = (await removeIfThere(directory.fs, directory.chainPath)) ? [directory.chainPath] : [];
  return [...removed, ...(await removeLayersExcept(directory, []))];
}

/** Whether there is anything beside a chain that {@link removeSingle} would remove. */
export function hasSingleFiles(directory: ObjectDirectory): Promise<boolean> {
  return hasOtherCompanions(directory, undefined);
}

/** After a chain was written: the single file goes, which until then was the one in effect, and what belonged to it. */
export async function removeSingle(directory: ObjectDirectory): Promise<string[]> {
  const removed = (await removeIfThere(directory.fs, directory.midxPath)) ? [directory.midxPath] : [];
  return [...removed, ...(await removeCompanionsExcept(directory, undefined))];
}
