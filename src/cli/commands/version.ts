/** `gitmidx version`. */

import { env } from "#env";
import { defineCommand } from "../command.js";
import { versionLine } from "../package-version.js";

export const command = defineCommand({
  name: "version",
  summary: "Show the version",
  usage: ["[--build-options]"],
  options: {
    "build-options": { type: "flag", help: "also print build options" },
  },
  async run({ options, stdout }) {
    await stdout.write(versionLine());
    if (options["build-options"]) {
      await stdout.write(`node: ${process.version}\nplatform: ${process.platform} ${process.arch}\n`);
      await stdout.write(`environment: ${env.name}\n`);
    }
    return 0;
  },
});
