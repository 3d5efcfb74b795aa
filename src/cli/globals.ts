/** The options before the command: git's own, read as git reads them. */

import { accessSync, constants, realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { ConfigParameter } from "../store/config/parameters.js";
import type { GitSettings } from "./command.js";
import { FatalError, UsageError } from "./complaint.js";

/** What stands before the command, and what is left. */
export interface GlobalOptions {
  /** The current directory after every `-C`. */
  readonly cwd: string;
  readonly gitSettings: GitSettings;
  /** Environment variables that the options set. */
  readonly env: Readonly<Record<string, string>>;
  /** The command and its words; empty if none was given. */
  readonly words: readonly string[];
}

interface Reading {
  cwd: string;
  gitDir: string | undefined;
  workTree: string | undefined;
  bare: boolean;
  readonly commandConfig: ConfigParameter[];
  readonly env: Record<string, string>;
  /** Options of `git multi-pack-index` that may stand before its subcommand: handed on to the command. */
  readonly handedOn: string[];
}

type Apply = (reading: Reading, value: string, env: Environment) => void | Promise<void>;
type Environment = Readonly<Record<string, string | undefined>>;

interface ValueRow {
  /** What git says when there is no value. */
  readonly missing: string;
  /** Whether `--name=value` is read too. */
  readonly joined: boolean;
  readonly apply: Apply;
}

const ignore = (): void => undefined;

function environmentFlag(name: string, value: string): (reading: Reading) => void {
  return (reading) => {
    reading.env[name] = value;
  };
}

const flags: Readonly<Record<string, (reading: Reading, word: string) => void>> = {
  "-p": ignore,
  "--paginate": ignore,
  "-P": ignore,
  "--no-pager": ignore,
  "--no-advice": ignore,
  "--no-optional-locks": environmentFlag("GIT_OPTIONAL_LOCKS", "0"),
  "--no-lazy-fetch": environmentFlag("GIT_NO_LAZY_FETCH", "1"),
  "--no-replace-objects": environmentFlag("GIT_NO_REPLACE_OBJECTS", "1"),
  "--literal-pathspecs": ignore,
  "--no-literal-pathspecs": ignore,
  "--glob-pathspecs": ignore,
  "--noglob-pathspecs": ignore,
  "--icase-pathspecs": ignore,
  "--bare": (reading) => {
    reading.bare = true;
  },
  "--progress": handOn,
  "--no-progress": handOn,
};

function handOn(reading: Reading, word: string): void {
  reading.handedOn.push(word);
}

const values: Readonly<Record<string, ValueRow>> = {
  "-C": {
    missing: "no directory given for '-C' option",
    joined: false,
    apply: async (reading, value) => {
      if (value !== "") reading.cwd = await changeDirectory(reading.cwd, value);
    },
  },
  "-c": {
    missing: "-c expects a configuration string",
    joined: false,
    apply: async (reading, value) => {
      const { parseConfigArgument } = await import("../store/config/parameters.js");
      reading.commandConfig.push(parseConfigArgument(value));
    },
  },
  "--config-env": {
    missing: "no config key given for --config-env",
    joined: true,
    apply: async (reading, value, env) => {
      const { parseConfigEnvArgument } = await import("../store/config/parameters.js");
      reading.commandConfig.push(parseConfigEnvArgument(value, env));
    },
  },
  "--git-dir": {
    missing: "no directory given for '--git-dir' option",
    joined: true,
    apply: (reading, value) => {
      reading.gitDir = value;
    },
  },
  "--work-tree": {
    missing: "no directory given for '--work-tree' option",
    joined: true,
    apply: (reading, value) => {
      reading.workTree = value;
    },
  },
  "--namespace": {
    missing: "no namespace given for --namespace",
    joined: true,
    apply: (reading, value) => {
      reading.env.GIT_NAMESPACE = value;
    },
  },
  "--attr-source": { missing: "no attribute source given for --attr-source", joined: true, apply: ignore },
  "--object-dir": {
    missing: "no directory given for '--object-dir' option",
    joined: true,
    apply: (reading, value) => {
      reading.handedOn.push(`--object-dir=${value}`);
    },
  },
};

/** The words in place of a command that are commands: git's old way to spell them. */
const dashedCommands: Readonly<Record<string, string>> = {
  "--help": "help",
  "-h": "help",
  "--version": "version",
  "-v": "version",
};

/** How a global option is spelled, and whether a value follows it. */
export interface GlobalOptionName {
  readonly spelled: string;
  readonly value: "none" | "next word" | "next word or joined";
}

/** Every option that may stand before the command. */
export const globalOptionNames: readonly GlobalOptionName[] = [
  ...[...Object.keys(dashedCommands), ...Object.keys(flags)].map((spelled) => ({ spelled, value: "none" as const })),
  ...Object.entries(values).map(([spelled, { joined }]) => ({
    spelled,
    value: joined ? ("next word or joined" as const) : ("next word" as const),
  })),
];

/**
 * Reads the options before the command.
 * @throws UsageError with git's words, FatalError for a directory that one cannot change to, GitmidxError for a bad `--config-env`.
 */
export async function readGlobalOptions(
  argv: readonly string[],
  cwd: string,
  env: Environment,
): Promise<GlobalOptions> {
  const reading: Reading = {
    cwd,
    gitDir: undefined,
    workTree: undefined,
    bare: false,
    commandConfig: [],
    env: {},
    handedOn: [],
  };
  let position = 0;
  while (position < argv.length) {
    const word = argv[position]!;
    if (!word.startsWith("-") || Object.hasOwn(dashedCommands, word)) break;
    position += await readOption(reading, word, argv[position + 1], env);
  }
  const { gitDir, workTree, bare, commandConfig } = reading;
  const [name, ...rest] = argv.slice(position);
  return {
    cwd: reading.cwd,
    gitSettings: { gitDir, workTree, bare, commandConfig },
    env: reading.env,
    words: name === undefined ? [] : [dashedCommands[name] ?? name, ...reading.handedOn, ...rest],
  };
}

/** Reads one option; the result is how many words it took. */
async function readOption(
  reading: Reading,
  word: string,
  following: string | undefined,
  env: Environment,
): Promise<number> {
  if (Object.hasOwn(flags, word)) {
    flags[word]!(reading, word);
    return 1;
  }
  // git's own path to its programs; nothing here is run from there
  if (word.startsWith("--exec-path=")) return 1;
  if (Object.hasOwn(values, word)) {
    const row = values[word]!;
    if (following === undefined) throw new UsageError(row.missing);
    await row.apply(reading, following, env);
    return 2;
  }
  const equals = word.indexOf("=");
  const row = equals > 0 && Object.hasOwn(values, word.slice(0, equals)) ? values[word.slice(0, equals)] : undefined;
  if (!row?.joined) throw new UsageError(`unknown option: ${word}`);
  await row.apply(reading, word.slice(equals + 1), env);
  return 1;
}

/** Where a process would be after changing from `cwd` to `directory`: links are followed before `..` is. */
async function changeDirectory(cwd: string, directory: string): Promise<string> {
  try {
    const path = realpathSync.native(isAbsolute(directory) ? directory : `${cwd}/${directory}`);
    // fails, as changing to it would, unless it is a directory that one may enter
    accessSync(`${path}/.`, constants.X_OK);
    return path;
  } catch (error) {
    const { systemErrorText } = await import("../store/system-error.js");
    throw new FatalError(`cannot change to '${directory}': ${systemErrorText(error)}`);
  }
}
