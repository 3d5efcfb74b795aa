/**
 * Puts a new multi-pack-index in place: all or nothing, and so that a reader at any instant sees the old state or the new.
 *
 * A single file is written to its own lock and renamed. A layer is written to a temporary file, renamed to the name that its content
 * gives it, and comes into effect with the chain file. The single file, while there is one, goes before the chain for every reader:
 * it is removed last when a chain replaces it, and renamed into place before a chain that it replaces is removed.
 */

import { env } from "#env";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { Step } from "../../core/task.js";
import { encodeChain } from "../../formats/midx/chain.js";
import { type MidxContent, MidxEncoder } from "../../formats/midx/encode.js";
import { type LockFile, takeLock } from "../../store/lock.js";
import type { MidxLayer } from "../../store/midx-stack.js";
import { stateFingerprint } from "../../store/midx-state.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { WritableFile } from "../../store/pack-fs.js";
import { adjustSharedPermissions } from "../../store/permissions.js";
import { createTemporary, removeIfThere } from "../../store/temporary-file.js";
import {
  hasChainFiles,
  hasSingleFiles,
  removeChain,
  removeCompanionsExcept,
  removeLayersExcept,
  removeSingle,
} from "./clean-up.js";
import type { WriteMidxOptions, WriteMidxResult } from "./options.js";

/** What is to be put in place, and what it was made from. */
export interface Commit {
  readonly content: MidxContent;
  /** What {@link stateFingerprint} said when the content was put together. */
  readonly fingerprint: string;
  /** Layers that a new layer stands on. */
  readonly base: readonly MidxLayer[];
}

/** Replaces whatever is there by one file. Returns undefined if the state has changed since the content was put together. */
export async function commitSingle(
  directory: ObjectDirectory,
  commit: Commit,
  options: WriteMidxOptions,
): Promise<WriteMidxResult | undefined> {
  const locks = await takeLocks(directory, ["single", "chain"], options);
  try {
    if ((await stateFingerprint(directory)) !== commit.fingerprint) return undefined;
    const lock = locks.single!;
    const { checksum, byteLength } = await writeContent(lock.file, commit.content, options);
    if (!(await arePacksThere(directory, commit.content))) return undefined;
    await lock.commit({ sync: options.settings.sync });
    const removed = [...(await removeChain(directory)), ...(await removeCompanionsExcept(directory, checksum))];
    return resultOf({ path: directory.midxPath, checksum, byteLength }, commit.content, [], removed);
  } finally {
    await releaseLocks(locks);
  }
}

/** Adds a layer and names it in the chain file. Returns undefined if the state has changed since the content was put together. */
export async function commitLayer(
  directory: ObjectDirectory,
  commit: Commit,
  options: WriteMidxOptions,
): Promise<WriteMidxResult | undefined> {
  await makeChainDirectory(directory, options);
  const locks = await takeLocks(directory, ["single", "chain"], options);
  try {
    if ((await stateFingerprint(directory)) !== commit.fingerprint) return undefined;
    const layer = await writeLayer(directory, commit.content, options);
    const single = commit.base.find(({ path }) => path === directory.midxPath);
    if (single !== undefined) await moveSingleIntoChain(directory, single, options);
    if (!(await arePacksThere(directory, commit.content))) return undefined;
    const layers = [...commit.base.map(({ checksum }) => checksum), layer.checksum];
    const chain = locks.chain!;
    await chain.file.write(encodeChain(layers));
    await chain.commit({ sync: options.settings.sync });
    const removed = [...(await removeSingle(directory)), ...(await removeLayersExcept(directory, layers))];
    return resultOf(layer, commit.content, layers, removed);
  } finally {
    await releaseLocks(locks);
  }
}

