/** What bitmaps are compared with, where not all who write them take history to be the same. */

import type { TaskOptions } from "../../core/task.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { type Grafts, readGrafts } from "../walk/grafts.js";
import type { BitmapFindings, BitmapPart } from "./bitmap-findings.js";

/** The history that bitmaps are compared with. */
export interface ComparedHistory extends TaskOptions {
  /** Where the history of a shallow clone ends. */
  readonly grafts?: Grafts | undefined;
  /** Whether `info/grafts` gives commits other parents, which are not taken for theirs here. */
  readonly grafted?: boolean | undefined;
}

/**
 * The history that bitmaps of a directory are compared with.
 * @param commonDir of its repository; the folder above the directory unless given.
 * @throws GitmidxError `bad-object-id`, or what the file system says
 */
export async function historyOf(
  { fs, format, path }: ObjectDirectory,
  commonDir = path.slice(0, path.lastIndexOf("/")),
): Promise<Required<Pick<ComparedHistory, "grafts" | "grafted">>> {
  const places = { commonDir };
  const grafts = await readGrafts(fs, format, { ...places, graftFile: "" });
  const old = await readGrafts(fs, format, { ...places, shallowFile: "" });
  return { grafts, grafted: !old.isEmpty };
}

/** An entry that is not what a walk finds. */
export interface Difference {
  readonly object: string;
  readonly found: string;
  readonly wanted: string;
  readonly offset: number;
}

/** Notes what is right or wrong depending on who wrote the bitmap. */
export function noteGrafted(
  findings: BitmapFindings,
  part: BitmapPart,
  message: string,
  details: Parameters<BitmapFindings["note"]>[3],
): void {
  const grafted = `${message}; the repository has info/grafts, which bitmaps may follow or not`;
  const advice = "nothing if that is why; else replace the grafts with 'git replace --convert-graft-file'";
  findings.note("wrong-bitmap", part, grafted, { ...details, advice });
}

/** Reports an entry, or a pseudo-merge, that is not what a walk finds. @param lacks whether it lacks anything. */
export function reportDifference(
  findings: BitmapFindings,
  part: BitmapPart,
  message: string,
  { lacks, details }: { readonly lacks: boolean; readonly details: Difference },
  { grafts, grafted }: ComparedHistory,
): void {
  if (grafted === true) noteGrafted(findings, part, message, details);
  else if (!lacks && grafts?.isShallow === true) {
    const cut = `${message}: it has more than is reached since the history was cut short, as if made before that`;
    const advice =
      "nothing: what is too much lies beyond the end of the history; or write it anew: gitmidx write --bitmap";
    findings.note("wrong-bitmap", part, cut, { ...details, advice });
  } else findings.error("wrong-bitmap", part, message, details);
}
