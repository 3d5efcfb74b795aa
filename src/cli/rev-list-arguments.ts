/**
 * Reads the command line of `gitmidx rev-list` as git's commands on revisions read theirs: word by word, no abbreviations, and the order
 * counts.
 */

import { approximateDate } from "../core/approximate-date.js";
import { defaultFormat, defaultWalk } from "../ops/rev-list/defaults.js";
import type {
  LateComplaint,
  MissingMode,
  RevListFormat,
  RevListRequest,
  RevListWalk,
} from "../ops/rev-list/request.js";
import { MissingValue, readStart, type Start } from "../ops/rev-list/start.js";
import type { CommitChoice } from "../ops/walk/commit-choice.js";
import type { EdgeHints } from "../ops/walk/edges.js";
import { FatalError } from "./complaint.js";
import { isRefusedRevListOption } from "./rev-list-options.js";

/** Thrown where git says `error:` and dies with status 128. */
export class ErrorExit extends Error {
  override readonly name = "ErrorExit";
}

type Changeable<T> = { -readonly [K in keyof T]: T[K] };

/** What the words say so far. */
interface Draft
  extends Omit<Changeable<RevListWalk>, "starts" | "choice">,
    Changeable<RevListFormat>,
    Changeable<CommitChoice> {
  starts: Start[];
  progressTitle: string | undefined;
  complaints: LateComplaint[];
}

function emptyDraft(): Draft {
  const { choice: _, ...walk } = defaultWalk;
  return { ...walk, ...defaultFormat, starts: [], progressTitle: undefined, complaints: [] };
}

