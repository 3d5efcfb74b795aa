/** The line of an object in the default format: id, type and size. */

import type { ObjectType } from "../../core/object-type.js";

/** Bytes of a type, a size and what is between and behind them at the most. */
export const longestDetails = 32;

const hexDigits = new TextEncoder().encode("0123456789abcdef");

/** Writes the line, without its end, to `target` from `at`. @returns where it ends */
export function writePlainLine(
  target: Uint8Array,
  at: number,
  oid: Uint8Array,
  type: ObjectType,
  size: number,
): number {
  let place = at;
  for (let i = 0; i < oid.length; i++) {
    const byte = oid[i]!;
    target[place++] = hexDigits[byte >> 4]!;
    target[place++] = hexDigits[byte & 15]!;
  }
  target[place++] = 0x20;
  for (let i = 0; i < type.length; i++) target[place++] = type.charCodeAt(i);
  target[place++] = 0x20;
  return writeDecimal(target, place, size);
}

/** Writes a number in decimal to `target` from `at`. @returns where it ends */
function writeDecimal(target: Uint8Array, at: number, value: number): number {
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
  let left = value;
  for (let place = end - 1; place >= at; place--) {
    target[place] = 0x30 + (left % 10);
    left = Math.floor(left / 10);
  }
  return end;
}
