/** Which of the commits that a walk finds it gives out. */

import type { ObjectGraph } from "./object-graph.js";

/** Names and meanings are those of git's options. */
export interface CommitChoice {
  /** `--max-age`, `--since`: commits that are older, in seconds since 1970, are not given out, and not walked beyond. */
  readonly since?: number | undefined;
  /** `--since-as-filter`: older ones are not given out. */
  readonly sinceAsFilter?: number | undefined;
  /** `--min-age`, `--until`: younger ones are not given out. */
  readonly until?: number | undefined;
  /** `--min-parents` */
  readonly minParents?: number | undefined;
  /** `--max-parents` */
  readonly maxParents?: number | undefined;
  /** `--skip`: how many commits are passed over first. */
  readonly skip?: number | undefined;
  /** `--max-count`: how many are given out at most. */
  readonly maxCount?: number | undefined;
  /** `--left-only`, `--right-only`: one side of `A...B`. */
  readonly side?: "left" | "right" | undefined;
}

/** Whether a commit that was found, and read, is one that is given out. Ages from which walking ends are not looked at here. */
export function isChosen(graph: ObjectGraph, row: number, choice: CommitChoice): boolean {
  const { until, sinceAsFilter, minParents, maxParents } = choice;
  if (until !== undefined && graph.date(row) > until) return false;
  if (sinceAsFilter !== undefined && graph.date(row) < sinceAsFilter) return false;
  if (minParents !== undefined && graph.parentCount(row) < minParents) return false;
  return maxParents === undefined || graph.parentCount(row) <= maxParents;
}

/** Whether a commit stays in the list of a walk that finds all commits first. */
export function isKept(graph: ObjectGraph, row: number, { until, sinceAsFilter }: CommitChoice): boolean {
  if (until !== undefined && graph.date(row) > until) return false;
  return sinceAsFilter === undefined || graph.date(row) >= sinceAsFilter;
}
