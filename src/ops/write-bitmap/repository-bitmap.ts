/** The bitmap of a pack, a multi-pack-index or a layer, made with the refs and objects of a repository. */

import { env } from "#env";
import { GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { checkAborted, type TaskOptions } from "../../core/task.js";
import type { BitmapContent } from "../../formats/bitmap/encode.js";
import type { BitmapView } from "../../formats/bitmap/view.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../store/bitmaps/open-bitmap-index.js";
import type { GitConfig } from "../../store/config/git-config.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { ObjectStore } from "../../store/object-store.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { RefStore } from "../../store/refs/ref-store.js";
import { KnownPacks } from "../pack-objects/select/known-packs.js";
import { PromisorObjects } from "../pack-objects/select/promisors.js";
import { Grafts, readGrafts } from "../walk/grafts.js";
import { ObjectGraph } from "../walk/object-graph.js";
import type { RevisionWalkOptions } from "../walk/revision-walk.js";
import type { BuildHelpers } from "./build/expand-ahead.js";
import { asFolders, collectCandidates, commitTips } from "./candidates.js";
import { type BitmapRequest, makeBitmap, type NameHashMode } from "./make-bitmap.js";
import { readRefsSnapshot } from "./refs-snapshot.js";
import { type BitmapSettings, bitmapSettingsOf, nameHashModeOf } from "./settings.js";
import { disregardUnsound } from "./sound-layers.js";

/** The repository. */
export interface BitmapRepository {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: GitConfig;
  /** Where its objects are, in the order in which git looks. */
  readonly directories: readonly ObjectDirectory[];
  /** Undefined for an object directory that is no repository's: then a snapshot must say where to begin. */
  readonly refs: RefStore | undefined;
  /** Where `shallow` is; undefined as {@link refs}. */
  readonly commonDir: string | undefined;
  /** GIT_SHALLOW_FILE and GIT_GRAFT_FILE. */
  readonly shallowFile?: string | undefined;
  readonly graftFile?: string | undefined;
}

/** How a bitmap is asked for. */
export interface BitmapChoices {
  /** Path of a file that says what to begin with, in place of the refs: `--refs-snapshot`. */
  readonly refsSnapshot?: string | undefined;
  /** As the configuration has it unless given. */
  readonly nameHash?: NameHashMode | undefined;
  /** The module of worker threads that may help, as many as `pack.threads` says or there are processors. None help unless given. */
  readonly workerUrl?: string | undefined;
}

/** For what the bitmap is. */
export interface BitmapTarget {
  readonly order: BitOrder;
  readonly checksum: Uint8Array;
  /** The bitmaps of the layers below; undefined where there are none. */
  readonly below?: BitmapIndex | undefined;
  /** Whether `pack.preferBitmapTips` has beginnings of names, as for multi-pack-indexes, or folders of refs, as for packs. */
  readonly preferred?: "beginnings" | "folders" | undefined;
}

/** How it is made. */
export interface RepositoryBitmapOptions extends TaskOptions {
  readonly warn?: ((message: string) => void) | undefined;
  /** Told what git calls an error, though it goes on. {@link warn} is unless given. */
  readonly complain?: ((message: string) => void) | undefined;
}

/**
 * Makes a bitmap of what the refs reach.
 * @throws GitmidxError `not-closed`, `missing-object`, `bad-object`, `bad-object-id` for a snapshot, `bad-config`, `not-a-repository`,
 *   `aborted`, or what the file system says
 */
export async function bitmapOfRepository(
  repository: BitmapRepository,
  target: BitmapTarget,
  choices: BitmapChoices,
  options: RepositoryBitmapOptions,
): Promise<BitmapContent> {
  const { config, directories } = repository;
  const warn = options.warn ?? (() => {});
  const complain = options.complain ?? warn;
  const settings = bitmapSettingsOf(config, warn, complain);
  const useMidx = config.bool("core.multiPackIndex") ?? true;
  const deltaBaseCacheLimit = config.uint64("core.deltaBaseCacheLimit");
  const store = await ObjectStore.open(directories, { useMidx, deltaBaseCacheLimit, warn, complain });
  let found: BitmapIndex | undefined;
  try {
    const graph = new ObjectGraph(repository.format, store, await graftsOf(repository, warn));
    found = target.below === undefined ? await openBitmapIndex(directories, { useMidx, warn, complain }) : undefined;
    const existing = target.below ?? found;
    const usable = existing !== undefined && (await isWhole(existing, options, warn)) ? existing : undefined;
    if (usable !== undefined) await disregardUnsound(usable, graph, options, warn);
    const below = target.below && usable;
    const walked = await requestOf(
      repository,
      graph,
      { ...target, below },
      { ...options, ...choices, warn, complain, settings, store },
    );
    return await makeBitmap({ ...walked, existing: usable });
  } finally {
    found?.close();
    store.close();
  }
}

interface FullOptions extends RepositoryBitmapOptions, BitmapChoices {
  readonly settings: BitmapSettings;
  readonly store: ObjectStore;
  readonly warn: (message: string) => void;
  readonly complain: (message: string) => void;
}

async function requestOf(
  repository: BitmapRepository,
  graph: ObjectGraph,
  target: BitmapTarget,
  options: FullOptions,
): Promise<BitmapRequest> {
  const { fs, format, refs } = repository;
  const { settings, store, refsSnapshot, nameHash, workerUrl, signal, progress, warn } = options;
  const { order, checksum, below, preferred } = target;
  const snapshot = refsSnapshot === undefined ? undefined : await readRefsSnapshot(fs, refsSnapshot, format);
  const needsTips = snapshot === undefined || settings.pseudoMergeGroups.length > 0;
  if (needsTips && refs === undefined) {
    const message = "this object directory is opened without a git directory: it has no refs";
    throw new GitmidxError("not-a-repository", message);
  }
  const promises = await promisesOf(repository, store);
  const missing = snapshot === undefined ? "refuse" : "skip";
  const tips = needsTips ? await commitTips(refs!, graph, { missing, isPromised: promises.isPromised }) : [];
  const candidates = await collectCandidates({
    graph,
    order,
    tips,
    snapshot,
    preferredPrefixes: preferred === "folders" ? asFolders(settings.preferredTips) : settings.preferredTips,
    below,
    signal,
    progress,
    ...promises,
  });
  return {
    graph,
    order,
    checksum,
    candidates,
    pseudoMergeGroups: settings.pseudoMergeGroups,
    tips,
    nameHashes: nameHashModeOf(settings, nameHash),
    lookupTable: settings.lookupTable,
    helpers: helpersOf(repository, workerUrl),
    signal,
    progress,
    warn,
  };
}

function helpersOf(
  { config, directories, format }: BitmapRepository,
  url: string | undefined,
): BuildHelpers | undefined {
  if (url === undefined) return undefined;
  return {
    url,
    threads: config.int("pack.threads") || env.processors,
    directories: directories.map(({ path }) => path),
    format: format.name,
    useMidx: config.bool("core.multiPackIndex") ?? true,
    deltaBaseCacheLimit: config.uint64("core.deltaBaseCacheLimit"),
  };
}

async function graftsOf(
  { fs, format, commonDir, shallowFile, graftFile }: BitmapRepository,
  warn: (message: string) => void,
): Promise<Grafts> {
  if (commonDir === undefined) return new Grafts(format);
  return readGrafts(fs, format, { commonDir, shallowFile, graftFile }, warn);
}

/** In a partial clone commits that are promised are passed over. */
async function promisesOf(
  { config, directories }: BitmapRepository,
  store: ObjectStore,
): Promise<Pick<RevisionWalkOptions, "isPromised" | "promisorObjects">> {
  let hasPromises = false;
  for (const pack of store.packs()) hasPromises ||= await pack.has("promisor");
  if (!hasPromises) return {};
  const hasRemote =
    config.has("extensions.partialClone") ||
    config.entries.some(({ key }) => /^remote\..*\.(promisor|partialclonefilter)$/.test(key));
  const promisors = new PromisorObjects(await KnownPacks.open(store, directories), hasRemote);
  return { isPromised: (oid) => promisors.isPromised(oid), promisorObjects: () => promisors.ids() };
}

/** Whether all files of a bitmap are what they were when they were written: what is damaged must not get into the next one. */
export async function isWhole(
  existing: BitmapIndex,
  task: TaskOptions,
  warn: (message: string) => void,
): Promise<boolean> {
  for (const view of existing.layers) {
    if (checksumMatches(view, task)) continue;
    warn(`ignoring existing bitmap; checksum mismatch\nthe checksum of ${view.source.name} is not that of its content`);
    return false;
  }
  return true;
}

function checksumMatches({ source, format }: BitmapView, task: TaskOptions): boolean {
  const end = source.size - format.byteLength;
  const hasher = env.createHasher(format);
  for (const window of source.windows(0, end)) {
    checkAborted(task);
    hasher.update(window);
  }
  return toHex(hasher.digest()) === toHex(source.copy(end, format.byteLength));
}
