/** The order of a tree's entries: by name, as if the names of directories ended in a slash. */

import { isTreeMode } from "../../formats/object/tree.js";

const slash = 0x2f;

/** Names of files that a later directory may have as well: where each begins and ends, in pairs. */
export type DirectoryFileOrder = number[];

/** A byte that sorts between the end of a name and a slash. */
function isBelowSlash(byte: number): boolean {
  return byte > 0 && byte < slash;
}

/**
 * How the entry whose name is `bytes[start, end)` follows the one whose name begins at `oldStart`. Every name has a NUL behind it.
 * @param candidates names that may turn up again as directories: `a`, then `a.b`, then `a/`. Kept from entry to entry.
 */
export function orderOf(
  bytes: Uint8Array,
  oldMode: number,
  oldStart: number,
  mode: number,
  start: number,
  end: number,
  candidates: DirectoryFileOrder,
): "sorted" | "unsorted" | "duplicate" {
  let at = 0;
  while (bytes[oldStart + at] === bytes[start + at] && bytes[start + at] !== 0) at++;
  let oldByte = bytes[oldStart + at]!;
  let byte = bytes[start + at]!;
  if (oldByte !== 0 && byte !== 0) return oldByte < byte ? "sorted" : "unsorted";
  if (oldByte === 0 && byte === 0) return "duplicate";
  const oldEnd = oldStart + at;
  if (oldByte === 0 && isTreeMode(oldMode)) oldByte = slash;
  if (byte === 0 && isTreeMode(mode)) byte = slash;
  if (oldByte === 0 && isBelowSlash(byte)) candidates.push(oldStart, oldEnd);
  else if (byte === slash && isBelowSlash(oldByte) && isAmong(bytes, start, end, candidates)) return "duplicate";
  return oldByte < byte ? "sorted" : "unsorted";
}

/** Whether the directory's name is among the candidates; those that can come no more are taken off. */
function isAmong(bytes: Uint8Array, start: number, end: number, candidates: DirectoryFileOrder): boolean {
  while (candidates.length > 0) {
    const fileEnd = candidates.pop()!;
    const fileStart = candidates.pop()!;
    const length = fileEnd - fileStart;
    if (length > end - start || !isSame(bytes, fileStart, start, length)) continue;
    const next = bytes[start + length]!;
    if (next === 0) return true;
    if (isBelowSlash(next)) {
      candidates.push(fileStart, fileEnd);
      return false;
    }
  }
  return false;
}

function isSame(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
