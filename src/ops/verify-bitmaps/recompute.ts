/**
 * Makes every bitmap anew by walking, and compares. What is written with one algorithm is checked here with another: commits are numbered
 * so that parents come first; each bitmap, in that order, takes over those of the nearest commits below it that are made already, and walks
 * only what lies between.
 */

import { BitSet } from "../../bytes/bit-set.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { ewahOfBits } from "../../formats/ewah/build.js";
import type { Ewah } from "../../formats/ewah/ewah.js";
import type { BitObjects } from "./bit-objects.js";
import type { BitmapPart } from "./bitmap-findings.js";
import { type ComparedHistory, type Difference, reportDifference } from "./compared-history.js";
import type { EntryBits, TestedEntry } from "./entry-bits.js";
import { CommitSweep, type History, type MissingObject } from "./history.js";
import type { ReadBitmap } from "./read-bitmap.js";
import type { TestedBitmap } from "./tested-bitmap.js";
import { TreeChanges } from "./tree-changes.js";

/** An entry whose commit is known. */
interface Target {
  readonly bitmap: TestedBitmap;
  readonly bits: EntryBits;
  readonly entry: TestedEntry;
}

/** Compares all entries and pseudo-merges of bitmaps whose bits are of one order. */
export async function recompute(
  read: readonly ReadBitmap[],
  objects: BitObjects,
  history: History,
  task: ComparedHistory,
): Promise<void> {
  const targets: Target[] = [];
  const total = read.reduce((sum, { bits, merges }) => sum + bits.entries.length + merges.length, 0);
  for (const { bitmap, bits, merges } of read) {
    for (const entry of bits.entries) {
      if (entry.bit < 0 || !(await reach(history, entry.bit, bitmap, task))) continue;
      targets.push({ bitmap, bits, entry });
    }
    for (const { members } of merges) {
      for (const bit of bitsIn(members)) await reach(history, bit, bitmap, task);
    }
  }
  const step = new Step(task, "Recomputing bitmaps", total);
  const maker = new BitsMaker(history, objects);
  targets.sort((a, b) => history.numbers[a.entry.bit]! - history.numbers[b.entry.bit]!);
  for (const { bitmap, bits, entry } of targets) {
    const number = history.numbers[entry.bit]! - 1;
    const made = await maker.makeOf(bitmap, [number], entry.offset, "entries");
    const stored = made && bits.bitsOf(entry.index);
    if (made !== undefined) maker.keep(number, made);
    if (made !== undefined && stored !== undefined) compareEntry(bitmap, objects, entry, { stored, made }, task);
    await step.tick();
    await bitmap.findings.drain();
  }
  for (const { bitmap, merges } of read) {
    for (const { index, members, objects: stored, offset } of merges) {
      const numbers = bitsIn(members).map((bit) => history.numbers[bit]! - 1);
      const made = numbers.includes(-1) ? undefined : await maker.makeOf(bitmap, numbers, offset, "pseudo-merges");
      if (made !== undefined) {
        const what = difference(objects, stored.toBits(), made);
        const message = `mismatch in bitmap results: pseudo-merge ${index}`;
        if (what !== undefined) {
          const { lacks, ...places } = what;
          const difference = { lacks, details: { ...places, offset } };
          reportDifference(bitmap.findings, "pseudo-merges", message, difference, task);
        }
      }
      await step.tick();
      await bitmap.findings.drain();
    }
  }
  step.finish();
}

function bitsIn(ewah: Ewah): number[] {
  const bits: number[] = [];
  ewah.forEach((bit) => {
    bits.push(bit);
  });
  return bits;
}

/** Numbers a commit and what it reaches; false where that cannot be read, which is told. */
async function reach(history: History, bit: number, { findings }: TestedBitmap, task: TaskOptions): Promise<boolean> {
  try {
    await history.add(bit, task);
    return true;
  } catch (error) {
    findings.thrown(error, "entries");
    return false;
  }
}

function compareEntry(
  { findings }: TestedBitmap,
  objects: BitObjects,
  entry: TestedEntry,
  { stored, made }: { readonly stored: BitSet; readonly made: BitSet },
  task: ComparedHistory,
): void {
  const what = difference(objects, stored, made);
  if (what === undefined) return;
  const message = `mismatch in bitmap results: commit ${objects.hexAt(entry.bit)}`;
  const { lacks, ...places } = what;
  reportDifference(findings, "entries", message, { lacks, details: { ...places, offset: entry.offset } }, task);
}

