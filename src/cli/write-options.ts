/** The options of `gitmidx write`, and what it says. */

import type { NameHashMode } from "../ops/write-bitmap/make-bitmap.js";
import type { WriteMidxResult } from "../ops/write-midx/options.js";
import { resolveAgainst } from "../store/paths.js";
import { jsonOption, type OptionTable, objectDirOption, progressOption } from "./command.js";
import { UsageError } from "./complaint.js";

/** What `-h` shows. */
export const writeUsage =
  "[--object-dir=<directory>] [--[no-]progress] [--preferred-pack=<pack>]\n" +
  "  [--[no-]bitmap] [--[no-]incremental] [--[no-]stdin-packs]\n" +
  "  [--refs-snapshot=<path>] [--name-hash=(none|copy|compute)]\n" +
  "  [--[no-]write-chain-file] [--base=<checksum>] [--break-stale-lock]\n" +
  "  [-v | --verbose] [--json]";

/** Where bitmaps take the hashes of names from. */
const nameHashModes: readonly NameHashMode[] = ["none", "copy", "compute"];

/** For every command that writes bitmaps. */
export const nameHashOption = {
  type: "value",
  argument: "none|copy|compute",
  help: "where name hashes of bitmaps come from",
  complete: nameHashModes,
} as const;

/** For every command that writes bitmaps. */
export const refsSnapshotOption = {
  type: "value",
  argument: "file",
  help: "refs snapshot for selecting bitmap commits",
  complete: "file",
} as const;

/** In the order of git's list, ours behind. */
export const writeOptions = {
  "object-dir": objectDirOption,
  progress: progressOption,
  "preferred-pack": {
    type: "value",
    argument: "preferred-pack",
    help: "pack for reuse when computing a multi-pack bitmap:\nits copies of objects are preferred to all others",
  },
  bitmap: { type: "flag", help: "write multi-pack bitmap" },
  base: { type: "value", argument: "checksum", help: "base MIDX for incremental writes" },
  incremental: { type: "flag", help: "write a new incremental MIDX", aliases: ["split"] },
  "write-chain-file": { type: "flag", help: "write the multi-pack-index chain file" },
  "stdin-packs": { type: "flag", help: "write multi-pack index containing only given indexes" },
  "refs-snapshot": refsSnapshotOption,
  "name-hash": nameHashOption,
  "break-stale-lock": { type: "flag", help: "take over a lock whose owner is known to be dead" },
  verbose: { type: "flag", short: "v", help: "say what was written" },
  json: jsonOption,
} as const satisfies OptionTable;

/** The path of `--refs-snapshot`; undefined for none, and for an empty one, as in git. */
export function snapshotPath(cwd: string, path: string | undefined): string | undefined {
  return path === undefined || path === "" ? undefined : resolveAgainst(cwd, path);
}

/** The value of `--name-hash`. @throws UsageError for one that there is not */
export function nameHashOf(text: string | undefined): NameHashMode | undefined {
  const mode = nameHashModes.find((known) => known === text);
  if (text !== undefined && mode === undefined) {
    throw new UsageError(`--name-hash is 'none', 'copy' or 'compute', not '${text}'`);
  }
  return mode;
}

/** What `--verbose` says. */
export function writeText(result: WriteMidxResult): string {
  const { outcome, path, packs, objects, byteLength, bitmap, layers, removed } = result;
  const layer = layers.length === 0 ? "" : `, layer ${layers.length} of the chain`;
  const written = `wrote ${path}: ${objects} objects of ${packs} packs, ${byteLength} bytes${layer}`;
  const first = outcome === "unchanged" ? "the multi-pack-index is up to date" : written;
  const lines = [first, ...removed.map((file) => `removed ${file}`)];
  if (bitmap !== undefined) {
    const groups = bitmap.pseudoMerges === 0 ? "" : ` and ${bitmap.pseudoMerges} pseudo-merges`;
    lines.splice(1, 0, `wrote ${bitmap.path}: ${bitmap.commits} commits${groups}, ${bitmap.byteLength} bytes`);
  }
  return lines.join("\n");
}
