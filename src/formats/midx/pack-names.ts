/** The PNAM chunk: names of `.idx` files, each ended by a NUL, padded with NUL to a multiple of 4. */

import { bytesOfName, nameOfBytes } from "../../bytes/name-text.js";
import type { ByteSource } from "../../bytes/source.js";
import type { ErrorCode } from "../../core/errors.js";
import type { Chunk } from "../chunk-file.js";

/** Something wrong with the names. */
export interface PackNameProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly offset: number;
  readonly fatal: boolean;
}

/** Compares names as `strcmp` does: by their bytes. */
export function comparePackNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    return x < 0x80 && y < 0x80 ? x - y : compareBytes(bytesOfName(a), bytesOfName(b));
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  if (at < 0) return a.length - b.length;
  return a[at]! - (b[at] ?? -1);
}

/** Why a name must not be joined to a directory's path, or undefined if it may. */
export function packNameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (/[/\\]/.test(name)) return "contains a path separator";
  if ([...name].some((c) => c < " " || c === "\x7f")) return "contains a control character";
  if (!name.endsWith(".idx") || name.length === 4) return "does not end in .idx behind a name";
  if (bytesOfName(name).length > 255) return `is longer than a file name can be (${name.length} characters)`;
  return undefined;
}

/** A name as it may stand in a message: control characters escaped, at most 100 characters. */
export function quotePackName(name: string): string {
  const text = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
  return `'${text.slice(1, -1)}'`;
}

/**
 * Reads `packCount` names.
 * @param ascending whether the version demands ascending order.
 * @returns the names, undefined if there are fewer than `packCount`; and what is wrong with them.
 */
export function readPackNames(
  source: ByteSource,
  chunk: Chunk,
  packCount: number,
  ascending: boolean,
): { names: readonly string[] | undefined; problems: readonly PackNameProblem[] } {
  const bytes = source.copy(chunk.offset, chunk.byteLength);
  const names: string[] = [];
  const problems: PackNameProblem[] = [];
  const note = (code: ErrorCode, at: number, message: string, fatal: boolean) =>
    problems.push({ code, offset: chunk.offset + at, message, fatal });
  const seen = new Set<string>();
  let at = 0;
  while (names.length < packCount) {
    const end = bytes.indexOf(0, at);
    if (end < 0) {
      const message = `multi-pack-index pack-name chunk is too short: ${names.length} names, not ${packCount}`;
      note("bad-chunk-size", at, message, true);
      return { names: undefined, problems };
    }
    const name = nameOfBytes(bytes.subarray(at, end));
    const before = names.at(-1);
    const fault = packNameFault(name);
    if (fault !== undefined) note("bad-pack-name", at, `pack name ${quotePackName(name)} ${fault}`, false);
    if (ascending && before !== undefined && comparePackNames(before, name) >= 0) {
      const message = `multi-pack-index pack names out of order: ${quotePackName(before)} before ${quotePackName(name)}`;
      note("bad-pack-order", at, message, true);
    } else if (seen.has(name)) note("bad-pack-name", at, `pack name ${quotePackName(name)} stands there twice`, false);
    seen.add(name);
    names.push(name);
    at = end + 1;
  }
  const rest = bytes.subarray(at);
  if (rest.length > 3 || rest.some((byte) => byte !== 0)) {
    note("bad-padding", at, `${rest.length} bytes behind the last pack name, where at most 3 NUL are wanted`, false);
  }
  return { names, problems };
}

/** The bytes of the chunk for `names`, which must be in the order wanted in the file. */
export function encodePackNames(names: readonly string[]): Uint8Array {
  const text = bytesOfName(names.map((name) => `${name}\0`).join(""));
  const padded = new Uint8Array(Math.ceil(text.length / 4) * 4);
  padded.set(text);
  return padded;
}
