/** `bitmapPseudoMerge.NAME.*`: which refs are put together into pseudo-merges, and how. */

import { approximateDate, parseDate } from "../../core/approximate-date.js";
import { GitmidxError } from "../../core/errors.js";
import {
  badVariable,
  type ConfigEntry,
  doubleOf,
  type GitConfig,
  intOf,
  requireValue,
} from "../../store/config/git-config.js";
import { PosixRegExp } from "./posix-regexp.js";

/** One group, with git's defaults. */
export interface PseudoMergeGroup {
  readonly name: string;
  /** Which refs; what its groups capture divides them further. */
  readonly pattern: PosixRegExp;
  /** How fast pseudo-merges of unstable commits become smaller: 0 or more. */
  readonly decay: number;
  /** The share of unstable commits that is taken: above 0, at most 1. */
  readonly sampleRate: number;
  /** Most pseudo-merges of unstable commits. */
  readonly maxMerges: number;
  /** Commits up to this time count, unless they have a bitmap of their own; in seconds since 1970. */
  readonly threshold: number;
  /** Commits up to this time are stable: their pseudo-merges do not change as others come. */
  readonly stableThreshold: number;
  /** Commits in a pseudo-merge of stable ones. */
  readonly stableSize: number;
}

type Draft = { -readonly [Key in Exclude<keyof PseudoMergeGroup, "pattern">]: PseudoMergeGroup[Key] } & {
  pattern: PosixRegExp | undefined;
};

const section = "bitmappseudomerge.";
const defaultDecay = 1;
const defaultMaxMerges = 64;
const defaultSampleRate = 1;
const defaultStableSize = 512;

/**
 * The groups, by name.
 * @param now seconds since 1970.
 * @param warn told of values that are left aside.
 * @throws GitmidxError `bad-config` in git's words.
 */
export function pseudoMergeGroupsOf(
  config: GitConfig,
  now: number,
  warn: (message: string) => void,
): readonly PseudoMergeGroup[] {
  const drafts = new Map<string, Draft>();
  for (const entry of config.entries) {
    const nameEnd = entry.key.lastIndexOf(".");
    if (!entry.key.startsWith(section) || nameEnd <= section.length) continue;
    const name = entry.key.slice(section.length, nameEnd);
    const draft = drafts.get(name) ?? newDraft(name, now);
    drafts.set(name, draft);
    apply(draft, entry, now, warn);
  }
  const sorted = [...drafts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map(checked);
}

function newDraft(name: string, now: number): Draft {
  return {
    name,
    pattern: undefined,
    decay: defaultDecay,
    sampleRate: defaultSampleRate,
    maxMerges: defaultMaxMerges,
    threshold: approximateDate("1.week.ago", now),
    stableThreshold: approximateDate("1.month.ago", now),
    stableSize: defaultStableSize,
  };
}

function apply(draft: Draft, entry: ConfigEntry, now: number, warn: (message: string) => void): void {
  const { key } = entry;
  const orDefault = (value: number, isGood: boolean, kind: string, byDefault: number): number => {
    if (!isGood) warn(`${key} must be ${kind}, using default`);
    return isGood ? value : byDefault;
  };
  switch (key.slice(key.lastIndexOf(".") + 1)) {
    case "pattern":
      draft.pattern = patternOf(entry);
      break;
    case "decay": {
      const decay = doubleOf(entry);
      draft.decay = orDefault(decay, decay >= 0, "non-negative", defaultDecay);
      break;
    }
    case "samplerate": {
      const rate = doubleOf(entry);
      draft.sampleRate = orDefault(rate, rate > 0 && rate <= 1, "between 0 (exclusive) and 1", defaultSampleRate);
      break;
    }
    case "threshold":
      draft.threshold = timeOf(entry, now);
      break;
    case "maxmerges": {
      const merges = intOf(entry);
      draft.maxMerges = orDefault(merges, merges >= 0, "non-negative", defaultMaxMerges);
      break;
    }
    case "stablethreshold":
      draft.stableThreshold = timeOf(entry, now);
      break;
    case "stablesize": {
      const size = intOf(entry);
      draft.stableSize = orDefault(size, size > 0, "positive", defaultStableSize);
      break;
    }
  }
}

function patternOf(entry: ConfigEntry): PosixRegExp {
  const value = requireValue(entry);
  const text = value.startsWith("^") ? value : `^${value}`;
  try {
    return new PosixRegExp(text);
  } catch (cause) {
    if (!(cause instanceof GitmidxError)) throw cause;
    // Git does not end the name where the variable's begins.
    const message = `failed to load pseudo-merge regex for ${entry.key.slice(section.length)}: '${text}'\n${cause.message}`;
    throw new GitmidxError("bad-config", message, { path: entry.origin.file, cause });
  }
}

/** A time as expiry dates are given: `never` is before everything, `now` after everything. */
function timeOf(entry: ConfigEntry, now: number): number {
  const text = requireValue(entry);
  if (text === "never" || text === "false") return 0;
  if (text === "now" || text === "all") return Number.MAX_SAFE_INTEGER;
  const time = parseDate(text, now);
  if (time === undefined) throw badVariable(entry, `'${text}' for '${entry.key}' is not a valid timestamp`);
  return time;
}

function checked(draft: Draft): PseudoMergeGroup {
  const { name, pattern, threshold, stableThreshold } = draft;
  if (pattern === undefined)
    throw new GitmidxError("bad-config", `pseudo-merge group '${name}' missing required pattern`);
  if (threshold < stableThreshold) {
    throw new GitmidxError("bad-config", `pseudo-merge group '${name}' has unstable threshold before stable one`);
  }
  return { ...draft, pattern };
}
