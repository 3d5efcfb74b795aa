/** A program with the command line's machinery and one command, `probe`, that tells what it was given or fails in a chosen way. */

import { defineCommand, jsonOption, progressOption } from "../../src/cli/command.js";
import type { CommandEntry } from "../../src/cli/commands.js";
import { FatalError, UsageError } from "../../src/cli/complaint.js";
import { runCommandLine } from "../../src/cli/run.js";
import { bug, type ErrorCode, GitmidxError } from "../../src/core/errors.js";
import { Step, type TaskOptions } from "../../src/core/task.js";

/** Every type of option, as a command declares them. */
export const probe = defineCommand({
  name: "probe",
  summary: "Tell what was given",
  usage: ["[<mode>] [<argument>...]"],
  options: {
    progress: progressOption,
    json: jsonOption,
    incremental: { type: "flag", help: "one option of two names", aliases: ["split"] },
    base: { type: "value", argument: "checksum", help: "a value", short: "b" },
    git: { type: "list", argument: "path", help: "several values" },
    junit: { type: "optional-value", argument: "file", help: "perhaps a value" },
    "batch-size": { type: "number", argument: "n", help: "a number" },
    secret: { type: "flag", help: "not listed", hidden: true },
  },
  argumentCount: { min: 0, max: 3 },
  async run(context) {
    const [mode = "tell", argument = ""] = context.args;
    // the types of options come from the table
    const base: string | undefined = context.options.base;
    const paths: readonly string[] = context.options.git;
    const size: number | undefined = context.options["batch-size"];
    if (mode === "tell") {
      const { args, options, cwd, gitSettings, isTerminal } = context;
      const told = {
        args,
        options: { ...options, base, git: paths, "batch-size": size },
        cwd,
        gitSettings,
        isTerminal,
      };
      await context.stdout.write(`${JSON.stringify(told)}\n`);
    } else if (mode === "lines") {
      for await (const line of context.lines()) await context.stdout.write(`${JSON.stringify(line)}\n`);
    } else if (mode === "flood") {
      for (let i = 0; i < Number(argument); i++) await context.stdout.write(`${"x".repeat(1023)}\n`);
      await context.stderr.write(`${process.memoryUsage().rss}\n`);
    } else if (mode === "work") {
      await work(context.task());
    } else if (mode === "found") {
      return 1;
    } else {
      await context.stdout.write("before\n");
      throw failure(mode, argument);
    }
    return 0;
  },
});

function failure(mode: string, argument: string): unknown {
  if (mode === "fatal") return new FatalError(argument);
  if (mode === "usage") return new UsageError(argument);
  if (mode === "bug") return bug(argument);
  if (mode === "type-error") return new TypeError(argument);
  if (mode === "string") return argument;
  return new GitmidxError(mode as ErrorCode, argument);
}

/** Works until it is aborted, then cleans up for a moment, as a writer does. */
async function work(task: TaskOptions): Promise<void> {
  const step = new Step(task, "Working");
  process.stdout.write("working\n");
  try {
    for (;;) await step.tick(1024);
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, process.env.PROBE_STUCK ? 60_000 : 50));
    process.stdout.write("cleaned up\n");
    throw error;
  }
}

const entries: readonly CommandEntry[] = [
  { name: probe.name, summary: probe.summary, load: async () => ({ command: probe }) },
];

if (import.meta.url === new URL(process.argv[1] ?? "", "file:").href) {
  process.exit(await runCommandLine(process.argv.slice(2), entries));
}
