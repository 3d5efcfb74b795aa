/** What a repository's configuration says of how bitmaps are written. */

import { boolOf, type GitConfig } from "../../store/config/git-config.js";
import type { NameHashMode } from "./make-bitmap.js";
import { type PseudoMergeGroup, pseudoMergeGroupsOf } from "./pseudo-merge-groups.js";

/** The variables. */
export interface BitmapSettings {
  /** `pack.writeBitmapHashCache`: whether there are hashes of names. True unless configured. */
  readonly hashCache: boolean;
  /** `pack.writeBitmapLookupTable`. False unless configured. */
  readonly lookupTable: boolean;
  /** `pack.preferBitmapTips`: names, or beginnings of names, of refs whose tips are preferred. */
  readonly preferredTips: readonly string[];
  /** `bitmapPseudoMerge.*`. */
  readonly pseudoMergeGroups: readonly PseudoMergeGroup[];
}

/**
 * Reads them.
 * @param warn told of values that are left aside.
 * @throws GitmidxError `bad-config` in git's words
 */
export function bitmapSettingsOf(config: GitConfig, warn: (message: string) => void): BitmapSettings {
  return {
    hashCache: flagOf(config, "pack.writeBitmapHashCache", true),
    lookupTable: flagOf(config, "pack.writeBitmapLookupTable", false),
    preferredTips: config.getAll("pack.preferBitmapTips"),
    pseudoMergeGroups: pseudoMergeGroupsOf(config, Math.floor(Date.now() / 1000), warn),
  };
}

function flagOf(config: GitConfig, key: string, byDefault: boolean): boolean {
  const entry = config.entry(key);
  return entry === undefined ? byDefault : boolOf(entry);
}

/** Where the hashes come from: as asked for, else computed unless the configuration wants none. */
export function nameHashModeOf(settings: BitmapSettings, asked: NameHashMode | undefined): NameHashMode {
  return asked ?? (settings.hashCache ? "compute" : "none");
}
