/** `bitmap show`: what the files of a bitmap hold. */

import { withRanges } from "../../bytes/source.js";
import { objectTypeCode, objectTypes } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapEntry } from "../../formats/bitmap/entries.js";
import { fullDagFlag, lookupTableFlag, nameHashesFlag, pseudoMergesFlag } from "../../formats/bitmap/layout.js";
import type { BitmapView } from "../../formats/bitmap/view.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { type InspectedProblem, problemOf } from "../inspect/file-report.js";
import { partsOfBitmap } from "../inspect/inspect-bitmap.js";
import type { BitmapCommitReport, BitmapFileReport, BitmapTypeReport, PseudoMergeReport } from "./bitmap-report.js";

const flagNames: readonly (readonly [flag: number, name: string])[] = [
  [fullDagFlag, "full-dag"],
  [nameHashesFlag, "name-hashes"],
  [lookupTableFlag, "lookup-table"],
  [pseudoMergesFlag, "pseudo-merges"],
];

/** Reports on each file, the oldest layer first. What is damaged in one is told as its problems. */
export async function bitmapFiles(index: BitmapIndex): Promise<readonly BitmapFileReport[]> {
  const reports: BitmapFileReport[] = [];
  for (const [layer, view] of index.layers.entries()) reports.push(await withRanges(() => reportFile(view, layer)));
  return reports;
}

function reportFile(view: BitmapView, layer: number): BitmapFileReport {
  const { source, layout, format } = view;
  const problems: InspectedProblem[] = [];
  const types: BitmapTypeReport[] = [];
  for (const type of objectTypes) {
    try {
      const ewah = view.typeBits(objectTypeCode(type)!);
      types.push({ type, objects: ewah.count(), byteLength: ewah.byteLength });
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  return {
    layer,
    path: source.name,
    byteLength: source.size,
    version: 1,
    hash: format.name,
    flags: view.flags,
    flagNames: namesOf(view.flags),
    owner: toHex(view.checksum),
    checksum: toHex(view.trailer()),
    objects: layout.place.objectCount,
    firstBit: layout.place.objectsBelow,
    commits: view.entryCount,
    nameHashes: view.copyNameHashes()?.reduce((count, hash) => (hash === 0 ? count : count + 1), 0),
    pseudoMerges: view.pseudoMerges()?.count ?? 0,
    types,
    parts: partsOfBitmap(view),
    problems,
  };
}

function namesOf(flags: number): readonly string[] {
  const known = flagNames.filter(([flag]) => (flags & flag) !== 0);
  const others = known.reduce((rest, [flag]) => rest & ~flag, flags);
  return [...known.map(([, name]) => name), ...(others === 0 ? [] : [`0x${others.toString(16)}`])];
}

/**
 * Reports on every commit that has a bitmap, in the order of the files.
 * @throws GitmidxError `aborted`; the codes of `BitmapView.entries` and of a damaged index, behind which nothing can be found
 */
export async function* bitmapCommits(
  index: BitmapIndex,
  task: TaskOptions = {},
): AsyncGenerator<BitmapCommitReport, void, undefined> {
  const step = new Step(task, "Reading bitmaps", index.entryCount);
  for (const [layer, view] of index.layers.entries()) {
    const chainLengths = new Map<number, number>();
    for (const entry of await withRanges(() => [...view.entries()])) {
      yield await withRanges(() => reportCommit(index, { layer, view, entry, chainLengths }));
      // Each takes as long as thousands of other things that are counted.
      await step.tick(1);
    }
  }
  step.finish();
}

interface EntryPlace {
  readonly layer: number;
  readonly view: BitmapView;
  readonly entry: BitmapEntry;
  /** By the offsets of the entries before. */
  readonly chainLengths: Map<number, number>;
}

function reportCommit({ order }: BitmapIndex, { layer, view, entry, chainLengths }: EntryPlace): BitmapCommitReport {
  const { position, offset, byteLength, flags, xorOffset } = entry;
  const bit = order.bitAt(position);
  const commit = toHex(order.oidAt(bit));
  const known = { layer, commit, position, bit, offset, byteLength, flags, xorOffset };
  try {
    const base = view.xorBaseOf(entry);
    const chainLength = base === undefined ? 0 : (chainLengths.get(base.offset) ?? 0) + 1;
    chainLengths.set(offset, chainLength);
    const xorBase = base && toHex(order.oidAt(order.bitAt(base.position)));
    return { ...known, objects: view.bitsOf(entry).count(), xorBase, chainLength };
  } catch (error) {
    return { ...known, chainLength: 0, problem: problemOf(error).message };
  }
}

/** Reports on every pseudo-merge, in the order of the files. */
export async function* bitmapPseudoMerges(index: BitmapIndex): AsyncGenerator<PseudoMergeReport, void, undefined> {
  for (const merge of await withRanges(() => index.pseudoMerges())) {
    const { layer, index: number } = merge;
    yield await withRanges(() => {
      try {
        return { layer, number, commits: merge.members().count(), objects: merge.objects().count() };
      } catch (error) {
        return { layer, number, problem: problemOf(error).message };
      }
    });
  }
}
