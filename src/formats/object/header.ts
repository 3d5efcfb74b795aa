/**
 * What stands before an object's content where it is hashed, and in a loose object: `type size\0`.
 */

import { type ObjectType, type ObjectTypeCode, objectTypes } from "../../core/object-type.js";

/** The most bytes that the header takes, for any type and any size up to 2^53 − 1. */
export const maxObjectHeaderByteLength = 32;

/** `type ` of each type, by its code. */
const prefixes: readonly Uint8Array[] = [
  new Uint8Array(0),
  ...objectTypes.map((name) => Uint8Array.from(`${name} `, (letter) => letter.charCodeAt(0))),
];

/**
 * Writes the header so that it ends where the content begins.
 * @param contentAt where the content begins in `target`: {@link maxObjectHeaderByteLength} or more.
 * @returns where the header begins.
 */
export function writeObjectHeader(target: Uint8Array, contentAt: number, type: ObjectTypeCode, size: number): number {
  let at = contentAt - 1;
  target[at] = 0;
  let rest = size;
  do {
    const tens = Math.floor(rest / 10);
    target[--at] = 48 + rest - 10 * tens;
    rest = tens;
  } while (rest > 0);
  const prefix = prefixes[type]!;
  at -= prefix.length;
  for (let i = 0; i < prefix.length; i++) target[at + i] = prefix[i]!;
  return at;
}

/** The header as bytes of its own. */
export function objectHeader(type: ObjectType, size: number): Uint8Array {
  const text = `${type} ${size}\0`;
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
