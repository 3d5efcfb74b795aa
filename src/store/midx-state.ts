/** Which multi-pack-index is in effect, in a form that can be compared: how a writer or a reader notices that another was at work. */

import { withRanges } from "../bytes/source.js";
import { isGitmidxError } from "../core/errors.js";
import { toHex } from "../core/oid.js";
import type { ObjectDirectory } from "./object-directory.js";

/** What tells one state of the directory from another: the single file's checksum and the chain file's lines. */
export async function stateFingerprint(directory: ObjectDirectory): Promise<string> {
  const chain = await readTail(directory, directory.chainPath, Number.MAX_SAFE_INTEGER);
  const single = await readTail(directory, directory.midxPath, directory.format.byteLength);
  return `${single === undefined ? "-" : toHex(single)} ${chain === undefined ? "-" : toHex(chain)}`;
}

/** The last bytes of a file, at most `byteLength`; undefined if there is none. */
async function readTail(directory: ObjectDirectory, path: string, byteLength: number): Promise<Uint8Array | undefined> {
  if ((await directory.fs.stat(path)) === undefined) return undefined;
  try {
    const source = await directory.fs.openSource(path);
    try {
      const length = Math.min(byteLength, source.size);
      return await withRanges(() => source.copy(source.size - length, length));
    } finally {
      source.close();
    }
  } catch (error) {
    if (isGitmidxError(error, "not-found", "truncated")) return undefined;
    throw error;
  }
}
