/** The PNAM chunk: names of `.idx` files, each ended by a NUL, padded with NUL to a multiple of 4. */

import { bytesOfName, nameOfBytes, printable } from "../../bytes/name-text.js";
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
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Why a name must not be joined to a directory's path, or undefined if it may. */
export function packNameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (/[/\\]/.test(name)) return "contains a path separator";
  if (/\p{Cc}/u.test(name)) return "contains a control character";
  if (!name.endsWith(".idx") || name.length === 4) return "does not end in .idx behind a name";
  if (name.length > 255 || bytesOfName(name).length > 255) return "is longer than a file name can be";
  return undefined;
}

/** A name as it may stand in a message: control characters escaped, at most 100 characters. */
export function quotePackName(name: string): string {
  return `'${printable(name)}'`;
}

/** Problems listed one by one, so that a chunk of nothing but faults does not take many times its size in memory. */
const mostProblems = 1000;

/** Bytes of a name that are turned into text: more than any file's name has, so that a hostile one stays small. */
const mostNameBytes = 4096;

/** What {@link readPackNames} finds. */
export interface PackNames {
  /** The names, each cut behind 4096 bytes; undefined if there are fewer than wanted. */
  readonly names: readonly string[] | undefined;
  /** What is wrong with them: the first thousand faults, and one line for the rest. */
  readonly problems: readonly PackNameProblem[];
}

/**
 * Reads `packCount` names.
 * @param ascending whether the version demands ascending order.
 */
export function readPackNames(source: ByteSource, chunk: Chunk, packCount: number, ascending: boolean): PackNames {
  const reader = new NameReader(source.copy(chunk.offset, chunk.byteLength), chunk.offset, ascending);
  while (reader.names.length < packCount) {
    if (!reader.next(packCount)) return { names: undefined, problems: reader.problems };
  }
  reader.finish();
  return reader;
}

class NameReader implements PackNames {
  readonly #bytes: Uint8Array;
  readonly #offset: number;
  readonly #ascending: boolean;
  readonly names: string[] = [];
  readonly problems: PackNameProblem[] = [];
  readonly #seen = new Set<string>();
  #before: Uint8Array | undefined;
  #at = 0;
  #hasFatal = false;
  #unlisted = 0;

  constructor(bytes: Uint8Array, offset: number, ascending: boolean) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#ascending = ascending;
  }

  #note(code: ErrorCode, message: string, fatal: boolean): void {
    const listed = this.problems.length < mostProblems || (fatal && !this.#hasFatal);
    if (listed) this.problems.push({ code, offset: this.#offset + this.#at, message, fatal });
    else this.#unlisted++;
    this.#hasFatal ||= fatal;
  }

  /** Takes the next name; false if there is none. */
  next(packCount: number): boolean {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) {
      const found = `${this.names.length} names, not ${packCount}`;
      this.#note("bad-chunk-size", `multi-pack-index pack-name chunk is too short: ${found}`, true);
      return false;
    }
    const bytes = this.#bytes.subarray(this.#at, end);
    const name = nameOfBytes(bytes.subarray(0, mostNameBytes));
    const fault = packNameFault(name);
    if (fault !== undefined) this.#note("bad-pack-name", `pack name ${quotePackName(name)} ${fault}`, false);
    if (this.#ascending && this.#before !== undefined && compareBytes(this.#before, bytes) >= 0) {
      const message = `multi-pack-index pack names out of order: ${quotePackName(this.names.at(-1)!)} before ${quotePackName(name)}`;
      this.#note("bad-pack-order", message, true);
    } else if (this.#seen.has(name)) {
      this.#note("bad-pack-name", `pack name ${quotePackName(name)} stands there twice`, false);
    }
    this.#seen.add(name);
    this.names.push(name);
    this.#before = bytes;
    this.#at = end + 1;
    return true;
  }

  /** Looks at what follows the last name. */
  finish(): void {
    const rest = this.#bytes.subarray(this.#at);
    if (rest.length > 3 || rest.some((byte) => byte !== 0)) {
      const message = `${rest.length} bytes behind the last pack name, where at most 3 NUL are wanted`;
      this.#note("bad-padding", message, false);
    }
    if (this.#unlisted === 0) return;
    const message = `${this.#unlisted} more faults of pack names are not listed`;
    this.problems.push({ code: "bad-pack-name", offset: this.#offset, message, fatal: false });
  }
}

/** The bytes of the chunk for `names`, which must be in the order wanted in the file. */
export function encodePackNames(names: readonly string[]): Uint8Array {
  const text = bytesOfName(names.map((name) => `${name}\0`).join(""));
  const padded = new Uint8Array(Math.ceil(text.length / 4) * 4);
  padded.set(text);
  return padded;
}
