/** A repository as a program sees it: its object directories, and what is done with them. What few need is loaded when it is asked for. */

import { EventEmitter } from "eventemitter3";
import type * as typed from "typed-emitter";
import { checkBitmapChoices } from "./bitmap-choices.js";
import { GitmidxError } from "./core/errors.js";
import { type ObjectFormat, oidFromHex, sha1 } from "./core/oid.js";
import type { TaskOptions } from "./core/task.js";
import type { FoundObject, Lookup } from "./ops/find-object/found-object.js";
import { type LookupOptions, ObjectFinder } from "./ops/find-object/object-finder.js";
import { objectsById } from "./ops/list-objects/by-id.js";
import { objectsByPseudoPack } from "./ops/list-objects/by-pseudo-pack.js";
import type { ListedObject } from "./ops/list-objects/listed-object.js";
import type { PackObjectsResult } from "./ops/pack-objects/pack-objects.js";
import type { PackRepositoryOptions } from "./ops/pack-objects/pack-repository-options.js";
import { type OpenRevisions, openRevisions } from "./ops/resolve-revision/open-revisions.js";
import type { Resolution, RevisionNote, RevisionPlaces } from "./ops/resolve-revision/revision.js";
import type { RevListOptions } from "./ops/rev-list/list-repository.js";
import { type UnpackResult, unpackSettingsOf } from "./ops/unpack-objects/options.js";
import type { VerifyReport } from "./ops/verify-midx/verify-midx.js";
import type { WritePackBitmapResult } from "./ops/write-bitmap/write-pack-bitmap.js";
import type { WriteMidxResult } from "./ops/write-midx/options.js";
import type { OpenBitmapChoice, RepositoryBitmap } from "./repository-bitmaps.js";
import type {
  DirectoryChoice,
  ListOptions,
  OpenObjectsOptions,
  RepositoryEvents,
  RepositorySource,
  UnpackPackOptions,
  VerifyOptions,
  WriteBitmapOptions,
  WriteOptions,
} from "./repository-options.js";
import { type HostFacts, midxWritingOf, objectReadingOf, usesMidx } from "./settings.js";
import { objectDirectories } from "./store/alternates.js";
import { GitConfig } from "./store/config/git-config.js";
import { Lease } from "./store/lease.js";
import { type MidxStack, openMidxStack } from "./store/midx-stack.js";
import { ObjectDirectory } from "./store/object-directory.js";
import { checkIdBytes } from "./store/object-id.js";
import { ObjectStore } from "./store/object-store.js";
import { type PackEntry, packEntries } from "./store/pack-entries.js";
import type { PackFs } from "./store/pack-fs.js";
import { RefStore } from "./store/refs/ref-store.js";
import type { ObjectHeader, ObjectStream, StoredObject } from "./store/stored-object.js";

type Emitter = Pick<
  typed.default<RepositoryEvents>,
  "on" | "once" | "off" | "emit" | "addListener" | "removeListener" | "removeAllListeners" | "listenerCount"
>;

// The emitter has more methods than these, but not all that typed-emitter declares.
const TypedEmitter = EventEmitter as unknown as new () => Emitter;

/** An opened repository. It emits {@link RepositoryEvents}. Close it when done. */
export class Repository extends TypedEmitter {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: GitConfig;
  /** The object directories in the order in which git looks: the repository's own first, then its alternates. */
  readonly directories: readonly ObjectDirectory[];
  /** What was warned of while the repository was found and opened, before anybody could listen. */
  readonly warnings: readonly string[];
  readonly #source: RepositorySource;
  readonly #host: HostFacts;
  readonly #finder: Lease<ObjectFinder>;
  readonly #objects: Lease<ObjectStore>;
  readonly #revisions: Lease<OpenRevisions>;
  #refs: RefStore | undefined;

  private constructor(source: RepositorySource, paths: readonly string[], warnings: readonly string[]) {
    super();
    this.fs = source.fs;
    this.format = source.format ?? sha1;
    this.config = source.config ?? new GitConfig([]);
    this.directories = paths.map((path) => new ObjectDirectory(this.fs, path, this.format));
    this.warnings = warnings;
    this.#source = source;
    this.#host = source.host ?? {};
    this.#finder = new Lease(() => this.#openFinder());
    this.#objects = new Lease(() => this.openObjects());
    const tell = ({ text }: RevisionNote) => void this.emit("warning", text);
    this.#revisions = new Lease(() => openRevisions(this, { tell }));
  }

  /**
   * Opens a repository: follows its alternates, and reads no pack and no index yet.
   * @throws GitmidxError what the file system says.
   */
  static async open(source: RepositorySource): Promise<Repository> {
    const { fs, objectDirectory, alternates, baseDirectory } = source;
    const { directories, warnings } = await objectDirectories(fs, {
      objectDirectory,
      environment: alternates,
      baseDirectory: baseDirectory ?? objectDirectory,
    });
    return new Repository(source, directories, [...(source.warnings ?? []), ...warnings]);
  }

