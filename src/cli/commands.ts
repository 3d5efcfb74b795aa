/** The commands: what there is, without loading any of them. */

import type { Command } from "./command.js";

/** A row of the list of commands. */
export interface CommandEntry {
  readonly name: string;
  /** The command's own summary, repeated here so that listing loads nothing; a test holds the two together. */
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Every command, in the order of the list that `gitmidx help` prints. */
export const commands: readonly CommandEntry[] = [
  {
    name: "write",
    summary: "Write a multi-pack-index, or a new layer of a chain",
    load: () => import("./commands/write.js"),
  },
  {
    name: "verify",
    summary: "Check a multi-pack-index, every layer, against its packs, and bitmaps",
    load: () => import("./commands/verify.js"),
  },
  {
    name: "bitmap",
    summary: "Write, show and measure reachability bitmaps",
    load: () => import("./commands/bitmap.js"),
  },
  {
    name: "show",
    summary: "Show what a multi-pack-index, pack index or reverse index holds",
    load: () => import("./commands/show.js"),
  },
  {
    name: "lookup",
    summary: "Find the pack and offset of objects",
    load: () => import("./commands/lookup.js"),
  },
  {
    name: "cat-file",
    summary: "Print the contents or details of objects",
    load: () => import("./commands/cat-file.js"),
  },
  {
    name: "show-index",
    summary: "List the objects of a pack index given on standard input",
    load: () => import("./commands/show-index.js"),
  },
  {
    name: "index-pack",
    summary: "Build the index of a pack",
    load: () => import("./commands/index-pack.js"),
  },
  {
    name: "verify-pack",
    summary: "Validate packs against their indexes",
    load: () => import("./commands/verify-pack.js"),
  },
  {
    name: "unpack-objects",
    summary: "Unpack objects from a pack given on standard input",
    load: () => import("./commands/unpack-objects.js"),
  },
  {
    name: "pack-objects",
    summary: "Make packs of objects",
    load: () => import("./commands/pack-objects.js"),
  },
  {
    name: "rev-list",
    summary: "List the objects that revisions reach",
    load: () => import("./commands/rev-list.js"),
  },
  {
    name: "compat",
    summary: "Compare gitmidx with the git on this machine",
    load: () => import("./commands/compat.js"),
  },
  {
    name: "completion",
    summary: "Print a completion script for a shell",
    load: () => import("./commands/completion.js"),
  },
  {
    name: "help",
    summary: "Show the manual of gitmidx or of a command",
    load: () => import("./commands/help.js"),
  },
  {
    name: "version",
    summary: "Show the version",
    load: () => import("./commands/version.js"),
  },
];
