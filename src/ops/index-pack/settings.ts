/** What a repository's configuration says of how packs are indexed. */

import { GitmidxError } from "../../core/errors.js";
import type { IdxEncoding } from "../../formats/idx/encode.js";
import type { GitConfig } from "../../store/config/git-config.js";
import { durabilityOf } from "../../store/durability.js";
import { sharedPermissionsOf } from "../../store/permissions.js";
import { environmentBool } from "../../store/process-facts.js";
import { looseCompressionLevel } from "../../store/write-loose.js";
import type { IndexPackSettings } from "./options.js";

/** What of the host counts here. */
export interface IndexPackHost {
  /** The environment variables: GIT_TEST_FSYNC and GIT_TEST_NO_WRITE_REV_INDEX count. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly directorySetGid?: boolean | undefined;
}

/** The configuration, read. */
export interface IndexPackConfig {
  readonly settings: IndexPackSettings;
  /** `pack.threads`: 0 for as many as suit the machine. */
  readonly threads: number;
  /** `pack.indexVersion`. */
  readonly encoding: IdxEncoding;
  /** `pack.writeReverseIndex`. */
  readonly reverseIndex: boolean;
  /** What git would warn of, one sentence each. */
  readonly warnings: readonly string[];
}

const defaultBaseCacheLimit = 96 * 2 ** 20;
const defaultBigFileThreshold = 512 * 2 ** 20;

/**
 * Reads `pack.threads`, `pack.indexVersion`, `pack.writeReverseIndex`, `core.deltaBaseCacheLimit`, `core.bigFileThreshold`,
 * `core.looseCompression`, `core.compression`, `core.sharedRepository`, `core.fsync` and its relatives.
 * @throws GitmidxError `bad-config`
 */
export function indexPackConfigOf(config: GitConfig, { env = {}, directorySetGid }: IndexPackHost): IndexPackConfig {
  const durability = durabilityOf(config, { env });
  const version = config.int("pack.indexVersion") ?? 2;
  if (version < 0 || version > 2) throw new GitmidxError("bad-config", `bad pack.indexVersion=${version >>> 0}`);
  const threads = config.int("pack.threads") ?? 0;
  if (threads < 0) throw new GitmidxError("bad-config", `invalid number of threads specified (${threads})`);
  const noReverseIndex = environmentBool({ env }, "GIT_TEST_NO_WRITE_REV_INDEX", false);
  return {
    settings: {
      shared: sharedPermissionsOf(config, { directorySetGid }),
      syncPack: durability.pack,
      syncMetadata: durability.packMetadata,
      baseCacheLimit: config.uint64("core.deltaBaseCacheLimit") ?? defaultBaseCacheLimit,
      bigFileThreshold: config.uint64("core.bigFileThreshold") ?? defaultBigFileThreshold,
      compressionLevel: looseCompressionLevel(config),
    },
    threads,
    // Git writes a version 0 as if it were 1.
    encoding: { version: version === 2 ? 2 : 1 },
    reverseIndex: !noReverseIndex && (config.bool("pack.writeReverseIndex") ?? true),
    warnings: durability.warnings,
  };
}

/** How many threads resolve deltas where nothing is said: as many as git would take on that many processors. */
export function defaultThreads(processors: number): number {
  if (processors < 4) return processors;
  if (processors < 6) return 3;
  return processors < 40 ? Math.floor(processors / 2) : 20;
}
