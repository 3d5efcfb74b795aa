/**
 * Deltas (gitformat-pack): an object as copies from its base and new bytes.
 *
 *     size of the base, size of the result: 7 bits a byte, low bits first, top bit: another follows
 *     1xxxxxxx   copy: bits 0–3 tell which bytes of the offset follow, bits 4–6 which of the size (0 means 65536), low bytes first
 *     0xxxxxxx   that many (1–127) new bytes follow
 */

import { GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";

/** What a delta says of its two sides, and where its instructions begin. */
export interface DeltaSizes {
  readonly baseSize: number;
  readonly resultSize: number;
  /** Offset in the delta of the first instruction. */
  readonly start: number;
}

/** Where a copy without size bits is. */
const copySizeOfZero = 0x10000;

/** @throws GitmidxError `bad-delta` if the sizes do not end inside `delta[at, end)` or are above 2^53 − 1. */
export function readDeltaSizes(delta: Uint8Array, at = 0, end = delta.length): DeltaSizes {
  let place = at;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (place >= end)
        throw new GitmidxError("bad-delta", "truncated delta: it ends inside the sizes at its beginning");
      const byte = delta[place++]!;
      value += (byte & 127) * scale;
      if (value > maxOffset) throw new GitmidxError("bad-delta", "object size too large for this platform");
      if (byte < 128) return value;
    }
  };
  const baseSize = next();
  const resultSize = next();
  return { baseSize, resultSize, start: place };
}

/** The shortest delta that git takes. */
export const minDeltaByteLength = 4;

/**
 * Checks that the instructions make as many bytes as the delta says, without making them: a lie is found before memory is spent on it.
 * @param sizes what {@link readDeltaSizes} read from this delta; `end` is where it ends.
 * @throws GitmidxError `bad-delta`
 */
export function checkDeltaResult(delta: Uint8Array, sizes: DeltaSizes, end: number): void {
  if (end < minDeltaByteLength) throw goneWild();
  let made = 0;
  for (let at = sizes.start; at < end; ) {
    const op = delta[at++]!;
    if (op === 0) throw new GitmidxError("bad-delta", "unexpected delta opcode 0");
    if (op < 128) {
      at += op;
      made += op;
    } else {
      at += (op & 1) + ((op >> 1) & 1) + ((op >> 2) & 1) + ((op >> 3) & 1);
      let size = 0;
      if (op & 16) size = delta[at++]!;
      if (op & 32) size |= delta[at++]! << 8;
      if (op & 64) size |= delta[at++]! << 16;
      made += size === 0 ? copySizeOfZero : size;
    }
    if (at > end || made > sizes.resultSize) throw goneWild();
  }
  if (made !== sizes.resultSize) throw goneWild();
}

/**
 * Makes the object of `delta` from its base.
 * @param start offset of the first instruction, from {@link readDeltaSizes}; `end` is where the instructions end.
 * @param base `base[baseStart, baseEnd)` is the base; its size has been compared with the one that the delta wants.
 * @param target takes exactly `resultSize` bytes from `targetStart`.
 * @throws GitmidxError `bad-delta` unless every instruction stays inside and exactly `resultSize` bytes are made.
 */
export function applyDelta(
  delta: Uint8Array,
  start: number,
  end: number,
  base: Uint8Array,
  baseStart: number,
  baseEnd: number,
  target: Uint8Array,
  targetStart: number,
  resultSize: number,
): void {
  let at = start;
  let to = targetStart;
  const targetEnd = targetStart + resultSize;
  const isSame = base === target;
  while (at < end) {
    const op = delta[at++]!;
    if (op >= 128) {
      let offset = 0;
      let size = 0;
      if (op & 1) offset = delta[at++]!;
      if (op & 2) offset |= delta[at++]! << 8;
      if (op & 4) offset |= delta[at++]! << 16;
      if (op & 8) offset += delta[at++]! * 0x100_0000;
      if (op & 16) size = delta[at++]!;
      if (op & 32) size |= delta[at++]! << 8;
      if (op & 64) size |= delta[at++]! << 16;
      if (size === 0) size = copySizeOfZero;
      const from = baseStart + offset;
      if (at > end || from + size > baseEnd || to + size > targetEnd) throw goneWild();
      if (size < (isSame ? shortCopy : shortViewCopy)) for (let i = 0; i < size; i++) target[to + i] = base[from + i]!;
      else if (isSame) target.copyWithin(to, from, from + size);
      else target.set(base.subarray(from, from + size), to);
      to += size;
    } else if (op > 0) {
      if (at + op > end || to + op > targetEnd) throw goneWild();
      for (let i = 0; i < op; i++) target[to + i] = delta[at + i]!;
      at += op;
      to += op;
    } else throw new GitmidxError("bad-delta", "unexpected delta opcode 0");
  }
  if (to !== targetEnd) throw goneWild();
}

/** Below this many bytes a loop is faster than a call. */
const shortCopy = 48;
/** The same where the call takes a view to be made. */
const shortViewCopy = 160;

function goneWild(): GitmidxError {
  return new GitmidxError("bad-delta", "delta replay has gone wild");
}
