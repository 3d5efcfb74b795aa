/** `gitmidx help`: the list of commands, or the manual of one. */

import { defineCommand } from "../command.js";
import { manualPage } from "../manual.js";
import { overviewText } from "../overview.js";

export const command = defineCommand({
  name: "help",
  summary: "Show the manual of gitmidx or of a command",
  usage: ["[<command>]"],
  options: {},
  argumentCount: { min: 0, max: 1 },
  completeArguments: "command",
  async run({ args: [topic], stdout }) {
    await stdout.write(topic === undefined ? overviewText() : manualPage(topic, stdout.columns));
    return 0;
  },
});
