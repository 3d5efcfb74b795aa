/** Reads stored compressed bitmaps, and checks of them all that git takes for granted. */

import type { ByteSource } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { Ewah, ewahFrameByteLength, literalCountOf, runLengthOf } from "./ewah.js";

/**
 * How many bytes the bitmap stored at `at` takes, by what its first 8 bytes say.
 * @param end where it must end at the latest.
 * @throws GitmidxError `bad-ewah` in git's words if it does not; or if it has no word, where each has one.
 */
export function ewahByteLengthAt(source: ByteSource, at: number, end: number): number {
  const room = end - at;
  if (room < 4) throw problem(source, at, "eof before bit size");
  if (room < 8) throw problem(source, at, "eof before length");
  const count = source.u32(at + 4);
  if (8 * count > room - 8) throw problem(source, at, `eof in data (${8 * count - (room - 8)} bytes short)`);
  if (8 * count > room - ewahFrameByteLength) throw problem(source, at, "eof before rlw");
  if (count === 0) throw problem(source, at, "0 words, but a marker is the least");
  return ewahFrameByteLength + 8 * count;
}

/**
 * The bitmap stored at `at`. Its runs and literal words must be as many as its words and its bit size say, its last marker where it is
 * said to be. Work and memory are bounded by the bytes that are there.
 * @param end where it must end at the latest.
 * @param bitLimit how many bits have a meaning: none from there on may be set, nor may there be a word that has none of them.
 * @throws GitmidxError `bad-ewah`
 */
export function readEwah(source: ByteSource, at: number, end: number, bitLimit: number): Ewah {
  const byteLength = ewahByteLengthAt(source, at, end);
  const bitSize = source.u32(at);
  // Bitmaps without any bit have a word nevertheless.
  if (bitSize > Math.max(64, 64 * Math.ceil(bitLimit / 64)))
    throw problem(source, at, `${bitSize} bits where there are ${bitLimit} objects`);
  const bytes = source.copy(at + 8, byteLength - 8);
  const view = new DataView(bytes.buffer);
  const words = new Uint32Array(bytes.buffer, 0, (byteLength - ewahFrameByteLength) >>> 2);
  for (let i = 0; i < words.length; i += 2) {
    const high = view.getUint32(4 * i);
    words[i] = view.getUint32(4 * i + 4);
    words[i + 1] = high;
  }
  const ewah = new Ewah(bitSize, words, view.getUint32(4 * words.length));
  const fault = faultOf(ewah, bitLimit);
  if (fault !== undefined) throw problem(source, at, fault);
  return ewah;
}

/** What is wrong with the words of a bitmap. */
function faultOf({ bitSize, words, lastMarker, wordCount }: Ewah, bitLimit: number): string | undefined {
  let marker = 0;
  let position = 0;
  for (let at = 0; at < words.length; ) {
    marker = at;
    const low = words[at]!;
    const high = words[at + 1]!;
    const run = runLengthOf(low, high);
    const literals = literalCountOf(high);
    at += 2;
    if (2 * literals > words.length - at)
      return `marker ${marker >>> 1} has ${literals} literal words where ${(words.length - at) >>> 1} are left`;
    if (position + run + literals > wordCount)
      return `${position + run + literals} words or more in a bitmap of ${bitSize} bits`;
    position += run;
    if ((low & 1) !== 0 && run > 0 && 64 * position > bitLimit) return beyond(bitLimit);
    position += literals;
    at += 2 * literals;
    if (64 * position > bitLimit && literals > 0 && hasBitFrom(words, at, 64 * position, bitLimit))
      return beyond(bitLimit);
  }
  if (position !== wordCount) return `${position} words in a bitmap of ${bitSize} bits`;
  if (lastMarker !== marker >>> 1) return `last marker at word ${lastMarker} instead of ${marker >>> 1}`;
  return undefined;
}

/** Whether the literal words that end with bit `bitEnd` have a bit from `bitLimit` on; `end` is where the last of them ends. */
function hasBitFrom(words: Uint32Array, end: number, bitEnd: number, bitLimit: number): boolean {
  // All words end within the one of the limit: only the last word can reach beyond it.
  const unused = bitEnd - bitLimit;
  const low = words[end - 2]!;
  const high = words[end - 1]!;
  if (unused >= 64) return (low | high) !== 0;
  if (unused > 32) return high !== 0 || low >>> (64 - unused) !== 0;
  return unused === 32 ? high !== 0 : high >>> (32 - unused) !== 0;
}

function beyond(bitLimit: number): string {
  return `a bit from ${bitLimit} on is set, where there are ${bitLimit} objects`;
}

function problem(source: ByteSource, offset: number, what: string): GitmidxError {
  return new GitmidxError("bad-ewah", `corrupt ewah bitmap: ${what}`, { path: source.name, offset });
}
