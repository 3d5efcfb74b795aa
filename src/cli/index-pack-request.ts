/** What an `index-pack` command line asks for. */

import { fstatSync } from "node:fs";
import { env } from "#env";
import type { IdxEncoding } from "../formats/idx/encode.js";
import { ReceivedObjects } from "../ops/fsck-objects/received-objects.js";
import { type FsckSettings, parseFsckSettings } from "../ops/fsck-objects/settings.js";
import type { IndexPackOptions } from "../ops/index-pack/options.js";
import { defaultThreads } from "../ops/index-pack/settings.js";
import type { ObjectStore } from "../store/object-store.js";
import type { CommandContext, OptionValues } from "./command.js";
import { FatalError, UsageError } from "./complaint.js";
import type { indexPackOptions } from "./index-pack-options.js";
import { readMtimes } from "./mtimes-list.js";
import { packHeaderOf } from "./pack-header.js";
import { findPackPlace, type PackPlace, workerUrl } from "./pack-place.js";
import { tellOn } from "./told-line.js";

type Context = CommandContext<typeof indexPackOptions>;
type Options = OptionValues<typeof indexPackOptions>;

/** A command line, understood. */
export interface IndexPackRequest {
  readonly place: PackPlace;
  /** The pack as given; undefined with `--stdin` alone. */
  readonly pack: string | undefined;
  readonly verify: "no" | "plain" | "list" | "count";
  readonly options: IndexPackOptions;
  close(): void;
}

/**
 * Checks the options against each other, and reads what they name.
 * @throws UsageError, FatalError in git's words; GitmidxError `bad-config`
 */
export async function indexPackRequestOf(context: Context): Promise<IndexPackRequest> {
  const { options, args } = context;
  const [pack] = args;
  if (pack === undefined && options.stdin !== true) throw new UsageError();
  const place = await findPackPlace(context, options["object-format"]);
  const encoding = encodingOf(options["index-version"]) ?? place.config.encoding;
  checkTogether(options, pack, place);
  const verify = verification(options);
  if (verify !== "no" && pack === undefined) {
    throw new FatalError("--verify with no packfile name given");
  }
  const links = options.strict !== undefined || options["check-self-contained-and-connected"] === true;
  const fsck = await fsckSettings(context, place);
  const received =
    links || fsck !== undefined ? new ReceivedObjects(place.format, { fsck, links }, tellOn(context)) : undefined;
  const store = verify === "no" || links ? await openStore(place) : undefined;
  return {
    place,
    pack,
    verify,
    options: {
      ...progressOf(context),
      ...threadsOf(options, place),
      format: place.format,
      settings: place.config.settings,
      detectCollisions: options.trusted !== true,
      store,
      directories: place.repository?.directories,
      received,
      checkLinks: links,
      refuseDuplicates: links,
      maxInputByteLength: maxInput(options["max-input-size"]),
      encoding,
      reverseIndex: options["rev-index"] ?? place.config.reverseIndex,
      keep: textOf(options.keep),
      promisor: textOf(options.promisor),
      mtimeOf: options.mtimes === undefined ? undefined : await readMtimes(place.fs, context.resolve(options.mtimes)),
      onInputEnd: options["report-end-of-input"] === true ? () => void context.stderr.write("\0") : undefined,
    },
    close: () => store?.close(),
  };
}

async function openStore({ repository }: PackPlace): Promise<ObjectStore | undefined> {
  return repository === undefined ? undefined : repository.openObjects();
}

function checkTogether(options: Options, pack: string | undefined, { repository }: PackPlace): void {
  if (options["fix-thin"] === true && options.stdin !== true) {
    throw new FatalError("the option '--fix-thin' requires '--stdin'");
  }
  if (options.promisor !== undefined && pack !== undefined) {
    throw new FatalError("--promisor cannot be used with a pack name");
  }
  if (options.stdin === true && repository === undefined) throw new FatalError("--stdin requires a git repository");
  if (options.stdin === true && options["object-format"] !== undefined) {
    throw new FatalError("options '--object-format' and '--stdin' cannot be used together");
  }
}

function verification(options: Options): IndexPackRequest["verify"] {
  if (options["verify-stat-only"] === true) return "count";
  if (options["verify-stat"] === true) return "list";
  return options.verify === true ? "plain" : "no";
}

function encodingOf(text: string | undefined): IdxEncoding | undefined {
  if (text === undefined) return undefined;
  const [, version, offset] = /^\s*(\d*)(?:,(0x[0-9a-f]*|\d*))?$/i.exec(text) ?? [];
  const limit =
    offset === undefined || offset === "" ? undefined : Number(/^0\d/.test(offset) ? `0o${offset}` : offset);
  if (version === undefined || Number(version) > 2 || (limit !== undefined && !(limit < 0x8000_0000))) {
    throw new FatalError(`bad --index-version=${text}`);
  }
  const known = { version: Number(version) === 2 ? 2 : 1 } as const;
  return limit === undefined ? known : { ...known, largeOffsetLimit: limit };
}

async function fsckSettings(
  { options, resolve }: Context,
  { fs, format }: PackPlace,
): Promise<FsckSettings | undefined> {
  const given = [options.strict, options["fsck-objects"]].filter((value) => value !== undefined);
  if (given.length === 0) return undefined;
  const words = given.filter((value) => typeof value === "string").join(",");
  return { ...(await parseFsckSettings(words, { fs, format, resolve })), listMissingGitmodules: true };
}

function progressOf(context: Context): Pick<IndexPackOptions, "signal" | "progress" | "progressTitle"> {
  const { options } = context;
  const resolving = options["show-resolving-progress"] === true;
  const shown = options.verbose === true || resolving;
  const { signal, progress } = context.task({ shown, start: "at once" });
  const isShown = (title: string) => options.verbose === true || title === "Resolving deltas";
  return {
    signal,
    progress: progress && ((event) => (isShown(event.title) ? progress(event) : undefined)),
    progressTitle: options["progress-title"],
  };
}

function threadsOf({ threads }: Options, { config }: PackPlace): Pick<IndexPackOptions, "workers"> {
  const count = threads || config.threads || defaultThreads(env.processors);
  return { workers: { url: workerUrl, threads: count } };
}

function maxInput(text: string | undefined): number | undefined {
  const digits = /^\s*\+?(\d+)/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function textOf(value: string | boolean | undefined): string | undefined {
  return value === undefined || value === false ? undefined : value === true ? "" : value;
}

/** Standard input, with the header before it that was read off it already. */
export function packStream({ options, stdin }: Context): AsyncIterable<Uint8Array> {
  const header = options.pack_header === undefined ? undefined : packHeaderOf(options.pack_header);
  return header === undefined ? stdin : joined(header, stdin);
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Whether standard input is a file, in which nothing may stand behind the pack. */
export function isStdinFile(): boolean {
  try {
    return fstatSync(0).isFile();
  } catch {
    return false;
  }
}
