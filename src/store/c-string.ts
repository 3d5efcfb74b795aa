/** Text in files that git reads as C strings. */

import { nameOfBytes } from "../bytes/name-text.js";

/** The text up to the first NUL or the end; bytes that are not UTF-8 as `nameOfBytes` writes them. */
export function decodeCString(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return nameOfBytes(nul < 0 ? bytes : bytes.subarray(0, nul));
}

/** Whether a character code is what git takes for white space: space, tab, line feed, carriage return. */
export function isGitSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** `text` without the line ends (LF, CR) at its end. */
export function withoutLineEnds(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
  return text.slice(0, end);
}
