/** Packs objects of a repository: selects them, and makes the packs as its configuration has it. */

import { env } from "#env";
import type { TaskOptions } from "../../core/task.js";
import type { DeflateMode } from "../../env/contract.js";
import type { IdxEncoding } from "../../formats/idx/encode.js";
import { durabilityOf } from "../../store/durability.js";
import { sharedPermissionsOf } from "../../store/permissions.js";
import { type OpenRevisions, openRevisions, type RevisionRepository } from "../resolve-revision/open-revisions.js";
import { checkPackOptions, leastPackSize, mostDepth } from "./check-options.js";
import { loosen } from "./loosen.js";
import { type PackObjectsResult, packObjects } from "./pack-objects.js";
import type { PackOutput } from "./pack-output.js";
import { type CruftOptions, selectCruft } from "./select/cruft.js";
import { type ObjectListOptions, selectObjectList } from "./select/object-list.js";
import { type RevisionSelectionOptions, selectRevisions } from "./select/revisions.js";
import type { Selection, SelectionOptions, SelectionSource } from "./select/selection.js";
import { type StdinPacksOptions, selectStdinPacks } from "./select/stdin-packs.js";
import { type PackingHost, type PackSettings, packSettingsOf } from "./settings.js";
import { tagTips } from "./tag-tips.js";

type Lines<T> = AsyncIterable<T> | Iterable<T>;
type Own<T extends SelectionOptions> = Omit<T, keyof SelectionOptions | "window">;

/** Which objects are packed. */
export type PackSelection =
  /** Those that are listed, one a line: an id and, behind a blank, the path; `-ID` for one that deltas of a thin pack may stand on. */
  | ({ readonly kind: "objects"; readonly lines: Lines<Uint8Array> } & Own<ObjectListOptions>)
  /** Those that revisions reach (`--revs`, `--all`). */
  | ({ readonly kind: "revisions" } & Own<RevisionSelectionOptions>)
  /** Those in packs that are listed (`--stdin-packs`). */
  | ({ readonly kind: "packs"; readonly lines: Lines<string> } & Own<StdinPacksOptions>)
  /** Those that no ref reaches (`--cruft`): `-NAME` names a pack that goes, any other name one that stays. */
  | ({ readonly kind: "cruft"; readonly lines: Lines<string> } & Own<CruftOptions>);

/** Where the pack goes: as {@link PackOutput}, with names beginning as they do in the repository unless given. */
export type PackDestination =
  | (PackOutput & { readonly kind: "stream" })
  | {
      readonly kind: "files";
      /** Absolute path that the names begin with; `pack` in the repository's own pack directory unless given. */
      readonly base?: string | undefined;
      /** Told the checksum of each pack, in hex, once it is in place. */
      readonly finished?: ((checksum: string) => Promise<void>) | undefined;
    };

/** How objects are packed. Numbers are whole ones. What is not given is as the configuration has it. Names and meanings are those of git's options. */
export interface PackRepositoryOptions
  extends TaskOptions,
    Pick<SelectionOptions, "local" | "incremental" | "honorPackKeep" | "keepPacks" | "nameHashVersion" | "includeTag"> {
  readonly select: PackSelection;
  readonly output: PackDestination;
  /** Objects that each is tried against as a base; 0 looks for no deltas. */
  readonly window?: number | undefined;
  /** Bytes that they may take; 0 for any number. */
  readonly windowMemory?: number | undefined;
  /** Longest chain of deltas: 0 to 4095. */
  readonly depth?: number | undefined;
  /** 0 for as many as there are processors. */
  readonly threads?: number | undefined;
  /** Bytes below which a delta is kept from looking for it to writing it: 0 to 2^20 − 1. */
  readonly deltaCacheLimit?: number | undefined;
  /** Default true. */
  readonly reuseDelta?: boolean | undefined;
  /** Default true; false uses no deltas again either. */
  readonly reuseObjects?: boolean | undefined;
  /** Default false, as in git. */
  readonly deltaBaseOffset?: boolean | undefined;
  /** The most bytes of a pack, at least 2^20 as in git; 0 for any number. Only for files. */
  readonly maxPackSize?: number | undefined;
  /** zlib's level: −1 for its default, or 0 to 9. */
  readonly compression?: number | undefined;
  /** Whether zlib streams are those that git makes, or those that are made fastest. Default `fast`. */
  readonly deflate?: DeflateMode | undefined;
  readonly index?: IdxEncoding | undefined;
  /** Default false. */
  readonly nonEmpty?: boolean | undefined;
  /** The module that worker threads run; without it one thread does all. */
  readonly workerUrl?: string | undefined;
  /** Told what git would call a warning or an error, or would just say, while the work goes on. */
  readonly say?: ((kind: "warning" | "error" | "note", message: string) => void) | undefined;
}

/**
 * Selects objects and packs them.
 * @throws GitmidxError what the selection throws; `missing-object`; `aborted`; `bad-config`; what the file system says. For wrong
 *   arguments, before anything is read or written: TypeError for values of another kind than is wanted, RangeError for numbers out of
 *   range and a relative base.
 */
