/** What a comparison comes to. */

/** One difference between git and us: what it is about, where it is, and what each side has there. */
export interface Difference {
  /** One sentence without a full stop. */
  readonly what: string;
  /** The file; of what was written in a scratch copy, its name relative to the folder of the packs. */
  readonly path?: string | undefined;
  /** Chunk id, `header`, `chunk table` or `trailer`. */
  readonly chunk?: string | undefined;
  /** Byte offset in the file. */
  readonly offset?: number | undefined;
  /** The object concerned, as hex. */
  readonly object?: string | undefined;
  /** What gitmidx has there, reads there or says. */
  readonly ours?: string | undefined;
  /** What git has there, reads there or says. */
  readonly git?: string | undefined;
}

/** `same`: compared, and no difference. `not-compared`: this git cannot, or there is nothing to compare. */
export type Outcome = "same" | "different" | "not-compared";

/** What a check came to. */
export interface Verdict {
  readonly outcome: Outcome;
  /** What was compared, with numbers; of `not-compared`, why not. One phrase without a full stop. */
  readonly summary: string;
  /** The first differences. */
  readonly differences: readonly Difference[];
  /** How many differences there are in all. */
  readonly differenceCount: number;
}

/** Differences that a verdict keeps: enough to see a pattern. */
const mostDifferences = 20;

/** Collects differences. */
export class Comparison {
  readonly differences: Difference[] = [];
  differenceCount = 0;

  differ(difference: Difference): void {
    this.differenceCount++;
    if (this.differences.length < mostDifferences) this.differences.push(difference);
  }

  /** The verdict on what `summary` says was compared. */
  verdict(summary: string): Verdict {
    const { differences, differenceCount } = this;
    return { outcome: differenceCount === 0 ? "same" : "different", summary, differences, differenceCount };
  }
}

/** Nothing was compared. */
export function notCompared(reason: string): Verdict {
  return { outcome: "not-compared", summary: reason, differences: [], differenceCount: 0 };
}

/** `1 pack`, `2 packs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
