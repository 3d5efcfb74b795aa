/**
 * git's path patterns: `*` and `?` stop at slashes, `**` between slashes does not, `[a-z]`, `[!a]` and `[[:alpha:]]` are sets of
 * bytes, a backslash takes the next byte literally.
 *
 * A pattern becomes a list of steps that is run over the text as a set of positions, so that no pattern takes more than
 * text × pattern time.
 */

import { bytesOfName } from "../../bytes/name-text.js";

/** Options of {@link wildmatch}. */
export interface WildmatchOptions {
  /** Whether ASCII letters match in either case. */
  readonly ignoreCase: boolean;
  /** Whether a slash is matched as any other byte is, by stars, `?` and sets too. Default false. */
  readonly acrossSlashes?: boolean | undefined;
}

/** A table of 256 bytes, 1 for each byte that matches. */
type ByteSet = Uint8Array;

/** One step: one byte of a set, or a run of bytes of a set. */
interface Step {
  readonly set: ByteSet;
  readonly repeats: boolean;
  /** For `**` before a slash: the two together may also match nothing. */
  readonly skipsSlash: boolean;
}

const slash = 0x2f;
const star = 0x2a;
const question = 0x3f;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const dash = 0x2d;
const colon = 0x3a;

const nothing: ByteSet = new Uint8Array(256);
const anything: ByteSet = new Uint8Array(256).fill(1);
const noSlash: ByteSet = setOf((byte) => byte !== slash);

/** How a step was reached: not at all, by going on with a run, or from the step before it. */
const unreached = 0;
const goingOn = 1;
const entered = 2;

/** Whether the whole of `text` matches `pattern`. */
export function wildmatch(pattern: string, text: string, { ignoreCase, acrossSlashes }: WildmatchOptions): boolean {
  const steps = compile(bytesOfName(pattern), ignoreCase, acrossSlashes === true);
  let at = new Uint8Array(steps.length + 1);
  enter(steps, at, 0);
  for (const byte of bytesOfName(text)) {
    const folded = ignoreCase ? lower(byte) : byte;
    const next = new Uint8Array(steps.length + 1);
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      if (at[i] === unreached || step.set[folded] === 0) continue;
      if (step.repeats && next[i] === unreached) next[i] = goingOn;
      enter(steps, next, i + 1);
    }
    at = next;
  }
  return at[steps.length] !== unreached;
}

/** Marks step `index` as entered, and those behind it that may be entered without taking a byte. */
function enter(steps: readonly Step[], marks: Uint8Array, index: number): void {
  for (let i = index; marks[i] !== entered; i++) {
    marks[i] = entered;
    const step = steps[i];
    if (step === undefined || !step.repeats) return;
    if (step.skipsSlash) enter(steps, marks, i + 2);
  }
}

function setOf(test: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (test(byte) ? 1 : 0));
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function compile(pattern: Uint8Array, ignoreCase: boolean, acrossSlashes: boolean): readonly Step[] {
  const others = acrossSlashes ? anything : noSlash;
  const steps: Step[] = [];
  const one = (set: ByteSet) => steps.push({ set, repeats: false, skipsSlash: false });
  for (let at = 0; at < pattern.length; ) {
    const byte = pattern[at]!;
    if (byte === star) {
      let end = at + 1;
      while (pattern[end] === star) end++;
      steps.push(acrossSlashes ? { set: anything, repeats: true, skipsSlash: false } : starStep(pattern, at, end));
      at = end;
    } else if (byte === openBracket) {
      const bracket = compileBracket(pattern, at + 1, ignoreCase, others);
      one(bracket.set);
      at = bracket.end;
    } else if (byte === question) {
      one(others);
      at++;
    } else {
      if (byte === backslash) at++;
      const literal = pattern[at++];
      // a folded text has no capitals, so that an escaped capital matches nothing, as in git
      const wanted = ignoreCase && byte !== backslash && literal !== undefined ? lower(literal) : literal;
      one(wanted === undefined ? nothing : setOf((other) => other === wanted));
    }
  }
  return steps;
}

