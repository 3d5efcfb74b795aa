/** `REF@{N}` and `REF@{SECONDS}`: what a ref was, by its log. */

import { GitmidxError } from "../../core/errors.js";
import type { ReflogEntry } from "../../store/refs/reflog.js";
import type { ExpandedLog } from "./named-ref.js";

/** From this number on it is a time. */
const leastTime = 100_000_000;

/** How an entry is asked for. */
export interface LogRequest {
  /** What stands between the braces. */
  readonly selector: string;
  /** What stands before them, or what that stands for. */
  readonly name: string;
  readonly warn: (message: string) => void;
}

/**
 * The id that a ref had.
 * @throws GitmidxError `bad-revision` in git's words for a log that does not go back so far; `unsupported` for a date in words
 */
export function oidInLog(log: ExpandedLog, request: LogRequest): Uint8Array {
  const { selector, name, warn } = request;
  if (!/^\d+$/.test(selector)) {
    throw new GitmidxError(
      "unsupported",
      `'${name}@{${selector}}': only numbers and seconds since 1970 are read in @{…}`,
    );
  }
  const number = Number(selector);
  const newestFirst = log.entries.toReversed();
  if (newestFirst.length === 0) {
    if (number === 0) return log.oid;
    throw new GitmidxError("bad-revision", `log for ${log.name} is empty`);
  }
  const time = number >= leastTime ? number : 0;
  const index = newestFirst.findIndex((entry, i) => (time === 0 ? i === number : entry.time <= time));
  if (index >= 0) return oidOfEntry(log, newestFirst, index, time, warn);
  const oldest = newestFirst.at(-1)!;
  if (time > 0) {
    warn(`log for '${name}' only goes back to ${longDate(oldest)}`);
    return isNull(oldest.oldOid) ? oldest.newOid : oldest.oldOid;
  }
  // the one before the first that was logged
  if (number === newestFirst.length && !isNull(oldest.oldOid)) return oldest.oldOid;
  throw new GitmidxError("bad-revision", `log for '${name}' only has ${newestFirst.length} entries`);
}

function oidOfEntry(
  log: ExpandedLog,
  newestFirst: readonly ReflogEntry[],
  index: number,
  time: number,
  warn: (message: string) => void,
): Uint8Array {
  const entry = newestFirst[index]!;
  const younger = newestFirst[index - 1];
  if (younger !== undefined && !isNull(younger.oldOid)) {
    if (!equal(younger.oldOid, entry.newOid)) warn(`log for ref ${log.name} has gap after ${longDate(entry)}`);
    return entry.newOid;
  }
  if (entry.time === time) return entry.newOid;
  if (!equal(entry.newOid, log.oid)) warn(`log for ref ${log.name} unexpectedly ended on ${longDate(entry)}`);
  return log.oid;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

function isNull(oid: Uint8Array): boolean {
  return oid.every((byte) => byte === 0);
}

/** `Tue, 14 Nov 2023 22:13:20 +0000`, the day without a leading zero. */
function longDate({ time, zone }: ReflogEntry): string {
  const minutes = Math.trunc(zone / 100) * 60 + (zone % 100);
  const text = new Date((time + minutes * 60) * 1000).toUTCString();
  const sign = zone < 0 ? "-" : "+";
  return `${text.replace("GMT", "").replace(/, 0/, ", ")}${sign}${`${Math.abs(zone)}`.padStart(4, "0")}`;
}
