/** The files that a write puts on the disk, before anything names them. */

import { env } from "#env";
import { isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { Step } from "../../core/task.js";
import { type MidxContent, MidxEncoder } from "../../formats/midx/encode.js";
import type { MidxLayer } from "../../store/midx-stack.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { WritableFile } from "../../store/pack-fs.js";
import { adjustSharedPermissions } from "../../store/permissions.js";
import { createTemporary, removeIfThere } from "../../store/temporary-file.js";
import { temporaryUnderLock } from "./clean-up.js";
import { LayerBitmap } from "./layer-bitmap.js";
import type { WriteMidxOptions, WrittenMidxBitmap } from "./options.js";

/** What a layer says, and what it stands on. */
export interface NewLayer {
  readonly content: MidxContent;
  readonly base: readonly MidxLayer[];
}

/** A file that has been written. */
export interface Written {
  readonly path: string;
  readonly checksum: string;
  readonly byteLength: number;
  readonly bitmap: WrittenMidxBitmap | undefined;
}

/** Writes the file's bytes. */
export async function writeContent(
  file: WritableFile,
  content: MidxContent,
  options: WriteMidxOptions,
): Promise<Pick<Written, "checksum" | "byteLength">> {
  const encoder = new MidxEncoder(content);
  const { byteLength } = encoder;
  const step = new Step(options, "Writing multi-pack-index", byteLength);
  const blocks = encoder.blocks(env.createHasher(content.format));
  // While one block is on its way to the disk, the next is encoded and hashed.
  let pending: Promise<void> = Promise.resolve();
  try {
    let next = blocks.next();
    for (; next.done !== true; next = blocks.next()) {
      await pending;
      pending = file.write(next.value);
      // A failure is thrown where the next block waits for this one.
      pending.catch(() => undefined);
      await step.tick(next.value.length);
    }
    step.finish();
    return { checksum: toHex(next.value), byteLength };
  } finally {
    // The file must not be closed under a write.
    await pending;
  }
}

/**
 * Writes a layer under a temporary name and renames it to the one that its content gives it, and its bitmap before.
 * @param template the temporary name, in the chain's directory.
 */
export async function writeLayer(
  directory: ObjectDirectory,
  { content, base }: NewLayer,
  template: string,
  options: WriteMidxOptions,
): Promise<Written> {
  const { settings } = options;
  const { fs } = directory;
  const file = await createTemporary(fs, `${directory.chainDirectory}/${template}`, 0o444);
  let bitmap: LayerBitmap | undefined;
  try {
    let written: Pick<Written, "checksum" | "byteLength">;
    try {
      await adjustSharedPermissions(fs, file.path, settings.shared);
      written = await writeContent(file, content, options);
      if (settings.sync) await file.sync();
    } finally {
      await file.close();
    }
    const { checksum } = written;
    const underLock = template === temporaryUnderLock;
    const midx = { path: file.path, checksum, kind: "chain", base, underLock } as const;
    bitmap = await LayerBitmap.make(directory, midx, options);
    await bitmap?.install();
    const path = directory.layerPath(checksum, "midx");
    await fs.rename(file.path, path);
    if (settings.sync) await fs.syncDirectory(directory.chainDirectory);
    return { ...written, path, bitmap: bitmap?.written };
  } catch (error) {
    await bitmap?.discard();
    await removeIfThere(fs, file.path);
    throw error;
  }
}

/** Gives the single file, and what belongs to it, a second name as the lowest layer of a chain. */
export async function moveSingleIntoChain(
  directory: ObjectDirectory,
  single: MidxLayer,
  options: WriteMidxOptions,
): Promise<void> {
  const { checksum } = single;
  await linkOrCopy(directory, directory.midxPath, directory.layerPath(checksum, "midx"), options);
  for (const extension of ["bitmap", "rev"] as const) {
    const from = directory.midxCompanionPath(checksum, extension);
    if ((await directory.fs.stat(from)) === undefined) continue;
    await linkOrCopy(directory, from, directory.layerPath(checksum, extension), options);
  }
  if (options.settings.sync) await directory.fs.syncDirectory(directory.chainDirectory);
}

/** A hard link, or a copy on file systems that have none. What is at `to` already, left by a killed writer, is replaced. */
async function linkOrCopy(
  directory: ObjectDirectory,
  from: string,
  to: string,
  options: WriteMidxOptions,
): Promise<void> {
  const { fs } = directory;
  await removeIfThere(fs, to);
  try {
    await fs.link(from, to);
    return;
  } catch (error) {
    if (!isGitmidxError(error, "io", "permission-denied")) throw error;
  }
  const source = await fs.openSource(from);
  const copy = await createTemporary(fs, `${directory.chainDirectory}/${temporaryUnderLock}`, 0o444);
  try {
    try {
      for (const window of source.windows(0, source.size)) await copy.write(window);
      if (options.settings.sync) await copy.sync();
    } finally {
      source.close();
      await copy.close();
    }
    await fs.rename(copy.path, to);
  } catch (error) {
    await removeIfThere(fs, copy.path);
    throw error;
  }
}