/** What the stored bits have too much, and what they lack, in words; undefined where they are right. */
function difference(
  objects: BitObjects,
  stored: BitSet,
  made: BitSet,
): (Omit<Difference, "offset"> & { readonly lacks: boolean }) | undefined {
  if (stored.equals(made)) return undefined;
  const [excess, lack] = [stored.clone(), made.clone()];
  excess.andNot(made);
  lack.andNot(stored);
  const told = (bits: BitSet, what: string) => {
    const count = bits.count();
    return count === 0 ? `no object ${what}` : `${count} objects ${what}, ${objects.hexAt(bits.next(0))} the first`;
  };
  const bit = lack.next(0) >= 0 ? lack.next(0) : excess.next(0);
  const found = `${stored.count()} objects: ${told(excess, "too many")}; ${told(lack, "missing")}`;
  return { lacks: !lack.isEmpty(), object: objects.hexAt(bit), found, wanted: `${made.count()} objects` };
}

/** Makes bits by walking. */
class BitsMaker {
  readonly #history: History;
  readonly #objects: BitObjects;
  readonly #sweep: CommitSweep;
  readonly #changes: TreeChanges;
  /** What commits reach, by number. */
  readonly #made = new Map<number, Ewah>();
  /** The first object that was found missing. */
  #missing: MissingObject | undefined;

  constructor(history: History, objects: BitObjects) {
    this.#history = history;
    this.#objects = objects;
    this.#sweep = new CommitSweep(history);
    this.#changes = new TreeChanges(objects);
  }

  /** Has what a commit reaches taken over by those that reach it. */
  keep(number: number, bits: BitSet): void {
    this.#made.set(number, ewahOfBits(bits));
  }

  /** What some commits reach; undefined where something cannot be read, which is told. */
  async makeOf(
    { findings }: TestedBitmap,
    numbers: readonly number[],
    offset: number,
    part: BitmapPart,
  ): Promise<BitSet | undefined> {
    const bits = new BitSet(this.#objects.order.bitCount);
    this.#missing = undefined;
    try {
      await this.#fill(bits, numbers);
    } catch (error) {
      findings.thrown(error, part);
      return undefined;
    }
    if (this.#missing !== undefined) this.#reportMissing(findings, this.#missing, numbers, offset, part);
    return bits;
  }

  #reportMissing(
    findings: TestedBitmap["findings"],
    { id }: MissingObject,
    numbers: readonly number[],
    offset: number,
    part: BitmapPart,
  ): void {
    const commit = this.#objects.hexAt(this.#history.bits[numbers[0]!]!);
    const message = `Packfile doesn't have full closure (object ${id} is missing): commit ${commit} reaches it`;
    findings.error("not-closed", part, message, { offset, object: id, found: "no bit" });
  }

  async #fill(bits: BitSet, numbers: readonly number[]): Promise<void> {
    const { trees, missing } = this.#history;
    const own: number[] = [];
    const known = (number: number) => {
      const made = this.#made.get(number);
      made?.orInto(bits);
      return made !== undefined;
    };
    this.#sweep.visit(numbers, bits, known, (number) => {
      own.push(number);
      this.#missing ??= missing.get(number);
    });
    // Trees behind all commits: by then what other bitmaps have is in. The oldest first: what its parent has is then in, too.
    for (let i = own.length - 1; i >= 0; i--) {
      const root = trees[own[i]!]!;
      if (root >= 0 && !bits.has(root)) await this.#walkTree(root, this.#history.treeBefore(own[i]!), bits);
    }
  }

  /** Adds a tree and what is in it; `before` is one that is in already, with all that is in it, or −1. */
  async #walkTree(root: number, before: number, bits: BitSet): Promise<void> {
    const { order } = this.#objects;
    const waiting: [tree: number, before: number][] = [[root, before]];
    bits.add(root);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [tree, known] = next;
      await this.#changes.each(
        tree,
        known >= 0 && bits.has(known) ? known : -1,
        ({ bytes, idAt }, isTree, counterpart) => {
          const bit = order.bitOf(bytes, idAt);
          if (bit < 0) this.#missing ??= { id: toHex(bytes, idAt, order.format.byteLength) };
          else if (!bits.has(bit)) {
            bits.add(bit);
            if (isTree) waiting.push([bit, counterpart]);
          }
        },
      );
    }
  }
}
