/** How `gitmidx pack-objects` fails, in git's words. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { errnoName, systemErrorText } from "../store/system-error.js";
import { FatalError } from "./complaint.js";
import { BrokenPipe, type Output } from "./output.js";
import type { ShowPaths } from "./paths-as-given.js";

/** What to throw in place of an error: here every one is fatal, and its paths are those that git shows. */
export function packFailure(error: unknown, show: ShowPaths): unknown {
  if (!isGitmidxError(error)) return error;
  const message = show(error.message);
  if (error.code === "missing-pack" || error.code === "not-closed") return new FatalError(message, { cause: error });
  return message === error.message ? error : new GitmidxError(error.code, message, { cause: error });
}

/** Writes a pack to standard output. */
export function packWriter(stdout: Output): (bytes: Uint8Array) => Promise<void> {
  return async (bytes) => {
    try {
      await stdout.write(bytes);
    } catch (error) {
      if (error instanceof BrokenPipe) throw error;
      const reason = errnoName(error) === "ENOSPC" ? ". Out of diskspace" : `: ${systemErrorText(error)}`;
      throw new FatalError(`sha1 file '<stdout>' write error${reason}`, { cause: error });
    }
  };
}
