/** What a repository's configuration says of how packs are made. */

import { GitmidxError } from "../../core/errors.js";
import type { ConfigEntry, GitConfig } from "../../store/config/git-config.js";
import { boolOf, intOf } from "../../store/config/git-config.js";
import type { ProcessFacts } from "../../store/process-facts.js";

/** What only the process knows. */
export interface PackingHost {
  readonly env?: ProcessFacts["env"] | undefined;
  /** False on systems with BSD's group semantics, where shared directories need no set-gid bit. */
  readonly directorySetGid?: boolean | undefined;
}

/** The variables that `git pack-objects` reads, with git's defaults but for `pack.deltaCacheLimit`. */
export interface PackSettings {
  /** `pack.window`. */
  readonly window: number;
  /** `pack.windowMemory`, in bytes; 0 for any number. */
  readonly windowMemory: number;
  /** `pack.depth`. */
  readonly depth: number;
  /** `pack.deltaCacheSize`, in bytes; 0 for any number. */
  readonly deltaCacheSize: number;
  /** `pack.deltaCacheLimit`, in bytes. */
  readonly deltaCacheLimit: number;
  /** `pack.threads`; 0 for as many as there are processors. */
  readonly threads: number;
  /** `pack.indexVersion`. */
  readonly indexVersion: 1 | 2;
  /** `pack.writeReverseIndex`. */
  readonly reverseIndex: boolean;
  /** `pack.packSizeLimit`, in bytes; 0 for any number. */
  readonly packSizeLimit: number;
  /** `pack.compression`, else `core.compression`: −1 for zlib's default, or 0 to 9. */
  readonly compression: number;
  /** `core.bigFileThreshold`, in bytes. */
  readonly bigFileThreshold: number;
}

const defaultCacheByteLength = 256 * 2 ** 20;
/** Git's is 1000. What is kept need not be made again on the one thread that writes; the size of the cache bounds it in any case. */
const defaultCacheLimit = 2 ** 20 - 1;
const defaultBigFileThreshold = 512 * 2 ** 20;

/** @throws GitmidxError `bad-config` in git's words. */
export function packSettingsOf(config: GitConfig): PackSettings {
  const threads = config.int("pack.threads") ?? 0;
  if (threads < 0) throw new GitmidxError("bad-config", `invalid number of threads specified (${threads})`);
  return {
    window: config.int("pack.window") ?? 10,
    windowMemory: config.uint64("pack.windowMemory") ?? 0,
    depth: config.int("pack.depth") ?? 50,
    deltaCacheSize: config.int("pack.deltaCacheSize") ?? defaultCacheByteLength,
    deltaCacheLimit: config.int("pack.deltaCacheLimit") ?? defaultCacheLimit,
    threads,
    indexVersion: indexVersionOf(config),
    reverseIndex: reverseIndexOf(config),
    packSizeLimit: config.uint64("pack.packSizeLimit") ?? 0,
    compression: compressionOf(config),
    bigFileThreshold: config.uint64("core.bigFileThreshold") ?? defaultBigFileThreshold,
  };
}

/** Whether objects are gathered path by path where that can be done (`pack.usePathWalk`); undefined where nothing is configured. */
export function usesPathWalk(config: GitConfig): boolean | undefined {
  return config.bool("pack.usePathWalk");
}

function indexVersionOf(config: GitConfig): 1 | 2 {
  const version = config.int("pack.indexVersion") ?? 2;
  if (version < 0 || version > 2) throw new GitmidxError("bad-config", `bad pack.indexVersion=${version >>> 0}`);
  return version === 2 ? 2 : 1;
}

function reverseIndexOf(config: GitConfig): boolean {
  const entry: ConfigEntry | undefined = config.entry("pack.writeReverseIndex");
  return entry === undefined ? true : boolOf(entry);
}

/** The level of the variable that was set last of those that count: `pack.compression` before `core.compression`. */
function compressionOf(config: GitConfig): number {
  const general = levelOf(config.entry("core.compression"), "bad zlib compression level");
  return levelOf(config.entry("pack.compression"), "bad pack compression level") ?? general ?? -1;
}

function levelOf(entry: ConfigEntry | undefined, complaint: string): number | undefined {
  if (entry === undefined) return undefined;
  const level = intOf(entry);
  if (level < -1 || level > 9) throw new GitmidxError("bad-config", `${complaint} ${level}`);
  return level;
}
