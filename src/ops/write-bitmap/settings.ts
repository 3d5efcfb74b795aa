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
 * @param warn told of values that are left aside. @param complain told of those that git calls an error
 * @throws GitmidxError `bad-config` in git's words
 */
export function bitmapSettingsOf(
  config: GitConfig,
  warn: (message: string) => void,
  complain: (message: string) => void = warn,
): BitmapSettings {
  return {
    hashCache: flagOf(config, "pack.writeBitmapHashCache", true),
    lookupTable: flagOf(config, "pack.writeBitmapLookupTable", false),
    preferredTips: preferredTipsOf(config, complain),
    pseudoMergeGroups: pseudoMergeGroupsOf(config, Math.floor(Date.now() / 1000), warn),
  };
}

/** A variable that is there without a value is passed over, as in git. */
function preferredTipsOf(config: GitConfig, complain: (message: string) => void): readonly string[] {
  const tips: string[] = [];
  for (const { key, value } of config.entriesOf("pack.preferBitmapTips")) {
    if (value === undefined) complain(`missing value for '${key}'`);
    else tips.push(value);
  }
  return tips;
}

function flagOf(config: GitConfig, key: string, byDefault: boolean): boolean {
  const entry = config.entry(key);
  return entry === undefined ? byDefault : boolOf(entry);
}

/** Where the hashes come from: as asked for, else computed unless the configuration wants none. */
export function nameHashModeOf(settings: BitmapSettings, asked: NameHashMode | undefined): NameHashMode {
  return asked ?? (settings.hashCache ? "compute" : "none");
}