  /** The repository's own object directory. */
  get objectDirectory(): ObjectDirectory {
    return this.directories[0]!;
  }

  /**
   * The refs: branches, tags, HEAD. Nothing is read yet.
   * @throws GitmidxError `not-a-repository` where the git directory is not known.
   */
  get refs(): RefStore {
    const { format } = this;
    this.#refs ??= RefStore.open(this.fs, { ...this.places, format, repositoryFormat: this.#source.repositoryFormat });
    return this.#refs;
  }

  /**
   * What a revision names: a ref, an id or its first digits, `HEAD~2^{tree}`, `main:path`. What git would say of it is a warning.
   * @throws GitmidxError `bad-revision` where git would die, `unsupported` for searches and dates in words; as {@link refs}
   */
  resolveRevision(revision: string): Promise<Resolution> {
    return this.#revisions.use(({ resolver }) => resolver.resolve(revision));
  }

  /** Where the names of objects are looked for. @throws GitmidxError `not-a-repository` as {@link refs} */
  get places(): RevisionPlaces {
    const { gitDir, commonDir = gitDir, workTree, baseDirectory = gitDir, repositoryFormat } = this.#source;
    if (gitDir === undefined || commonDir === undefined || baseDirectory === undefined) {
      throw new GitmidxError(
        "not-a-repository",
        "this object directory is opened without a git directory: it has no refs",
      );
    }
    return { gitDir, commonDir, workTree, baseDirectory, repositoryFormat };
  }

  /** The object directory at that absolute path, whether it is one of the repository's or not; its own unless given. */
  directoryAt(path?: string): ObjectDirectory {
    if (path === undefined) return this.objectDirectory;
    return this.directories.find((known) => known.path === path) ?? new ObjectDirectory(this.fs, path, this.format);
  }

  /**
   * Opens the multi-pack-index of an object directory, whatever `core.multiPackIndex` says. The caller closes it.
   * @returns undefined if there is none.
   * @throws GitmidxError if there is one that cannot be read; layers missing at a chain's young end are a warning.
   */
  async openMidx(choice: DirectoryChoice = {}): Promise<MidxStack | undefined> {
    const stack = await openMidxStack(this.directoryAt(choice.directory));
    for (const { message } of stack?.problems ?? []) this.emit("warning", message);
    return stack;
  }

  /**
   * Finds an object by its id, or by a prefix of at least 4 digits that no other object has, in all object directories.
   * @returns undefined if there is no such object.
   * @throws GitmidxError `bad-object-id`, or `ambiguous-object` for a prefix of several; a code of a damaged file.
   */
  async find(text: string, options: LookupOptions = {}): Promise<FoundObject | undefined> {
    const lookup = await this.lookUp(text, options);
    switch (lookup.outcome) {
      case "found":
        return lookup.object;
      case "missing":
        return undefined;
      case "invalid": {
        const message = `'${text}' is not an object id or prefix of 4 to ${this.format.hexLength} hex digits`;
        throw new GitmidxError("bad-object-id", message);
      }
      case "ambiguous": {
        const ids = lookup.candidates.map((id) => `\n  ${id}`).join("");
        throw new GitmidxError("ambiguous-object", `short object ID ${text} is ambiguous\nThe candidates are:${ids}`);
      }
    }
  }

