/** Opening a pack, in git's words. */

import type { ByteSource } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { PackFs } from "../../store/pack-fs.js";
import { systemErrorText } from "../../store/system-error.js";

/** @param shown what messages call the file. @throws GitmidxError `could not open 'PATH' for reading: …` */
export async function openPackFile(fs: PackFs, path: string, shown = path): Promise<ByteSource> {
  try {
    return await fs.openSource(path);
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    const message = `could not open '${shown}' for reading: ${systemErrorText(error)}`;
    throw new GitmidxError(error.code, message, { path, cause: error });
  }
}
