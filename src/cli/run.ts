/** Runs one command line: options before the command, the command with its own, and what to say when it fails. */

import type { Command } from "./command.js";
import { type CommandEntry, commands } from "./commands.js";
import { UsageError } from "./complaint.js";
import { makeContext, type Surroundings } from "./context.js";
import { exitStatus, failureOf, message } from "./exit-status.js";
import { type GlobalOptions, readGlobalOptions } from "./globals.js";
import { listenForSignals } from "./interruption.js";
import type { Meter } from "./meter.js";
import { optionValues } from "./option-values.js";
import { type PlainCommandLine, readCommandLine } from "./options.js";
import { StreamOutput } from "./output.js";
import { overviewText, programUsage } from "./overview.js";
import { similarNames } from "./similar.js";
import { usageLines, usageText } from "./usage.js";

/**
 * Runs `argv` (without node and script), with the commands of `entries`; the result is the status to end the process with. Nothing
 * is thrown. Once for each process: it listens to the process's signals and streams.
 */
export async function runCommandLine(argv: readonly string[], entries = commands): Promise<number> {
  const interruption = listenForSignals();
  const stdout = new StreamOutput(process.stdout, "standard output", "gather");
  const stderr = new StreamOutput(process.stderr, "standard error", "at once");
  let meter: Meter | undefined;
  const meterMade = (made: Meter): void => {
    meter = made;
  };
  const fail = async (error: unknown): Promise<number> => {
    meter?.endLine();
    const failure = failureOf(error, process.env.GITMIDX_TRACE === "1");
    // what was found before the failure comes first; if it cannot be written either, the failure is still told
    await stdout.flush().catch(() => undefined);
    await stderr.write(failure.text).catch(() => undefined);
    return failure.status;
  };
  process.on("uncaughtException", async (error) => process.exit(await fail(error)));

  let status: number;
  try {
    status = await runGlobals(argv, entries, { stdout, stderr, signal: interruption.signal, meterMade });
    await stdout.flush();
  } catch (error) {
    status = await fail(error);
  }
  return interruption.status() ?? status;
}

async function runGlobals(
  argv: readonly string[],
  entries: readonly CommandEntry[],
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr } = surroundings;
  let globals: GlobalOptions;
  try {
    globals = await readGlobalOptions(argv, process.cwd(), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await stderr.write(`${error.message}\n${programUsage}\n`);
    return exitStatus.usage;
  }
  const [name, ...words] = globals.words;
  if (name === undefined) {
    await stdout.write(overviewText());
    return 1;
  }
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const names = entries.map((candidate) => candidate.name);
    await stderr.write(unknownCommandText(name, similarNames(name, names)));
    return 1;
  }
  if (words[0] === "--help") {
    const { manualPage } = await import("./manual.js");
    await stdout.write(manualPage(name, stdout.columns));
    return exitStatus.done;
  }
  const { command } = await entry.load();
  return runCommand(command, words, globals, surroundings);
}

function readWords({ options, readsOptions }: Command, words: readonly string[]): PlainCommandLine {
  if (readsOptions !== true) return readCommandLine(options, words);
  if (words.length === 1 && words[0] === "-h") throw new UsageError("", "stdout");
  return { tokens: [], args: words };
}

async function runCommand(
  command: Command,
  words: readonly string[],
  globals: GlobalOptions,
  surroundings: Surroundings,
): Promise<number> {
  try {
    const { tokens, args } = readWords(command, words);
    const { min, max } = command.argumentCount ?? { min: 0, max: 0 };
    if (args.length < min || args.length > max) throw new UsageError();
    const options = await optionValues(command.options, tokens);
    return await command.run(makeContext(surroundings, globals, args, options));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { stdout, stderr } = surroundings;
    if (command.terseUsage === true && !error.usagePlace.startsWith("stdout")) {
      await stderr.write(usageLines(command));
      return exitStatus.usage;
    }
    if (error.message !== "") await stderr.write(message("error", error.message));
    if (error.usagePlace === "stderr") await stderr.write(usageText(command));
    else if (error.usagePlace !== "nowhere") {
      await stdout.write(usageText(command, error.usagePlace === "stdout full" ? "full" : "normal"));
    }
    return exitStatus.usage;
  }
}

/** What git says of a word that is no command, and of those that it may have meant. */
function unknownCommandText(name: string, similar: readonly string[]): string {
  const heading = similar.length > 1 ? "The most similar commands are" : "The most similar command is";
  const suggestion = similar.length === 0 ? "" : `\n${heading}\n${similar.map((meant) => `\t${meant}\n`).join("")}`;
  return `gitmidx: '${name}' is not a gitmidx command. See 'gitmidx --help'.\n${suggestion}`;
}
