/** `gitmidx lookup`. */

import { checkAborted } from "../../core/task.js";
import type { Lookup } from "../../ops/find-object/found-object.js";
import { type CommandContext, defineCommand, jsonOption, objectDirOption } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { JsonWriter } from "../json.js";
import { lineBatchesOf } from "../lines.js";
import { lookupText, lookupValue } from "../lookup-text.js";
import { openContextRepository } from "../open-repository.js";

export const command = defineCommand({
  name: "lookup",
  summary: "Find the pack and offset of objects",
  usage: ["[--object-dir=<directory>] [--[no-]copies] [--json]\n  (<object>... | --stdin)"],
  options: {
    "object-dir": objectDirOption,
    stdin: { type: "flag", help: "read objects from standard input, one a line" },
    copies: { type: "flag", help: "list other copies too (default without --stdin)" },
    json: jsonOption,
  },
  argumentCount: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { args, options, stdout } = context;
    const stdin = options.stdin === true;
    if (stdin && args.length > 0) throw new UsageError("cannot use --stdin with objects on the command line");
    if (!stdin && args.length === 0) throw new UsageError("no object given");
    const { repository, directory } = await openContextRepository(context, options["object-dir"]);
    const batches = stdin ? firstWords(context) : [args];
    const json = options.json === true ? new JsonWriter(stdout) : undefined;
    const items = json?.openArray("lookups");
    let found = 0;
    let given = 0;
    for await (const texts of batches) {
      const lookups = await repository.lookUpMany(texts, { others: options.copies ?? !stdin });
      checkAborted(context);
      found += lookups.filter(isThere).length;
      given += lookups.length;
      const pairs = lookups.map((lookup, i) => [texts[i]!, lookup] as const);
      if (items === undefined) await stdout.write(pairs.map((pair) => lookupText(...pair, directory)).join(""));
      else for (const pair of pairs) await items.write(lookupValue(...pair));
    }
    await items?.end();
    await json?.member("found", found);
    await json?.member("notFound", given - found);
    await json?.end();
    return found < given ? exitStatus.found : exitStatus.done;
  },
});

/** Whether there is one such object, and a copy of it that can be read. */
function isThere(lookup: Lookup): boolean {
  if (lookup.outcome !== "found") return false;
  const { copy } = lookup.object;
  return copy.kind === "loose" || copy.present;
}

/** The first word of every line, so that `git rev-list --objects` can be fed in as it is. */
async function* firstWords({ stdin }: Pick<CommandContext, "stdin">): AsyncGenerator<readonly string[]> {
  for await (const lines of lineBatchesOf(stdin)) yield lines.map((line) => line.split(" ", 1)[0]!);
}
