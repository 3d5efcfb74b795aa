/**
 * What a command of the command line is: a name, a table of options, and what it does with them.
 *
 * A command lives in `commands/NAME.ts` and has a row in `commands.ts` and a page in `Documentation/gitmidx-NAME.md`:
 *
 * ```ts
 * export const command = defineCommand({
 *   name: "verify",
 *   summary: "Check a multi-pack-index against its packs",
 *   usage: ["[--object-dir=<directory>] [--[no-]progress] [--json]"],
 *   options: {
 *     "object-dir": objectDirOption,
 *     progress: progressOption,
 *     json: { type: "flag", help: "print findings as JSON" },
 *   },
 *   async run({ options, stdout, task }) {
 *     for (const finding of await verify({ objectDir: options["object-dir"], ...task() })) await stdout.write(`${finding}\n`);
 *     return 0;
 *   },
 * });
 * ```
 */

import type { TaskOptions } from "../core/task.js";
import type { ConfigParameter } from "../store/config/parameters.js";
import type { Output } from "./output.js";

/** What a shell completes where a value or an argument stands. */
export type CompletionKind = "file" | "directory" | "command" | "none";

interface OptionBase {
  /** One line for `-h`, lower case and without a full stop, as git words it; `\n` begins a further line. */
  readonly help: string;
  /** One ASCII letter or digit. */
  readonly short?: string;
  /** Whether the short name is all it has; the long one is then only the table's. */
  readonly shortOnly?: boolean;
  /** Further long names, listed as `alias of --NAME`. */
  readonly aliases?: readonly string[];
  /** Whether there is a `--no-` form: yes unless told otherwise, as in git. */
  readonly negatable?: boolean;
  /** Left out of `-h`; `--help-all` shows it. */
  readonly hidden?: boolean;
}

interface ValueBase extends OptionBase {
  /** What is said where it is given after itself, or after another option that would say the same. */
  readonly onlyOne?: string;
  /** What `-h` calls the value, without `<>`; spelled as it stands if it has one of `()<>[]|` in it. */
  readonly argument: string;
  /** What a shell completes it with: nothing, unless told otherwise. */
  readonly complete?: CompletionKind | readonly string[];
}

/** `--x`, `--no-x`: true, false, or undefined where neither was given. */
export interface FlagOption extends OptionBase {
  readonly type: "flag";
  /** Of options that name the same group only the one that was given last counts. */
  readonly group?: string;
  /** Flags that name the same mode exclude each other. */
  readonly mode?: string;
}

/** `--x=V` or `--x V`: the last one counts; `--no-x` takes it back. */
export interface ValueOption extends ValueBase {
  readonly type: "value";
}

/** `--x=V` several times: all of them in order; `--no-x` takes back those before it. */
export interface ListOption extends ValueBase {
  readonly type: "list";
}

/** `--x` or `--x=V` (never `--x V`): true or the text; `--no-x` is false. */
export interface OptionalValueOption extends ValueBase {
  readonly type: "optional-value";
  /** As that of a flag. */
  readonly group?: string;
}

/** `--x=N`: an integer of at least 0, with git's suffixes `k`, `m`, `g`; `--no-x` is 0. */
export interface NumberOption extends ValueBase {
  readonly type: "number";
  /** Whether it may be below 0; it then has 32 bits. */
  readonly signed?: boolean;
}

export type OptionRow = FlagOption | ValueOption | ListOption | OptionalValueOption | NumberOption;

/** The options of a command by long name, in the order in which `-h` lists them. */
export type OptionTable = Readonly<Record<string, OptionRow>>;

interface OptionValueByType {
  readonly flag: boolean | undefined;
  readonly value: string | undefined;
  readonly list: readonly string[];
  readonly "optional-value": string | boolean | undefined;
  readonly number: number | undefined;
}

/** What was given for each option of a table, by long name. */
export type OptionValues<T extends OptionTable> = { readonly [K in keyof T]: OptionValueByType[T[K]["type"]] };

/** git's options before the command, named as `discoverRepository` takes them. `-C` is in the context's `cwd`. */
export interface GitSettings {
  /** `--git-dir`, as given. */
  readonly gitDir: string | undefined;
  /** `--work-tree`, as given. */
  readonly workTree: string | undefined;
  /** `--bare`. */
  readonly bare: boolean;
  /** `-c` and `--config-env`, in order. */
  readonly commandConfig: readonly ConfigParameter[];
}

/** How a command shows progress, where that is not the usual way. */
export interface MeterChoice {
  /** Whether there is a meter at all. */
  readonly shown: boolean;
  /** Shows each step from its beginning, as git does where even short steps are told of; else after a while. Default `late`. */
  readonly start?: "at once" | "late" | undefined;
}

/** What a command has to work with. */
export interface CommandContext<T extends OptionTable = OptionTable> {
  /** What stands on the command line besides options. */
  readonly args: readonly string[];
  readonly options: OptionValues<T>;
  /** The current directory after every `-C`: absolute, without symbolic links. */
  readonly cwd: string;
  /** The environment; git's options before the command are in `gitSettings`, not here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly gitSettings: GitSettings;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Which of the streams are terminals. */
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Fires at SIGINT or SIGTERM; the status is then 130 or 143, whatever the command returns. */
  readonly signal: AbortSignal;
  /** The absolute path of a path given on the command line. */
  resolve(path: string): string;
  /** The lines of standard input without their line ends (`\n` or `\r\n`). */
  lines(): AsyncIterable<string>;
  /**
   * Options for long work: the signal, and a progress meter where `--progress` says so or, without either form of it, where
   * standard error is a terminal.
   * @param meter for commands that decide otherwise.
   */
  task(meter?: MeterChoice): TaskOptions;
}

/** One command. */
export interface Command<T extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line for the list of commands: a capital, no full stop. */
  readonly summary: string;
  /** Ways to call it, each what follows `gitmidx NAME `; `\n` continues one on the next line. */
  readonly usage: readonly string[];
  readonly options: T;
  /** Whether all that is said of a wrong command line are the usage lines, as git's plumbing has it. */
  readonly terseUsage?: boolean;
  /**
   * Whether it reads its options itself, as git's commands on revisions do, whose order counts: {@link CommandContext.args} are all words
   * then, and no option has a value. The table is what it is described by.
   */
  readonly readsOptions?: boolean;
  /** How many arguments it takes; none unless told otherwise. Any other number gives the usage and status 129. */
  readonly argumentCount?: { readonly min: number; readonly max: number };
  /** What a shell completes its arguments with. */
  readonly completeArguments?: CompletionKind | readonly string[];
  /** Does it; the status is 0, or 1 where a check found something. Everything else is thrown. */
  run(context: CommandContext<T>): Promise<number>;
}

/** A command, with `options` of its `run` typed by its option table. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command<T> {
  return command;
}

/** `--object-dir`, as every command on an object directory has it. */
export const objectDirOption = {
  type: "value",
  argument: "directory",
  help: "object directory containing set of packfile and pack-index pairs",
  complete: "directory",
} as const satisfies OptionRow;

/** `--[no-]progress`; what {@link CommandContext.task} goes by. */
export const progressOption = { type: "flag", help: "force progress reporting" } as const satisfies OptionRow;

/** `--json`. */
export const jsonOption = { type: "flag", help: "print the result as JSON" } as const satisfies OptionRow;
