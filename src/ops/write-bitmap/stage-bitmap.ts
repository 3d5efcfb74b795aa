/** Bitmap files on their way to the disk. */

import { env } from "#env";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { type BitmapContent, BitmapEncoder } from "../../formats/bitmap/encode.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { WritableFile } from "../../store/pack-fs.js";
import { adjustSharedPermissions, type SharedPermissions } from "../../store/permissions.js";
import { systemErrorText } from "../../store/system-error.js";
import { createTemporary, removeIfThere } from "../../store/temporary-file.js";

/** Git's name for bitmaps that are being written. */
const temporaryBitmap = "tmp_bitmap_XXXXXX";
/** Name of one whose writer holds the lock of a multi-pack-index: whoever holds that lock and finds one knows that its writer is dead. */
const temporaryUnderLock = "tmp_bitmap_midx_XXXXXX";

/** Whether a file beside the packs is a bitmap that a writer holding the lock of the multi-pack-index has left. */
export function isBitmapUnderLock(name: string): boolean {
  return /^tmp_bitmap_midx_\w{6}$/.test(name);
}

/** How files come to be in this repository. */
export interface BitmapFileSettings {
  readonly shared: SharedPermissions;
  /** Whether `core.fsync` covers the component `pack-metadata`. */
  readonly sync: boolean;
}

/** How a bitmap is staged. */
export interface StageBitmapOptions extends BitmapFileSettings, TaskOptions {
  /** Whether the lock of the multi-pack-index is held. Default false. */
  readonly underLock?: boolean | undefined;
}

/** What was written. */
export interface WrittenBitmap {
  /** The checksum at the end of the file, in hex. */
  readonly checksum: string;
  /** Size in bytes. */
  readonly byteLength: number;
  /** Commits with a bitmap, and groups of commits. */
  readonly commits: number;
  readonly pseudoMerges: number;
}

/** A bitmap under a temporary name. */
export interface StagedBitmap extends WrittenBitmap {
  readonly path: string;
}

/** Writes a bitmap to an open file. */
export async function writeBitmap(
  file: WritableFile,
  content: BitmapContent,
  task: TaskOptions = {},
): Promise<WrittenBitmap> {
  const encoder = new BitmapEncoder(content);
  const { byteLength } = encoder;
  const step = new Step(task, "Writing bitmap", byteLength);
  const blocks = encoder.blocks(env.createHasher(content.format));
  let next = blocks.next();
  for (; next.done !== true; next = blocks.next()) {
    await file.write(next.value);
    await step.tick(next.value.length);
  }
  step.finish();
  const pseudoMerges = content.pseudoMerges?.merges.length ?? 0;
  return { checksum: toHex(next.value), byteLength, commits: content.entries.length, pseudoMerges };
}

/** Writes a bitmap under a temporary name beside the packs, ready to be renamed. After a failure nothing is left. */
export async function stageBitmap(
  directory: ObjectDirectory,
  content: BitmapContent,
  options: StageBitmapOptions,
): Promise<StagedBitmap> {
  const { fs } = directory;
  const template = options.underLock === true ? temporaryUnderLock : temporaryBitmap;
  const file = await createTemporary(fs, directory.inPackDirectory(template), 0o444);
  try {
    let written: WrittenBitmap;
    try {
      written = await writeBitmap(file, content, options);
      if (options.sync) await file.sync();
    } finally {
      await file.close();
    }
    await adjustSharedPermissions(fs, file.path, options.shared);
    return { ...written, path: file.path };
  } catch (error) {
    await removeIfThere(fs, file.path);
    throw error;
  }
}

/** Gives a staged bitmap its name. After a failure nothing of it is left. */
export async function installBitmap(
  directory: ObjectDirectory,
  staged: StagedBitmap,
  path: string,
  { sync }: Pick<BitmapFileSettings, "sync">,
): Promise<void> {
  const { fs } = directory;
  try {
    await fs.rename(staged.path, path);
  } catch (cause) {
    await removeIfThere(fs, staged.path);
    if (!isGitmidxError(cause)) throw cause;
    const message = `unable to rename temporary bitmap file to '${path}': ${systemErrorText(cause)}`;
    throw new GitmidxError(cause.code, message, { path, cause });
  }
  if (sync) await fs.syncDirectory(path.slice(0, path.lastIndexOf("/")));
}
