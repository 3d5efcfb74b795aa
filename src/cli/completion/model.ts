/** What completion scripts are made of: the commands and their options, from the same tables that read command lines. */

import type { Command, CompletionKind, OptionRow } from "../command.js";
import { commands } from "../commands.js";
import { spelledOptions } from "../options.js";

/** What a shell can offer: a kind of thing, or words. */
export type Completion = CompletionKind | readonly string[];

export interface CompletedOption {
  /** Long name without dashes. */
  readonly name: string;
  readonly short: string | undefined;
  /** One line. */
  readonly help: string;
  readonly negatable: boolean;
  readonly value: "none" | "needed" | "optional";
  /** What the value is called and what it may be. */
  readonly argument: string;
  readonly completion: Completion;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly argumentCompletion: Completion;
  /** Whether it takes any arguments at all. */
  readonly takesArguments: boolean;
}

/** Loads every command and says what there is to complete. */
export async function completedCommands(): Promise<readonly CompletedCommand[]> {
  const loaded = await Promise.all(commands.map((entry) => entry.load()));
  return loaded.map(({ command }) => completedCommand(command));
}

/** What there is to complete of one command; hidden options are left out. */
export function completedCommand(command: Command): CompletedCommand {
  return {
    name: command.name,
    summary: command.summary,
    options: spelledOptions(command.options)
      .filter(({ row }) => !row.hidden && !row.shortOnly)
      .map(({ spelled, row, aliasOf }) => completedOption(spelled, row, aliasOf)),
    argumentCompletion: command.completeArguments ?? "none",
    takesArguments: (command.argumentCount?.max ?? 0) > 0,
  };
}

function completedOption(name: string, row: OptionRow, aliasOf: string | undefined): CompletedOption {
  return {
    name,
    short: aliasOf === undefined ? row.short : undefined,
    help: aliasOf === undefined ? row.help.replaceAll("\n", " ") : `alias of --${aliasOf}`,
    negatable: row.negatable !== false,
    value: row.type === "flag" ? "none" : row.type === "optional-value" ? "optional" : "needed",
    argument: row.type === "flag" ? "" : row.argument,
    completion: row.type === "flag" ? "none" : (row.complete ?? "none"),
  };
}
