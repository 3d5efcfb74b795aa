/** What `index-pack` can be told, and what it tells afterwards. */

import type { ByteSource } from "../../bytes/source.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { TaskOptions } from "../../core/task.js";
import type { IdxEncoding } from "../../formats/idx/encode.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { SharedPermissions } from "../../store/permissions.js";
import type { ReceivedObjects } from "../fsck-objects/received-objects.js";

/** Threads that work can be given to. */
export interface Workers {
  /** The module that they run: the package's `node-worker`. */
  readonly url: string;
  /** How many threads work, this one included: 1 or more. */
  readonly threads: number;
}

/** How files come to be, as configuration and host have it. */
export interface IndexPackSettings {
  /** `core.sharedRepository`. */
  readonly shared: SharedPermissions;
  /** Whether `core.fsync` covers packs. */
  readonly syncPack: boolean;
  /** Whether it covers what belongs to packs. */
  readonly syncMetadata: boolean;
  /** `core.deltaBaseCacheLimit`: bytes of bases that each thread holds at most. */
  readonly baseCacheLimit: number;
  /** `core.bigFileThreshold`: blobs above this many bytes are never held whole. */
  readonly bigFileThreshold: number;
  /** `core.looseCompression`, which git takes for the bases that complete a thin pack: −1, or 0 to 9. */
  readonly compressionLevel: number;
}

/** What indexing a pack needs, wherever it comes from. */
export interface IndexPackOptions extends TaskOptions {
  readonly format: ObjectFormat;
  readonly settings: IndexPackSettings;
  /** Looks for the traces of attacks on SHA-1. Default true. */
  readonly detectCollisions?: boolean | undefined;
  /** One thread unless given. */
  readonly workers?: Workers | undefined;
  /** The repository that the pack comes to: what it has under the ids of the pack's objects must be the same. None unless given. */
  readonly store?: ObjectStore | undefined;
  /** Its object directories. */
  readonly directories?: readonly ObjectDirectory[] | undefined;
  /** Looks at the contents of all objects: `--strict`, `--fsck-objects`. All work is done on one thread then. */
  readonly received?: ReceivedObjects | undefined;
  /** The most bytes that the pack may have; no limit unless given. */
  readonly maxInputByteLength?: number | undefined;
  /** What the first pass is called in progress: `Receiving objects` or `Indexing objects` unless given. */
  readonly progressTitle?: string | undefined;
  readonly encoding?: IdxEncoding | undefined;
  /** Whether a `.rev` is written. Default true. */
  readonly reverseIndex?: boolean | undefined;
  /** No two entries may be the same object. Default false. */
  readonly refuseDuplicates?: boolean | undefined;
  /** Whether it is kept which delta has which base. Default false. */
  readonly recordBases?: boolean | undefined;
  /** Whether what objects point to is looked up; needs {@link received} and {@link store}. Default false. */
  readonly checkLinks?: boolean | undefined;
  /** Makes a `.keep` with that text, which may be empty. */
  readonly keep?: string | undefined;
  /** Makes a `.promisor` with that text, which may be empty. */
  readonly promisor?: string | undefined;
  /** Makes a `.mtimes`: the time of each object, in seconds since 1970. */
  readonly mtimeOf?: ((oid: Uint8Array) => number) | undefined;
  /** Called when all of the pack has been read and checked against its checksum. */
  readonly onInputEnd?: (() => void) | undefined;
}

/** A pack that comes in by a stream, and where it goes. */
export interface PackStream {
  readonly stream: AsyncIterable<Uint8Array>;
  /** Where the pack goes; under its checksum among the packs of the object directory unless given. */
  readonly packPath?: string | undefined;
  readonly indexPath?: string | undefined;
  /** Appends the bases of deltas that are not in the pack; they are taken from the store. Default false. */
  readonly fixThin?: boolean | undefined;
  /** Whether something behind the pack is an error, as in a file, or is left to the caller. Default `leave`. */
  readonly behind?: "refuse" | "leave" | undefined;
}

/** What came of it. */
export interface IndexPackResult {
  /** The pack's checksum in hex. */
  readonly checksum: string;
  readonly packPath: string;
  readonly indexPath: string;
  /** Undefined if none was written. */
  readonly reverseIndexPath: string | undefined;
  /** Objects in the pack. */
  readonly objects: number;
  /** Deltas among them. */
  readonly deltas: number;
  /** Bases that were appended to a thin pack. */
  readonly appended: number;
  /** Whether a new `.keep` was made. */
  readonly kept: boolean;
  /** Objects that the pack's objects point to and that are not in it; undefined unless they were looked for. */
  readonly foreignLinks: number | undefined;
  /** Ids in lower-case hex of `.gitmodules` files that trees name and that are nowhere. */
  readonly missingGitmodules: readonly string[];
}

/** The pack as a file that can be read at any place. */
export interface OpenedPack {
  readonly path: string;
  readonly source: ByteSource;
}
