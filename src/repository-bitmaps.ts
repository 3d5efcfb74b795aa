/** The bitmaps of a repository, as a program asks them. */

import type { BitSet } from "./bytes/bit-set.js";
import { withRanges } from "./bytes/source.js";
import { GitmidxError, isGitmidxError } from "./core/errors.js";
import { type ObjectType, objectTypeName } from "./core/object-type.js";
import { type ObjectFormat, oidFromHex, toHex } from "./core/oid.js";
import { checkAborted, type TaskOptions } from "./core/task.js";
import { packNameFault } from "./formats/midx/pack-names.js";
import { reach } from "./ops/reach/reach.js";
import type { ReachResult, TypeCounts } from "./ops/reach/reach-result.js";
import type { RevisionPlaces } from "./ops/resolve-revision/revision.js";
import { parseFilter } from "./ops/walk/filter/parse-filter.js";
import { uninterestingMark } from "./ops/walk/flags.js";
import { Grafts, readGrafts } from "./ops/walk/grafts.js";
import { ObjectGraph } from "./ops/walk/object-graph.js";
import { PendingObjects } from "./ops/walk/pending.js";
import type { DirectoryChoice } from "./repository-options.js";
import { usesMidx } from "./settings.js";
import type { BitmapIndex } from "./store/bitmaps/bitmap-index.js";
import { openMidxBitmap, openPackBitmap } from "./store/bitmaps/open-bitmap.js";
import { openBitmapIndex } from "./store/bitmaps/open-bitmap-index.js";
import type { GitConfig } from "./store/config/git-config.js";
import { openMidxStack } from "./store/midx-stack.js";
import type { ObjectDirectory } from "./store/object-directory.js";
import type { ObjectStore } from "./store/object-store.js";
import type { PackFs } from "./store/pack-fs.js";

/** Which bitmap `Repository.openBitmap` opens; the one that git would use unless given. */
export interface OpenBitmapChoice extends DirectoryChoice {
  /** That of this pack: its name, with or without `.pack` or `.idx`. */
  readonly pack?: string | undefined;
  /** That of the multi-pack-index, whatever `core.multiPackIndex` says. */
  readonly midx?: boolean | undefined;
}

/** What is asked of `RepositoryBitmap.reachable`. */
export interface ReachableOptions extends TaskOptions {
  /** Ids in hex: what these reach is left out. */
  readonly not?: readonly string[] | undefined;
  /** Whether trees, blobs and tags count, or commits only. Default true. */
  readonly objects?: boolean | undefined;
  /** As `git rev-list --filter` takes it: `blob:none`, `blob:limit=1m`, `tree:0`, `object:type=commit`, several with `combine:`. */
  readonly filter?: string | undefined;
}

interface Opened {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: GitConfig;
  readonly directories: readonly ObjectDirectory[];
  readonly places: RevisionPlaces;
  directoryAt(path?: string): ObjectDirectory;
  openObjects(): Promise<ObjectStore>;
}

/** `Repository.openBitmap`. */
export async function openBitmapOf(
  repository: Opened,
  choice: OpenBitmapChoice,
  warn: (message: string) => void,
): Promise<RepositoryBitmap | undefined> {
  const index = await openChosenBitmap(repository, choice, warn);
  if (index === undefined) return undefined;
  try {
    return new RepositoryBitmap(index, await repository.openObjects(), await graftsOf(repository));
  } catch (error) {
    index.close();
    throw error;
  }
}

/** The bitmap itself, without the objects. */
export async function openChosenBitmap(
  repository: Pick<Opened, "config" | "directories" | "directoryAt">,
  { pack, midx, directory: path }: OpenBitmapChoice,
  warn: (message: string) => void,
): Promise<BitmapIndex | undefined> {
  const { config, directories } = repository;
  const directory = repository.directoryAt(path);
  if (pack !== undefined) {
    const name = idxNameOf(pack);
    if (packNameFault(name) === undefined && (await directory.packFile(name)) !== undefined)
      return openPackBitmap(directory, name, { warn });
    throw new GitmidxError("missing-pack", `there is no pack '${pack}' in ${directory.packPath}`);
  }
  if (midx !== true) {
    const searched = path === undefined ? directories : [directory];
    return openBitmapIndex(searched, { useMidx: usesMidx(config), warn });
  }
  const stack = await openMidxStack(directory);
  if (stack === undefined) return undefined;
  try {
    const index = await openMidxBitmap(directory, stack, { warn, closeStack: true });
    if (index === undefined) stack.close();
    return index;
  } catch (error) {
    stack.close();
    throw error;
  }
}

/** The name of a pack's index. @param pack its name, with or without an extension. */
export function idxNameOf(pack: string): string {
  return `${pack.replace(/\.(?:pack|idx|bitmap)$/, "")}.idx`;
}

async function graftsOf(repository: Opened): Promise<Grafts> {
  const { fs, format } = repository;
  try {
    return await readGrafts(fs, format, repository.places);
  } catch (error) {
    if (isGitmidxError(error, "not-a-repository")) return new Grafts(format);
    throw error;
  }
}

/** The bitmap that a repository's objects are answered from. `Repository.openBitmap` opens it; close it when done. */
export class RepositoryBitmap {
  /** The bitmap itself: bits, commits' sets, types, name hashes. */
  readonly index: BitmapIndex;
  readonly #store: ObjectStore;
  readonly #grafts: Grafts;
  #isClosed = false;

