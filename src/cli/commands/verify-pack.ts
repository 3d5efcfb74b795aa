/** `gitmidx verify-pack`: `git verify-pack`. */

import { isGitmidxError } from "../../core/errors.js";
import { defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus, message } from "../exit-status.js";
import { findPackPlace } from "../pack-place.js";
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
    const place = await findPackPlace(context, options["object-format"]);
    let status: number = exitStatus.done;
    for (const given of args) {
      const pack = packNameOf(given);
      try {
        await verifyNamedPack(context, place, pack, extent, options.trusted !== false);
        if (extent === "list") await stdout.write(`${pack}: ok\n`);
      } catch (error) {
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
