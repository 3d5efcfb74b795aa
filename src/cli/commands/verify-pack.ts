/** `gitmidx verify-pack`: `git verify-pack`. */

import { isGitmidxError } from "../../core/errors.js";
import { type CommandContext, defineCommand } from "../command.js";
import { FatalError, UsageError } from "../complaint.js";
import { tellDeltaFault } from "../delta-complaint.js";
import { exitStatus, message } from "../exit-status.js";
import { findPackPlace, type PackPlace } from "../pack-place.js";
import { packNameOf, verifyNamedPack } from "../verify-named-pack.js";

export const command = defineCommand({
  name: "verify-pack",
  summary: "Validate packs against their indexes",
  usage: ["[-v | --verbose] [-s | --stat-only] [--[no-]trusted] [--] <pack>.idx..."],
  options: {
    verbose: { type: "flag", short: "v", help: "verbose" },
    "stat-only": { type: "flag", short: "s", help: "show statistics only" },
    "object-format": {
      type: "value",
      argument: "hash",
      help: "specify the hash algorithm to use",
      complete: ["sha1", "sha256"],
    },
    trusted: { type: "flag", help: "do not look for traces of SHA-1 collision attacks (default)" },
  },
  argumentCount: { min: 0, max: Number.POSITIVE_INFINITY },
  completeArguments: "file",
  async run(context) {
    const { args, options, stdout, stderr } = context;
    if (args.length === 0) throw new UsageError();
    const countOnly = options["stat-only"] === true;
    const extent = countOnly ? "count" : options.verbose === true ? "list" : undefined;
    const place = await placeOf(context, args, extent);
    if (place === undefined) return exitStatus.found;
    let status: number = exitStatus.done;
    for (const given of args) {
      const pack = packNameOf(given);
      try {
        await verifyNamedPack(context, place, pack, extent, options.trusted !== false);
        if (extent === "list") await stdout.write(`${pack}: ok\n`);
      } catch (thrown) {
        const error = await tellDeltaFault(thrown, context);
        if (!isGitmidxError(error) || error.code === "aborted") throw error;
        await stdout.flush();
        await stderr.write(message("fatal", error.message));
        if (extent !== undefined) await stdout.write(`${pack}: bad\n`);
        status = exitStatus.found;
      }
    }
    return status;
  },
});

/** Where the packs are. Git leaves the packs to index-pack, one by one: of an unknown format it is told for each of them. */
async function placeOf(
  context: CommandContext,
  packs: readonly string[],
  extent: "list" | "count" | undefined,
): Promise<PackPlace | undefined> {
  const { options, stdout, stderr } = context;
  try {
    return await findPackPlace(context, options["object-format"] as string | undefined);
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    for (const pack of packs) {
      await stderr.write(message("fatal", error.message));
      if (extent !== undefined) await stdout.write(`${packNameOf(pack)}: bad\n`);
    }
    return undefined;
  }
}