export async function packRepository(
  repository: RevisionRepository,
  host: PackingHost,
  options: PackRepositoryOptions,
): Promise<PackObjectsResult> {
  checkPackOptions(options);
  const settings = packSettingsOf(repository.config);
  const say = options.say ?? (() => undefined);
  const revisions = await openRevisions(repository, {
    useReplaceRefs: false,
    tell: ({ kind, text }) => say(kind === "warning" || kind === "error" ? kind : "note", text),
  });
  try {
    const source = selectionSource(repository, host, revisions);
    const { list, mtimes, regions, loosening } = await select(source, options, settings);
    if (loosening !== undefined) await loosen(repository, revisions.store, loosening, host);
    return await packObjects({ list, mtimes, regions }, revisions.store, {
      ...numbersOf(options, settings),
      signal: options.signal,
      progress: options.progress,
      output: outputOf(repository, host, options, settings),
      workers: workersOf(repository, options),
      tips: await tagTips(repository.refs, revisions.store),
      say,
    });
  } finally {
    revisions.close();
  }
}

function selectionSource(
  { fs, format, config, directories, places }: RevisionRepository,
  { env: environment = {} }: PackingHost,
  { store, resolver }: OpenRevisions,
): SelectionSource {
  return {
    fs,
    format,
    store,
    directories,
    place: { ...places, format },
    indexFile: places.indexFile,
    shallowFile: environment.GIT_SHALLOW_FILE,
    graftFile: environment.GIT_GRAFT_FILE,
    resolve: async (text, disambiguation) => {
      const found = await resolver.resolve(text, { disambiguation });
      return found.outcome === "found" ? found : undefined;
    },
    hasPromisorRemote:
      config.has("extensions.partialClone") ||
      config.entries.some(({ key }) => /^remote\..*\.(promisor|partialclonefilter)$/.test(key)),
  };
}

function select(source: SelectionSource, options: PackRepositoryOptions, settings: PackSettings): Promise<Selection> {
  const { local, incremental, honorPackKeep, keepPacks, nameHashVersion, includeTag, say, signal, progress } = options;
  const window = options.window ?? Math.max(0, settings.window);
  const warn = (message: string) => say?.("warning", message);
  const complain = (message: string) => say?.("error", message);
  const leave = { local, incremental, honorPackKeep, keepPacks };
  const common = { ...leave, nameHashVersion, includeTag, signal, progress, warn, complain, window };
  switch (options.select.kind) {
    case "objects":
      return selectObjectList(source, options.select.lines, { ...options.select, ...common });
    case "revisions":
      return selectRevisions(source, { ...options.select, ...common });
    case "packs":
      return selectStdinPacks(source, options.select.lines, { ...options.select, ...common });
    case "cruft":
      return selectCruft(source, options.select.lines, { ...options.select, ...common });
  }
}

function numbersOf(options: PackRepositoryOptions, settings: PackSettings) {
  const reuseObjects = options.reuseObjects ?? true;
  const { packSizeLimit } = settings;
  const configured = packSizeLimit === 0 ? 0 : Math.max(packSizeLimit, leastPackSize);
  const maxPackSize = options.maxPackSize ?? configured;
  return {
    window: options.window ?? Math.max(0, settings.window),
    windowMemory: options.windowMemory ?? settings.windowMemory,
    depth: options.depth ?? Math.min(Math.max(0, settings.depth), mostDepth),
    reuseDelta: reuseObjects && (options.reuseDelta ?? true),
    reuseObjects,
    offsetDeltas: options.deltaBaseOffset ?? false,
    maxPackSize: options.output.kind === "stream" ? 0 : maxPackSize,
    bigFileThreshold: settings.bigFileThreshold,
    deltaCacheSize: settings.deltaCacheSize,
    deltaCacheLimit: options.deltaCacheLimit ?? settings.deltaCacheLimit,
    deflate: { mode: options.deflate ?? "fast", level: options.compression ?? settings.compression },
    nonEmpty: options.nonEmpty ?? false,
    threads: (options.threads ?? settings.threads) || env.processors,
  };
}

function outputOf(
  { config, directories }: RevisionRepository,
  host: PackingHost,
  { output, index, say }: PackRepositoryOptions,
  settings: PackSettings,
): PackOutput {
  if (output.kind === "stream") return output;
  const directory = directories[0]!;
  const durability = durabilityOf(config, { env: host.env ?? {} });
  return {
    kind: "files",
    directory,
    base: output.base ?? directory.inPackDirectory("pack"),
    finished: output.finished,
    settings: {
      shared: sharedPermissionsOf(config, { directorySetGid: host.directorySetGid }),
      syncPack: durability.pack,
      syncMetadata: durability.packMetadata,
      index: index ?? { version: settings.indexVersion },
      reverseIndex: settings.reverseIndex,
      complain: (message) => say?.("error", message),
    },
  };
}

function workersOf({ directories, format, config }: RevisionRepository, { workerUrl }: PackRepositoryOptions) {
  if (workerUrl === undefined) return undefined;
  const objects = {
    directories: directories.map(({ path }) => path),
    format: format.name,
    useMidx: config.bool("core.multiPackIndex") ?? true,
    deltaBaseCacheLimit: config.uint64("core.deltaBaseCacheLimit"),
  };
  return { url: workerUrl, objects };
}
