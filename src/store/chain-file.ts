/** Reading the chain file of an object directory, within bounds. */

import { withRanges } from "../bytes/source.js";
import { isGitmidxError } from "../core/errors.js";
import { maxChainLayers } from "../core/limits.js";
import type { ObjectDirectory } from "./object-directory.js";

/**
 * The bytes of the chain file: all of them, or of a file far too large for a chain the first ones, enough to see that it is.
 * @returns undefined if there is no such file.
 * @throws GitmidxError what the file system says.
 */
export async function readChainFile(directory: ObjectDirectory): Promise<Uint8Array | undefined> {
  if ((await directory.fs.stat(directory.chainPath)) === undefined) return undefined;
  try {
    const source = await directory.fs.openSource(directory.chainPath);
    try {
      const limit = (maxChainLayers + 2) * (directory.format.hexLength + 1);
      return await withRanges(() => source.copy(0, Math.min(source.size, limit)));
    } finally {
      source.close();
    }
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return undefined;
    throw error;
  }
}
