/** Temporary files under git's names (`tmp_midx_XXXXXX`, `tmp_pack_XXXXXX`, …), which `git gc` and `git prune` know how to clean up. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { PackFs, WritableFile } from "./pack-fs.js";
import { systemErrorText } from "./system-error.js";

const placeholder = "XXXXXX";
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** Names that are tried before giving up: many more than can be taken by chance. */
const maxTries = 1000;

/** Six random letters and digits. */
function randomSuffix(): string {
  const random = crypto.getRandomValues(new Uint32Array(placeholder.length));
  return Array.from(random, (value) => letters[value % letters.length]).join("");
}

/**
 * Creates a new file for writing, with permission bits `mode` less the umask.
 * @param template a path that ends in `XXXXXX`, which random letters and digits take the place of
 * @throws GitmidxError what the file system says, in git's words: `Unable to create temporary file 'TEMPLATE': …`
 */
export async function createTemporary(fs: PackFs, template: string, mode: number): Promise<WritableFile> {
  if (!template.endsWith(placeholder))
    throw new RangeError(`the template '${template}' does not end in ${placeholder}`);
  const prefix = template.slice(0, -placeholder.length);
  for (let tries = 1; ; tries++) {
    try {
      return await fs.create(prefix + randomSuffix(), mode);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      if (error.code === "exists" && tries < maxTries) continue;
      const message = `Unable to create temporary file '${template}': ${systemErrorText(error)}`;
      throw new GitmidxError(error.code, message, { path: template, cause: error });
    }
  }
}

/** Removes a file or link; false if there was none. */
export async function removeIfThere(fs: PackFs, path: string): Promise<boolean> {
  try {
    await fs.unlink(path);
    return true;
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return false;
    throw error;
  }
}