/** The step of the stars from `at` to `end`. */
function starStep(pattern: Uint8Array, at: number, end: number): Step {
  const after = pattern[end];
  const begins = at === 0 || pattern[at - 1] === slash;
  const ends = after === undefined || after === slash || (after === backslash && pattern[end + 1] === slash);
  const crosses = end - at > 1 && begins && ends;
  return { set: crosses ? anything : noSlash, repeats: true, skipsSlash: crosses && after === slash };
}

const classes: ReadonlyMap<string, (byte: number) => boolean> = new Map([
  ["alnum", (byte) => isAlpha(byte) || isDigit(byte)],
  ["alpha", isAlpha],
  ["blank", (byte) => byte === 0x20 || byte === 0x09],
  ["cntrl", (byte) => byte < 0x20 || byte === 0x7f],
  ["digit", isDigit],
  ["graph", (byte) => byte > 0x20 && byte < 0x7f],
  ["lower", (byte) => byte >= 0x61 && byte <= 0x7a],
  ["print", (byte) => byte >= 0x20 && byte < 0x7f],
  ["punct", (byte) => byte > 0x20 && byte < 0x7f && !isAlpha(byte) && !isDigit(byte)],
  ["space", (byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d],
  ["upper", (byte) => byte >= 0x41 && byte <= 0x5a],
  ["xdigit", (byte) => isDigit(byte) || (lower(byte) >= 0x61 && lower(byte) <= 0x66)],
]);

function isAlpha(byte: number): boolean {
  return lower(byte) >= 0x61 && lower(byte) <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A set in brackets, and where the pattern goes on behind it. */
interface Bracket {
  readonly set: ByteSet;
  readonly end: number;
}

/** One member of a set: what it holds, where the next begins, and the byte that a range after it would begin with (0: none). */
interface Member {
  readonly holds: (byte: number) => boolean;
  readonly end: number;
  readonly rangeStart: number;
}

/** The set whose `[` is before `from`; one without an end, or with an unknown class, matches nothing and ends the pattern. */
function compileBracket(pattern: Uint8Array, from: number, ignoreCase: boolean, others: ByteSet): Bracket {
  const negated = pattern[from] === 0x21 || pattern[from] === 0x5e;
  const members: Member[] = [];
  let at = negated ? from + 1 : from;
  do {
    const member = compileMember(pattern, at, members.at(-1)?.rangeStart ?? 0, ignoreCase);
    if (member === undefined) return { set: nothing, end: pattern.length };
    members.push(member);
    at = member.end;
  } while (pattern[at] !== closeBracket);
  const set = setOf((byte) => others[byte] === 1 && members.some((member) => member.holds(byte)) !== negated);
  return { set, end: at + 1 };
}

/** The member at `at`, after one that ended in `rangeStart`; undefined if the pattern ends in it or names an unknown class. */
function compileMember(pattern: Uint8Array, at: number, rangeStart: number, ignoreCase: boolean): Member | undefined {
  const byte = pattern[at];
  const next = pattern[at + 1];
  if (byte === dash && rangeStart !== 0 && next !== undefined && next !== closeBracket) {
    const last = next === backslash ? pattern[at + 2] : next;
    if (last === undefined) return undefined;
    const inRange = (other: number) => other >= rangeStart && other <= last;
    const foldedInRange = (other: number) => other >= 0x61 && other <= 0x7a && inRange(other - 0x20);
    const holds = (other: number) => inRange(other) || (ignoreCase && foldedInRange(other));
    return { holds, end: at + (next === backslash ? 3 : 2), rangeStart: 0 };
  }
  if (byte === openBracket && next === colon) {
    const end = pattern.indexOf(closeBracket, at + 2);
    if (end < 0) return undefined;
    if (end > at + 2 && pattern[end - 1] === colon)
      return classMember(pattern.subarray(at + 2, end - 1), end + 1, ignoreCase);
  }
  const literal = byte === backslash ? next : byte;
  if (literal === undefined) return undefined;
  return { holds: (other) => other === literal, end: at + (byte === backslash ? 2 : 1), rangeStart: literal };
}

function classMember(bytes: Uint8Array, end: number, ignoreCase: boolean): Member | undefined {
  const name = String.fromCharCode(...bytes.subarray(0, 8));
  const holds = classes.get(ignoreCase && name === "upper" ? "lower" : name);
  return holds === undefined ? undefined : { holds, end, rangeStart: 0 };
}
