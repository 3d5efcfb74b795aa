/** git's checks of a commit. */

import type { ObjectFormat } from "../../core/oid.js";
import { hexIdEnd, startsWith } from "../../formats/object/hex-id.js";
import { checkIdentity, type HeaderPlace, hasGoodHeader, type Report } from "./check-header.js";

const newline = 0x0a;

/** Checks a commit whose id is not on a list of those to be skipped. */
export function checkCommit(bytes: Uint8Array, { hexLength }: ObjectFormat, report: Report): void {
  if (!hasGoodHeader(bytes, report)) return;
  const end = bytes.length;
  if (!startsWith(bytes, 0, end, "tree ")) {
    report("missingTree", "invalid format - expected 'tree' line");
    return;
  }
  const place: HeaderPlace = { bytes, at: "tree ".length };
  if (!skipId(place, hexLength) && report("badTreeSha1", "invalid 'tree' line format - bad sha1")) return;
  while (startsWith(bytes, place.at, end, "parent ")) {
    place.at += "parent ".length;
    if (!skipId(place, hexLength) && report("badParentSha1", "invalid 'parent' line format - bad sha1")) return;
  }
  if (checkAuthors(place, report)) return;
  if (!startsWith(bytes, place.at, end, "committer ")) {
    report("missingCommitter", "invalid format - expected 'committer' line");
    return;
  }
  place.at += "committer ".length;
  if (checkIdentity(place, report)) return;
  if (bytes.includes(0)) report("nulInCommit", "NUL byte in the commit object body");
}

/**
 * Goes behind an id and its newline.
 * @returns false if they are not both there. Where there is no id, reading goes on at the next line; git reads on at a place of chance.
 */
export function skipId(place: HeaderPlace, hexLength: number): boolean {
  const { bytes, at } = place;
  const idEnd = hexIdEnd(bytes, at, hexLength);
  place.at = (idEnd < 0 ? bytes.indexOf(newline, at) : idEnd) + 1;
  return idEnd >= 0 && bytes[idEnd] === newline;
}

/** @returns whether an error was reported. */
function checkAuthors(place: HeaderPlace, report: Report): boolean {
  let count = 0;
  for (; startsWith(place.bytes, place.at, place.bytes.length, "author "); count++) {
    place.at += "author ".length;
    if (checkIdentity(place, report)) return true;
  }
  if (count < 1) return report("missingAuthor", "invalid format - expected 'author' line");
  return count > 1 && report("multipleAuthors", "invalid format - multiple 'author' lines");
}
