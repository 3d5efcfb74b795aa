/** What a repository's configuration says of how its multi-pack-index is read and written: the one place where it is asked. */

import type { WriteSettings } from "./ops/write-midx/options.js";
import type { GitConfig } from "./store/config/git-config.js";
import { durabilityOf } from "./store/durability.js";
import type { IsAlive } from "./store/lock-owner.js";
import { sharedPermissionsOf } from "./store/permissions.js";

/** What the configuration does not say and the process must: all of it may be left out where there is no such thing. */
export interface HostFacts {
  /** The environment variables, of which GIT_TEST_FSYNC counts here. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The process id, which locks record unless `core.lockfilePid` is false. */
  readonly pid?: number | undefined;
  /** Tells whether a process runs on this host; without it no lock is known to be stale. */
  readonly isAlive?: IsAlive | undefined;
  /** False on systems with BSD's group semantics, where shared directories need no set-gid bit. */
  readonly directorySetGid?: boolean | undefined;
}

/** How a multi-pack-index is to be written in a repository. */
export interface MidxWriting {
  readonly settings: WriteSettings;
  /** `midx.version`, unchecked; 1 unless configured. */
  readonly version: number;
  /** `core.multiPackIndex`: whether choices of the existing multi-pack-index are kept. */
  readonly reuse: boolean;
  /** What git would warn of, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * `core.multiPackIndex`: whether the multi-pack-index is read at all. True unless configured.
 * @throws GitmidxError `bad-config`
 */
export function usesMidx(config: GitConfig): boolean {
  return config.bool("core.multiPackIndex") ?? true;
}

/** How objects are to be read in a repository. */
export interface ObjectReading {
  /** `core.multiPackIndex`. */
  readonly useMidx: boolean;
  /** `core.deltaBaseCacheLimit` in bytes; undefined unless configured. */
  readonly deltaBaseCacheLimit: number | undefined;
}

/**
 * How objects are read: `core.multiPackIndex`, `core.deltaBaseCacheLimit`.
 * @throws GitmidxError `bad-config`
 */
export function objectReadingOf(config: GitConfig): ObjectReading {
  return { useMidx: usesMidx(config), deltaBaseCacheLimit: config.uint64("core.deltaBaseCacheLimit") };
}

/**
 * How to write: `core.sharedRepository`, `core.fsync` and its relatives, `core.lockfilePid`, `midx.version`, `core.multiPackIndex`.
 * @throws GitmidxError `bad-config`
 */
export function midxWritingOf(config: GitConfig, host: HostFacts, breakStaleLock: boolean): MidxWriting {
  const durability = durabilityOf(config, { env: host.env ?? {} });
  // On unless it is switched off, unlike in git: without a record nobody can tell that a lock's owner is dead.
  const recordsPid = config.bool("core.lockfilePid") !== false && host.pid !== undefined;
  return {
    settings: {
      shared: sharedPermissionsOf(config, { directorySetGid: host.directorySetGid }),
      sync: durability.packMetadata,
      lock: {
        pidFile: recordsPid ? { pid: host.pid } : undefined,
        isAlive: host.isAlive,
        breakStale: breakStaleLock,
      },
    },
    version: config.int("midx.version") ?? 1,
    reuse: usesMidx(config),
    warnings: durability.warnings,
  };
}
