/**
 * The file `multi-pack-index-chain`: which layers make up an incremental MIDX, oldest first.
 *
 * One checksum in hex a line, LF behind each. Git reads as many lines as the size divides into and looks at no more of a line than
 * the checksum; a reader must take the same layers, and `verify` says where the file is not what git writes.
 */

import { printable } from "../../bytes/name-text.js";
import type { ErrorCode } from "../../core/errors.js";
import { maxChainLayers } from "../../core/limits.js";
import { isHex, type ObjectFormat } from "../../core/oid.js";

/** A line of the chain file. */
export interface ChainLine {
  /** The layer's checksum, lower-case hex. */
  readonly checksum: string;
  /** Number of the line, from 1. */
  readonly line: number;
  /** Byte offset of the line. */
  readonly offset: number;
}

/** Something wrong with the file. */
export interface ChainProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly offset: number;
  /** Whether git stops reading the chain there. */
  readonly fatal: boolean;
}

/** What a chain file says. */
export interface ChainFile {
  /** The layers as git reads them, oldest first. */
  readonly lines: readonly ChainLine[];
  readonly problems: readonly ChainProblem[];
}

/** Whether git stops reading at a problem, or passes over it. */
type Consequence = "stops" | "passes";

/** Bytes of a line behind the checksum that are looked at and shown: a file may be one endless line. */
const shownByteLength = 60;

/** Reads a chain file; never throws, and looks at a bounded number of lines. */
export function parseChain(bytes: Uint8Array, format: ObjectFormat): ChainFile {
  const lines: ChainLine[] = [];
  const problems: ChainProblem[] = [];
  const { hexLength } = format;
  const note = (offset: number, message: string, consequence: Consequence) =>
    problems.push({ code: "bad-chain", offset, message, fatal: consequence === "stops" });
  if (bytes.length > 0 && bytes.length < hexLength) note(0, "multi-pack-index chain file too small", "stops");
  const readable = Math.floor(bytes.length / (hexLength + 1));
  const decoder = new TextDecoder("latin1");
  const seen = new Map<string, number>();
  let at = 0;
  for (let line = 1; at < bytes.length; line++) {
    if (line > readable) {
      if (bytes.length >= hexLength)
        note(at, `line ${line} lies behind the ${readable} lines that the file's size allows`, "passes");
      break;
    }
    if (line > maxChainLayers) {
      note(at, `line ${line}: a chain has at most ${maxChainLayers} layers`, "stops");
      break;
    }
    const feed = bytes.indexOf(10, at);
    const end = feed < 0 ? bytes.length : feed;
    const text = decoder.decode(bytes.subarray(at, Math.min(end, at + hexLength + shownByteLength)));
    const checksum = text.slice(0, hexLength).toLowerCase();
    if (checksum.length < hexLength || !isHex(checksum)) {
      note(at, `invalid multi-pack-index chain: line '${printable(text)}' not a hash`, "stops");
      break;
    }
    if (text !== checksum)
      note(at, `line ${line} has more than the checksum in lower-case hex: '${printable(text)}'`, "passes");
    if (feed < 0) note(end, `line ${line} does not end in a line feed`, "passes");
    const before = seen.get(checksum);
    if (before !== undefined) note(at, `layer ${checksum} of line ${before} stands again in line ${line}`, "passes");
    seen.set(checksum, line);
    lines.push({ checksum, line, offset: at });
    at = end + 1;
  }
  return { lines, problems };
}

/** The bytes of a chain file. */
export function encodeChain(checksums: readonly string[]): Uint8Array {
  return new TextEncoder().encode(checksums.map((checksum) => `${checksum}\n`).join(""));
}
