/** Finding the bitmap that a repository's objects are answered from. */

import { isGitmidxError } from "../../core/errors.js";
import { comparePackNames } from "../../formats/midx/pack-names.js";
import { type MidxStack, openMidxStack } from "../midx-stack.js";
import { stateFingerprint } from "../midx-state.js";
import { listNames, type ObjectDirectory, type PackFile } from "../object-directory.js";
import type { BitmapIndex } from "./bitmap-index.js";
import { type BitmapFileOptions, openMidxBitmap, openPackBitmap } from "./open-bitmap.js";

/** How a bitmap is looked for. */
export interface OpenBitmapOptions extends BitmapFileOptions {
  /** `core.multiPackIndex`: false looks beside the packs alone. Default true. */
  readonly useMidx?: boolean | undefined;
  /** Told instead of `warn` what git calls an error, though it goes on: bitmaps that are damaged. */
  readonly complain?: ((message: string) => void) | undefined;
}

/** How often a directory that changes while it is looked at is read anew. */
const attempts = 5;

/**
 * Opens the one bitmap that git would use: that of a multi-pack-index, directory by directory, or else that of a pack, directory by
 * directory, youngest pack first. A bitmap that cannot be used is told and passed over. Reads no more than the heads of files.
 *
 * Unlike git it passes over a bitmap whose head names another pack than the one it lies beside.
 * @param directories the repository's own first, then those it borrows from.
 * @returns undefined if there is none.
 */
export async function openBitmapIndex(
  directories: readonly ObjectDirectory[],
  options: OpenBitmapOptions = {},
): Promise<BitmapIndex | undefined> {
  for (const search of options.useMidx === false ? [bitmapOfPacks] : [bitmapOfMidx, bitmapOfPacks]) {
    for (const directory of directories) {
      const found = await search(directory, options);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function bitmapOfMidx(directory: ObjectDirectory, options: OpenBitmapOptions): Promise<BitmapIndex | undefined> {
  for (let attempt = 1; ; attempt++) {
    const before = await stateFingerprint(directory);
    const stack = await openStack(directory);
    const index =
      stack && (await told(options, () => openMidxBitmap(directory, stack, { ...options, closeStack: true })));
    if (index !== undefined) return index;
    stack?.close();
    // A writer may have replaced the multi-pack-index before we came to its bitmap.
    if (attempt === attempts || (await stateFingerprint(directory)) === before) return undefined;
  }
}

/** The multi-pack-index, if it can be read: whoever opens the objects tells why not. */
async function openStack(directory: ObjectDirectory): Promise<MidxStack | undefined> {
  try {
    return await openMidxStack(directory);
  } catch (error) {
    if (isGitmidxError(error)) return undefined;
    throw error;
  }
}

async function bitmapOfPacks(directory: ObjectDirectory, options: OpenBitmapOptions): Promise<BitmapIndex | undefined> {
  for (const pack of await packsWithBitmap(directory)) {
    const index = await told(options, () => openPackBitmap(directory, pack, options));
    if (index !== undefined) return index;
  }
  return undefined;
}

/** The packs that have a bitmap beside them, youngest first. */
export async function packsWithBitmap(directory: ObjectDirectory): Promise<readonly PackFile[]> {
  const names = new Set(await listNames(directory.fs, directory.packPath));
  const packs: PackFile[] = [];
  for (const name of names) {
    if (!name.endsWith(".bitmap")) continue;
    const idxName = `${name.slice(0, -".bitmap".length)}.idx`;
    const pack = names.has(idxName) ? await directory.packFile(idxName) : undefined;
    if (pack !== undefined) packs.push(pack);
  }
  return packs.toSorted((a, b) => b.mtime - a.mtime || comparePackNames(a.name, b.name));
}

/** What is opened; undefined where that fails, which is told as git tells it. */
async function told(
  { warn, complain = warn }: OpenBitmapOptions,
  open: () => Promise<BitmapIndex | undefined>,
): Promise<BitmapIndex | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!isGitmidxError(error) || error.code === "aborted") throw error;
    const isWarning = isGitmidxError(
      error,
      "bad-reverse-index",
      "missing-pack",
      "missing-layer",
      "permission-denied",
      "io",
    );
    (isWarning ? warn : complain)?.(error.message);
    return undefined;
  }
}
