/** What revisions are resolved from, and what comes of one. */

import type { ObjectType } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { GitConfig } from "../../store/config/git-config.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { RefLocation, RefStore } from "../../store/refs/ref-store.js";

/** The objects, as far as revisions need them. Replace refs are the reader's business. */
export interface RevisionObjects {
  /** Type and content; undefined if there is no such object. */
  read(oid: Uint8Array): Promise<{ readonly type: ObjectType; readonly bytes: Uint8Array } | undefined>;
  /** Type and size; undefined if there is no such object. */
  readHeader(oid: Uint8Array): Promise<{ readonly type: ObjectType; readonly size: number } | undefined>;
  /** The ids of all objects that begin with these hex digits, each once, ascending. */
  idsWithPrefix(prefix: string): Promise<readonly string[]>;
  /** About how many packed objects there are: how long abbreviations are. */
  packedObjectCount(): Promise<number>;
}

/** Where things are that revisions name. */
export interface RevisionPlaces {
  readonly gitDir: string;
  readonly commonDir: string;
  readonly workTree: string | undefined;
  /** The directory in which git works: paths are looked for on disk relative to it. */
  readonly baseDirectory: string;
  /** The process's directory, for paths that begin with `./` or `../`; the base directory unless given. */
  readonly cwd?: string | undefined;
  /** `GIT_INDEX_FILE`; the index of the git directory unless given. */
  readonly indexFile?: string | undefined;
  /** How refs are kept; in files unless given. */
  readonly repositoryFormat?: RefLocation["repositoryFormat"];
}

/** Something that git says on standard error while it resolves, with the word that it puts before it. */
export interface RevisionNote {
  readonly kind: "warning" | "error" | "hint" | "plain";
  /** One or more lines. */
  readonly text: string;
}

/** All that a revision may depend on. */
export interface RevisionSource {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly objects: RevisionObjects;
  readonly refs: RefStore;
  readonly config: GitConfig;
  readonly places: RevisionPlaces;
  /** Told what git would say. */
  readonly tell: (note: RevisionNote) => void;
}

/** Which objects a prefix is taken for where several begin so. */
export type Disambiguation = "none" | "commit" | "committish" | "tree" | "treeish" | "blob";

/** How a revision is resolved. */
export interface ResolveOptions {
  /** Which objects are meant where a prefix is that of several; `core.disambiguate` unless given. */
  readonly disambiguation?: Disambiguation | undefined;
  /** What a revision that leads nowhere comes to: a value, or the error of git's best guess at what is wrong. Default `value`. */
  readonly failure?: "value" | "diagnosis" | undefined;
  /** Whether symbolic links in the tree are followed in `REV:PATH`. Default false. */
  readonly followSymlinks?: boolean | undefined;
  /** Whether a full id that is a ref's name too is warned of. Default true. */
  readonly checkIdNames?: boolean | undefined;
}

/** What came of a revision. */
export type Resolution =
  | {
      readonly outcome: "found";
      readonly oid: Uint8Array;
      /** Mode of the tree's or index's entry that was named; undefined where none was. */
      readonly mode: number | undefined;
      /** The path that was named; undefined where none was. */
      readonly path: string | undefined;
    }
  /** A symbolic link leads out of the tree, to `target`. */
  | { readonly outcome: "symlink"; readonly target: string }
  | { readonly outcome: "missing" | "ambiguous" | "dangling" | "loop" | "notdir" };

/** The id at the end of a part of a revision, or why there is none. */
export type Step = Uint8Array | "missing" | "ambiguous";

/** Whether a step led to an object. */
export function isFound(step: Step): step is Uint8Array {
  return typeof step !== "string";
}
