/** Object ids in hex inside of commits and tags. */

import { hexValue } from "../../core/oid.js";

/**
 * Reads the id of `byteLength` bytes whose digits, of either case, begin at `bytes[at]`, to `target` from `targetAt`.
 * @returns false if there are not so many digits before `end`.
 */
export function readHexId(
  bytes: Uint8Array,
  at: number,
  end: number,
  target: Uint8Array,
  targetAt: number,
  byteLength: number,
): boolean {
  if (at + 2 * byteLength > end) return false;
  for (let i = 0, place = at; i < byteLength; i++, place += 2) {
    const high = digitValues[bytes[place]!]!;
    const low = digitValues[bytes[place + 1]!]!;
    if ((high | low) < 0) return false;
    target[targetAt + i] = (high << 4) | low;
  }
  return true;
}

const digitValues = Int8Array.from({ length: 256 }, (_, code) => hexValue(code));

/** Whether `bytes` has the ASCII text `word` at `at`, before `end`. */
export function startsWith(bytes: Uint8Array, at: number, end: number, word: string): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Where `hexLength` hex digits that begin at `bytes[at]` end; −1 if there are not so many. */
export function hexIdEnd(bytes: Uint8Array, at: number, hexLength: number): number {
  const end = at + hexLength;
  if (end > bytes.length) return -1;
  for (let place = at; place < end; place++) if (digitValues[bytes[place]!]! < 0) return -1;
  return end;
}
