/** Who did something when: `Name <email> seconds zone`, as commits and tags have it. */

import { latin1Text, utf8Text } from "./text.js";

/** An author, committer or tagger. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  /** Seconds since 1970; 0 where there is no number. */
  readonly seconds: number;
  /** The time zone as it stands there: `+0100`; empty if there is none. */
  readonly zone: string;
}

const space = 0x20;
const lessThan = 0x3c;
const greaterThan = 0x3e;
const two64 = 2 ** 64;

function isSpace(byte: number): boolean {
  return byte === space || byte === 9 || byte === 10 || byte === 13;
}

/**
 * The number that begins at `bytes[at]`, as C's strtoumax has it: a sign is allowed, a negative number counts from 2^64, and there is
 * nothing above. Numbers above 2^53 − 1 are rounded.
 */
function parseTimestamp(bytes: Uint8Array, at: number, end: number): number {
  let place = at;
  const negative = bytes[place] === 0x2d;
  if (negative) place++;
  let value = 0;
  for (; place < end; place++) {
    const digit = bytes[place]! - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (value >= two64) return two64;
  return negative && value > 0 ? two64 - value : value;
}

/**
 * The seconds of the identity whose line is `bytes[start, end)`, without its newline: what stands behind the last `>`. 0 where there is no
 * number.
 */
export function identitySeconds(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] !== greaterThan) at--;
  if (at === start) return 0;
  while (at < end && isSpace(bytes[at]!)) at++;
  const byte = at < end ? bytes[at]! : space;
  if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) return 0;
  return parseTimestamp(bytes, at, end);
}

/** All of an identity; what is missing is empty. */
export function readIdentity(line: Uint8Array): Identity {
  const open = line.indexOf(lessThan);
  const close = line.lastIndexOf(greaterThan);
  const seconds = identitySeconds(line, 0, line.length);
  const rest = latin1Text(line.subarray(close + 1))
    .trim()
    .split(/[ \t]+/);
  const zone = close < 0 ? "" : (rest[1] ?? "");
  if (open < 0 || close < open) return { name: utf8Text(line), email: "", seconds, zone };
  return {
    name: utf8Text(line.subarray(0, open)).trim(),
    email: utf8Text(line.subarray(open + 1, close)),
    seconds,
    zone,
  };
}
