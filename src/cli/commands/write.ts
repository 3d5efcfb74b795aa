/** `gitmidx write`: `git multi-pack-index write`. */

import { type CommandContext, defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { JsonWriter } from "../json.js";
import { openContextRepository } from "../open-repository.js";
import { workerUrl } from "../pack-place.js";
import { nameHashOf, snapshotPath, writeOptions, writeText, writeUsage } from "../write-options.js";

export const command = defineCommand({
  name: "write",
  summary: "Write a multi-pack-index, or a new layer of a chain",
  usage: [writeUsage],
  options: writeOptions,
  async run(context) {
    const { options, stdout, stderr, cwd } = context;
    const { incremental, base, bitmap } = options;
    const writeChainFile = options["write-chain-file"] !== false;
    if (!writeChainFile && incremental !== true) {
      throw new UsageError("cannot use --no-write-chain-file without --incremental");
    }
    if (base !== undefined && writeChainFile) throw new UsageError("cannot use --base without --no-write-chain-file");
    const nameHash = nameHashOf(options["name-hash"]);
    const { repository, directory } = await openContextRepository(context, options["object-dir"]);
    const result = await repository.writeMidx({
      ...context.task(),
      directory,
      preferredPack: options["preferred-pack"],
      incremental,
      writeChainFile,
      base,
      bitmap,
      refsSnapshot: snapshotPath(cwd, options["refs-snapshot"]),
      nameHash,
      workerUrl,
      stdinPacks: options["stdin-packs"] === true ? await packNames(context) : undefined,
      breakStaleLock: options["break-stale-lock"],
    });
    if (options.verbose === true) await stderr.write(`${writeText(result)}\n`);
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
