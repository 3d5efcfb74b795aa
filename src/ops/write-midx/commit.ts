/**
 * Puts a new multi-pack-index in place: all or nothing, and so that a reader at any instant sees the old state or the new.
 *
 * A single file is written to its own lock and renamed. A layer is written to a temporary file, renamed to the name that its content
 * gives it, and comes into effect with the chain file. The single file, while there is one, goes before the chain for every reader:
 * it is removed last when a chain replaces it, and renamed into place before a chain that it replaces is removed.
 */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { checkAborted } from "../../core/task.js";
import { encodeChain } from "../../formats/midx/chain.js";
import type { MidxContent } from "../../formats/midx/encode.js";
import { type LockFile, takeLock } from "../../store/lock.js";
import { stateFingerprint } from "../../store/midx-state.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { adjustSharedPermissions } from "../../store/permissions.js";
import {
  hasChainFiles,
  hasOtherCompanions,
  hasSingleFiles,
  removeChain,
  removeCompanionsExcept,
  removeLayersExcept,
  removeSingle,
  temporaryOfAnybody,
  temporaryUnderLock,
} from "./clean-up.js";
import { LayerBitmap } from "./layer-bitmap.js";
import { moveSingleIntoChain, type NewLayer, type Written, writeContent, writeLayer } from "./layer-files.js";
import type { OldState } from "./old-state.js";
import type { WriteMidxOptions, WriteMidxResult } from "./options.js";

/** What is to be put in place, and what it was made from. */
export interface Commit extends NewLayer {
  /** What {@link stateFingerprint} said when the content was put together. */
  readonly fingerprint: string;
}

/** Replaces whatever is there by one file. Returns undefined if the state has changed since the content was put together. */
export async function commitSingle(
  directory: ObjectDirectory,
  commit: Commit,
  options: WriteMidxOptions,
): Promise<WriteMidxResult | undefined> {
  const locks = await takeLocks(directory, ["single", "chain"], options);
  let bitmap: LayerBitmap | undefined;
  let done = false;
  try {
    if ((await stateFingerprint(directory)) !== commit.fingerprint) return undefined;
    const lock = locks.single!;
    const { checksum, byteLength } = await writeContent(lock.file, commit.content, options);
    const midx = { path: lock.lockPath, checksum, kind: "single", base: [], underLock: true } as const;
    bitmap = await LayerBitmap.make(directory, midx, options);
    if (!(await arePacksThere(directory, commit.content))) return undefined;
    checkAborted(options);
    await bitmap?.install();
    await lock.commit({ sync: options.settings.sync });
    done = true;
    const removed = [...(await removeChain(directory)), ...(await removeCompanionsExcept(directory, checksum))];
    const written = { path: directory.midxPath, checksum, byteLength, bitmap: bitmap?.written };
    return resultOf(written, commit.content, [], removed);
  } finally {
    if (!done) await bitmap?.discard();
    await releaseLocks(locks);
  }
}

/** Adds a layer and names it in the chain file. Returns undefined if the state has changed since the content was put together. */
export async function commitLayer(
  directory: ObjectDirectory,
  commit: Commit,
  options: WriteMidxOptions,
): Promise<WriteMidxResult | undefined> {
  const made = await makeChainDirectory(directory, options);
  let locks: Locks = {};
  let done = false;
  try {
    locks = await takeLocks(directory, ["single", "chain"], options);
    if ((await stateFingerprint(directory)) !== commit.fingerprint) return undefined;
    const layer = await writeLayer(directory, commit, temporaryUnderLock, options);
    const single = commit.base.find(({ path }) => path === directory.midxPath);
    if (single !== undefined) await moveSingleIntoChain(directory, single, options);
    if (!(await arePacksThere(directory, commit.content))) return undefined;
    checkAborted(options);
    const layers = [...commit.base.map(({ checksum }) => checksum), layer.checksum];
    const chain = locks.chain!;
    await chain.file.write(encodeChain(layers));
    await chain.commit({ sync: options.settings.sync });
    done = true;
    const removed = [...(await removeSingle(directory)), ...(await removeLayersExcept(directory, layers))];
    return resultOf(layer, commit.content, layers, removed);
  } finally {
    await releaseLocks(locks);
    if (made && !done) await removeEmptyDirectory(directory);
  }
}

