/**
 * Logs of refs kept in files: `logs/NAME`.
 *
 *     OLD SP NEW SP NAME SP <MAIL> SP SECONDS SP ZONE TAB MESSAGE LF
 */

import { nameOfBytes } from "../../bytes/name-text.js";
import { isHex, type ObjectFormat, oidFromHex } from "../../core/oid.js";

/** One change of a ref. */
export interface ReflogEntry {
  /** The id before, and after; all zeros for none. */
  readonly oldOid: Uint8Array;
  readonly newOid: Uint8Array;
  /** Seconds since 1970. */
  readonly time: number;
  /** Offset from UTC as it is written: `+0100` is 100. */
  readonly zone: number;
  readonly message: string;
}

/** The entries of a log, oldest first. Lines that are none are passed over, as git does. */
export function parseReflog(bytes: Uint8Array, format: ObjectFormat): readonly ReflogEntry[] {
  const { hexLength } = format;
  const entries: ReflogEntry[] = [];
  for (const line of nameOfBytes(bytes).split("\n")) {
    const oldHex = line.slice(0, hexLength);
    const newHex = line.slice(hexLength + 1, 2 * hexLength + 1);
    const rest = /^.*?> (\d+) ([+-]\d{4})(?:$|\t(.*))/s.exec(line.slice(2 * hexLength + 2));
    if (rest === null || newHex.length < hexLength || !isHex(oldHex) || !isHex(newHex)) continue;
    entries.push({
      oldOid: oidFromHex(oldHex, format),
      newOid: oidFromHex(newHex, format),
      time: Number(rest[1]),
      zone: Number(rest[2]),
      message: rest[3] ?? "",
    });
  }
  return entries;
}
