/** `gitmidx show-index`: `git show-index`. */

import { isGitmidxError } from "../../core/errors.js";
import { type ObjectFormat, objectFormatByName, sha1 } from "../../core/oid.js";
import { indexLines } from "../../ops/show-index/show-index.js";
import { type CommandContext, defineCommand } from "../command.js";
import { FatalError } from "../complaint.js";
import { exitStatus, message } from "../exit-status.js";
import { openContextRepository } from "../open-repository.js";

export const command = defineCommand({
  name: "show-index",
  summary: "List the objects of a pack index given on standard input",
  usage: ["[--object-format=<hash-algorithm>] < <pack-idx-file>"],
  options: {
    "object-format": {
      type: "value",
      argument: "hash-algorithm",
      help: "specify the hash algorithm to use",
      complete: ["sha1", "sha256"],
    },
  },
  // git looks at none of them
  argumentCount: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, stdin, stdout } = context;
    const format = await formatOf(context, options["object-format"]);
    for await (const lines of indexLines(stdin, format, context)) await stdout.write(lines);
    return exitStatus.done;
  },
});

/** The format that is named, or that of the repository; without one SHA-1, as git warns. */
async function formatOf(
  context: Pick<CommandContext, "cwd" | "env" | "gitSettings" | "stderr">,
  name: string | undefined,
): Promise<ObjectFormat> {
  if (name !== undefined) {
    const format = objectFormatByName(name);
    if (format === undefined) throw new FatalError("Unknown hash algorithm");
    return format;
  }
  try {
    return (await openContextRepository(context, undefined)).repository.format;
  } catch (error) {
    if (!isGitmidxError(error, "not-a-repository") || context.gitSettings.gitDir !== undefined) throw error;
    await context.stderr.write(message("warning", "assuming SHA-1; use --object-format to override"));
    return sha1;
  }
}
