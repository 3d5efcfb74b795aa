/**
 * Who holds a lock: what the lock file itself and the `~pid.lock` file beside it tell (git 2.54's `core.lockfilePid`).
 *
 *     NAME.lock        the lock
 *     NAME~pid.lock    `pid N\n`, made after the lock and removed before it
 */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { FileStat, PackFs } from "./pack-fs.js";

/** Whether a process of that id runs on this host. */
export type IsAlive = (pid: number) => boolean;

/** Largest process id that a system can have. */
const maxPid = 0x7fff_ffff;

/** What is known of a lock that somebody holds. */
export interface LockState {
  readonly lockPath: string;
  readonly pidPath: string;
  readonly stat: FileStat;
  /** The process that the pid file names; undefined if there is no such file or it cannot be read as one. */
  readonly pid: number | undefined;
  /** Whether there is a pid file that does not read `pid N`. */
  readonly malformed: boolean;
  /** Whether the pid file is older than the lock that it stands beside, and so tells of an earlier holder. */
  readonly leftOver: boolean;
  /** Whether the process runs on this host; undefined where that is not known. */
  readonly alive: boolean | undefined;
}

/** Where the lock of `target` is, and the file that names its holder. */
export function lockPaths(target: string): { lockPath: string; pidPath: string } {
  return { lockPath: `${target}.lock`, pidPath: `${target}~pid.lock` };
}

/** What a pid file of process `pid` holds. */
export function encodePid(pid: number): Uint8Array {
  return new TextEncoder().encode(`pid ${pid}\n`);
}

function decodePid(bytes: Uint8Array): number | undefined {
  const digits = /^pid[ ]\s*\+?(\d+)\s*$/.exec(new TextDecoder().decode(bytes))?.[1];
  const pid = Number(digits ?? 0);
  return pid > 0 && pid <= maxPid ? pid : undefined;
}

async function readPid(fs: PackFs, pidPath: string): Promise<{ pid: number | undefined; stat: FileStat } | undefined> {
  const stat = await fs.lstat(pidPath);
  if (stat === undefined) return undefined;
  try {
    return { pid: stat.size > 64 ? undefined : decodePid(await fs.readFile(pidPath)), stat };
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return undefined;
    if (error instanceof GitmidxError) return { pid: undefined, stat };
    throw error;
  }
}

/** Looks at the lock of `target`; undefined if nobody holds it (any more). */
export async function inspectLock(fs: PackFs, target: string, isAlive?: IsAlive): Promise<LockState | undefined> {
  const { lockPath, pidPath } = lockPaths(target);
  const before = await fs.lstat(lockPath);
  if (before === undefined) return undefined;
  const owner = await readPid(fs, pidPath);
  const alive = owner?.pid === undefined ? undefined : isAlive?.(owner.pid);
  // A holder that finished in the meantime is dead too. Only if its pid file is there still, did it leave the lock behind.
  const again = alive === false ? await readPid(fs, pidPath) : owner;
  const stat = await fs.lstat(lockPath);
  if (stat === undefined) return undefined;
  const settled = stat.identity === before.identity && again?.pid === owner?.pid;
  const known = settled ? owner : undefined;
  return {
    lockPath,
    pidPath,
    stat,
    pid: known?.pid,
    malformed: known !== undefined && known.pid === undefined,
    // An empty lock file has the time of its creation, which comes before that of its pid file.
    leftOver: known !== undefined && stat.size === 0 && known.stat.mtime < stat.mtime,
    alive: known === undefined ? undefined : alive,
  };
}

function duration(seconds: number): string {
  const units = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
    [1, "second"],
  ] as const;
  const [length, name] = units.find(([unit]) => seconds >= unit) ?? [1, "second"];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function gitsWords(state: LockState | undefined): string {
  if (state?.alive === true) {
    return `Lock may be held by process ${state.pid}; if no git process is running, the lock file may be stale (PIDs can be reused)`;
  }
  if (state?.alive === false) {
    return `Lock was held by process ${state.pid}, which is no longer running; the lock file appears to be stale`;
  }
  return "Another git process seems to be running in this repository, or the lock file may be stale";
}

function ownerWords({ pid, pidPath, malformed, leftOver, alive }: LockState): string {
  if (malformed) return `its owner is not known: malformed lock pid file '${pidPath}'`;
  if (pid === undefined) return "its owner is not recorded";
  if (leftOver) return `its owner is not recorded: '${pidPath}' is older than the lock`;
  if (alive === undefined) return `its owner is process ${pid}`;
  return `its owner, process ${pid}, is ${alive ? "running" : "not running"} on this host`;
}

/**
 * What is said of a lock that is held: git's message, and below it the lock's age and owner. `now` in seconds since 1970; the state is
 * undefined if the lock was gone again when it was looked at.
 */
export function lockedMessage(lockPath: string, state: LockState | undefined, now: number): string {
  const message = `Unable to create '${lockPath}': File exists.\n\n${gitsWords(state)}`;
  if (state === undefined) return message;
  const age = Math.max(0, Math.floor(now) - state.stat.mtime);
  return `${message}\nThe lock was last written ${duration(age)} ago; ${ownerWords(state)}.`;
}

/** Why a lock is not known to be stale; undefined if its owner is recorded and dead on this host. */
export function reasonNotToBreak(state: LockState): string | undefined {
  if (state.pid === undefined || state.leftOver) return "its owner is not recorded";
  if (state.alive === undefined) return `whether its owner, process ${state.pid}, is running cannot be told here`;
  return state.alive ? `its owner, process ${state.pid}, is running` : undefined;
}
