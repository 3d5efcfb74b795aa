/** The options of `gitmidx bitmap`, and which of its subcommands take them. */

import { jsonOption, type OptionTable, objectDirOption, progressOption } from "./command.js";
import { UsageError } from "./complaint.js";
import { nameHashOption, refsSnapshotOption } from "./write-options.js";

export const bitmapUsage = [
  "write [--object-dir=<directory>] [--refs-snapshot=<file>]\n  [--name-hash=(none|copy|compute)] [--[no-]progress] [--json] <pack>",
  "show [--object-dir=<directory>] [--json] [--pack=<pack> | --midx | <file>]",
  "coverage [--[no-]progress] [--json] [<revision>...]",
];

export const bitmapOptions = {
  "object-dir": objectDirOption,
  "refs-snapshot": refsSnapshotOption,
  "name-hash": nameHashOption,
  pack: {
    type: "value",
    argument: "pack",
    help: "show the bitmap of this pack",
    negatable: false,
  },
  midx: { type: "flag", help: "show the bitmap of the multi-pack-index", negatable: false },
  progress: progressOption,
  json: jsonOption,
} as const satisfies OptionTable;

/** What a subcommand takes. */
const taken: Readonly<Record<string, readonly string[]>> = {
  write: ["object-dir", "refs-snapshot", "name-hash", "progress", "json"],
  show: ["object-dir", "pack", "midx", "json"],
  coverage: ["progress", "json"],
};

/**
 * Checks that a subcommand has only options that it takes.
 * @throws UsageError if there is no such subcommand, or an option is another's
 */
export function checkBitmapOptions(subcommand: string | undefined, options: Readonly<Record<string, unknown>>): void {
  if (subcommand === undefined) throw new UsageError("need a subcommand");
  const known = taken[subcommand];
  if (known === undefined) throw new UsageError(`unknown subcommand: \`${subcommand}'`);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name)) throw new UsageError(`unknown option \`${name}'`);
  }
}
