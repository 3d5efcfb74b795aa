/** Whether bitmaps are used and written: what the options and the configuration come to. */

import { GitmidxError } from "../../../core/errors.js";
import type { GitConfig } from "../../../store/config/git-config.js";
import { parseBoolWord } from "../../../store/config/values.js";
import type { PackRepositoryOptions } from "../pack-repository-options.js";
import type { PackReuse } from "./packs-to-reuse.js";
import type { BitmapUse } from "./select-by-bitmap.js";

/** The options that count. */
type BitmapChoices = Pick<PackRepositoryOptions, "select" | "output" | "useBitmapIndex" | "writeBitmapIndex">;

/**
 * How bitmaps are used to find objects; undefined if they are not. Unless asked for they are so only for packs that are sent: one that is
 * to stay is made better from a walk.
 * @throws GitmidxError `bad-config`, in git's words
 */
export function bitmapUseOf(config: GitConfig, choices: BitmapChoices): BitmapUse | undefined {
  const reuse = packReuseOf(config);
  const byDefault = config.bool("pack.useBitmaps") ?? true;
  const { select, output, useBitmapIndex, writeBitmapIndex } = choices;
  const isSent = output.kind === "stream";
  if (select.kind !== "revisions") return undefined;
  if (!(useBitmapIndex ?? (isSent && byDefault))) return undefined;
  if (!isSent && (writeBitmapIndex ?? false) !== false) return undefined;
  return {
    reuse: isSent ? reuse : "none",
    boundary: config.bool("pack.useBitmapBoundaryTraversal") ?? isExperimental(config),
    useMidx: config.bool("core.multiPackIndex") ?? true,
  };
}

/** Whether a bitmap is written with the pack: git does so only where everything that refs reach is packed. */
export function writesBitmap({ select, output, writeBitmapIndex = false }: BitmapChoices): boolean {
  return writeBitmapIndex !== false && output.kind === "files" && select.kind === "revisions" && select.all === true;
}

function packReuseOf(config: GitConfig): PackReuse {
  const entry = config.entry("pack.allowPackReuse");
  if (entry === undefined) return isExperimental(config) ? "multi" : "single";
  const allowed = parseBoolWord(entry.value);
  if (allowed !== undefined) return allowed ? "single" : "none";
  const word = entry.value!.toLowerCase();
  if (word === "single" || word === "multi") return word;
  throw new GitmidxError("bad-config", `invalid pack.allowPackReuse value: '${entry.value}'`);
}

function isExperimental(config: GitConfig): boolean {
  return config.bool("feature.experimental") ?? false;
}
