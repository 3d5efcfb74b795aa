/**
 * Git's lock files: `NAME.lock`, created exclusively, holds the new contents of NAME and is renamed onto it, or only keeps others out.
 *
 * A lock that a killed process left behind is never removed unasked. Who asks (`breakStale`) gets it only from an owner that is
 * recorded and dead. Breakers exclude each other by a second lock, `NAME~break.lock`, which its winner renames onto the stale one: at no
 * time is the lock free for a third.
 */

import { bug, GitmidxError, isGitmidxError } from "../core/errors.js";
import {
  encodePid,
  type IsAlive,
  inspectLock,
  type LockState,
  lockedMessage,
  lockPaths,
  reasonNotToBreak,
} from "./lock-owner.js";
import type { PackFs, WritableFile } from "./pack-fs.js";
import { parentDirectory } from "./paths.js";
import { adjustSharedPermissions, privatePermissions, type SharedPermissions } from "./permissions.js";
import { systemErrorText } from "./system-error.js";
import { removeIfThere } from "./temporary-file.js";

/** How a lock is taken. */
export interface LockOptions {
  /** Permission bits before the umask; 0o666 unless given. */
  readonly mode?: number | undefined;
  /** `core.sharedRepository`; the umask alone unless given. */
  readonly shared?: SharedPermissions | undefined;
  /** Records the holder in `NAME~pid.lock`, as git does where `core.lockfilePid` is on. */
  readonly pidFile?: { readonly pid: number } | undefined;
  /** Takes the lock over if its recorded owner is dead on this host. */
  readonly breakStale?: boolean | undefined;
  /** Tells whether a process runs on this host; without it no lock is known to be stale. */
  readonly isAlive?: IsAlive | undefined;
  /** The time in seconds since 1970; the machine's clock unless given. */
  readonly now?: (() => number) | undefined;
}

const maxLinks = 5;
/** How often a lock that is gone again when it is looked at is tried once more. */
const maxTries = 10;

/** What a path that may be a symbolic link points to in the end, as git resolves it: five links deep, existing or not. */
async function resolveTarget(fs: PackFs, path: string): Promise<string> {
  let resolved = path;
  for (let depth = 0; depth < maxLinks; depth++) {
    let target: string;
    try {
      target = await fs.readlink(resolved);
    } catch (error) {
      if (error instanceof GitmidxError) return resolved;
      throw error;
    }
    resolved = target.startsWith("/") ? target : `${resolved.slice(0, resolved.lastIndexOf("/") + 1)}${target}`;
  }
  return resolved;
}

/** What {@link takeLock} makes a {@link LockFile} of. */
interface TakenLock {
  readonly fs: PackFs;
  readonly path: string;
  readonly file: WritableFile;
  /** The pid file that goes with the lock, if there is one. */
  readonly pidPath: string | undefined;
  /** The lock file's identity, to know it again. */
  readonly identity: string | undefined;
}

/** A lock that this process holds, until it is committed or rolled back. */
export class LockFile {
  /** The file that is locked, symbolic links resolved. */
  readonly path: string;
  /** The lock itself. */
  readonly lockPath: string;
  /** Where the new contents go. */
  readonly file: WritableFile;
  readonly #taken: TakenLock;
  #fileOpen = true;
  #held = true;

  /** For {@link takeLock} alone. */
  constructor(taken: TakenLock) {
    this.#taken = taken;
    this.path = taken.path;
    this.lockPath = lockPaths(taken.path).lockPath;
    this.file = taken.file;
  }

  /** Whether the lock is still held. */
  get held(): boolean {
    return this.#held;
  }

