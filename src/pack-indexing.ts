/** Packs as a program takes them in and verifies them, beside the methods of a repository. */

import type { ObjectFormat } from "./core/oid.js";
import { sha1 } from "./core/oid.js";
import type { TaskOptions } from "./core/task.js";
import { ReceivedObjects } from "./ops/fsck-objects/received-objects.js";
import { indexPackStream, type ReceivedPackResult } from "./ops/index-pack/index-pack.js";
import type { Workers } from "./ops/index-pack/options.js";
import { indexPackConfigOf } from "./ops/index-pack/settings.js";
import type { PackListing } from "./ops/verify-pack/pack-listing.js";
import { verifyPackFile } from "./ops/verify-pack/verify-pack.js";
import type { Repository } from "./repository.js";
import { GitConfig } from "./store/config/git-config.js";
import type { PackFs } from "./store/pack-fs.js";

/** How {@link indexPack} takes a pack in. */
export interface IndexPackRequest extends TaskOptions {
  /** Appends the bases of deltas that the pack lacks, from the repository. Default false. */
  readonly fixThin?: boolean | undefined;
  /** Refuses objects that git's fsck finds malformed, and such that point to what is nowhere. Default false. */
  readonly strict?: boolean | undefined;
  /** Does not look for the traces of attacks on SHA-1. Default false. */
  readonly trusted?: boolean | undefined;
  /** Makes a `.keep` with that text, which may be empty. */
  readonly keep?: string | undefined;
  /** Makes a `.promisor` with that text, which may be empty. */
  readonly promisor?: string | undefined;
  /** The most bytes that the pack may have; no limit unless given. */
  readonly maxByteLength?: number | undefined;
  /** Threads to work with; the caller's alone unless given. */
  readonly workers?: Workers | undefined;
  /** Takes what git prints of malformed objects, line by line. */
  readonly tell?: ((line: string) => void) | undefined;
}

/**
 * Takes in a pack that comes as a stream: writes it to the repository's own object directory with its index, all or nothing.
 * @throws GitmidxError as git refuses it: `truncated`, `bad-signature`, `bad-version`, `bad-entry`, `bad-zlib-stream`, `bad-delta`,
 *   `bad-checksum`, `unresolved-deltas`, `duplicate-object`, `hash-collision`, `object-id-mismatch`, `bad-object`, `disconnected`,
 *   `too-large`, `aborted`, `bad-config`, or what the file system says.
 */
export async function indexPack(
  repository: Repository,
  stream: AsyncIterable<Uint8Array>,
  request: IndexPackRequest = {},
): Promise<ReceivedPackResult> {
  const { format, directories, objectDirectory, config } = repository;
  const { settings, encoding, reverseIndex } = indexPackConfigOf(config, {});
  const { fixThin, strict = false, trusted = false, maxByteLength, tell = () => undefined, ...rest } = request;
  const store = await repository.openObjects();
  try {
    return await indexPackStream(
      objectDirectory,
      { stream, fixThin },
      {
        ...rest,
        format,
        settings,
        encoding,
        reverseIndex,
        store,
        directories,
        detectCollisions: !trusted,
        maxInputByteLength: maxByteLength,
        received: strict ? new ReceivedObjects(format, { fsck: {}, links: true }, tell) : undefined,
        checkLinks: strict,
        refuseDuplicates: strict,
      },
    );
  } finally {
    store.close();
  }
}

/** How {@link verifyPack} verifies. */
export interface VerifyPackRequest extends TaskOptions {
  /** SHA-1 unless given. */
  readonly format?: ObjectFormat | undefined;
  /** Looks for the traces of attacks on SHA-1. Default false. */
  readonly detectCollisions?: boolean | undefined;
  /** Threads to work with; the caller's alone unless given. */
  readonly workers?: Workers | undefined;
  /** Told of the pack's objects once the pack itself has been found sound, before its index is compared. */
  readonly onListing?: ((listing: PackListing) => Promise<void>) | undefined;
}

/**
 * Verifies a pack with all its objects, its index and, if there is one, its reverse index.
 * @param packPath absolute path of the pack, which ends in `.pack`
 * @throws GitmidxError with the first thing that is wrong.
 */
export async function verifyPack(fs: PackFs, packPath: string, request: VerifyPackRequest = {}): Promise<void> {
  const { format = sha1, detectCollisions = false, ...rest } = request;
  const { settings } = indexPackConfigOf(new GitConfig([]), {});
  await verifyPackFile(fs, { packPath }, { ...rest, format, detectCollisions, settings });
}
