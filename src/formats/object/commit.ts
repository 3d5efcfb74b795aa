/**
 * Commits: lines of a key, a space and a value, an empty line, the message.
 *
 *     tree HEX
 *     parent HEX          any number
 *     author NAME <EMAIL> SECONDS ZONE
 *     committer …
 *     encoding …, gpgsig … and others; a line that begins with a space continues the one before
 */

import { GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { readHexId, startsWith } from "./hex-id.js";
import { type Identity, identitySeconds, readIdentity } from "./identity.js";
import { latin1Text, utf8Text } from "./text.js";

const newline = 0x0a;
const space = 0x20;

/**
 * What a walk needs of a commit. One is filled again and again, so that a walk makes no garbage. It is as lenient as git's own reading:
 * what stands behind the parents may be missing or odd.
 */
export class CommitLinks {
  readonly #format: ObjectFormat;
  /** Id of the tree. */
  readonly tree: Uint8Array;
  /** Ids of the parents, one behind the other; only the first {@link parentCount} count. */
  parents: Uint8Array;
  parentCount = 0;
  /** When it was committed, in seconds since 1970; 0 if that cannot be told. Rounded above 2^53 − 1. */
  committerSeconds = 0;

  constructor(format: ObjectFormat) {
    this.#format = format;
    this.tree = new Uint8Array(format.byteLength);
    this.parents = new Uint8Array(4 * format.byteLength);
  }

  /**
   * Reads the commit `bytes[start, end)`.
   * @param oid its id, for the message of an error.
   * @throws GitmidxError `bad-object`, in git's words: `bogus commit object …`, `bad tree pointer in commit …`, `bad parents in commit …`
   */
  parse(bytes: Uint8Array, start: number, end: number, oid: Uint8Array): void {
    const { byteLength, hexLength } = this.#format;
    const treeEnd = start + "tree ".length + hexLength;
    if (end <= treeEnd + 1 || !startsWith(bytes, start, end, "tree ") || bytes[treeEnd] !== newline)
      throw badCommit("bogus commit object", oid);
    if (!readHexId(bytes, start + "tree ".length, end, this.tree, 0, byteLength))
      throw badCommit("bad tree pointer in commit", oid);
    let at = treeEnd + 1;
    this.parentCount = 0;
    const lineLength = "parent ".length + hexLength;
    while (at + lineLength < end && startsWith(bytes, at, end, "parent ")) {
      const place = this.#roomForParent();
      const good = end > at + lineLength + 1 && bytes[at + lineLength] === newline;
      if (!good || !readHexId(bytes, at + "parent ".length, end, this.parents, place, byteLength))
        throw badCommit("bad parents in commit", oid);
      this.parentCount++;
      at += lineLength + 1;
    }
    this.committerSeconds = committerSecondsOf(bytes, at, end);
  }

  #roomForParent(): number {
    const place = this.parentCount * this.#format.byteLength;
    if (place === this.parents.length) {
      const wider = new Uint8Array(2 * place);
      wider.set(this.parents);
      this.parents = wider;
    }
    return place;
  }
}

function badCommit(problem: string, oid: Uint8Array): GitmidxError {
  return new GitmidxError("bad-object", `${problem} ${toHex(oid)}`);
}

/** @param at where the author's line should begin. */
function committerSecondsOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + "author".length >= end || !startsWith(bytes, at, end, "author")) return 0;
  const authorEnd = bytes.indexOf(newline, at);
  if (authorEnd < 0 || authorEnd >= end) return 0;
  const line = authorEnd + 1;
  if (line + "committer".length >= end || !startsWith(bytes, line, end, "committer")) return 0;
  const lineEnd = bytes.indexOf(newline, line);
  return lineEnd < 0 || lineEnd >= end ? 0 : identitySeconds(bytes, line, lineEnd);
}

/** A header that is none of the usual. */
export interface ExtraHeader {
  readonly key: string;
  /** The value, its lines joined by newlines. */
  readonly value: string;
}

/** A commit, read wholly. */
export interface Commit {
  /** Id of the tree in lower-case hex. */
  readonly tree: string;
  /** Ids of the parents in lower-case hex. */
  readonly parents: readonly string[];
  /** Undefined where the line is missing. */
  readonly author: Identity | undefined;
  readonly committer: Identity | undefined;
  /** The name of the message's encoding; UTF-8 if undefined. */
  readonly encoding: string | undefined;
  /** All other headers, such as `gpgsig`, in their order. */
  readonly headers: readonly ExtraHeader[];
  /** The message as UTF-8 text; where {@link encoding} is another, decode {@link messageBytes}. */
  readonly message: string;
  /** The message's bytes: a view. */
  readonly messageBytes: Uint8Array;
}

/** Headers in their order, and where the message begins. */
export interface ObjectHeaders {
  /** Keys with the bytes of their values; lines that continue a value are part of it, without the space at their beginning. */
  readonly headers: readonly (readonly [key: string, value: Uint8Array])[];
  readonly messageStart: number;
}

/** Takes the headers of a commit or tag apart. */
export function readObjectHeaders(bytes: Uint8Array): ObjectHeaders {
  const headers: [string, Uint8Array][] = [];
  let at = 0;
  while (at < bytes.length && bytes[at] !== newline) {
    let lineEnd = endOfLine(bytes, at);
    const gap = bytes.subarray(at, lineEnd).indexOf(space);
    const keyEnd = gap < 0 ? lineEnd : at + gap;
    const valueStart = Math.min(keyEnd + 1, lineEnd);
    let continued = false;
    for (; bytes[lineEnd + 1] === space; continued = true) lineEnd = endOfLine(bytes, lineEnd + 1);
    const value = bytes.subarray(valueStart, lineEnd);
    headers.push([latin1Text(bytes.subarray(at, keyEnd)), continued ? withoutIndent(value) : value]);
    at = lineEnd + 1;
  }
  return { headers, messageStart: Math.min(at + 1, bytes.length) };
}

function endOfLine(bytes: Uint8Array, at: number): number {
  const found = bytes.indexOf(newline, at);
  return found < 0 ? bytes.length : found;
}

/** The lines without the space at the beginning of all but the first. */
function withoutIndent(value: Uint8Array): Uint8Array {
  return value.filter((byte, i) => byte !== space || value[i - 1] !== newline);
}

/**
 * Reads all of a commit.
 * @param oid its id, for the message of an error.
 * @throws GitmidxError `bad-object` as {@link CommitLinks.parse}
 */
export function readCommit(bytes: Uint8Array, format: ObjectFormat, oid: Uint8Array): Commit {
  const links = new CommitLinks(format);
  links.parse(bytes, 0, bytes.length, oid);
  const { headers, messageStart } = readObjectHeaders(bytes);
  const messageBytes = bytes.subarray(messageStart);
  const usual = new Set(["tree", "parent", "author", "committer", "encoding"]);
  const value = (wanted: string) => headers.find(([key]) => key === wanted)?.[1];
  const identity = (key: string) => {
    const line = value(key);
    return line === undefined ? undefined : readIdentity(line);
  };
  const encoding = value("encoding");
  const { byteLength } = format;
  return {
    tree: toHex(links.tree),
    parents: Array.from({ length: links.parentCount }, (_, i) => toHex(links.parents, i * byteLength, byteLength)),
    author: identity("author"),
    committer: identity("committer"),
    encoding: encoding === undefined ? undefined : utf8Text(encoding),
    headers: headers.filter(([key]) => !usual.has(key)).map(([key, bytes]) => ({ key, value: utf8Text(bytes) })),
    message: utf8Text(messageBytes),
    messageBytes,
  };
}
