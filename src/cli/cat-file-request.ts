/** What a command line of `gitmidx cat-file` asks for, or what git says is wrong with it. */

import { defaultFormat } from "../ops/cat-file/batch-format.js";
import type { BatchRequest } from "../ops/cat-file/batch-request.js";
import { type ObjectFilter, parseFilters } from "../ops/cat-file/object-filter.js";
import type { ShowRequest } from "../ops/cat-file/show-object.js";
import type { catFileOptions } from "./cat-file-options.js";
import type { OptionValues } from "./command.js";
import { FatalError, UsageError } from "./complaint.js";

/** One object, or many. */
export type CatFileRequest =
  | { readonly kind: "one"; readonly revision: string; readonly show: ShowRequest }
  | { readonly kind: "batch"; readonly batch: BatchRequest };

/** A wrong command line for which git says `fatal:` and the usage, or `usage:` alone. */
export class WrongCatFile extends Error {
  readonly prefix: "fatal" | "usage";

  constructor(prefix: "fatal" | "usage", message: string) {
    super(message);
    this.prefix = prefix;
  }
}

type Options = OptionValues<typeof catFileOptions>;

const modes = [
  ["exists", "-e"],
  ["print", "-p"],
  ["type", "-t"],
  ["size", "-s"],
  ["batch-all-objects", "--batch-all-objects"],
  ["textconv", "--textconv"],
  ["filters", "--filters"],
] as const;

type Mode = (typeof modes)[number];

/**
 * Reads the options and arguments.
 * @throws UsageError, {@link WrongCatFile}; FatalError for what is not supported
 */
export function readCatFileRequest(options: Options, args: readonly string[]): CatFileRequest {
  const mode = modes.find(([name]) => options[name] === true);
  const name = (["batch", "batch-check", "batch-command"] as const).find((batch) => options[batch] !== undefined);
  const filter = readFilter(options, name !== undefined);
  const converts = mode?.[0] === "textconv" || mode?.[0] === "filters";
  if (options.path !== undefined && !converts) {
    throw new WrongCatFile("fatal", "'--path=<path|tree-ish>' needs '--filters' or '--textconv'");
  }
  if (options["use-mailmap"] === true) throw new FatalError("--use-mailmap is not supported");
  if (name === undefined) return readSingle(options, args, mode);
  if (converts) throw new FatalError(`${mode[1]} is not supported`);
  if (mode !== undefined && mode[0] !== "batch-all-objects") {
    throw new WrongCatFile("fatal", `'${mode[1]}' is incompatible with batch mode`);
  }
  if (mode === undefined && args.length > 0) throw new WrongCatFile("fatal", "batch modes take no arguments");
  const given = options[name];
  return {
    kind: "batch",
    batch: {
      mode: name === "batch" ? "contents" : name === "batch-check" ? "info" : "commands",
      format: typeof given === "string" ? given : defaultFormat,
      allObjects: mode !== undefined,
      unordered: options.unordered === true,
      buffer: options.buffer ?? mode !== undefined,
      followSymlinks: options["follow-symlinks"] === true,
      filter,
      inputEnd: options.nul === true || options["nul-input"] === true ? "NUL" : "LF",
      outputEnd: options.nul === true ? "NUL" : "LF",
    },
  };
}

function readFilter(options: Options, inBatch: boolean): ObjectFilter | undefined {
  const filter = parseFilters(options.filter);
  if (filter?.kind === "unsupported") throw new WrongCatFile("usage", `objects filter not supported: '${filter.name}'`);
  if (filter !== undefined && !inBatch) throw new WrongCatFile("usage", "objects filter only supported in batch mode");
  return filter;
}

function readSingle(options: Options, args: readonly string[], mode: Mode | undefined): CatFileRequest {
  const batchOnly = [
    ["--follow-symlinks", options["follow-symlinks"]],
    ["--buffer", options.buffer === undefined ? undefined : true],
    ["--batch-all-objects", options["batch-all-objects"]],
    ["-z", options["nul-input"]],
    ["-Z", options.nul],
  ] as const;
  for (const [name, given] of batchOnly) {
    if (given === true) throw new WrongCatFile("fatal", `'${name}' requires a batch mode`);
  }
  const [first, second] = args;
  if (mode === undefined) {
    if (first === undefined) throw new UsageError();
    if (second === undefined || args.length > 2) {
      const message = `only two arguments allowed in <type> <object> mode, not ${args.length}`;
      throw new WrongCatFile("fatal", message);
    }
    return { kind: "one", revision: second, show: { kind: "content", type: first } };
  }
  if (first === undefined) {
    const converts = mode[0] === "textconv" || mode[0] === "filters";
    throw new WrongCatFile("fatal", `${converts ? "<rev>" : "<object>"} required with '${mode[1]}'`);
  }
  if (args.length > 1) throw new WrongCatFile("fatal", "too many arguments");
  const kind = mode[0];
  if (kind === "textconv" || kind === "filters" || kind === "batch-all-objects") {
    throw new FatalError(`${mode[1]} is not supported`);
  }
  return { kind: "one", revision: first, show: { kind } };
}
