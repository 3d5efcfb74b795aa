/** What the selection of objects is given, and what it gives. */

import type { ObjectFormat } from "../../../core/oid.js";
import type { TaskOptions } from "../../../core/task.js";
import type { ObjectDirectory } from "../../../store/object-directory.js";
import type { ObjectStore } from "../../../store/object-store.js";
import type { PackFs } from "../../../store/pack-fs.js";
import type { RefPlace } from "../../walk/add-refs.js";
import type { ResolveRevision } from "../../walk/rev-arguments.js";
import type { BitmapAnswer } from "../bitmap/bitmap-answer.js";
import type { PendingBitmap } from "../bitmap/pending-bitmap.js";
import type { PackingList } from "../packing-list.js";
import type { LeaveOut } from "./object-adder.js";

/** The repository from which objects are selected. */
export interface SelectionSource {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  /** Without replacements: pack-objects does not know them. */
  readonly store: ObjectStore;
  /** Those of the store, the repository's own first. */
  readonly directories: readonly ObjectDirectory[];
  readonly place: RefPlace;
  /** GIT_INDEX_FILE; the index of the git directory unless given. */
  readonly indexFile?: string | undefined;
  /** `--shallow-file`, GIT_SHALLOW_FILE: a file in place of `shallow`; an empty name means none. */
  readonly shallowFile?: string | undefined;
  /** GIT_GRAFT_FILE */
  readonly graftFile?: string | undefined;
  readonly resolve: ResolveRevision;
  /** Whether a remote is configured that promised objects (`remote.*.promisor`, `extensions.partialClone`). */
  readonly hasPromisorRemote: boolean;
}

/** What all ways of selecting have in common. */
export interface SelectionOptions extends LeaveOut, TaskOptions {
  /** `--name-hash-version`. Default 1. */
  readonly nameHashVersion?: 1 | 2 | undefined;
  /** Whether no delta is to be looked for, by the object's path: attribute `-delta`. */
  readonly noDelta?: ((path: Uint8Array) => boolean) | undefined;
  /** `--include-tag`: tags of objects that are packed are packed too. */
  readonly includeTag?: boolean | undefined;
  /** What is to be noted for the bitmap that goes with the pack. */
  readonly bitmap?: PendingBitmap | undefined;
  /** Told what git warns of. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Told what git calls an error, whether it goes on or dies of it. */
  readonly complain?: ((message: string) => void) | undefined;
}

/** A run of rows of the packing list that are of one type and path: `--path-walk`. */
export interface PathRegion {
  readonly start: number;
  readonly count: number;
}

/** An object that is packed no more and should become a loose one. */
export interface LooseningObject {
  readonly oid: Uint8Array;
  /** The time that the loose file gets, in seconds since 1970. */
  readonly mtime: number;
}

/** What was selected. */
export interface Selection {
  readonly list: PackingList;
  /** Cruft packs: when each row was last used, in seconds since 1970. */
  readonly mtimes?: Uint32Array | undefined;
  /** `--path-walk`: deltas are looked for in these first. */
  readonly regions?: readonly PathRegion[] | undefined;
  /** `--unpack-unreachable`: objects of packs that are to be made loose before the packs go. */
  readonly loosening?: readonly LooseningObject[] | undefined;
  /** What bitmaps have answered, where they were asked. Whoever takes it closes it. */
  readonly answer?: BitmapAnswer | undefined;
}
