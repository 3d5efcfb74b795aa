/** How a repository's objects are packed: what a caller of the library says. */

import type { TaskOptions } from "../../core/task.js";
import type { DeflateMode } from "../../env/contract.js";
import type { IdxEncoding } from "../../formats/idx/encode.js";
import type { PackOutput } from "./pack-output.js";
import type { CruftOptions } from "./select/cruft.js";
import type { ObjectListOptions } from "./select/object-list.js";
import type { RevisionSelectionOptions } from "./select/revisions.js";
import type { SelectionOptions } from "./select/selection.js";
import type { StdinPacksOptions } from "./select/stdin-packs.js";

type Lines<T> = AsyncIterable<T> | Iterable<T>;
type Own<T extends SelectionOptions> = Omit<T, keyof SelectionOptions | "window" | "bitmaps">;

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
  /**
   * Whether revisions are answered from bitmaps where there are some. Unless given as `pack.useBitmaps` has it for a stream, and not for files.
   */
  readonly useBitmapIndex?: boolean | undefined;
  /**
   * Whether a bitmap is written with the pack: only for files, with all that refs reach. `quiet` gives no reason where none can be. Default
   * false.
   */
  readonly writeBitmapIndex?: boolean | "quiet" | undefined;
  /** The module that worker threads run; without it one thread does all. */
  readonly workerUrl?: string | undefined;
  /** Told what git would call a warning or an error, or would just say, while the work goes on. */
  readonly say?: ((kind: "warning" | "error" | "note", message: string) => void) | undefined;
}
