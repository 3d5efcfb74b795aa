/** Which bitmaps are stored as what they differ in from another: as git 2.55 decides it. */

import { Step, type TaskOptions } from "../../core/task.js";
import { xorEwah } from "../../formats/ewah/combine.js";
import type { Ewah } from "../../formats/ewah/ewah.js";

/** A bitmap as it is to be stored. */
export interface XoredEwah {
  readonly ewah: Ewah;
  /** How many entries before this one the bitmap is that it differs from; 0 if it is stored as it is. */
  readonly xorOffset: number;
}

/** Entries before one that are tried. */
const mostTries = 10;

/** Tries each bitmap with the ten before it, and takes the first of the smallest. */
export async function xorEntries(ewahs: readonly Ewah[], task: TaskOptions = {}): Promise<readonly XoredEwah[]> {
  // Counted in words: a few large bitmaps take as long as many small ones.
  const step = new Step(
    task,
    "Compressing bitmaps",
    ewahs.reduce((sum, { words }) => sum + words.length, 0),
  );
  const entries: XoredEwah[] = [];
  for (const [i, own] of ewahs.entries()) {
    let best: XoredEwah = { ewah: own, xorOffset: 0 };
    for (let xorOffset = 1; xorOffset <= Math.min(mostTries, i); xorOffset++) {
      const ewah = xorEwah(ewahs[i - xorOffset]!, own);
      if (ewah.words.length < best.ewah.words.length) best = { ewah, xorOffset };
    }
    entries.push(best);
    await step.tick(own.words.length);
  }
  step.finish();
  return entries;
}
