/** Which tips are put together into pseudo-merges: commits that have no bitmap of their own, but are often asked for together. */

import { Step, type TaskOptions } from "../../core/task.js";
import { inMapOrder } from "./git-map-order.js";
import type { PosixMatch } from "./posix-regexp.js";
import type { PseudoMergeGroup } from "./pseudo-merge-groups.js";

/** A ref that leads to a commit. */
export interface CommitTip {
  /** Its full name. */
  readonly name: string;
  /** Row of the commit, peeled. */
  readonly row: number;
}

/** What is asked of the commits. */
export interface TipFacts {
  date(row: number): number;
  /** Whether it has an own bitmap. */
  isBitmapped(row: number): boolean;
}

/** How pseudo-merges are selected. */
export interface SelectPseudoMergesOptions extends TaskOptions {
  /** Told what git would warn of. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Matches and groups that git keeps of a match. */
const mostMatches = 16;
/** A smaller pseudo-merge than this takes all that is left. */
const leastSize = 8;

/** The commits of a group whose refs have captured the same. */
interface Matches {
  readonly stable: number[];
  readonly unstable: number[];
}

/**
 * The members of each pseudo-merge: rows, oldest first. A commit that several refs name is there several times.
 * @param tips refs to commits that are in the pack, or the layer, by name.
 */
export function selectPseudoMerges(
  groups: readonly PseudoMergeGroup[],
  tips: readonly CommitTip[],
  facts: TipFacts,
  options: SelectPseudoMergesOptions = {},
): readonly (readonly number[])[] {
  if (groups.length === 0) return [];
  const step = new Step(options, "Selecting pseudo-merge commits", groups.length);
  const merges: (readonly number[])[] = [];
  for (const group of groups) {
    const found = matchesOf(group, tips, facts, options);
    for (const name of inMapOrder(found.keys())) {
      const { stable, unstable } = found.get(name)!;
      const byDate = (a: number, b: number) => facts.date(a) - facts.date(b);
      merges.push(...stableMerges(group, stable.sort(byDate)), ...unstableMerges(group, unstable.sort(byDate)));
    }
    step.tick();
  }
  step.finish();
  return merges;
}

function matchesOf(
  { pattern, threshold, stableThreshold }: PseudoMergeGroup,
  tips: readonly CommitTip[],
  facts: TipFacts,
  { warn }: SelectPseudoMergesOptions,
): ReadonlyMap<string, Matches> {
  const found = new Map<string, Matches>();
  for (const { name, row } of tips) {
    const match = pattern.exec(name);
    if (match === undefined) continue;
    if (match[mostMatches - 1] !== undefined) {
      warn?.(`pseudo-merge regex from config has too many capture groups (max=${mostMatches - 2})`);
    }
    const captured = capturedName(match, pattern.groupCount);
    const matches = found.get(captured) ?? { stable: [], unstable: [] };
    found.set(captured, matches);
    const date = facts.date(row);
    if (date <= stableThreshold) matches.stable.push(row);
    else if (date <= threshold && !facts.isBitmapped(row)) matches.unstable.push(row);
  }
  return found;
}

/** What the groups have captured, with `-` between; the whole match where there are none. */
function capturedName(match: PosixMatch, groupCount: number): string {
  let name = "";
  for (const text of match.slice(groupCount === 0 ? 0 : 1, mostMatches)) {
    if (text !== undefined) name += name === "" ? text : `-${text}`;
  }
  return name;
}

function* stableMerges({ stableSize }: PseudoMergeGroup, stable: readonly number[]) {
  for (let at = 0; at < stable.length; at += stableSize) yield stable.slice(at, at + stableSize);
}

function* unstableMerges({ maxMerges, sampleRate, decay }: PseudoMergeGroup, unstable: readonly number[]) {
  const every = Math.floor(1 / sampleRate);
  const scale = unstable.length / powerSum(maxMerges, decay);
  let at = 0;
  for (let i = 0; i < maxMerges && at < unstable.length; i++) {
    const size = Math.floor(scale / power(i + 1, decay) + 0.5);
    const end = size < leastSize ? unstable.length : Math.min(unstable.length, at + size);
    const members = unstable.slice(at, end).filter((_, index) => (at + index) % every === 0);
    if (members.length > 0) yield members;
    at = end;
  }
}

function powerSum(count: number, exponent: number): number {
  let sum = 0;
  for (let n = 1; n <= count; n++) sum += 1 / power(n, exponent);
  return sum;
}

/** Git takes the exponent without its fraction, so that a decay of 1.5 is one of 1 there; here it is what it says. */
function power(base: number, exponent: number): number {
  if (!Number.isInteger(exponent)) return base ** exponent;
  let result = 1;
  for (let factor = base, rest = exponent; ; factor *= factor) {
    if (rest % 2 === 1) result *= factor;
    rest = Math.floor(rest / 2);
    if (rest === 0) return result;
  }
}
