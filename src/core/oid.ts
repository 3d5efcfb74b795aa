/** Object ids and the two hash functions that git names objects with. */

import { GitmidxError } from "./errors.js";

/** The hash function of a repository: `extensions.objectFormat`. */
export type ObjectFormatName = "sha1" | "sha256";

/** What the rest of the code needs to know of a hash function. */
export interface ObjectFormat {
  readonly name: ObjectFormatName;
  /** The hash id in MIDX, .rev, .mtimes and bitmap headers: 1 or 2. */
  readonly hashId: 1 | 2;
  /** Length of an object id in bytes: 20 or 32. */
  readonly byteLength: 20 | 32;
  /** Length of an object id in hex digits: 40 or 64. */
  readonly hexLength: 40 | 64;
}

/** Git's first hash, and still its default. */
export const sha1: ObjectFormat = { name: "sha1", hashId: 1, byteLength: 20, hexLength: 40 };
/** The hash of repositories made with `--object-format=sha256`. */
export const sha256: ObjectFormat = { name: "sha256", hashId: 2, byteLength: 32, hexLength: 64 };

/** The format of that name, or undefined for a name that is neither `sha1` nor `sha256` (lower case, as git wants). */
export function objectFormatByName(name: string): ObjectFormat | undefined {
  return name === "sha1" ? sha1 : name === "sha256" ? sha256 : undefined;
}

const hexDigits = "0123456789abcdef";
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, i) => hexDigits[i >> 4]! + hexDigits[i & 15]!);

/** Lower-case hex of `length` bytes of `bytes` from `offset`. */
export function toHex(bytes: Uint8Array, offset = 0, length = bytes.length - offset): string {
  let hex = "";
  for (let i = offset; i < offset + length; i++) hex += hexPairs[bytes[i]!];
  return hex;
}

/** The value of a hex digit given as a character code, upper or lower case; −1 if it is none. */
export function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** Whether `text` is made of hex digits only (an empty text is). */
export function isHex(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (hexValue(text.charCodeAt(i)) < 0) return false;
  return true;
}

/**
 * The bytes of a full object id in hex.
 * @throws GitmidxError `bad-object-id` unless `hex` is exactly `format.hexLength` hex digits.
 */
export function oidFromHex(hex: string, format: ObjectFormat): Uint8Array {
  if (hex.length !== format.hexLength || !isHex(hex)) {
    throw new GitmidxError("bad-object-id", `'${hex}' is not an object id of ${format.hexLength} hex digits`);
  }
  const bytes = new Uint8Array(format.byteLength);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (hexValue(hex.charCodeAt(2 * i)) << 4) | hexValue(hex.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** An abbreviated object id: the ids that begin with these hex digits. */
export interface OidPrefix {
  /** The digits, padded with zero bits to the length of an object id: the smallest id that can match. */
  readonly bytes: Uint8Array;
  /** Number of hex digits given: 1 to `hexLength`. */
  readonly digits: number;
}

/**
 * Parses a prefix of 1 to `format.hexLength` hex digits, upper or lower case.
 * @throws GitmidxError `bad-object-id` for anything else.
 */
export function oidPrefixFromHex(hex: string, format: ObjectFormat): OidPrefix {
  if (hex.length === 0 || hex.length > format.hexLength || !isHex(hex)) {
    throw new GitmidxError(
      "bad-object-id",
      `'${hex}' is not an object id or prefix of 1 to ${format.hexLength} hex digits`,
    );
  }
  return { bytes: oidFromHex(hex.padEnd(format.hexLength, "0"), format), digits: hex.length };
}
