/** What git says of a delta before it dies of it. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { CommandContext } from "./command.js";
import { message } from "./exit-status.js";

const told = /\n(delta replay has gone wild|unexpected delta opcode 0)$/;

/** Writes git's `error:` line where the error has one, which is then not said again. @returns what is left to be said */
export async function tellDeltaFault(
  error: unknown,
  { stdout, stderr }: Pick<CommandContext, "stdout" | "stderr">,
): Promise<unknown> {
  const fault = isGitmidxError(error, "bad-delta") ? told.exec(error.message) : null;
  if (fault === null || !isGitmidxError(error)) return error;
  await stdout.flush();
  await stderr.write(message("error", fault[1]!));
  const { code, path, offset, cause } = error;
  return new GitmidxError(code, error.message.slice(0, fault.index), { path, offset, cause });
}
