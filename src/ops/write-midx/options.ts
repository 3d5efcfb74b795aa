/** What `write` can be told, and what it tells afterwards. */

import type { TaskOptions } from "../../core/task.js";
import type { LockOptions } from "../../store/lock.js";
import type { SharedPermissions } from "../../store/permissions.js";
import type { BitmapChoices, BitmapRepository } from "../write-bitmap/repository-bitmap.js";

/** How files come to be in this repository. */
export interface WriteSettings {
  /** `core.sharedRepository`. */
  readonly shared: SharedPermissions;
  /** Whether `core.fsync` covers the component `pack-metadata`. */
  readonly sync: boolean;
  /** What locks record of their holder, and how stale ones are recognized. */
  readonly lock: Pick<LockOptions, "pidFile" | "isAlive" | "breakStale">;
}

/** The options of `git multi-pack-index write`, by the same names. */
export interface WriteMidxOptions extends TaskOptions {
  readonly settings: WriteSettings;
  /** Adds a layer with what is new, instead of writing one file with everything. Default false. */
  readonly incremental?: boolean | undefined;
  /** `midx.version`: 1 (the default) or 2. */
  readonly version?: number | undefined;
  /** Whose copies of objects are preferred to all others: an `.idx` or `.pack` name. */
  readonly preferredPack?: string | undefined;
  /** Takes only these packs (`.idx` names). Names of no pack are ignored. */
  readonly stdinPacks?: readonly string[] | undefined;
  /** False leaves the chain file alone and only makes the layer; wants `incremental`. Default true. */
  readonly writeChainFile?: boolean | undefined;
  /** The checksum of the layer to build upon, or `none`; the tip unless given. Wants `writeChainFile: false`. */
  readonly base?: string | undefined;
  /** Writes a bitmap, too: what it is made from. Undefined for none. */
  readonly bitmap?: MidxBitmapOptions | undefined;
  /** Whether RIDX and BTMP are written, as they are beside a bitmap. Default false; true if there is to be a {@link bitmap}. */
  readonly reverseIndex?: boolean | undefined;
  /** False takes neither choices nor layers from an existing multi-pack-index (`core.multiPackIndex`). Default true. */
  readonly reuse?: boolean | undefined;
  /** Told what git would warn of. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Told what git calls an error, though it goes on; {@link warn} is unless given. */
  readonly complain?: ((message: string) => void) | undefined;
}

/** What a bitmap is made from. */
export interface MidxBitmapOptions extends BitmapChoices {
  readonly repository: BitmapRepository;
}

/** A bitmap that was written. */
export interface WrittenMidxBitmap {
  readonly path: string;
  /** Size in bytes. */
  readonly byteLength: number;
  /** Commits that have a bitmap, and groups of commits. */
  readonly commits: number;
  readonly pseudoMerges: number;
}

/** What `write` did. */
export interface WriteMidxResult {
  /** `unchanged` if what is there is what would be written. */
  readonly outcome: "written" | "unchanged";
  /** The file written; undefined if none was. */
  readonly path: string | undefined;
  /** Its checksum in hex; undefined if none was written. */
  readonly checksum: string | undefined;
  /** Packs and objects in the file written; 0 if none was. */
  readonly packs: number;
  readonly objects: number;
  /** Size of the file written in bytes. */
  readonly byteLength: number;
  /** The bitmap written with it; undefined if none was. */
  readonly bitmap: WrittenMidxBitmap | undefined;
  /** Layers of the chain afterwards, oldest first; empty unless a chain file was written. */
  readonly layers: readonly string[];
  /** Files removed because the new state replaces them. */
  readonly removed: readonly string[];
}

export const unchanged: WriteMidxResult = {
  outcome: "unchanged",
  path: undefined,
  checksum: undefined,
  packs: 0,
  objects: 0,
  byteLength: 0,
  bitmap: undefined,
  layers: [],
  removed: [],
};
