/** Names as git prints them in lines: between double quotes, with C's escapes, where they hold anything odd. */

import { bytesOfName } from "../../bytes/name-text.js";

const escapes: ReadonlyMap<number, string> = new Map([
  [7, "a"],
  [8, "b"],
  [9, "t"],
  [10, "n"],
  [11, "v"],
  [12, "f"],
  [13, "r"],
  [34, '"'],
  [92, "\\"],
]);

/** Whether bytes above 127 are escaped: `core.quotePath`. */
export type HighBytes = "escaped" | "plain";

/**
 * The bytes of a name as git prints it.
 * @param spaces `spaces too` puts a name with a blank between quotes too.
 */
export function quotedName(name: Uint8Array, highBytes: HighBytes, spaces?: "spaces too"): Uint8Array {
  const isOdd = (byte: number) =>
    byte < 32 || byte === 34 || byte === 92 || byte === 127 || (byte > 127 && highBytes === "escaped");
  if (!name.some((byte) => isOdd(byte) || (spaces !== undefined && byte === 32))) return name;
  const out: number[] = [34];
  for (const byte of name) {
    if (!isOdd(byte)) out.push(byte);
    else out.push(...bytesOfName(`\\${escapes.get(byte) ?? byte.toString(8).padStart(3, "0")}`));
  }
  out.push(34);
  return Uint8Array.from(out);
}
