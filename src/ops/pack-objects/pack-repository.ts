/** Packs objects of a repository: selects them, and makes the packs as its configuration has it. */

import { env } from "#env";
import { durabilityOf } from "../../store/durability.js";
import { sharedPermissionsOf } from "../../store/permissions.js";
import { type OpenRevisions, openRevisions, type RevisionRepository } from "../resolve-revision/open-revisions.js";
import type { BitmapAnswer } from "./bitmap/bitmap-answer.js";
import { PackBitmaps } from "./bitmap/pack-bitmap.js";
import { PendingBitmap } from "./bitmap/pending-bitmap.js";
import type { BitmapUse } from "./bitmap/select-by-bitmap.js";
import { bitmapUseOf, writesBitmap } from "./bitmap/use-bitmaps.js";
import { checkPackOptions, leastPackSize, mostDepth } from "./check-options.js";
import { loosen } from "./loosen.js";
import { type PackObjectsResult, packObjects } from "./pack-objects.js";
import type { PackOutput } from "./pack-output.js";
import type { PackRepositoryOptions } from "./pack-repository-options.js";
import { selectCruft } from "./select/cruft.js";
import { selectObjectList } from "./select/object-list.js";
import { selectRevisions } from "./select/revisions.js";
import type { Selection, SelectionSource } from "./select/selection.js";
import { selectStdinPacks } from "./select/stdin-packs.js";
import { type PackingHost, type PackSettings, packSettingsOf } from "./settings.js";
import { tagTips } from "./tag-tips.js";

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
  let answer: BitmapAnswer | undefined;
  const say = options.say ?? (() => undefined);
  const revisions = await openRevisions(repository, {
    useReplaceRefs: false,
    tell: ({ kind, text }) => say(kind === "warning" || kind === "error" ? kind : "note", text),
  });
  try {
    const source = selectionSource(repository, host, revisions);
    const pending = pendingBitmapOf(options);
    const selection = await select(source, options, settings, {
      pending,
      use: bitmapUseOf(repository.config, options),
    });
    answer = selection.answer;
    const { loosening } = selection;
    if (loosening !== undefined) await loosen(repository, revisions.store, loosening, host);
    return await packObjects(selection, revisions.store, {
      ...numbersOf(options, settings),
      signal: options.signal,
      progress: options.progress,
      output: outputOf(repository, host, options, settings),
      workers: workersOf(repository, options),
      bitmaps: pending && bitmapsOf(repository, pending, options),
      tips: await tagTips(repository.refs, revisions.store),
      say,
    });
  } finally {
    answer?.close();
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

/** What goes with the bitmaps that are used and written. */
interface BitmapPart {
  readonly pending: PendingBitmap | undefined;
  readonly use: BitmapUse | undefined;
}

function pendingBitmapOf(options: PackRepositoryOptions): PendingBitmap | undefined {
  if (!writesBitmap(options)) return undefined;
  return new PendingBitmap((message) => {
    if (options.writeBitmapIndex !== "quiet") options.say?.("warning", message);
  });
}

function bitmapsOf(
  { config, refs, directories }: RevisionRepository,
  pending: PendingBitmap,
  { say, signal, progress }: PackRepositoryOptions,
): PackBitmaps {
  const warn = (message: string) => say?.("warning", message);
  const complain = (message: string) => say?.("error", message);
  return new PackBitmaps(pending, { config, refs, directories, warn, complain, signal, progress });
}

/** Version 2 hashes are not what bitmaps have. */
function nameHashVersionOf(
  { nameHashVersion, say }: PackRepositoryOptions,
  { pending }: BitmapPart,
): 1 | 2 | undefined {
  if (pending === undefined || nameHashVersion !== 2) return nameHashVersion;
  say?.("warning", "currently, --write-bitmap-index requires --name-hash-version=1");
  return 1;
}

function select(
  source: SelectionSource,
  options: PackRepositoryOptions,
  settings: PackSettings,
  bitmaps: BitmapPart,
): Promise<Selection> {
  const { local, incremental, honorPackKeep, keepPacks, includeTag, say, signal, progress } = options;
  const nameHashVersion = nameHashVersionOf(options, bitmaps);
  const window = options.window ?? Math.max(0, settings.window);
  const warn = (message: string) => say?.("warning", message);
  const complain = (message: string) => say?.("error", message);
  const leave = { local, incremental, honorPackKeep, keepPacks };
  const common = { ...leave, nameHashVersion, includeTag, signal, progress, warn, complain, window };
  switch (options.select.kind) {
    case "objects":
      return selectObjectList(source, options.select.lines, { ...options.select, ...common });
    case "revisions":
      return selectRevisions(source, { ...options.select, ...common, bitmap: bitmaps.pending, bitmaps: bitmaps.use });
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
    thin: options.select.kind === "revisions" && options.select.thin === true,
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
