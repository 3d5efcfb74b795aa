/** Ids and numbers as git prints them, read without making text of them: there may be ten million. */

import { hexValue } from "../../core/oid.js";

/** Compares the hex digits at `at` of `line` with `id`: negative, zero or positive; a line that is too short comes first. */
export function hexPrefixOrder(line: Uint8Array, id: Uint8Array, at = 0): number {
  for (let i = 0; i < id.length; i++) {
    const high = hexValue(line[at + 2 * i] ?? 0);
    const low = hexValue(line[at + 2 * i + 1] ?? 0);
    const difference = (high << 4) + low - id[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The 32-bit number that the eight hex digits at `at` of `line` spell; NaN if there are none. */
export function hexWordAt(line: Uint8Array, at: number): number {
  let word = 0;
  for (let i = at; i < at + 8; i++) {
    const digit = hexValue(line[i] ?? 0);
    if (digit < 0) return Number.NaN;
    word = 16 * word + digit;
  }
  return word;
}

/** The decimal number at `at` of `line`, and where it ends; NaN if there is none. */
export function decimalAt(line: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = at;
  for (; end < line.length; end++) {
    const digit = line[end]! - 48;
    if (digit < 0 || digit > 9) break;
    value = 10 * value + digit;
  }
  return { value: end === at ? Number.NaN : value, end };
}
