/** What a repository is opened from, what it tells, and how its methods are asked. */

import type { ObjectFormat } from "./core/oid.js";
import type { ProgressEvent, TaskOptions } from "./core/task.js";
import type { UnpackOptions } from "./ops/unpack-objects/options.js";
import type { VerifyMidxOptions } from "./ops/verify-midx/verify-midx.js";
import type { BitmapChoices } from "./ops/write-bitmap/repository-bitmap.js";
import type { WriteMidxOptions } from "./ops/write-midx/options.js";
import type { HostFacts } from "./settings.js";
import type { GitConfig } from "./store/config/git-config.js";
import type { RefStorage } from "./store/discovery/repository-format.js";
import type { ObjectStoreOptions } from "./store/object-store.js";
import type { PackFs } from "./store/pack-fs.js";

/** What a `Repository` tells its listeners. */
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
  /** The git directory, an absolute path: without it there are no refs, and objects have no other names than their ids. */
  readonly gitDir?: string | undefined;
  /** What linked worktrees share; the git directory unless given. */
  readonly commonDir?: string | undefined;
  /** The top of the working tree; there is none unless given. */
  readonly workTree?: string | undefined;
  /** How refs are kept; in files unless given. */
  readonly repositoryFormat?: { readonly refStorage: RefStorage } | undefined;
}

/** Which object directory is meant. */
export interface DirectoryChoice {
  /** Absolute path of an object directory, one of the repository's or any other; the repository's own unless given. */
  readonly directory?: string | undefined;
}

/** How `Repository.writeMidx` writes. What is not given is as git's configuration has it. */
export interface WriteOptions
  extends Omit<WriteMidxOptions, "settings" | "warn" | "complain" | "reuse" | "bitmap">,
    BitmapChoices,
    DirectoryChoice {
  /** Writes a bitmap, too. Default false. */
  readonly bitmap?: boolean | undefined;
  /** Takes over a lock whose recorded owner is dead on this host. Default false. */
  readonly breakStaleLock?: boolean | undefined;
}

/** How `Repository.writePackBitmap` writes. What is not given is as git's configuration has it. */
export interface WriteBitmapOptions extends TaskOptions, BitmapChoices, DirectoryChoice {}

/** How `Repository.verifyMidx` checks. */
export interface VerifyOptions extends Omit<VerifyMidxOptions, "grafts" | "grafted">, DirectoryChoice {}

/** How `Repository.unpackObjects` unpacks. What is not given is as git's configuration has it. */
export interface UnpackPackOptions extends Omit<UnpackOptions, "settings"> {}

/** How `Repository.openObjects` reads. What is not given is as git's configuration has it. */
export type OpenObjectsOptions = Pick<ObjectStoreOptions, "replace" | "verify" | "deltaBaseCacheLimit">;

/** How `Repository.objects` lists. */
export interface ListOptions extends TaskOptions, DirectoryChoice {
  /** By object id, or as the bits of a bitmap stand for them. Default `id`. */
  readonly order?: "id" | "pseudo-pack" | undefined;
}