  /** Like {@link find}, with every outcome as a value. */
  async lookUp(text: string, options: LookupOptions = {}): Promise<Lookup> {
    const { lookup, outdated } = await this.#finder.use(async (finder) => {
      const lookup = await finder.lookUp(text, options);
      return { lookup, outdated: lookup.outcome === "missing" && (await finder.isOutdated()) };
    });
    // As git does: what is not there may have come since the directories were opened.
    if (!outdated) return lookup;
    await this.#finder.retire();
    return this.#finder.use((finder) => finder.lookUp(text, options));
  }

  /**
   * Looks up many ids and prefixes, all in what the object directories held at the first lookup since {@link close}.
   * @returns what came of each, in their order.
   */
  lookUpMany(texts: readonly string[], options: LookupOptions = {}): Promise<readonly Lookup[]> {
    return this.#finder.use((finder) => finder.lookUpMany(texts, options));
  }

  /**
   * Opens the objects of all directories, with the repository's configuration. The caller closes the store: it is for programs that read
   * many objects. {@link read} and its like share one of their own.
   * @throws GitmidxError `bad-config`, or what the file system says.
   */
  openObjects(options: OpenObjectsOptions = {}): Promise<ObjectStore> {
    const warn = (message: string) => void this.emit("warning", message);
    return ObjectStore.open(this.directories, { ...objectReadingOf(this.config), warn, ...options });
  }

  /**
   * Reads an object: its type and its content, from wherever git would read it. Nothing is replaced.
   * @param id the object's id, as hex digits or as bytes.
   * @returns undefined if there is no such object.
   * @throws GitmidxError `bad-object-id`, `aborted`; if every copy is damaged the code of what is wrong with the first. TypeError for an
   *   id that is neither digits nor bytes, RangeError for bytes that are too many or too few.
   */
  async read(id: string | Uint8Array, task: Pick<TaskOptions, "signal"> = {}): Promise<StoredObject | undefined> {
    const oid = this.#idOf(id);
    return this.#objects.use((store) => store.read(oid, task));
  }

  /** Reads an object's type and size, without making its content. @returns and throws as {@link read} */
  async readHeader(id: string | Uint8Array): Promise<ObjectHeader | undefined> {
    const oid = this.#idOf(id);
    return this.#objects.use((store) => store.readHeader(oid));
  }

  /**
   * Opens an object for reading piece by piece: memory does not grow with its size, unless it is stored as a delta.
   * @returns undefined if there is no such object. Read its `chunks` before {@link close}, once; each is valid until the next.
   * @throws GitmidxError as {@link read}; damage that is found on the way, and `aborted`, are thrown while the pieces are read too.
   */
  async openStream(id: string | Uint8Array, task: Pick<TaskOptions, "signal"> = {}): Promise<ObjectStream | undefined> {
    const oid = this.#idOf(id);
    return this.#objects.use((store) => store.openStream(oid, task));
  }

  /**
   * Lists the entries of a pack in the order of their offsets: what each takes, and what deltas are made from.
   * @param name the pack's `.idx` name, as {@link find} gives it in `packName`; of several directories the first that has it.
   * @throws GitmidxError `missing-pack`, `aborted`, or a code of a damaged pack.
   */
  async *packEntries(name: string, task: TaskOptions = {}): AsyncGenerator<PackEntry, void, undefined> {
    const store = await this.openObjects();
    try {
      const pack = store.packs().find((opened) => opened.name === name);
      if (pack === undefined) throw new GitmidxError("missing-pack", `there is no pack with an index '${name}'`);
      for await (const batch of packEntries(pack, this.#task(task))) yield* batch;
    } finally {
      store.close();
    }
  }

  /**
   * Lists the objects of the multi-pack-index of an object directory; none if there is no multi-pack-index.
   * @throws GitmidxError `aborted`, or a code of a damaged file.
   */
  async *objects(options: ListOptions = {}): AsyncGenerator<ListedObject, void, undefined> {
    const stack = await this.openMidx(options);
    if (stack === undefined) return;
    try {
      const list = options.order === "pseudo-pack" ? objectsByPseudoPack : objectsById;
      for await (const batch of list(stack, this.#task(options))) yield* batch;
    } finally {
      stack.close();
    }
  }

  /**
   * Writes the multi-pack-index of an object directory, as one file or as a new layer of a chain.
   * @throws GitmidxError as `writeMidx`; `bad-config`
   */
  async writeMidx(options: WriteOptions = {}): Promise<WriteMidxResult> {
    checkBitmapChoices(options);
    const { directory: path, breakStaleLock, bitmap, refsSnapshot, nameHash, workerUrl, ...given } = options;
    const directory = this.directoryAt(path);
    const writing = midxWritingOf(this.config, this.#host, breakStaleLock === true);
    const warn = (message: string) => void this.emit("warning", message);
    for (const warning of writing.warnings) warn(warning);
    const { settings, version, reuse } = writing;
    const task = this.#task(options);
    const { bitmapRepositoryOf } = await import("./repository-bitmap.js");
    const { writeMidx } = await import("./ops/write-midx/write-midx.js");
    const from = bitmap === true ? await bitmapRepositoryOf(this, this.#host, directory) : undefined;
    const write = {
      ...given,
      version: given.version ?? version,
      bitmap: from && { repository: from, refsSnapshot, nameHash, workerUrl },
      ...task,
      ...{ settings, reuse, warn },
    };
    const result = await writeMidx(directory, write);
    await this.#finder.retire();
    return result;
  }

  /**
   * Writes the bitmap of a pack, for the commits in it that refs reach.
   * @param pack its name, with or without `.pack` or `.idx`.
   * @throws GitmidxError as `writePackBitmap`
   */
  async writePackBitmap(pack: string, options: WriteBitmapOptions = {}): Promise<WritePackBitmapResult> {
    const { writePackBitmapOf } = await import("./repository-bitmap.js");
    const warn = (message: string) => void this.emit("warning", message);
    return writePackBitmapOf(this, this.#host, pack, { ...options, ...this.#task(options), warn });
  }

  /**
   * Opens a bitmap: the one that git would use, or the chosen one. The caller closes it.
   * @returns undefined if there is none. One that git would use but cannot be read is a warning.
   * @throws GitmidxError `bad-config`; `missing-pack`, or why the chosen one cannot be read
   */
  async openBitmap(choice: OpenBitmapChoice = {}): Promise<RepositoryBitmap | undefined> {
    const { openBitmapOf } = await import("./repository-bitmaps.js");
    return openBitmapOf(this, choice, (message) => void this.emit("warning", message));
  }

  /**
   * Packs objects: those that are listed, that revisions reach, or that other packs hold. Deltas are used again, or looked for.
   * @throws GitmidxError what the selection finds wrong: `bad-revision`, `missing-pack`, `missing-object`, `bad-object`; `aborted`,
   *   `bad-config`, or what the file system says. Before anything is read or written, TypeError for values of another kind than is wanted,
   *   RangeError for numbers out of range and for a base that is no absolute path.
   */
  async packObjects(options: PackRepositoryOptions): Promise<PackObjectsResult> {
    const { packRepository } = await import("./ops/pack-objects/pack-repository.js");
    const result = await packRepository(this, this.#host, { ...options, ...this.#task(options) });
    await this.#finder.retire();
    await this.#objects.retire();
    await this.#revisions.retire();
    return result;
  }

  /** Lists what revisions reach, in the lines of `git rev-list`. @throws GitmidxError as `revList`; `bad-config`; as {@link refs} */
  async revList(options: RevListOptions): Promise<void> {
    const { listRepository } = await import("./ops/rev-list/list-repository.js");
    const warn = options.warn ?? ((message: string) => void this.emit("warning", message));
    return this.#revisions.use((open) => listRepository(this, open, { ...options, ...this.#task(options), warn }));
  }

  /**
   * Checks the multi-pack-index of an object directory, every layer of it, and its bitmaps.
   * @throws GitmidxError as `verifyMidx`; `bad-object-id` where the list of shallow commits cannot be read
   */
  async verifyMidx(options: VerifyOptions = {}): Promise<VerifyReport> {
    const { gitDir, commonDir = gitDir } = this.#source;
    const { verifyMidx } = await import("./ops/verify-midx/verify-midx.js");
    const { historyOf } = await import("./ops/verify-bitmaps/compared-history.js");
    const directory = this.directoryAt(options.directory);
    const history = await historyOf(directory, directory === this.objectDirectory ? commonDir : undefined);
    return verifyMidx(directory, { ...options, ...history, ...this.#task(options) });
  }

  /**
   * Writes the objects of a pack, which comes as a stream, as loose objects to the repository's own object directory. Those that are
   * there already stay as they are.
   * @returns what came of it; `faulty` if entries of the pack could not be read.
   * @throws GitmidxError `truncated`, `bad-signature`, `bad-version`, `bad-entry`, `bad-delta`, `unresolved-deltas`, `bad-checksum`,
   *   `too-large`, `hash-collision`, `bad-object`, `disconnected`, `aborted`, `bad-config`, or what the file system says. What was
   *   written before stays: whole objects.
   */
  async unpackObjects(stream: AsyncIterable<Uint8Array>, options: UnpackPackOptions = {}): Promise<UnpackResult> {
    const { unpackObjects } = await import("./ops/unpack-objects/unpack-objects.js");
    const settings = unpackSettingsOf(this.config, this.#host.env, this.#host.directorySetGid);
    const warn = (message: string) => void this.emit("warning", message);
    const { directories } = this;
    const { baseCacheLimit: deltaBaseCacheLimit } = settings;
    const store = await ObjectStore.open(directories, { useMidx: usesMidx(this.config), deltaBaseCacheLimit, warn });
    try {
      return await unpackObjects(stream, { store, directories }, { ...options, settings, ...this.#task(options) });
    } finally {
      store.close();
    }
  }

  /** Gives back the files that lookups hold open. The repository can be used again afterwards. */
  async close(): Promise<void> {
    await this.#finder.retire();
    await this.#objects.retire();
    await this.#revisions.retire();
  }

  #idOf(id: string | Uint8Array): Uint8Array {
    if (typeof id === "string") return oidFromHex(id, this.format);
    checkIdBytes(this.format, id);
    return id;
  }

  async #openFinder(): Promise<ObjectFinder> {
    const warn = (message: string) => void this.emit("warning", message);
    return ObjectFinder.open(this.directories, { useMidx: usesMidx(this.config), warn });
  }

  /** The options of long work, whose progress is told to listeners too. */
  #task({ signal, progress }: TaskOptions): TaskOptions {
    return {
      signal,
      progress: (event) => {
        progress?.(event);
        this.emit("progress", event);
      },
    };
  }
}
