/** The options of `gitmidx index-pack`. */

import type { OptionTable } from "./command.js";

/** Where the pack comes from, and what is made of it. */
const placeOptions = {
  verbose: { type: "flag", short: "v", negatable: false, help: "show progress" },
  output: {
    type: "value",
    short: "o",
    argument: "index-file",
    negatable: false,
    help: "write the index there",
    onlyOne: "only one index file may be specified",
    complete: "file",
  },
  stdin: { type: "flag", negatable: false, help: "read the pack from standard input" },
  "fix-thin": { type: "flag", negatable: false, help: "append bases that the pack lacks; needs --stdin" },
  keep: { type: "optional-value", argument: "msg", negatable: false, help: "make a .keep file beside the pack" },
  promisor: {
    type: "optional-value",
    argument: "message",
    negatable: false,
    help: "make a .promisor file beside the pack",
  },
  "index-version": {
    type: "value",
    argument: "<version>[,<offset>]",
    negatable: false,
    help: "write the index in that version, with 64-bit offsets above <offset>",
  },
  "rev-index": { type: "flag", help: "write a reverse index" },
  mtimes: {
    type: "value",
    argument: "file",
    negatable: false,
    help: "write a .mtimes file with the times of that list",
    complete: "file",
  },
} as const satisfies OptionTable;

/** What is looked at. */
const checkOptions = {
  verify: { type: "flag", negatable: false, help: "compare the index that is there with the pack" },
  "verify-stat": { type: "flag", negatable: false, help: "the same, and list the objects" },
  "verify-stat-only": {
    type: "flag",
    negatable: false,
    help: "the same, and count the objects by the length of their delta chains",
  },
  strict: {
    type: "optional-value",
    argument: "msg-id>=<severity",
    negatable: false,
    help: "refuse objects that are malformed or lead to missing ones",
  },
  "fsck-objects": {
    type: "optional-value",
    argument: "msg-id>=<severity",
    negatable: false,
    help: "refuse objects that are malformed",
  },
  "check-self-contained-and-connected": {
    type: "flag",
    negatable: false,
    help: "fail unless all that objects lead to is in the pack",
  },
  "max-input-size": { type: "value", argument: "size", negatable: false, help: "refuse a pack of more bytes" },
  trusted: { type: "flag", help: "do not look for traces of SHA-1 collision attacks" },
} as const satisfies OptionTable;

/** How the work is done. */
const workOptions = {
  threads: { type: "number", argument: "n", negatable: false, help: "work with that many threads" },
  "object-format": {
    type: "value",
    argument: "hash-algorithm",
    negatable: false,
    help: "take the pack for one of that object format",
    complete: ["sha1", "sha256"],
  },
  "progress-title": { type: "value", argument: "title", negatable: false, help: "title of the first step of progress" },
  "show-resolving-progress": { type: "flag", negatable: false, help: "show progress of the second step", hidden: true },
  "report-end-of-input": {
    type: "flag",
    negatable: false,
    help: "write a NUL to standard error when the pack is read",
    hidden: true,
  },
  pack_header: {
    type: "value",
    argument: "version>,<objects",
    negatable: false,
    help: "the pack's header, which was read off the stream before",
    hidden: true,
  },
} as const satisfies OptionTable;

export const indexPackOptions = { ...placeOptions, ...checkOptions, ...workOptions } as const satisfies OptionTable;