/** Makes a layer that no chain file names: `--no-write-chain-file`. Takes no lock, as git takes none. */
export async function commitLayerAlone(
  directory: ObjectDirectory,
  commit: Commit,
  options: WriteMidxOptions,
): Promise<WriteMidxResult> {
  await makeChainDirectory(directory, options);
  const layer = await writeLayer(directory, commit, temporaryOfAnybody, options);
  const single = commit.base.find(({ path }) => path === directory.midxPath);
  if (single !== undefined) await moveSingleIntoChain(directory, single, options);
  return resultOf(layer, commit.content, [], []);
}

/**
 * Removes what is left of the kind of multi-pack-index that is not in effect, where the writer that replaced it was killed; nothing if
 * somebody holds a lock.
 */
export async function removeReplaced(
  directory: ObjectDirectory,
  { stack, fingerprint }: OldState,
  options: WriteMidxOptions,
): Promise<readonly string[]> {
  if (stack === undefined) return [];
  const { breakStale } = options.settings.lock;
  const single = stack.kind === "single" ? stack.tip.checksum : undefined;
  const isThere =
    single === undefined
      ? await hasSingleFiles(directory)
      : (await hasChainFiles(directory)) || (await hasOtherCompanions(directory, single));
  // Who asks for stale locks to be broken wants them gone, also where there is nothing to write.
  if (breakStale !== true && !isThere) return [];
  let locks: Locks;
  try {
    locks = await takeLocks(directory, ["single", "chain"], options);
  } catch (error) {
    if (breakStale !== true && isGitmidxError(error, "locked")) return [];
    throw error;
  }
  try {
    if ((await stateFingerprint(directory)) !== fingerprint) return [];
    if (single === undefined) return await removeSingle(directory);
    return [...(await removeChain(directory)), ...(await removeCompanionsExcept(directory, single))];
  } finally {
    await releaseLocks(locks);
  }
}

/** Whether no repack has removed a pack since it was opened: the last look before the new state comes into effect. */
async function arePacksThere(directory: ObjectDirectory, { packNames }: MidxContent): Promise<boolean> {
  for (const name of packNames) if ((await directory.packFile(name)) === undefined) return false;
  return true;
}

type LockName = "single" | "chain";
type Locks = Partial<Record<LockName, LockFile>>;

/** Takes git's locks, always in the same order; that of the chain only if there is, or is to be, a directory for it. */
async function takeLocks(
  directory: ObjectDirectory,
  names: readonly LockName[],
  options: WriteMidxOptions,
): Promise<Locks> {
  const { settings } = options;
  const locks: Locks = {};
  try {
    for (const name of names) {
      if (name === "chain" && (await directory.fs.stat(directory.chainDirectory)) === undefined) continue;
      const path = name === "single" ? directory.midxPath : directory.chainPath;
      locks[name] = await takeLock(directory.fs, path, { ...settings.lock, shared: settings.shared });
    }
    return locks;
  } catch (error) {
    await releaseLocks(locks);
    throw error;
  }
}

async function removeEmptyDirectory(directory: ObjectDirectory): Promise<void> {
  try {
    await directory.fs.rmdir(directory.chainDirectory);
  } catch (error) {
    // Somebody else has begun to use it, or the failure that led here is the one to report.
    if (!isGitmidxError(error)) throw error;
  }
}

async function releaseLocks(locks: Locks): Promise<void> {
  for (const lock of Object.values(locks)) await lock.rollback();
}

/** Makes the directory of the layers; true if it was not there before. */
async function makeChainDirectory(directory: ObjectDirectory, options: WriteMidxOptions): Promise<boolean> {
  const path = directory.chainDirectory;
  if ((await directory.fs.stat(path)) !== undefined) return false;
  try {
    await directory.fs.mkdir(path, 0o777);
    await adjustSharedPermissions(directory.fs, path, options.settings.shared);
    return true;
  } catch (cause) {
    if (isGitmidxError(cause, "exists")) return false;
    if (!isGitmidxError(cause)) throw cause;
    const message = `unable to create leading directories of ${directory.chainPath}: ${cause.message}`;
    throw new GitmidxError(cause.code, message, { path, cause });
  }
}

function resultOf(
  written: Written,
  content: MidxContent,
  layers: readonly string[],
  removed: readonly string[],
): WriteMidxResult {
  return {
    outcome: "written",
    ...written,
    packs: content.packNames.length,
    objects: content.entries.count,
    layers,
    removed,
  };
}
