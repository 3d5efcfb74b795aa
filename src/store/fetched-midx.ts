/** A multi-pack-index whose files lie somewhere else than on a disk. */

import { type ObjectFormat, sha1 } from "../core/oid.js";
import { type FetchedFiles, FetchedFs, type FetchedFsOptions } from "./fetched-fs.js";
import { type MidxStack, openMidxStack } from "./midx-stack.js";
import { ObjectDirectory } from "./object-directory.js";
import { detectObjectFormat } from "./object-format.js";

/** How {@link openMidxFrom} opens. */
export interface OpenMidxFromOptions extends FetchedFsOptions {
  /** The hash function; what the files say unless given. */
  readonly format?: ObjectFormat | undefined;
}

/**
 * Opens a multi-pack-index, the single file or a chain with its layers, reading no more of it than its structure.
 *
 * Its methods are synchronous: call them inside `withRanges`, which fetches what they need.
 * @returns undefined if there is none among the files.
 * @throws GitmidxError if there is one that cannot be read; and what `files` throw.
 */
export async function openMidxFrom(
  files: FetchedFiles,
  options: OpenMidxFromOptions = {},
): Promise<MidxStack | undefined> {
  const fs = new FetchedFs(files, options);
  const format = options.format ?? (await detectObjectFormat(fs, "")) ?? sha1;
  return openMidxStack(new ObjectDirectory(fs, "", format));
}
