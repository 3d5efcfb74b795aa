/** `gitmidx bitmap`. */

import { showCoverage } from "../bitmap-coverage.js";
import { bitmapOptions, bitmapUsage, checkBitmapOptions } from "../bitmap-options.js";
import { showBitmap } from "../bitmap-show.js";
import { type CommandContext, defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { JsonWriter } from "../json.js";
import { openContextRepository } from "../open-repository.js";
import { workerUrl } from "../pack-place.js";
import { nameHashOf, snapshotPath } from "../write-options.js";

export const command = defineCommand({
  name: "bitmap",
  summary: "Write, show and measure reachability bitmaps",
  usage: bitmapUsage,
  options: bitmapOptions,
  argumentCount: { min: 0, max: Number.POSITIVE_INFINITY },
  completeArguments: ["write", "show", "coverage"],
  run(context) {
    const [subcommand, ...args] = context.args;
    checkBitmapOptions(subcommand, context.options);
    if (subcommand === "coverage") return showCoverage(context, args);
    if (args.length > 1) throw new UsageError();
    return subcommand === "show" ? showBitmap(context, args[0]) : writeBitmap(context, args[0]);
  },
});

/** @param pack its name, or the path of one of its files. */
async function writeBitmap(context: CommandContext<typeof bitmapOptions>, pack: string | undefined): Promise<number> {
  const { options, stdout, cwd } = context;
  if (pack === undefined) throw new UsageError("need the name of a pack");
  const nameHash = nameHashOf(options["name-hash"]);
  const { repository, directory } = await openContextRepository(context, options["object-dir"]);
  const result = await repository.writePackBitmap(pack, {
    ...context.task(),
    directory,
    nameHash,
    workerUrl,
    refsSnapshot: snapshotPath(cwd, options["refs-snapshot"]),
  });
  if (options.json !== true) return exitStatus.done;
  const json = new JsonWriter(stdout);
  for (const [name, value] of Object.entries(result)) await json.member(name, value);
  await json.end();
  return exitStatus.done;
}
