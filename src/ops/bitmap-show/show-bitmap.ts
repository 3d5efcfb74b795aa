/** `bitmap show`: what the files of a bitmap hold. */

import type { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { objectTypeCode, objectTypes } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapEntry } from "../../formats/bitmap/entries.js";
import { fullDagFlag, lookupTableFlag, nameHashesFlag, pseudoMergesFlag } from "../../formats/bitmap/layout.js";
import type { BitmapView } from "../../formats/bitmap/view.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import { problemOf } from "../inspect/file-report.js";
import { partsOfBitmap } from "../inspect/inspect-bitmap.js";
import type { BitmapCommitReport, BitmapFileReport, BitmapTypeReport, PseudoMergeReport } from "./bitmap-report.js";
import type { ReadableEntry } from "./readable-part.js";
import type { ShownBitmap, ShownLayer } from "./shown-bitmap.js";

const flagNames: readonly (readonly [flag: number, name: string])[] = [
  [fullDagFlag, "full-dag"],
  [nameHashesFlag, "name-hashes"],
  [lookupTableFlag, "lookup-table"],
  [pseudoMergesFlag, "pseudo-merges"],
];

/** Reports on each file, the oldest layer first. What is damaged in one is told as its problems. */
export async function bitmapFiles({ layers }: ShownBitmap): Promise<readonly BitmapFileReport[]> {
  const reports: BitmapFileReport[] = [];
  for (const layer of layers) reports.push(await withRanges(() => reportFile(layer)));
  return reports;
}

function reportFile({ layer, path, place, source, header, view, problems: known }: ShownLayer): BitmapFileReport {
  const { format, objectCount: objects, objectsBelow: firstBit } = place;
  const problems = [...known];
  const types: BitmapTypeReport[] = [];
  for (const type of view === undefined ? [] : objectTypes) {
    try {
      const ewah = view!.typeBits(objectTypeCode(type)!);
      types.push({ type, objects: ewah.count(), byteLength: ewah.byteLength });
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  const hashes = view?.copyNameHashes();
  const trailer = source === undefined ? -1 : source.size - format.byteLength;
  return {
    layer,
    path,
    byteLength: source?.size,
    version: header?.version,
    hash: format.name,
    flags: header?.flags,
    flagNames: header && namesOf(header.flags),
    owner: header?.owner,
    checksum: trailer < 0 ? undefined : toHex(source!.copy(trailer, format.byteLength)),
    objects,
    firstBit,
    commits: header?.commits,
    nameHashes: hashes?.reduce((count, hash) => (hash === 0 ? count : count + 1), 0),
    pseudoMerges: view?.pseudoMerges()?.count ?? 0,
    types,
    parts: view === undefined ? [] : partsOfBitmap(view),
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
 * @throws GitmidxError `aborted`
 */
export async function* bitmapCommits(
  { layers, order }: ShownBitmap,
  task: TaskOptions = {},
): AsyncGenerator<BitmapCommitReport, void, undefined> {
  const step = new Step(
    task,
    "Reading bitmaps",
    layers.reduce((sum, { entries = [] }) => sum + entries.length, 0),
  );
  for (const { layer, view, entries = [], entriesAreSound = false } of layers) {
    if (view === undefined) continue;
    const chainLengths = new Map<number, number>();
    const bits = entriesAreSound ? (entry: BitmapEntry) => storedBits(view, entry) : scannedBits(view, entries);
    for (const [index, entry] of entries.entries()) {
      yield await withRanges(() => {
        const named = nameOf(order, entry.position);
        return { layer, ...named, ...reportEntry(order, entry, () => bits(entry, index), chainLengths, named.problem) };
      });
      // Each takes as long as thousands of other things that are counted.
      await step.tick(1);
    }
  }
  step.finish();
}

/** What a commit's bitmap is made of. */
interface ResolvedBits {
  readonly base: BitmapEntry | undefined;
  count(): number;
}

function storedBits(view: BitmapView, entry: BitmapEntry): ResolvedBits {
  return { base: view.xorBaseOf(entry), count: () => view.bitsOf(entry).count() };
}

/** The same where the view finds only some of the entries: by their order in the file. */
function scannedBits(
  view: BitmapView,
  entries: readonly ReadableEntry[],
): (entry: ReadableEntry, index: number) => ResolvedBits {
  const bitsAt = (index: number): BitSet => {
    const chain: BitmapEntry[] = [];
    for (let at = index; ; at -= entries[at]!.xorOffset) {
      const { problem, offset } = entries[at]!;
      if (problem !== undefined && at === index) throw new GitmidxError(problem.code, problem.message);
      if (problem !== undefined)
        throw new GitmidxError("bad-bitmap-entry", `it is XORed with the damaged entry at ${offset}`);
      chain.push(entries[at]!);
      if (entries[at]!.xorOffset === 0) break;
    }
    const bits = view.ewahOf(chain.pop()!).toBits();
    for (let next = chain.pop(); next !== undefined; next = chain.pop()) view.ewahOf(next).xorInto(bits);
    return bits;
  };
  return ({ xorOffset, problem }, index) => ({
    base: xorOffset === 0 || problem !== undefined ? undefined : entries[index - xorOffset],
    count: () => bitsAt(index).count(),
  });
}

type NamedCommit = Pick<BitmapCommitReport, "commit" | "bit" | "problem">;

function nameOf(order: BitOrder | undefined, position: number): NamedCommit {
  if (order === undefined) return { problem: "the order of bits is not known" };
  if (position >= order.bitCount) return {};
  try {
    const bit = order.bitAt(position);
    return { commit: toHex(order.oidAt(bit)), bit };
  } catch (error) {
    return { problem: problemOf(error).message };
  }
}

function reportEntry(
  order: BitOrder | undefined,
  { position, offset, byteLength, flags, xorOffset }: BitmapEntry,
  resolve: () => ResolvedBits,
  chainLengths: Map<number, number>,
  problem: string | undefined,
): Omit<BitmapCommitReport, "layer" | "commit" | "bit"> {
  const known = { position, offset, byteLength, flags, xorOffset };
  try {
    const { base, count } = resolve();
    const chainLength = base === undefined ? 0 : (chainLengths.get(base.offset) ?? 0) + 1;
    chainLengths.set(offset, chainLength);
    const xorBase = base && nameOf(order, base.position).commit;
    return { ...known, objects: count(), xorBase, chainLength, problem };
  } catch (error) {
    return { ...known, chainLength: 0, problem: problemOf(error).message };
  }
}

/** Reports on every pseudo-merge, in the order of the files. */
export async function* bitmapPseudoMerges({ layers }: ShownBitmap): AsyncGenerator<PseudoMergeReport, void, undefined> {
  for (const { layer, view } of layers) {
    const merges = view?.pseudoMerges();
    for (let number = 0; number < (merges?.count ?? 0); number++) {
      yield await withRanges(() => {
        try {
          return { layer, number, commits: merges!.members(number).count(), objects: merges!.objects(number).count() };
        } catch (error) {
          return { layer, number, problem: problemOf(error).message };
        }
      });
    }
  }
}
