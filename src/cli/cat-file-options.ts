/** The options of `gitmidx cat-file`. */

import type { OptionTable } from "./command.js";

const batchOption = {
  type: "optional-value",
  argument: "format",
  negatable: false,
  onlyOne: "only one batch option may be specified",
} as const;
const modeOption = { type: "flag", mode: "what to do", negatable: false } as const;
const shortMode = { ...modeOption, shortOnly: true } as const;

/** In the order of git's list. */
export const catFileOptions = {
  exists: { ...shortMode, short: "e", help: "check if <object> exists" },
  print: { ...shortMode, short: "p", help: "pretty-print <object> content" },
  type: { ...shortMode, short: "t", help: "show object type (one of 'blob', 'tree', 'commit', 'tag', ...)" },
  size: { ...shortMode, short: "s", help: "show object size" },
  "allow-unknown-type": { type: "flag", help: "historical option -- no-op", hidden: true },
  "use-mailmap": { type: "flag", help: "use mail map file", aliases: ["mailmap"] },
  batch: { ...batchOption, help: "show full <object> or <rev> contents" },
  "batch-check": { ...batchOption, help: "like --batch, but don't emit <contents>" },
  "nul-input": { type: "flag", short: "z", shortOnly: true, help: "stdin is NUL-terminated", hidden: true },
  nul: { type: "flag", short: "Z", shortOnly: true, help: "stdin and stdout is NUL-terminated" },
  "batch-command": { ...batchOption, help: "read commands from stdin" },
  "batch-all-objects": {
    ...modeOption,
    help: "with --batch[-check]: ignores stdin, batches all known objects",
  },
  buffer: { type: "flag", help: "buffer --batch output" },
  "follow-symlinks": { type: "flag", help: "follow in-tree symlinks" },
  unordered: { type: "flag", help: "do not order objects before emitting them" },
  textconv: { ...modeOption, help: "run textconv on object's content" },
  filters: { ...modeOption, help: "run filters on object's content" },
  path: { type: "value", argument: "blob|tree", help: "use a <path> for (--textconv | --filters); Not with 'batch'" },
  filter: { type: "list", argument: "filter-spec", help: "object filtering" },
} as const satisfies OptionTable;
