/** Which commits get a bitmap: as git 2.55 chooses them. */

import { Step, type TaskOptions } from "../../core/task.js";

/** What is asked of commits, which are numbers to the one who asks. */
export interface CommitFacts {
  /** Seconds since 1970. */
  date(commit: number): number;
  parentCount(commit: number): number;
}

/** The commits that may get a bitmap. */
export interface BitmapCandidates {
  /** Rows of the object graph, in the order of a walk from all tips. */
  readonly rows: readonly number[];
  /** Rows of tips that are to have one if possible: `pack.preferBitmapTips`. */
  readonly preferred: ReadonlySet<number>;
}

/** So many candidates, or less, get one each. */
const fewCandidates = 99;
const leastStep = 100;
const mostStep = 5000;
/** The youngest commits, each of which gets one. */
const mustRegion = 100;
/** From here on the steps become longer than the least. */
const leastRegion = 20_000;

/** Commits between the one at `index` and the next that gets a bitmap, youngest first. */
function stepAt(index: number): number {
  if (index <= mustRegion) return 0;
  if (index <= leastRegion) return Math.min(index - mustRegion, leastStep);
  return Math.max(Math.min(index - leastRegion, mostStep), leastStep);
}

/** The commits that get one, youngest first; of one date as they came. */
export function selectCommits(
  { rows, preferred }: BitmapCandidates,
  facts: CommitFacts,
  task: TaskOptions = {},
): readonly number[] {
  const sorted = rows.toSorted((a, b) => facts.date(b) - facts.date(a));
  if (sorted.length <= fewCandidates) return sorted;
  const step = new Step(task, "Selecting bitmap commits");
  const selected: number[] = [];
  for (let at = 0; ; ) {
    const skipped = stepAt(at);
    if (at + skipped >= sorted.length) break;
    selected.push(chooseIn(sorted, at, at + skipped, preferred, facts));
    at += skipped + 1;
  }
  step.finish();
  return selected;
}

/** The first preferred tip from `first` to `last`, else the last merge, else the last. */
function chooseIn(
  sorted: readonly number[],
  first: number,
  last: number,
  preferred: ReadonlySet<number>,
  facts: CommitFacts,
): number {
  if (first === last) return sorted[first]!;
  let chosen = sorted[last]!;
  for (let at = first; at <= last; at++) {
    const commit = sorted[at]!;
    if (preferred.has(commit)) return commit;
    if (facts.parentCount(commit) > 1) chosen = commit;
  }
  return chosen;
}
