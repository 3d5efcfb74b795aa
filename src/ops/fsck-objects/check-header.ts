/** What git's checks of commits and tags have in common: the shape of the header, and the lines that say who and when. */

import type { FsckMessageId } from "./messages.js";

/** Takes a finding; true if it counts as an error, so that the check of the object ends. */
export type Report = (id: FsckMessageId, text: string) => boolean;

/** Where reading stands in an object's header. */
export interface HeaderPlace {
  readonly bytes: Uint8Array;
  at: number;
}

const newline = 0x0a;
const blank = 0x20;
const lessThan = 0x3c;
const greaterThan = 0x3e;
const zero = 0x30;
const firstOverflow = 2n ** 63n;
/** More digits than any date has. */
const mostDigits = 23;

/** Whether the header ends with an empty line or, without a message, with its last line; reports it if not. */
export function hasGoodHeader(bytes: Uint8Array, report: Report): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0) {
      report("nulInHeader", `unterminated header: NUL at offset ${at}`);
      return false;
    }
    if (byte === newline && bytes[at + 1] === newline) return true;
  }
  if (bytes.length > 0 && bytes[bytes.length - 1] === newline) return true;
  report("unterminatedHeader", "unterminated header");
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Checks the identity at `place` and goes to the next line. @returns whether an error was reported. */
export function checkIdentity(place: HeaderPlace, report: Report): boolean {
  const { bytes, at } = place;
  const end = bytes.indexOf(newline, at);
  place.at = end + 1;
  const problem = identityProblem(bytes, at);
  return problem !== undefined && report(problem[0], `invalid author/committer line - ${problem[1]}`);
}

type Problem = readonly [id: FsckMessageId, text: string];

function identityProblem(bytes: Uint8Array, start: number): Problem | undefined {
  let at = start;
  if (bytes[at] === lessThan) return ["missingNameBeforeEmail", "missing space before email"];
  for (; bytes[at] !== lessThan; at++) {
    if (bytes[at] === newline) return ["missingEmail", "missing email"];
    if (bytes[at] === greaterThan) return ["badName", "bad name"];
  }
  if (bytes[at - 1] !== blank) return ["missingSpaceBeforeEmail", "missing space before email"];
  for (at++; bytes[at] !== greaterThan; at++) {
    if (bytes[at] === lessThan || bytes[at] === newline) return ["badEmail", "bad email"];
  }
  at++;
  if (bytes[at] !== blank) return ["missingSpaceBeforeDate", "missing space before date"];
  return dateProblem(bytes, at + 1);
}

function dateProblem(bytes: Uint8Array, start: number): Problem | undefined {
  let at = start;
  while (bytes[at] === blank || bytes[at] === 9) at++;
  if (!isDigit(bytes[at])) return ["badDate", "bad date"];
  if (bytes[at] === zero && bytes[at + 1] !== blank) return ["zeroPaddedDate", "zero-padded date"];
  const first = at;
  while (isDigit(bytes[at])) at++;
  if (overflows(bytes, first, at)) return ["badDateOverflow", "date causes integer overflow"];
  if (bytes[at] !== blank) return ["badDate", "bad date"];
  at++;
  const isZone =
    (bytes[at] === 0x2b || bytes[at] === 0x2d) &&
    isDigit(bytes[at + 1]) &&
    isDigit(bytes[at + 2]) &&
    isDigit(bytes[at + 3]) &&
    isDigit(bytes[at + 4]) &&
    bytes[at + 5] === newline;
  return isZone ? undefined : ["badTimezone", "bad time zone"];
}

function overflows(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > mostDigits) return true;
  return BigInt(String.fromCharCode(...bytes.subarray(start, end))) >= firstOverflow;
}
