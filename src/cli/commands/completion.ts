/** `gitmidx completion`: a script that teaches a shell to complete gitmidx's command line. */

import { defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { bashCompletion } from "../completion/bash.js";
import { fishCompletion } from "../completion/fish.js";
import { completedCommands } from "../completion/model.js";
import { zshCompletion } from "../completion/zsh.js";

const scripts: ReadonlyMap<string, typeof bashCompletion> = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

export const command = defineCommand({
  name: "completion",
  summary: "Print a completion script for a shell",
  usage: ["(bash | zsh | fish)"],
  options: {},
  argumentCount: { min: 1, max: 1 },
  completeArguments: ["bash", "zsh", "fish"],
  async run({ args: [shell = ""], stdout }) {
    const script = scripts.get(shell);
    if (script === undefined) throw new UsageError(`unknown shell '${shell}'`);
    await stdout.write(script(await completedCommands()));
    return 0;
  },
});
