/** `gitmidx write`: `git multi-pack-index write`. */

import type { WriteMidxResult } from "../../ops/write-midx/options.js";
import { type CommandContext, defineCommand, jsonOption, objectDirOption, progressOption } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { JsonWriter } from "../json.js";
import { openContextRepository } from "../open-repository.js";

export const command = defineCommand({
  name: "write",
  summary: "Write a multi-pack-index, or a new layer of a chain",
  usage: [
    "[--object-dir=<directory>] [--[no-]progress] [--preferred-pack=<pack>]\n" +
      "  [--[no-]incremental] [--[no-]stdin-packs] [--[no-]write-chain-file]\n" +
      "  [--base=<checksum>] [--break-stale-lock] [-v | --verbose] [--json]",
  ],
  options: {
    "object-dir": objectDirOption,
    progress: progressOption,
    "preferred-pack": {
      type: "value",
      argument: "preferred-pack",
      help: "pack whose copies of objects are preferred to all others",
    },
    base: { type: "value", argument: "checksum", help: "base MIDX for incremental writes" },
    incremental: { type: "flag", help: "write a new incremental MIDX", aliases: ["split"] },
    "write-chain-file": { type: "flag", help: "write the multi-pack-index chain file" },
    "stdin-packs": { type: "flag", help: "write multi-pack index containing only given indexes" },
    "break-stale-lock": { type: "flag", help: "take over a lock whose owner is known to be dead" },
    verbose: { type: "flag", short: "v", help: "say what was written" },
    json: jsonOption,
  },
  async run(context) {
    const { options, stdout, stderr } = context;
    const { incremental, base } = options;
    const writeChainFile = options["write-chain-file"] !== false;
    if (!writeChainFile && incremental !== true) {
      throw new UsageError("cannot use --no-write-chain-file without --incremental");
    }
    if (base !== undefined && writeChainFile) throw new UsageError("cannot use --base without --no-write-chain-file");
    const { repository, directory } = await openContextRepository(context, options["object-dir"]);
    const result = await repository.writeMidx({
      ...context.task(),
      directory,
      preferredPack: options["preferred-pack"],
      incremental,
      writeChainFile,
      base,
      stdinPacks: options["stdin-packs"] === true ? await packNames(context) : undefined,
      breakStaleLock: options["break-stale-lock"],
    });
    if (options.verbose === true) await stderr.write(`${description(result)}\n`);
    if (options.json === true) {
      const json = new JsonWriter(stdout);
      for (const [name, value] of Object.entries(result)) await json.member(name, value ?? null);
      await json.end();
    } else if (!writeChainFile && result.checksum !== undefined) await stdout.write(`${result.checksum}\n`);
    return exitStatus.done;
  },
});

async function packNames(context: Pick<CommandContext, "lines">): Promise<readonly string[]> {
  const names: string[] = [];
  // As in git, a NUL ends a name.
  for await (const line of context.lines()) names.push(line.split("\0", 1)[0]!);
  return names;
}

function description({ outcome, path, packs, objects, byteLength, layers, removed }: WriteMidxResult): string {
  const layer = layers.length === 0 ? "" : `, layer ${layers.length} of the chain`;
  const written = `wrote ${path}: ${objects} objects of ${packs} packs, ${byteLength} bytes${layer}`;
  const first = outcome === "unchanged" ? "the multi-pack-index is up to date" : written;
  return [first, ...removed.map((file) => `removed ${file}`)].join("\n");
}
