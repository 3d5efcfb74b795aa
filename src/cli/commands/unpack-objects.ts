/** `gitmidx unpack-objects`: `git unpack-objects`. */

import { type FsckSettings, parseFsckSettings } from "../../ops/fsck-objects/settings.js";
import type { Repository } from "../../repository.js";
import { type CommandContext, defineCommand } from "../command.js";
import { exitStatus } from "../exit-status.js";
import { openContextRepository } from "../open-repository.js";
import { packHeaderOf } from "../pack-header.js";
import { tellOn } from "../told-line.js";

export const command = defineCommand({
  name: "unpack-objects",
  summary: "Unpack objects from a pack given on standard input",
  usage: ["[-n] [-q] [-r] [--strict[=<msg-id>=<severity>...]] [--max-input-size=<size>] [--trusted]"],
  options: {
    "dry-run": { type: "flag", short: "n", help: "check the pack without writing its objects" },
    quiet: { type: "flag", short: "q", help: "show no progress" },
    recover: { type: "flag", short: "r", help: "unpack as many objects as possible of a damaged pack" },
    strict: {
      type: "optional-value",
      argument: "msg-id>=<severity",
      help: "do not write objects that are malformed or lead to missing ones",
    },
    "max-input-size": { type: "number", argument: "size", help: "refuse a pack of more bytes" },
    pack_header: {
      type: "value",
      argument: "version>,<objects",
      help: "the pack's header, which was read off the stream before",
      hidden: true,
      negatable: false,
    },
    trusted: { type: "flag", help: "do not look for traces of SHA-1 collision attacks" },
  },
  async run(context) {
    const { options, stdin, stdout, signal } = context;
    const header = options.pack_header === undefined ? undefined : packHeaderOf(options.pack_header);
    const { repository } = await openContextRepository(context, undefined);
    const { outcome, rest } = await repository.unpackObjects(stdin, {
      ...(options.quiet === true ? { signal } : context.task()),
      dryRun: options["dry-run"],
      recover: options.recover,
      strict: await strictness(context, repository, options.strict),
      maxByteLength: options["max-input-size"],
      header,
      trusted: options.trusted,
      tell: tellOn(context),
    });
    if (rest.length > 0) await stdout.write(rest);
    return outcome === "faulty" ? exitStatus.found : exitStatus.done;
  },
});

async function strictness(
  { resolve }: Pick<CommandContext, "resolve">,
  { fs, format }: Repository,
  given: string | boolean | undefined,
): Promise<FsckSettings | undefined> {
  if (given === undefined || given === false) return undefined;
  return given === true ? {} : parseFsckSettings(given, { fs, format, resolve });
}
