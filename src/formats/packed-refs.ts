/**
 * `packed-refs`: many refs in one file.
 *
 *     # pack-refs with: TRAIT TRAIT …        optional
 *     OID SP NAME LF                         by name if the trait `sorted` says so
 *     ^OID LF                                what the tag in the line before peels to
 *
 * With the trait `fully-peeled` a ref without the last line is no tag; with `peeled` that holds below refs/tags/ alone.
 */

import { bytesOfName, compareBytes, compareNames, nameOfBytes } from "../bytes/name-text.js";
import { GitmidxError } from "../core/errors.js";
import { hexValue, type ObjectFormat } from "../core/oid.js";

/** A line of the file. */
export interface PackedRef {
  readonly name: string;
  readonly oid: Uint8Array;
  /** What it peels to, itself if it is no tag; undefined where the file does not tell. */
  readonly peeled: Uint8Array | undefined;
}

const lineFeed = 10;
const caret = 94;
const headerStart = "# pack-refs with: ";

/** The file's bytes, searched in place; lines are parsed when they are asked for. */
export class PackedRefs {
  readonly #path: string;
  readonly #format: ObjectFormat;
  readonly #bytes: Uint8Array;
  /** Where the first line begins. */
  readonly #start: number;
  readonly #peeled: "none" | "tags" | "all";
  /** All refs by name, of a file that is not sorted. */
  readonly #sorted: readonly PackedRef[] | undefined;

  /** @throws GitmidxError `bad-ref` for a damaged header, and for any damaged line of a file that is not sorted. */
  constructor(path: string, bytes: Uint8Array, format: ObjectFormat) {
    this.#path = path;
    this.#format = format;
    this.#bytes = bytes;
    let traits: readonly string[] = [];
    let start = 0;
    if (bytes[0] === 0x23) {
      const end = this.#lineEnd(0);
      const header = nameOfBytes(bytes.subarray(0, end));
      if (!header.startsWith(headerStart)) throw this.#badLine(0);
      traits = header.slice(headerStart.length).split(" ");
      start = end + 1;
    }
    this.#start = start;
    this.#peeled = traits.includes("fully-peeled") ? "all" : traits.includes("peeled") ? "tags" : "none";
    if (bytes.length > 0 && bytes.at(-1) !== lineFeed) this.#lineEnd(bytes.lastIndexOf(lineFeed) + 1);
    if (!traits.includes("sorted"))
      this.#sorted = [...this.#from(start)].toSorted((a, b) => compareNames(a.name, b.name));
  }

  /** The ref of that name; undefined if it is not there. @throws GitmidxError `bad-ref` */
  find(name: string): PackedRef | undefined {
    if (this.#sorted !== undefined) return this.#sorted.find((ref) => ref.name === name);
    const { value } = this.#from(this.#lowerBound(bytesOfName(name))).next();
    return value?.name === name ? value : undefined;
  }

  /** The refs whose names begin with `prefix`, by name. @throws GitmidxError `bad-ref` */
  *list(prefix: string): Generator<PackedRef, void, undefined> {
    if (this.#sorted !== undefined) {
      yield* this.#sorted.filter(({ name }) => name.startsWith(prefix));
      return;
    }
    for (const ref of this.#from(this.#lowerBound(bytesOfName(prefix)))) {
      if (!ref.name.startsWith(prefix)) return;
      yield ref;
    }
  }

  /** The place of the first line whose name is not below `name`. */
  #lowerBound(name: Uint8Array): number {
    const bytes = this.#bytes;
    let low = this.#start;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      let line = this.#lineStart(middle);
      if (bytes[line] === caret) line = this.#lineStart(line - 1);
      line = Math.max(line, low);
      const end = this.#lineEnd(line);
      if (compareBytes(bytes.subarray(line + this.#format.hexLength + 1, end), name) < 0) {
        low = end + 1;
        if (bytes[low] === caret) low = this.#lineEnd(low) + 1;
      } else high = line;
    }
    return low;
  }

  *#from(start: number): Generator<PackedRef, void, undefined> {
    const bytes = this.#bytes;
    for (let at = start; at < bytes.length; ) {
      const oid = this.#oidAt(at, at);
      const nameStart = at + this.#format.hexLength + 1;
      if (!isSpace(bytes[nameStart - 1])) throw this.#badLine(at);
      const end = this.#lineEnd(at);
      const name = nameOfBytes(bytes.subarray(nameStart, end));
      at = end + 1;
      let peeled =
        this.#peeled === "all" || (this.#peeled === "tags" && name.startsWith("refs/tags/")) ? oid : undefined;
      if (bytes[at] === caret) {
        peeled = this.#oidAt(at + 1, at);
        if (this.#lineEnd(at) !== at + 1 + this.#format.hexLength) throw this.#badLine(at);
        at = this.#lineEnd(at) + 1;
      }
      yield { name, oid, peeled };
    }
  }

  #oidAt(at: number, line: number): Uint8Array {
    const oid = new Uint8Array(this.#format.byteLength);
    for (let i = 0; i < oid.length; i++) {
      const high = hexValue(this.#bytes[at + 2 * i] ?? 0);
      const low = hexValue(this.#bytes[at + 2 * i + 1] ?? 0);
      if (high < 0 || low < 0) throw this.#badLine(line);
      oid[i] = high * 16 + low;
    }
    return oid;
  }

  /** Where the line begins that the byte at `at` is in. */
  #lineStart(at: number): number {
    return at <= this.#start ? this.#start : Math.max(this.#start, this.#bytes.lastIndexOf(lineFeed, at - 1) + 1);
  }

  #lineEnd(at: number): number {
    const end = this.#bytes.indexOf(lineFeed, at);
    if (end >= 0) return end;
    throw this.#problem(at, "unterminated line");
  }

  #badLine(at: number): GitmidxError {
    return this.#problem(at, "unexpected line");
  }

  #problem(at: number, what: string): GitmidxError {
    const feed = this.#bytes.indexOf(lineFeed, at);
    const line = this.#bytes.subarray(at, feed < 0 ? this.#bytes.length : feed);
    const text =
      nameOfBytes(line.subarray(0, line.length < longLine ? longLine : shownByteLength)) +
      (line.length >= longLine ? "..." : "");
    return new GitmidxError("bad-ref", `${what} in ${this.#path}: ${text}`, { path: this.#path, offset: at });
  }
}

/** Bytes of a damaged line that its message shows if it is longer than can be shown. */
const shownByteLength = 75;
const longLine = 80;

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === lineFeed;
}