/** What is not on the command line. */
export interface RevListFacts {
  /** The lines of standard input. */
  readonly lines: () => AsyncIterable<string>;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Reads the words behind the command's name. What git would die of on the way is in `failure`. */
export function readRevListArguments(words: readonly string[], facts: RevListFacts): RevListRequest {
  const draft = emptyDraft();
  readEarly(words, draft);
  const separator = words.indexOf("--");
  const own = separator < 0 ? words : words.slice(0, separator);
  draft.separated = separator >= 0;
  draft.hasPaths = separator >= 0 && separator + 1 < words.length;
  let failure: Error | undefined;
  try {
    readInOrder(own, draft, facts);
  } catch (error) {
    if (error instanceof MissingValue) failure = new FatalError(error.message);
    else if (error instanceof FatalError || error instanceof ErrorExit) failure = error;
    else throw error;
  }
  return requestOf(draft, failure);
}

/** What git looks for before everything else, wherever it stands. */
function readEarly(words: readonly string[], draft: Draft): void {
  for (const word of words) {
    if (word === "--exclude-promisor-objects") draft.excludePromisorObjects = true;
    else if (word === "-z") draft.end = "NUL";
    else if (word.startsWith("--missing=")) {
      const mode = word.slice("--missing=".length);
      if (isMissingMode(mode)) draft.missing = mode;
    }
  }
}

function isMissingMode(text: string): text is MissingMode {
  return ["error", "allow-any", "allow-promisor", "print", "print-info"].includes(text);
}

function readInOrder(words: readonly string[], draft: Draft, facts: RevListFacts): void {
  let optionsEnded = false;
  for (let i = 0; i < words.length; ) {
    const word = words[i]!;
    if (optionsEnded || !word.startsWith("-")) {
      draft.starts.push({ kind: "revision", text: word });
      i++;
    } else if (word === "--end-of-options") {
      optionsEnded = true;
      i++;
    } else i += readOption(word, words[i + 1], draft, facts);
  }
}

/** @returns how many words it took. */
function readOption(word: string, next: string | undefined, draft: Draft, facts: RevListFacts): number {
  const start = readStart(word, next);
  if (start !== undefined) {
    draft.starts.push(start.start);
    return start.words;
  }
  if (word === "--stdin") {
    draft.starts.push({ kind: "lines", lines: facts.lines() });
    return 1;
  }
  const flag = flags.get(word);
  if (flag !== undefined) {
    flag(draft);
    return 1;
  }
  const taken = readCount(word, next, draft) || readWithValue(word, next, draft, facts);
  if (taken > 0) return taken;
  readLate(word, draft);
  return 1;
}

const flags: ReadonlyMap<string, (draft: Draft) => void> = new Map<string, (draft: Draft) => void>([
  ["--objects", (draft) => void (draft.objects = true)],
  ["--objects-edge", (draft) => setEdges(draft, "parents")],
  ["--objects-edge-aggressive", (draft) => setEdges(draft, "all")],
  ["--topo-order", (draft) => void (draft.order = "graph")],
  ["--date-order", (draft) => void (draft.order = "dates")],
  ["--reverse", (draft) => void (draft.reverse = !draft.reverse)],
  ["--first-parent", (draft) => void (draft.firstParent = true)],
  ["--boundary", (draft) => void (draft.boundary = true)],
  ["--in-commit-order", (draft) => void (draft.inCommitOrder = true)],
  ["--unpacked", (draft) => void (draft.unpacked = true)],
  ["--merges", (draft) => void (draft.minParents = 2)],
  ["--no-merges", (draft) => void (draft.maxParents = 1)],
  ["--no-min-parents", (draft) => void (draft.minParents = undefined)],
  ["--no-max-parents", (draft) => void (draft.maxParents = undefined)],
  ["--count", (draft) => void (draft.count = true)],
  ["--left-right", (draft) => void (draft.leftRight = true)],
  ["--left-only", (draft) => setSide(draft, "left")],
  ["--right-only", (draft) => setSide(draft, "right")],
  ["--parents", (draft) => void (draft.parents = true)],
  ["--children", (draft) => void (draft.children = true)],
  ["--ignore-missing", (draft) => void draft.starts.push({ kind: "ignore-missing" })],
  ["--exclude-promisor-objects", () => undefined],
  ["--quiet", (draft) => void (draft.quiet = true)],
  ["-z", () => undefined],
  ["--timestamp", (draft) => void (draft.timestamp = true)],
  ["--use-bitmap-index", (draft) => void (draft.useBitmaps = true)],
  ["--test-bitmap", (draft) => void draft.complaints.push({ kind: "test-bitmap" })],
  ["--filter-provided-objects", (draft) => void (draft.filterProvidedObjects = true)],
  ["--filter-print-omitted", (draft) => void (draft.printOmitted = true)],
  ["--no-object-names", (draft) => void (draft.names = false)],
  ["--object-names", (draft) => void (draft.names = true)],
  // What only changes how history is simplified to paths, or commits are pretty-printed, changes nothing here.
  ...["--dense", "--sparse", "--remove-empty", "--full-history", "--show-pulls", "--no-graph"].map(ignored),
  ...["--commit-header", "--no-commit-header", "--abbrev", "--no-abbrev", "--no-abbrev-commit"].map(ignored),
]);

function ignored(name: string): readonly [string, () => void] {
  return [name, () => undefined];
}

function setEdges(draft: Draft, edges: EdgeHints): void {
  draft.objects = true;
  if (draft.edges !== "all") draft.edges = edges;
}

function setSide(draft: Draft, side: "left" | "right"): void {
  if (draft.side !== undefined && draft.side !== side) {
    const names = side === "left" ? ["--left-only", "--right-only/--cherry"] : ["--right-only", "--left-only"];
    throw new FatalError(`options '${names[0]}' and '${names[1]}' cannot be used together`);
  }
  draft.side = side;
  draft.limited = true;
}

/** `--max-count`, `-n`, `-5`, `--skip`. @returns how many words it took; 0 for other options. */
function readCount(word: string, next: string | undefined, draft: Draft): number {
  const long = longValue("--max-count", word, next);
  if (long !== undefined) {
    setMaxCount(draft, long.value);
    return long.words;
  }
  const skip = longValue("--skip", word, next);
  if (skip !== undefined) {
    const count = integer(skip.value);
    draft.skip = count > 0 ? count : undefined;
    return skip.words;
  }
  if (/^-\d/.test(word)) {
    setMaxCount(draft, word.slice(1));
    return 1;
  }
  if (!word.startsWith("-n")) return 0;
  if (word === "-n" && next === undefined) throw new ErrorExit("-n requires an argument");
  setMaxCount(draft, word === "-n" ? next! : word.slice(2));
  return word === "-n" ? 2 : 1;
}

function setMaxCount(draft: Draft, text: string): void {
  const count = integer(text);
  draft.maxCount = count >= 0 ? count : undefined;
  draft.starts.push({ kind: "walk" });
}

function readWithValue(word: string, next: string | undefined, draft: Draft, { now }: RevListFacts): number {
  for (const [name, set] of valueOptions) {
    const given = longValue(name, word, next);
    if (given === undefined) continue;
    set(draft, given.value, now);
    return given.words;
  }
  for (const [name, set] of stuckOptions) {
    if (!word.startsWith(`${name}=`)) continue;
    set(draft, word.slice(name.length + 1));
    return 1;
  }
  return 0;
}

const valueOptions: readonly (readonly [string, (draft: Draft, value: string, now: number) => void])[] = [
  ["--max-age", (draft, value) => void (draft.since = seconds(value))],
  ["--since", (draft, value, now) => void (draft.since = approximateDate(value, now))],
  ["--after", (draft, value, now) => void (draft.since = approximateDate(value, now))],
  ["--since-as-filter", (draft, value, now) => void (draft.sinceAsFilter = approximateDate(value, now))],
  ["--min-age", (draft, value) => void (draft.until = seconds(value))],
  ["--until", (draft, value, now) => void (draft.until = approximateDate(value, now))],
  ["--before", (draft, value, now) => void (draft.until = approximateDate(value, now))],
  ["--default", (draft, value) => void draft.starts.push({ kind: "default", text: value })],
];

/** Options whose value stands in the same word. */
const stuckOptions: readonly (readonly [string, (draft: Draft, value: string) => void])[] = [
  ["--min-parents", (draft, value) => void (draft.minParents = integer(value))],
  ["--max-parents", (draft, value) => void (draft.maxParents = notNegative(integer(value)))],
  ["--progress", (draft, value) => void (draft.progressTitle = value)],
  ["--missing", () => undefined],
  ["--abbrev", () => undefined],
  ["--disk-usage", setDiskUsage],
  ["--unpacked", dieOfUnpacked],
];

function setDiskUsage(draft: Draft, value: string): void {
  draft.diskUsage = value === "human" ? "human" : (draft.diskUsage ?? "bytes");
  if (value === "human") return;
  const message = `invalid value for '--disk-usage=<format>': '${value}', the only allowed format is 'human'`;
  draft.complaints.push({ kind: "fatal", message });
}

function dieOfUnpacked(): void {
  throw new FatalError("--unpacked=<packfile> no longer supported");
}

/** What git's rev-list itself does not know is heard of when everything else has been read. */
function readLate(word: string, draft: Draft): void {
  if (word === "--disk-usage") draft.diskUsage ??= "bytes";
  else if (isRefusedRevListOption(word)) throw new FatalError(`${word.replace(/=.*$/s, "")} is not supported`);
  else draft.complaints.push({ kind: "usage" });
}

function longValue(name: string, word: string, next: string | undefined) {
  if (word.startsWith(`${name}=`)) return { value: word.slice(name.length + 1), words: 1 };
  if (word !== name) return undefined;
  if (next === undefined) throw new MissingValue(`Option '${name}' requires a value`);
  return { value: next, words: 2 };
}

function integer(text: string): number {
  const value = /^\s*[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= -(2 ** 31) && value < 2 ** 31) return value;
  throw new FatalError(`'${text}': not an integer`);
}

function notNegative(count: number): number | undefined {
  return count < 0 ? undefined : count;
}

function seconds(text: string): number {
  if (/^\s*\+?\d+$/.test(text)) return Number(text);
  throw new FatalError(`'${text}': not a number of seconds since epoch`);
}

function requestOf(draft: Draft, failure: Error | undefined): RevListRequest {
  const { since, sinceAsFilter, until, minParents, maxParents, skip, maxCount, side } = draft;
  const choice = { since, sinceAsFilter, until, minParents, maxParents, skip, maxCount, side };
  const { progressTitle, complaints } = draft;
  return { walk: { ...draft, choice }, format: draft, failure, complaints, progressTitle };
}
