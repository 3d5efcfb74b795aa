/**
 * Trees (git's tree-walk): entries one after the other, without a count.
 *
 *     octal digits, a space   mode, of which 16 bits count
 *     bytes, NUL              name, not empty
 *     20 or 32 bytes          object id
 */

import { GitmidxError } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";

const typeBits = 0o170000;
const fileType = 0o100000;
const symlinkType = 0o120000;
const directoryType = 0o040000;

/** Bits that a mode keeps. */
const modeBits = 0xffff;
/** Bytes of the shortest mode with its space and the NUL behind the name. */
const leastByteLength = 3;

/** Whether an entry of that mode is a tree. */
export function isTreeMode(mode: number): boolean {
  return (mode & typeBits) === directoryType;
}

/** Whether an entry of that mode is a symbolic link, which is a blob. */
export function isSymlinkMode(mode: number): boolean {
  return (mode & typeBits) === symlinkType;
}

/** Whether an entry of that mode is a blob: a file or a symbolic link. */
export function isBlobMode(mode: number): boolean {
  const type = mode & typeBits;
  return type === fileType || type === symlinkType;
}

/** Whether an entry of that mode is a commit of another repository: what is neither tree nor blob, as git has it. */
export function isGitlinkMode(mode: number): boolean {
  return !isTreeMode(mode) && !isBlobMode(mode);
}

/** The mode as git shows it: 100644, 100755, 120000, 040000 or 160000, whatever the other bits are. */
export function canonicalMode(mode: number): number {
  switch (mode & typeBits) {
    case fileType:
      return fileType | ((mode & 0o100) === 0 ? 0o644 : 0o755);
    case symlinkType:
      return symlinkType;
    case directoryType:
      return directoryType;
    default:
      return 0o160000;
  }
}

/**
 * Steps over the entries of a tree without making garbage. One cursor is set to tree after tree:
 *
 * ```ts
 * for (cursor.reset(bytes); cursor.next(); ) visit(cursor.mode, bytes.subarray(cursor.nameStart, cursor.nameEnd), cursor.idAt);
 * ```
 */
export class TreeCursor {
  readonly #idByteLength: number;
  bytes: Uint8Array = new Uint8Array(0);
  /** Mode as it stands in the tree: 0 to 65535. See {@link isTreeMode} and {@link canonicalMode}. */
  mode = 0;
  /** Where in {@link bytes} the entry begins. */
  start = 0;
  /** Where in {@link bytes} the name begins. */
  nameStart = 0;
  /** Where the name ends: the place of its NUL. */
  nameEnd = 0;
  /** Where the object id begins. */
  idAt = 0;
  #at = 0;
  #end = 0;

  constructor(format: Pick<ObjectFormat, "byteLength">) {
    this.#idByteLength = format.byteLength;
  }

  /** Places the cursor before the first entry of the tree `bytes[start, end)`. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /**
   * Goes to the next entry; false at the end.
   * @throws GitmidxError `bad-object`, in git's words, where the bytes are no entry.
   */
  next(): boolean {
    if (this.#at === this.#end) return false;
    const problem = this.step();
    if (problem === undefined) return true;
    throw new GitmidxError("bad-object", problem, { offset: this.#at });
  }

  /** Whether there are further bytes. */
  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /**
   * Like {@link next} where there are further bytes, with what is wrong as a value; the cursor then stays where it is.
   * @returns git's message; undefined if all is well.
   */
  step(): string | undefined {
    const bytes = this.bytes;
    const idByteLength = this.#idByteLength;
    const start = this.#at;
    const end = this.#end;
    // The NUL before the last id bounds every search below.
    if (end - start < idByteLength + leastByteLength || bytes[end - idByteLength - 1] !== 0)
      return "too-short tree object";
    let at = start;
    let byte = bytes[at++]!;
    if (byte === 0x20) return "malformed mode in tree entry";
    let mode = 0;
    while (byte !== 0x20) {
      if ((byte & 0xf8) !== 0x30) return "malformed mode in tree entry";
      mode = ((mode << 3) | (byte & 7)) & modeBits;
      byte = bytes[at++]!;
    }
    const nameStart = at;
    while (bytes[at] !== 0) at++;
    if (at === nameStart) return "empty filename in tree entry";
    this.mode = mode;
    this.start = start;
    this.nameStart = nameStart;
    this.nameEnd = at;
    this.idAt = at + 1;
    this.#at = at + 1 + idByteLength;
    return undefined;
  }
}
