/** How `unpack-objects` works, and what it tells. */

import { GitmidxError } from "../../core/errors.js";
import type { TaskOptions } from "../../core/task.js";
import type { GitConfig } from "../../store/config/git-config.js";
import { durabilityOf } from "../../store/durability.js";
import { sharedPermissionsOf } from "../../store/permissions.js";
import { type LooseWriting, looseCompressionLevel } from "../../store/write-loose.js";
import type { FsckSettings } from "../fsck-objects/settings.js";

/** What the configuration says. */
export interface UnpackSettings {
  readonly writing: LooseWriting;
  /** `core.bigFileThreshold`: blobs above this many bytes are never held in memory. */
  readonly bigFileThreshold: number;
  /** `core.deltaBaseCacheLimit`: bytes of objects to keep for the deltas on them. */
  readonly baseCacheLimit: number;
}

/** How a pack is unpacked. */
export interface UnpackOptions extends TaskOptions {
  readonly settings: UnpackSettings;
  /** Reads and checks the pack without writing anything. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Goes on behind entries that cannot be read. Default false. */
  readonly recover?: boolean | undefined;
  /** git's fsck of every object, and what commits, trees and tags point to must be there. None unless given. */
  readonly strict?: FsckSettings | undefined;
  /** The most bytes that the pack may have; 0 for any. Default 0. */
  readonly maxByteLength?: number | undefined;
  /** The pack's header, if somebody has taken it off the stream: 12 bytes. */
  readonly header?: Uint8Array | undefined;
  /** Does not look for traces of SHA-1 collision attacks. Default false. */
  readonly trusted?: boolean | undefined;
  /** Takes what git prints besides, line by line without line ends: `error: inflate returned -3`. */
  readonly tell?: ((line: string) => void) | undefined;
}

/** What came of it. */
export interface UnpackResult {
  /** `faulty` if entries could not be read: all but those are there if it was told to recover, else only what came before. */
  readonly outcome: "complete" | "faulty";
  /** Entries read. */
  readonly objects: number;
  /** Objects written: those that were not there before. */
  readonly written: number;
  /** What was read of the stream behind the pack. */
  readonly rest: Uint8Array;
}

const defaultBigFileThreshold = 512 * 1024 * 1024;
const defaultBaseCacheLimit = 96 * 1024 * 1024;

/**
 * What the configuration says of unpacking.
 * @param env the environment, of which GIT_TEST_FSYNC counts.
 * @throws GitmidxError `bad-config`
 */
export function unpackSettingsOf(
  config: GitConfig,
  env: Readonly<Record<string, string | undefined>> = {},
  directorySetGid?: boolean,
): UnpackSettings {
  return {
    writing: {
      level: looseCompressionLevel(config),
      shared: sharedPermissionsOf(config, { directorySetGid }),
      sync: durabilityOf(config, { env }).looseObject,
      create: createdBy(config),
    },
    bigFileThreshold: config.uint("core.bigFileThreshold") ?? defaultBigFileThreshold,
    baseCacheLimit: config.uint("core.deltaBaseCacheLimit") ?? defaultBaseCacheLimit,
  };
}

function createdBy(config: GitConfig): "link" | "rename" {
  const value = config.get("core.createObject") ?? "link";
  if (value === "link" || value === "rename") return value;
  throw new GitmidxError("bad-config", `invalid mode for object creation: ${value}`);
}
