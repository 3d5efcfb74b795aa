/** A repository as a program sees it: its object directories, and what can be done with their multi-pack-indexes. */

import { EventEmitter } from "eventemitter3";
import type * as typed from "typed-emitter";
import { GitmidxError } from "./core/errors.js";
import { type ObjectFormat, sha1 } from "./core/oid.js";
import type { ProgressEvent, TaskOptions } from "./core/task.js";
import { FinderLease } from "./ops/find-object/finder-lease.js";
import type { FoundObject, Lookup } from "./ops/find-object/found-object.js";
import { type LookupOptions, ObjectFinder } from "./ops/find-object/object-finder.js";
import { objectsById } from "./ops/list-objects/by-id.js";
import { objectsByPseudoPack } from "./ops/list-objects/by-pseudo-pack.js";
import type { ListedObject } from "./ops/list-objects/listed-object.js";
import { type VerifyMidxOptions, type VerifyReport, verifyMidx } from "./ops/verify-midx/verify-midx.js";
import type { WriteMidxOptions, WriteMidxResult } from "./ops/write-midx/options.js";
import { writeMidx } from "./ops/write-midx/write-midx.js";
import { type HostFacts, midxWritingOf, usesMidx } from "./settings.js";
import { objectDirectories } from "./store/alternates.js";
import { GitConfig } from "./store/config/git-config.js";
import { type MidxStack, openMidxStack } from "./store/midx-stack.js";
import { ObjectDirectory } from "./store/object-directory.js";
import type { PackFs } from "./store/pack-fs.js";

/** What a {@link Repository} tells its listeners. */
export type RepositoryEvents = {
  /** Something that git would warn of; the work goes on. */
  warning: (message: string) => void;
  /** How far long work has come. */
  progress: (event: ProgressEvent) => void;
};

/**
 * What a repository is opened from. What `discoverRepository` finds has everything but the file system:
 * `{ fs, ...location }`. A program with its own file system gives `fs`, `objectDirectory` and, if it is not SHA-1, `format`.
 */
export interface RepositorySource {
  readonly fs: PackFs;
  /** The repository's own object directory, an absolute path. */
  readonly objectDirectory: string;
  /** SHA-1 unless given. */
  readonly format?: ObjectFormat | undefined;
  /** Git's configuration; nothing is configured unless given. */
  readonly config?: GitConfig | undefined;
  /** Further object directories, as GIT_ALTERNATE_OBJECT_DIRECTORIES lists them: paths with `:` between them. */
  readonly alternates?: string | undefined;
  /** What relative paths in `alternates` are relative to; the object directory unless given. */
  readonly baseDirectory?: string | undefined;
  /** What only the process knows. */
  readonly host?: HostFacts | undefined;
  /** What was warned of when the repository was found. */
  readonly warnings?: readonly string[] | undefined;
}

/** Which object directory is meant. */
export interface DirectoryChoice {
  /** Absolute path of an object directory, one of the repository's or any other; the repository's own unless given. */
  readonly directory?: string | undefined;
}

/** How {@link Repository.writeMidx} writes. What is not given is as git's configuration has it. */
export interface WriteOptions extends Omit<WriteMidxOptions, "settings" | "warn" | "reuse">, DirectoryChoice {
  /** Takes over a lock whose recorded owner is dead on this host. Default false. */
  readonly breakStaleLock?: boolean | undefined;
}

/** How {@link Repository.verifyMidx} checks. */
export interface VerifyOptions extends VerifyMidxOptions, DirectoryChoice {}

/** How {@link Repository.objects} lists. */
export interface ListOptions extends TaskOptions, DirectoryChoice {
  /** By object id, or as the bits of a bitmap stand for them. Default `id`. */
  readonly order?: "id" | "pseudo-pack" | undefined;
}

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
  readonly #host: HostFacts;
  readonly #finder: FinderLease;

  private constructor(source: RepositorySource, paths: readonly string[], warnings: readonly string[]) {
    super();
    this.fs = source.fs;
    this.format = source.format ?? sha1;
    this.config = source.config ?? new GitConfig([]);
    this.directories = paths.map((path) => new ObjectDirectory(this.fs, path, this.format));
    this.warnings = warnings;
    this.#host = source.host ?? {};
    this.#finder = new FinderLease(() => this.#openFinder());
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
    const { directory, breakStaleLock, ...given } = options;
    const writing = midxWritingOf(this.config, this.#host, breakStaleLock === true);
    const warn = (message: string) => void this.emit("warning", message);
    for (const warning of writing.warnings) warn(warning);
    const { settings, version, reuse } = writing;
    const task = this.#task(options);
    const write = { ...given, version: given.version ?? version, ...task, settings, reuse, warn };
    const result = await writeMidx(this.directoryAt(directory), write);
    await this.#finder.retire();
    return result;
  }

  /**
   * Checks the multi-pack-index of an object directory, every layer of it.
   * @throws GitmidxError as `verifyMidx`
   */
  verifyMidx(options: VerifyOptions = {}): Promise<VerifyReport> {
    return verifyMidx(this.directoryAt(options.directory), { ...options, ...this.#task(options) });
  }

  /** Gives back the files that lookups hold open. The repository can be used again afterwards. */
  close(): Promise<void> {
    return this.#finder.retire();
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
