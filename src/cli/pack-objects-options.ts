/** The options of `gitmidx pack-objects`. */

import type { OptionTable } from "./command.js";

/** How progress is shown, and what the files look like. */
const outputOptions = {
  quiet: { type: "flag", short: "q", group: "progress", help: "do not show progress meter" },
  progress: { type: "flag", group: "progress", help: "show progress meter" },
  "all-progress": { type: "flag", group: "progress", help: "show progress meter during object writing phase" },
  "all-progress-implied": { type: "flag", help: "similar to --all-progress when progress meter is shown" },
  "index-version": {
    type: "value",
    argument: "<version>[,<offset>]",
    negatable: false,
    help: "write the pack index file in the specified idx format version",
  },
  "max-pack-size": { type: "number", argument: "n", negatable: false, help: "maximum size of each output pack file" },
} as const satisfies OptionTable;

/** How objects are stored. */
const deltaOptions = {
  window: { type: "number", signed: true, argument: "n", help: "limit pack window by objects" },
  "window-memory": {
    type: "number",
    argument: "n",
    negatable: false,
    help: "limit pack window by memory in addition to object limit",
  },
  depth: {
    type: "number",
    signed: true,
    argument: "n",
    help: "maximum length of delta chain allowed in the resulting pack",
  },
  "reuse-delta": { type: "flag", help: "reuse existing deltas" },
  "reuse-object": { type: "flag", help: "reuse existing objects" },
  "delta-base-offset": { type: "flag", help: "use OFS_DELTA objects" },
  threads: { type: "number", signed: true, argument: "n", help: "use threads when searching for best delta matches" },
} as const satisfies OptionTable;

/** Which objects are packed. */
const selectionOptions = {
  revs: { type: "flag", help: "read revision arguments from standard input" },
  unpacked: { type: "flag", negatable: false, help: "limit the objects to those that are not yet packed" },
  all: { type: "flag", negatable: false, help: "include objects reachable from any reference" },
  reflog: { type: "flag", negatable: false, help: "include objects referred by reflog entries" },
  "indexed-objects": { type: "flag", negatable: false, help: "include objects referred to by the index" },
  "stdin-packs": { type: "optional-value", argument: "mode", help: "read packs from stdin", complete: ["follow"] },
} as const satisfies OptionTable;

const unreachableOptions = {
  "include-tag": { type: "flag", help: "include tag objects that refer to objects to be packed" },
  "keep-unreachable": { type: "flag", help: "keep unreachable objects" },
  "pack-loose-unreachable": { type: "flag", help: "pack loose unreachable objects" },
  "unpack-unreachable": {
    type: "optional-value",
    argument: "time",
    help: "unpack unreachable objects newer than <time>",
  },
  cruft: { type: "flag", help: "create a cruft pack" },
  "cruft-expiration": { type: "optional-value", argument: "time", help: "expire cruft objects older than <time>" },
} as const satisfies OptionTable;

const walkOptions = {
  sparse: { type: "flag", help: "use the sparse reachability algorithm" },
  thin: { type: "flag", help: "create thin packs" },
  "path-walk": { type: "flag", help: "use the path-walk API to walk objects when possible" },
  shallow: { type: "flag", help: "create packs suitable for shallow fetches" },
  "honor-pack-keep": { type: "flag", help: "ignore packs that have companion .keep file" },
  "keep-pack": { type: "list", argument: "name", help: "ignore this pack" },
} as const satisfies OptionTable;

const furtherOptions = {
  compression: { type: "number", signed: true, argument: "n", help: "pack compression level" },
  "keep-true-parents": { type: "flag", help: "do not hide commits by grafts" },
  "use-bitmap-index": { type: "flag", help: "use a bitmap index if available to speed up counting objects" },
  "write-bitmap-index": {
    type: "optional-value",
    argument: "quiet",
    group: "write-bitmap-index",
    help: "write a bitmap index together with the pack index;\nwith quiet (not in git): if possible",
    complete: ["quiet"],
  },
  "write-bitmap-index-quiet": {
    type: "flag",
    group: "write-bitmap-index",
    help: "write a bitmap index if possible",
    hidden: true,
  },
  filter: { type: "list", argument: "args", help: "object filtering" },
  missing: { type: "value", argument: "action", negatable: false, help: "handling for missing objects" },
  "exclude-promisor-objects": { type: "flag", help: "do not pack objects in promisor packfiles" },
  "exclude-promisor-objects-best-effort": { type: "flag", help: "implies --missing=allow-any" },
  "delta-islands": { type: "flag", help: "respect islands during delta compression" },
  "uri-protocol": {
    type: "list",
    argument: "protocol",
    help: "exclude any configured uploadpack.blobpackfileuri with this protocol",
  },
  "name-hash-version": {
    type: "number",
    signed: true,
    argument: "n",
    help: "use the specified name-hash function to group similar objects",
  },
} as const satisfies OptionTable;

/** In the order of git's list; ours at the end. */
export const packObjectsOptions = {
  ...outputOptions,
  local: { type: "flag", help: "ignore borrowed objects from alternate object store" },
  incremental: { type: "flag", help: "ignore packed objects" },
  ...deltaOptions,
  "non-empty": { type: "flag", help: "do not create an empty pack output" },
  ...selectionOptions,
  stdout: { type: "flag", help: "output pack to stdout" },
  ...unreachableOptions,
  ...walkOptions,
  ...furtherOptions,
  deflate: {
    type: "value",
    argument: "exact|fast",
    help: "make the bytes that git makes, or those that are made fastest",
    complete: ["exact", "fast"],
  },
} as const satisfies OptionTable;

/** How it is called: git's usage, and ours at the end. */
export const packObjectsUsage = [
  "[-q | --progress | --all-progress] [--all-progress-implied]\n" +
    "  [--no-reuse-delta] [--delta-base-offset] [--non-empty]\n" +
    "  [--local] [--incremental] [--window=<n>] [--depth=<n>]\n" +
    "  [--revs [--unpacked | --all]] [--keep-pack=<pack-name>]\n" +
    "  [--cruft] [--cruft-expiration=<time>]\n" +
    "  [--stdout [--filter=<filter-spec>] | <base-name>]\n" +
    "  [--shallow] [--keep-true-parents] [--[no-]sparse]\n" +
    "  [--name-hash-version=<n>] [--path-walk] [--deflate=(exact|fast)] < <object-list>",
];
