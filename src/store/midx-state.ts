/** Which multi-pack-index is in effect, in a form that can be compared: how a writer or a reader notices that another was at work. */

import { withRanges } from "../bytes/source.js";
import { isGitmidxError } from "../core/errors.js";
import { toHex } from "../core/oid.js";
import { readChainFile } from "./chain-file.js";
import type { ObjectDirectory } from "./object-directory.js";

/** What tells one state of the directory from another: the single file's checksum and the chain file's lines. */
export async function stateFingerprint(directory: ObjectDirectory): Promise<string> {
  const single = await marked(readTrailer(directory, directory.midxPath), toHex);
  const chain = await marked(readChainFile(directory), (bytes) => new TextDecoder("latin1").decode(bytes));
  return `${single} ${chain}`;
}

/** The bytes as text, or a mark where there are none or they cannot be read: that, too, is a state, and not ours to complain of. */
async function marked(bytes: Promise<Uint8Array | undefined>, text: (bytes: Uint8Array) => string): Promise<string> {
  try {
    const read = await bytes;
    return read === undefined ? "-" : text(read);
  } catch (error) {
    if (isGitmidxError(error)) return `?${error.code}`;
    throw error;
  }
}

/** The checksum at the end of a file; undefined if there is no such file. */
async function readTrailer(directory: ObjectDirectory, path: string): Promise<Uint8Array | undefined> {
  if ((await directory.fs.stat(path)) === undefined) return undefined;
  try {
    const source = await directory.fs.openSource(path);
    try {
      const length = Math.min(directory.format.byteLength, source.size);
      return await withRanges(() => source.copy(source.size - length, length));
    } finally {
      source.close();
    }
  } catch (error) {
    if (isGitmidxError(error, "not-found", "truncated")) return undefined;
    throw error;
  }
}
