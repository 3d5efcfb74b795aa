/** git's checks of a tag. */

import { nameOfBytes } from "../../bytes/name-text.js";
import { objectTypeCode } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import { startsWith } from "../../formats/object/hex-id.js";
import { latin1Text } from "../../formats/object/text.js";
import { isRefName } from "../../store/refs/ref-name.js";
import { skipId } from "./check-commit.js";
import { checkIdentity, type HeaderPlace, hasGoodHeader, type Report } from "./check-header.js";

const newline = 0x0a;

/** Checks a tag whose id is not on a list of those to be skipped. */
export function checkTag(bytes: Uint8Array, format: ObjectFormat, report: Report): void {
  if (!hasGoodHeader(bytes, report)) return;
  const place: HeaderPlace = { bytes, at: 0 };
  if (checkTarget(place, format, report) || checkType(place, report) || checkName(place, report)) return;
  if (!takes(place, "tagger ")) {
    if (report("missingTaggerEntry", "invalid format - expected 'tagger' line")) return;
    // Even a bad tagger does not end git's check.
  } else checkIdentity(place, report);
  if (checkSignature(place, report)) return;
  if (place.at < bytes.length && bytes[place.at] !== newline)
    report("extraHeaderEntry", "invalid format - extra header(s) after 'tagger'");
}

/** Goes behind `word` if it stands there. */
function takes(place: HeaderPlace, word: string): boolean {
  if (!startsWith(place.bytes, place.at, place.bytes.length, word)) return false;
  place.at += word.length;
  return true;
}

/** Goes to the next line. @returns the rest of this one. */
function restOfLine(place: HeaderPlace): Uint8Array | undefined {
  const { bytes, at } = place;
  const end = bytes.indexOf(newline, at);
  if (end < 0) return undefined;
  place.at = end + 1;
  return bytes.subarray(at, end);
}

// Each of these tells whether the check ends here.

function checkTarget(place: HeaderPlace, { hexLength }: ObjectFormat, report: Report): boolean {
  if (!takes(place, "object ")) {
    report("missingObject", "invalid format - expected 'object' line");
    return true;
  }
  return !skipId(place, hexLength) && report("badObjectSha1", "invalid 'object' line format - bad sha1");
}

function checkType(place: HeaderPlace, report: Report): boolean {
  if (!takes(place, "type ")) {
    report("missingTypeEntry", "invalid format - expected 'type' line");
    return true;
  }
  const type = restOfLine(place);
  if (type === undefined) {
    report("missingType", "invalid format - unexpected end after 'type' line");
    return true;
  }
  return objectTypeCode(latin1Text(type)) === undefined && report("badType", "invalid 'type' value");
}

function checkName(place: HeaderPlace, report: Report): boolean {
  if (!takes(place, "tag ")) {
    report("missingTagEntry", "invalid format - expected 'tag' line");
    return true;
  }
  const name = restOfLine(place);
  if (name === undefined) {
    report("missingTag", "invalid format - unexpected end after 'type' line");
    return true;
  }
  if (isRefName(`refs/tags/${latin1Text(name)}`)) return false;
  return report("badTagName", `invalid 'tag' name: ${nameOfBytes(name)}`);
}

function checkSignature(place: HeaderPlace, report: Report): boolean {
  const words = "'gpgsig' or 'gpgsig-sha256'";
  if (!takes(place, "gpgsig ") && !takes(place, "gpgsig-sha256 ")) return false;
  if (restOfLine(place) === undefined) {
    report("badGpgsig", `invalid format - unexpected end after ${words} line`);
    return true;
  }
  while (takes(place, " ")) {
    if (restOfLine(place) !== undefined) continue;
    report("badHeaderContinuation", `invalid format - unexpected end in ${words} continuation line`);
    return true;
  }
  return false;
}
