/** What is said of objects that cannot be read, in git's words and with paths as git shows them. */

import { type GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { RevisionSource } from "../resolve-revision/revision.js";

/** What is wrong with a copy of an object, where an error says that of damage; undefined for every other error. */
export function damageOf(error: unknown): GitmidxError | undefined {
  if (!isGitmidxError(error) || error.code === "aborted") return undefined;
  return isGitmidxError(error.cause) ? error.cause : error;
}

/** Says what is wrong with a copy of an object, as git does before it goes on without it. */
export function tellDamage(source: RevisionSource, damage: GitmidxError): void {
  if (isGitmidxError(damage.cause, "bad-zlib-stream")) source.tell({ kind: "error", text: damage.cause.message });
  source.tell({ kind: "error", text: shownPath(source, damage.message) });
}

/** Whether git says of damage that the object is not there: nothing is in its file. */
export function isEmptyFile({ message }: GitmidxError): boolean {
  return message.startsWith("object file ") && message.endsWith(" is empty");
}

/** A message in which paths are relative to the directory in which git works, as far as they lie below it. */
export function shownPath({ places }: RevisionSource, text: string): string {
  const { baseDirectory, gitDir } = places;
  return text.replaceAll(`${baseDirectory}/`, baseDirectory === gitDir ? "./" : "");
}