/** Makes a layer that no chain file names: `--no-write-chain-file`. Takes no lock, as git takes none. */
export async function commitLayerAlone(
  directory: ObjectDirectory,
  commit: Commit,
  options: WriteMidxOptions,
): Promise<WriteMidxResult> {
  await makeChainDirectory(directory, options);
  const layer = await writeLayer(directory, commit.content, options);
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
  inEffect: "single" | "chain",
  options: WriteMidxOptions,
): Promise<readonly string[]> {
  const isThere = inEffect === "single" ? hasChainFiles : hasSingleFiles;
  if (!(await isThere(directory))) return [];
  let locks: Locks;
  try {
    locks = await takeLocks(directory, ["single", "chain"], options);
  } catch (error) {
    if (isGitmidxError(error, "locked")) return [];
    throw error;
  }
  try {
    return await (inEffect === "single" ? removeChain(directory) : removeSingle(directory));
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

async function releaseLocks(locks: Locks): Promise<void> {
  for (const lock of Object.values(locks)) await lock.rollback();
}

async function makeChainDirectory(directory: ObjectDirectory, options: WriteMidxOptions): Promise<void> {
  const path = directory.chainDirectory;
  if ((await directory.fs.stat(path)) !== undefined) return;
  try {
    await directory.fs.mkdir(path, 0o777);
    await adjustSharedPermissions(directory.fs, path, options.settings.shared);
  } catch (cause) {
    if (isGitmidxError(cause, "exists")) return;
    if (!isGitmidxError(cause)) throw cause;
    const message = `unable to create leading directories of ${directory.chainPath}: ${cause.message}`;
    throw new GitmidxError(cause.code, message, { path, cause });
  }
}

/** A file that has been written. */
interface Written {
  readonly path: string;
  readonly checksum: string;
  readonly byteLength: number;
}

/** Writes the file's bytes. */
async function writeContent(
  file: WritableFile,
  content: MidxContent,
  options: WriteMidxOptions,
): Promise<Omit<Written, "path">> {
  const encoder = new MidxEncoder(content);
  const { byteLength } = encoder;
  const step = new Step(options, "Writing multi-pack-index", byteLength);
  const blocks = encoder.blocks(env.createHasher(content.format));
  // While one block is on its way to the disk, the next is encoded and hashed.
  let pending: Promise<void> = Promise.resolve();
  try {
    let next = blocks.next();
    for (; next.done !== true; next = blocks.next()) {
      await pending;
      pending = file.write(next.value);
      // A failure is thrown where the next block waits for this one.
      pending.catch(() => undefined);
      await step.tick(next.value.length);
    }
    step.finish();
    return { checksum: toHex(next.value), byteLength };
  } finally {
    // The file must not be closed under a write.
    await pending;
  }
}

async function writeLayer(
  directory: ObjectDirectory,
  content: MidxContent,
  options: WriteMidxOptions,
): Promise<Written> {
  const { settings } = options;
  const { fs } = directory;
  const file = await createTemporary(fs, `${directory.chainDirectory}/tmp_midx_XXXXXX`, 0o444);
  try {
    let written: Omit<Written, "path">;
    try {
      await adjustSharedPermissions(fs, file.path, settings.shared);
      written = await writeContent(file, content, options);
      if (settings.sync) await file.sync();
    } finally {
      await file.close();
    }
    const path = directory.layerPath(written.checksum, "midx");
    await fs.rename(file.path, path);
    if (settings.sync) await fs.syncDirectory(directory.chainDirectory);
    return { ...written, path };
  } catch (error) {
    await removeIfThere(fs, file.path);
    throw error;
  }
}

/** Gives the single file, and what belongs to it, a second name as the lowest layer of a chain. */
async function moveSingleIntoChain(
  directory: ObjectDirectory,
  single: MidxLayer,
  options: WriteMidxOptions,
): Promise<void> {
  const { checksum } = single;
  await linkOrCopy(directory, directory.midxPath, directory.layerPath(checksum, "midx"), options);
  for (const extension of ["bitmap", "rev"] as const) {
    const from = directory.midxCompanionPath(checksum, extension);
    if ((await directory.fs.stat(from)) === undefined) continue;
    await linkOrCopy(directory, from, directory.layerPath(checksum, extension), options);
  }
  if (options.settings.sync) await directory.fs.syncDirectory(directory.chainDirectory);
}

/** A hard link, or a copy on file systems that have none. What is at `to` already, left by a killed writer, is replaced. */
async function linkOrCopy(
  directory: ObjectDirectory,
  from: string,
  to: string,
  options: WriteMidxOptions,
): Promise<void> {
  const { fs } = directory;
  await removeIfThere(fs, to);
  try {
    await fs.link(from, to);
    return;
  } catch (error) {
    if (!isGitmidxError(error, "io", "permission-denied")) throw error;
  }
  const source = await fs.openSource(from);
  const copy = await createTemporary(fs, `${directory.chainDirectory}/tmp_midx_XXXXXX`, 0o444);
  try {
    try {
      for (const window of source.windows(0, source.size)) await copy.write(window);
      if (options.settings.sync) await copy.sync();
    } finally {
      source.close();
      await copy.close();
    }
    await fs.rename(copy.path, to);
  } catch (error) {
    await removeIfThere(fs, copy.path);
    throw error;
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
