/** What is wrong with a command line as a whole, in git's words and order. */

import { GitmidxError } from "../../core/errors.js";
import type { FilterSpec } from "../walk/filter/parse-filter.js";
import type { LateComplaint, RevListRequest } from "./request.js";

/** Options that do not go together. @throws GitmidxError `bad-revision` */
export function checkTogether({ walk, format }: RevListRequest, filter: FilterSpec | undefined): void {
  if (format.parents && format.children) throw refusal("options '--parents' and '--children' cannot be used together");
  if (filter !== undefined && !walk.objects) throw refusal("object filtering requires --objects");
}

/** What comes of the options that are looked at last. @throws GitmidxError `bad-revision` */
export function checkLate(complaints: readonly LateComplaint[]): LateComplaint["kind"] | undefined {
  for (const complaint of complaints) {
    if (complaint.kind === "fatal") throw refusal(complaint.message);
    return complaint.kind;
  }
  return undefined;
}

/** What cannot be printed in fields that end in NUL. @throws GitmidxError `bad-revision` */
export function checkFields({ walk, format }: RevListRequest): void {
  if (format.end === "LF") return;
  const { timestamp, leftRight, diskUsage } = format;
  if (timestamp || leftRight || diskUsage !== undefined || walk.useBitmaps || walk.edges !== "none") {
    throw refusal("-z option used with unsupported option");
  }
}

/** Counts that cannot be told apart. @throws GitmidxError `bad-revision` */
export function checkCounts({ walk, format }: RevListRequest): void {
  if (format.count && format.leftRight && walk.objects) {
    throw refusal("marked counting and '--objects' cannot be used together");
  }
}

function refusal(message: string): GitmidxError {
  return new GitmidxError("bad-revision", message);
}