  /**
   * Puts what was written in place of the locked file and releases the lock; with `sync`, so that it survives a power cut. After a
   * failure the lock is released and the locked file is what it was, unless all that failed is the sync of the directory.
   * @throws GitmidxError what the file system says; `vanished` if the lock file is no longer the one that was created
   */
  async commit({ sync }: { readonly sync: boolean }): Promise<void> {
    if (!this.#held) throw bug(`the lock ${this.lockPath} is committed after it was released`);
    const { fs, path } = this.#taken;
    try {
      if (sync) await this.file.sync();
      await this.#close();
      if (!(await this.#isOurs())) {
        const message = `'${this.lockPath}' was removed or replaced while it was held; '${path}' is left as it was`;
        throw new GitmidxError("vanished", message, { path: this.lockPath });
      }
      await fs.rename(this.lockPath, path);
    } catch (error) {
      await quietly(() => this.rollback());
      throw error;
    }
    this.#held = false;
    // After the lock is gone: a lock whose owner is not recorded could not be told from a stale one. A record alone does no harm.
    await quietly(() => this.#removePidFile());
    if (sync) await fs.syncDirectory(parentDirectory(path));
  }

  /**
   * Releases the lock and leaves the locked file alone. Does nothing if the lock was released before.
   * @throws GitmidxError what the file system says; the lock is still held then if it could not be removed
   */
  async rollback(): Promise<void> {
    if (!this.#held) return;
    try {
      await this.#close();
    } finally {
      if (await this.#isOurs()) {
        await this.#removePidFile();
        await removeIfThere(this.#taken.fs, this.lockPath);
      }
      this.#held = false;
    }
  }

  async #close(): Promise<void> {
    if (!this.#fileOpen) return;
    this.#fileOpen = false;
    await this.file.close();
  }

  /** Whether the lock file is the one that was created: someone may have taken our running process for a dead one. */
  async #isOurs(): Promise<boolean> {
    const { fs, identity } = this.#taken;
    const stat = await fs.lstat(this.lockPath);
    return stat !== undefined && stat.identity === identity;
  }

  async #removePidFile(): Promise<void> {
    const { fs, pidPath } = this.#taken;
    if (pidPath !== undefined) await quietly(() => removeIfThere(fs, pidPath));
  }
}

/** Runs clean-up whose own failure is not worth reporting. */
async function quietly(cleanUp: () => Promise<unknown>): Promise<void> {
  try {
    await cleanUp();
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
  }
}

/** The error for a lock that is held; `more` is put below git's message and ours. */
function lockedError(path: string, state: LockState | undefined, options: LockOptions, more?: string): GitmidxError {
  const { lockPath } = lockPaths(path);
  const message = lockedMessage(lockPath, state, options.now?.() ?? Date.now() / 1000);
  return new GitmidxError("locked", more === undefined ? message : `${message}\n${more}`, { path: lockPath });
}

/** Creates a lock file with the permissions that a lock has; undefined if it exists. */
async function createLock(fs: PackFs, lockPath: string, options: LockOptions): Promise<WritableFile | undefined> {
  let file: WritableFile;
  try {
    file = await fs.create(lockPath, options.mode ?? 0o666);
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    if (error.code === "exists") return undefined;
    const message = `Unable to create '${lockPath}': ${systemErrorText(error)}`;
    throw new GitmidxError(error.code, message, { path: lockPath, cause: error });
  }
  try {
    await adjustSharedPermissions(fs, lockPath, options.shared ?? privatePermissions);
    return file;
  } catch (error) {
    await discard(fs, file, lockPath);
    throw error;
  }
}

async function discard(fs: PackFs, file: WritableFile, path: string): Promise<void> {
  await quietly(() => file.close());
  await quietly(() => removeIfThere(fs, path));
}

/**
 * Names the holder of a lock, in place of a name that a killed process left; undefined, as no reason to fail, if that is not asked for
 * or cannot be done.
 */
async function writePidFile(fs: PackFs, pidPath: string, options: LockOptions): Promise<string | undefined> {
  const { pidFile } = options;
  let written: string | undefined;
  await quietly(async () => {
    await removeIfThere(fs, pidPath);
    if (pidFile === undefined) return;
    const file = await fs.create(pidPath, options.mode ?? 0o666);
    try {
      await file.write(encodePid(pidFile.pid));
      written = pidPath;
    } finally {
      await quietly(() => file.close());
      if (written === undefined) await quietly(() => removeIfThere(fs, pidPath));
    }
  });
  return written;
}

async function lockOf(fs: PackFs, path: string, file: WritableFile, options: LockOptions): Promise<LockFile> {
  const { lockPath, pidPath } = lockPaths(path);
  try {
    const identity = (await fs.lstat(lockPath))?.identity;
    return new LockFile({ fs, path, file, pidPath: await writePidFile(fs, pidPath, options), identity });
  } catch (error) {
    await discard(fs, file, lockPath);
    throw error;
  }
}

/**
 * Makes this process's own lock of a stale one.
 * @returns undefined if the lock was released meanwhile
 */
async function takeOver(fs: PackFs, path: string, options: LockOptions): Promise<LockFile | undefined> {
  const { lockPath, pidPath } = lockPaths(path);
  const { lockPath: breakPath } = lockPaths(`${path}~break`);
  const guard = await createLock(fs, breakPath, options);
  if (guard === undefined) {
    const more = `The lock '${lockPath}' is being broken by another process; if none is, remove '${breakPath}'.`;
    throw lockedError(`${path}~break`, undefined, options, more);
  }
  try {
    const state = await inspectLock(fs, path, options.isAlive);
    if (state === undefined) {
      await discard(fs, guard, breakPath);
      return undefined;
    }
    refuseUnlessStale(path, state, options);
    // The dead owner's name goes first, and must be gone: whoever looks next must not find it beside a lock that is ours.
    await removeIfThere(fs, pidPath);
    const written = await writePidFile(fs, pidPath, options);
    const identity = (await fs.lstat(breakPath))?.identity;
    await fs.rename(breakPath, lockPath);
    return new LockFile({ fs, path, file: renamed(guard, lockPath), pidPath: written, identity });
  } catch (error) {
    await discard(fs, guard, breakPath);
    throw error;
  }
}

function refuseUnlessStale(path: string, state: LockState, options: LockOptions): void {
  const reason = reasonNotToBreak(state);
  if (reason !== undefined) throw lockedError(path, state, options, `The lock is not broken: ${reason}.`);
}

/** The file under the name that it has now. */
function renamed(file: WritableFile, path: string): WritableFile {
  return {
    path,
    write: (bytes) => file.write(bytes),
    writeAt: (offset, bytes) => file.writeAt(offset, bytes),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

/**
 * Takes the lock of `path`, an absolute path that need not exist, in a directory that does.
 * @throws GitmidxError `locked` with git's message, the lock in `path`, if it is held and not to be broken; otherwise what the file
 * system says, as `Unable to create 'PATH.lock': …`
 */
export async function takeLock(fs: PackFs, path: string, options: LockOptions = {}): Promise<LockFile> {
  const target = await resolveTarget(fs, path);
  const { lockPath } = lockPaths(target);
  for (let tries = 1; ; tries++) {
    const file = await createLock(fs, lockPath, options);
    if (file !== undefined) return await lockOf(fs, target, file, options);
    const state = await inspectLock(fs, target, options.isAlive);
    if (state === undefined && tries < maxTries) continue;
    if (state === undefined || options.breakStale !== true) throw lockedError(target, state, options);
    refuseUnlessStale(target, state, options);
    const taken = await takeOver(fs, target, options);
    if (taken !== undefined) return taken;
    if (tries >= maxTries) throw lockedError(target, undefined, options);
  }
}
