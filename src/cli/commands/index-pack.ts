/** `gitmidx index-pack`: `git index-pack`. */

import { defineCommand } from "../command.js";
import { tellDeltaFault } from "../delta-complaint.js";
import { exitStatus } from "../exit-status.js";
import { indexPackOptions } from "../index-pack-options.js";
import { indexPackRequestOf } from "../index-pack-request.js";
import { indexRequestedPack, verifyRequestedPack } from "../index-pack-run.js";

export const command = defineCommand({
  name: "index-pack",
  summary: "Build the index of a pack",
  usage: [
    "[-v] [-o <index-file>] [--keep | --keep=<msg>] [--[no-]rev-index] [--verify] " +
      "[--strict[=<msg-id>=<severity>...]] [--fsck-objects[=<msg-id>=<severity>...]] " +
      "(<pack-file> | --stdin [--fix-thin] [<pack-file>])",
  ],
  terseUsage: true,
  options: indexPackOptions,
  argumentCount: { min: 0, max: 1 },
  completeArguments: "file",
  async run(context) {
    const request = await indexPackRequestOf(context);
    try {
      const foreign = await (request.verify === "no"
        ? indexRequestedPack(context, request)
        : verifyRequestedPack(context, request));
      const fails = context.options["check-self-contained-and-connected"] === true && foreign !== 0;
      return fails ? exitStatus.found : exitStatus.done;
    } catch (error) {
      throw await tellDeltaFault(error, context);
    } finally {
      request.close();
    }
  },
});