  constructor(index: BitmapIndex, store: ObjectStore, grafts: Grafts) {
    this.index = index;
    this.#store = store;
    this.#grafts = grafts;
  }

  /** Whether it is beside a pack, a single multi-pack-index, or the layers of a chain. */
  get kind(): "pack" | "single" | "chain" {
    return this.index.kind;
  }

  /** Path of the file, of a chain's youngest layer. */
  get path(): string {
    return this.index.path;
  }

  /** Objects that have a bit. */
  get objectCount(): number {
    return this.index.order.bitCount;
  }

  /** Commits that have a bitmap. */
  get commitCount(): number {
    return this.index.entryCount;
  }

  /** The ids of the commits that have a bitmap, in hex, in the order of the files. @throws GitmidxError a code of a damaged file */
  async *commits(): AsyncGenerator<string, void, undefined> {
    const { order, layers } = this.index;
    for (const view of layers) {
      for (const { position } of await withRanges(() => [...view.entries()])) {
        yield await withRanges(() => toHex(order.oidAt(order.bitAt(position))));
      }
    }
  }

  /**
   * All that some objects reach and others do not. Bitmaps answer as far as they go; the rest is walked.
   * @param wanted ids in hex: of commits, or of tags, trees and blobs.
   * @throws GitmidxError `bad-object-id`, `missing-object`, `bad-object`, `unsupported` for a filter that needs paths, `aborted`, or a code
   *   of a damaged file
   */
  async reachable(wanted: readonly string[], options: ReachableOptions = {}): Promise<ReachableObjects> {
    this.#checkOpen();
    for (const [name, ids] of [["the wanted objects", wanted] as const, ["not", options.not ?? []] as const]) {
      if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string"))
        throw new TypeError(`${name} must be an array of ids in hex`);
    }
    const { not = [], objects = true, filter: filterText, signal, progress } = options;
    const { index } = this;
    const filter = filterText === undefined ? undefined : parseFilter(filterText);
    const graph = new ObjectGraph(index.format, this.#store, this.#grafts);
    const pending = new PendingObjects(graph);
    const add = async (hex: string, marks: number) => {
      const row = await graph.object(oidFromHex(hex, index.format));
      if (row < 0) throw new GitmidxError("missing-object", `bad object ${hex}`);
      pending.addGiven(row, new Uint8Array(0), marks);
    };
    for (const hex of wanted) await add(hex, 0);
    for (const hex of not) await add(hex, uninterestingMark);
    const request = { index, graph, store: this.#store, pending: pending.objects, objects, filter };
    const result = await reach({ ...request, always: true, signal, progress });
    if (result === undefined) {
      throw new GitmidxError("unsupported", `bitmaps do not answer for the filter '${filterText}', which needs paths`);
    }
    return new ReachableObjects(result, () => this.#checkOpen());
  }

  /** Closes all files. What was found cannot be asked any more. */
  close(): void {
    this.#isClosed = true;
    this.index.close();
    this.#store.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TypeError("the bitmap is closed");
  }
}

/** An object that was reached. */
export interface ReachableObject {
  /** Its id in hex. */
  readonly oid: string;
  readonly type: ObjectType;
}

/** Objects that were reached. Once its {@link RepositoryBitmap} is closed, all but `bits` throws TypeError. */
export class ReachableObjects {
  readonly #result: ReachResult;

  readonly #checkOpen: () => void;

  /** @param checkOpen throws where the bitmap is closed. */
  constructor(result: ReachResult, checkOpen: () => void) {
    this.#result = result;
    this.#checkOpen = checkOpen;
  }

  /**
   * The objects as bits: those below `objectCount` are as in `RepositoryBitmap.index`, those from there on stand for objects that the bitmap
   * does not know. Where only commits count, bits of other objects may be set.
   */
  get bits(): BitSet {
    return this.#result.bits;
  }

  /** How many objects there are. */
  async count(): Promise<number> {
    this.#checkOpen();
    return this.#result.count();
  }

  /** How many there are of each type. */
  async counts(): Promise<TypeCounts> {
    this.#checkOpen();
    return this.#result.counts();
  }

  /** Bytes that they take in packs and as loose objects: what `git rev-list --disk-usage` tells. */
  async diskUsage(): Promise<number> {
    this.#checkOpen();
    return this.#result.diskUsage();
  }

  /** Whether the object is among them. @param oid its id in hex. @throws GitmidxError `bad-object-id` */
  async has(oid: string): Promise<boolean> {
    this.#checkOpen();
    const id = oidFromHex(oid, this.#result.order.format);
    const bit = await withRanges(() => this.#result.bitOf(id));
    if (bit < 0 || !this.#result.bits.has(bit)) return false;
    return this.#result.objects || (await withRanges(() => this.#result.typeAt(bit))) === 1;
  }

  /** Lists them: commits, trees, blobs, tags, then those that the bitmap does not know. @throws GitmidxError `aborted` */
  async *list(task: Pick<TaskOptions, "signal"> = {}): AsyncGenerator<ReachableObject, void, undefined> {
    this.#checkOpen();
    for await (const { type, bits } of this.#result.bitsByType()) {
      checkAborted(task);
      for (const bit of bits) {
        yield { oid: await withRanges(() => toHex(this.#result.oidAt(bit))), type: objectTypeName(type) };
      }
    }
  }
}
