/** Loose objects: a file each, in a directory named by the first two digits of their ids. */

import { isHex } from "../core/oid.js";
import { listNames, type ObjectDirectory } from "./object-directory.js";

/** Digits that name the directory. */
const directoryDigits = 2;

/** Where the object with that id (lower-case hex) is if it is loose. */
export function loosePath(directory: ObjectDirectory, oid: string): string {
  return `${directory.path}/${oid.slice(0, directoryDigits)}/${oid.slice(directoryDigits)}`;
}

/** The ids of the loose objects that begin with `prefix`, lower-case hex of at least 2 digits; ascending. */
export async function looseIds(directory: ObjectDirectory, prefix: string): Promise<readonly string[]> {
  const first = prefix.slice(0, directoryDigits);
  const ids = (await listNames(directory.fs, `${directory.path}/${first}`)).map((name) => first + name);
  const { hexLength } = directory.format;
  return ids.filter((id) => id.startsWith(prefix) && id.length === hexLength && isHex(id)).toSorted();
}
