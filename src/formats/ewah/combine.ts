/**
 * Operations on compressed bitmaps, without unpacking them, byte for byte as git's.
 *
 * Which words of a result are runs follows from each word's two sides: a run on both gives a run; a run on one gives the other's literal
 * word, taken over or turned over as it is, or a run where the run decides; literal words on both give what they give together, as a run if
 * all its bits are alike.
 */

import { Cursor } from "./cursor.js";
import type { Ewah } from "./ewah.js";
import { EwahStream } from "./stream.js";

/** What becomes of the literal words of one side during a run of the other. */
type Other = "keep" | "flip" | "zeros" | "ones";

interface Operation {
  /** What the first side's run does to the second's literal words, by its value. */
  readonly first: readonly [Other, Other];
  /** What the second side's run does to the first's. */
  readonly second: readonly [Other, Other];
  /** What two halves of words give. */
  readonly halves: (a: number, b: number) => number;
}

const union: Operation = { first: ["keep", "ones"], second: ["keep", "ones"], halves: (a, b) => a | b };
const intersection: Operation = { first: ["zeros", "keep"], second: ["zeros", "keep"], halves: (a, b) => a & b };
const difference: Operation = { first: ["zeros", "flip"], second: ["keep", "zeros"], halves: (a, b) => a & ~b };
const exclusion: Operation = { first: ["keep", "flip"], second: ["keep", "flip"], halves: (a, b) => a ^ b };

function combine(a: Ewah, b: Ewah, operation: Operation): Ewah {
  const first = new Cursor(a);
  const second = new Cursor(b);
  const { halves } = operation;
  // Each word of the result, markers included, comes from a word of its own of one side.
  const stream = new EwahStream((a.words.length + b.words.length) / 2 + 1);
  while (!first.atEnd || !second.atEnd) {
    if (first.run > 0 && second.run > 0) {
      const count = Math.min(first.run, second.run);
      stream.run(halves(first.bit, second.bit) & 1, count);
      first.takeRun(count);
      second.takeRun(count);
    } else if (first.run > 0) {
      first.takeRun(passLiterals(second, first.run, operation.first[first.bit]!, stream));
    } else if (second.run > 0) {
      second.takeRun(passLiterals(first, second.run, operation.second[second.bit]!, stream));
    } else {
      const count = Math.min(first.literals, second.literals);
      if (operation === exclusion) xorLiterals(first, second, count, stream);
      else
        for (let i = 0, x = first.at, y = second.at; i < count; i++, x += 2, y += 2) {
          const low = halves(first.words[x]!, second.words[y]!);
          stream.word(low, halves(first.words[x + 1]!, second.words[y + 1]!));
        }
      first.takeLiterals(count);
      second.takeLiterals(count);
    }
  }
  return stream.finish(Math.max(a.bitSize, b.bitSize));
}

/** Passes literal words, at most `most`, on to the stream; returns how many there were. */
function passLiterals(from: Cursor, most: number, other: Other, stream: EwahStream): number {
  const count = Math.min(from.literals, most);
  if (other === "zeros") stream.run(0, count);
  else if (other === "ones") stream.run(1, count);
  else stream.copy(from.words, from.at, count, other === "flip" ? -1 : 0);
  from.takeLiterals(count);
  return count;
}

/** Writers try this operation on each bitmap ten times: no call for each half. */
function xorLiterals(first: Cursor, second: Cursor, count: number, stream: EwahStream): void {
  const a = first.words;
  const b = second.words;
  for (let x = first.at, y = second.at, end = x + 2 * count; x < end; x += 2, y += 2) {
    stream.word(a[x]! ^ b[y]!, a[x + 1]! ^ b[y + 1]!);
  }
}

/** The bits of one of both, or of both. */
export function orEwah(a: Ewah, b: Ewah): Ewah {
  return combine(a, b, union);
}

/** The bits of both. */
export function andEwah(a: Ewah, b: Ewah): Ewah {
  return combine(a, b, intersection);
}

/** The bits of `a` that `b` has not. */
export function andNotEwah(a: Ewah, b: Ewah): Ewah {
  return combine(a, b, difference);
}

/** The bits of one of both, but not of both. */
export function xorEwah(a: Ewah, b: Ewah): Ewah {
  return combine(a, b, exclusion);
}

/**
 * How many 64-bit words {@link xorEwah} of both would have, without making it. A writer tries it with many bitmaps and wants the shortest.
 * @param limit as soon as it is certain that there are this many words or more, that is the answer.
 */
export function xorWordCount(a: Ewah, b: Ewah, limit = Number.POSITIVE_INFINITY): number {
  const first = new Cursor(a);
  const second = new Cursor(b);
  const counter = new WordCounter();
  while (!first.atEnd || !second.atEnd) {
    if (first.run > 0 && second.run > 0) {
      const count = Math.min(first.run, second.run);
      counter.run(first.bit ^ second.bit);
      first.takeRun(count);
      second.takeRun(count);
    } else if (first.run > 0) first.takeRun(countLiterals(second, first.run, counter));
    else if (second.run > 0) second.takeRun(countLiterals(first, second.run, counter));
    else {
      const count = Math.min(first.literals, second.literals);
      counter.xor(first, second, count);
      first.takeLiterals(count);
      second.takeLiterals(count);
    }
    if (counter.words >= limit) return limit;
  }
  return counter.words;
}

function countLiterals(from: Cursor, most: number, counter: WordCounter): number {
  const count = Math.min(from.literals, most);
  counter.literals(count);
  from.takeLiterals(count);
  return count;
}

/** Counts what an {@link EwahStream} would hold. */
class WordCounter {
  words = 1;
  /** The value of the last marker's run; −1 if it has none. */
  #bit = -1;
  #hasLiterals = false;

  run(bit: number): void {
    if (this.#hasLiterals || (this.#bit !== -1 && this.#bit !== bit)) this.words++;
    this.#hasLiterals = false;
    this.#bit = bit;
  }

  literals(count: number): void {
    this.words += count;
    this.#hasLiterals = true;
  }

  /** What {@link xorLiterals} passes on. */
  xor(first: Cursor, second: Cursor, count: number): void {
    const a = first.words;
    const b = second.words;
    let literals = 0;
    for (let x = first.at, y = second.at, end = x + 2 * count; x < end; x += 2, y += 2) {
      const low = a[x]! ^ b[y]!;
      // Only words with two equal halves can be runs.
      if (low !== (a[x + 1]! ^ b[y + 1]!) || (low !== 0 && low !== -1)) literals++;
      else {
        if (literals > 0) this.literals(literals);
        literals = 0;
        this.run(low & 1);
      }
    }
    if (literals > 0) this.literals(literals);
  }
}
