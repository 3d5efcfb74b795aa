/** `bitmap write`: the bitmap of one pack, for all that refs reach in it. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { TaskOptions } from "../../core/task.js";
import type { BitmapContent } from "../../formats/bitmap/encode.js";
import { packBitmapPath } from "../../store/bitmaps/open-bitmap.js";
import { PackBitOrder } from "../../store/bitmaps/pack-bit-order.js";
import type { ObjectDirectory, PackFile } from "../../store/object-directory.js";
import { openIdx } from "../../store/open-idx.js";
import { type BitmapChoices, type BitmapRepository, bitmapOfRepository } from "./repository-bitmap.js";
import { type BitmapFileSettings, installBitmap, stageBitmap } from "./stage-bitmap.js";

/** How the bitmap of a pack is written. */
export interface WritePackBitmapOptions extends TaskOptions, BitmapChoices {
  readonly settings: BitmapFileSettings;
  readonly warn?: ((message: string) => void) | undefined;
  /** Told what git calls an error, though it goes on; {@link warn} is unless given. */
  readonly complain?: ((message: string) => void) | undefined;
}

/** What was written. */
export interface WritePackBitmapResult {
  readonly path: string;
  /** The checksum at the end of the file, in hex. */
  readonly checksum: string;
  /** Size of the file in bytes. */
  readonly byteLength: number;
  /** Objects in the pack. */
  readonly objects: number;
  /** Commits that have a bitmap, and groups of commits. */
  readonly commits: number;
  readonly pseudoMerges: number;
}

/**
 * Writes the bitmap beside a pack, in place of one that is there.
 * @param name of the pack, with or without `.pack` or `.idx`.
 * @throws GitmidxError `missing-pack`; `not-closed` if something that is reached is not in the pack; as `bitmapOfRepository`
 */
export async function writePackBitmap(
  repository: BitmapRepository,
  directory: ObjectDirectory,
  name: string,
  options: WritePackBitmapOptions,
): Promise<WritePackBitmapResult> {
  const { settings, signal, progress } = options;
  const pack = await packNamed(directory, name);
  const { content, objects } = await contentOf(repository, directory, pack, options);
  const path = packBitmapPath(pack);
  const staged = await stageBitmap(directory, content, { ...settings, signal, progress });
  await installBitmap(directory, staged, path, settings);
  return { ...staged, path, objects };
}

async function packNamed(directory: ObjectDirectory, name: string): Promise<PackFile> {
  const base = name.replace(/\.(?:pack|idx)$/, "");
  const isPlain = base !== "" && !base.includes("/");
  const pack = isPlain ? await directory.packFile(`${base}.idx`) : undefined;
  if (pack !== undefined) return pack;
  throw new GitmidxError("missing-pack", `there is no pack '${name}' in ${directory.packPath}`);
}

async function contentOf(
  repository: BitmapRepository,
  directory: ObjectDirectory,
  pack: PackFile,
  { refsSnapshot, nameHash, workerUrl, signal, progress, warn, complain }: WritePackBitmapOptions,
): Promise<{ readonly content: BitmapContent; readonly objects: number }> {
  const idx = await openIdx(directory, pack.idxPath);
  try {
    const checksum = await withRanges(() => idx.packChecksum());
    const target = { order: new PackBitOrder(idx), checksum, preferred: "folders" } as const;
    const choices = { refsSnapshot, nameHash, workerUrl };
    const content = await bitmapOfRepository(repository, target, choices, { signal, progress, warn, complain });
    return { content, objects: idx.count };
  } catch (error) {
    if (!isGitmidxError(error, "not-closed")) throw error;
    warn?.(error.message);
    throw new GitmidxError("not-closed", "failed to write bitmap index", { path: pack.packPath, cause: error });
  } finally {
    idx.source.close();
  }
}
