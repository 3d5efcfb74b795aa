/** Makes packs of the objects of a packing list: looks at what is there, looks for deltas, writes. */

import { env } from "#env";
import { bug } from "../../core/errors.js";
import { checkAborted, Step, type TaskOptions } from "../../core/task.js";
import type { DeflateOptions } from "../../env/contract.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { BitmapAnswer } from "./bitmap/bitmap-answer.js";
import type { PackBitmaps } from "./bitmap/pack-bitmap.js";
import { writeReused } from "./bitmap/reused-writer.js";
import { chainHeights, sortedCandidates } from "./delta-search/candidates.js";
import { cutForThreads, type SearchedRows, type SearchPlan, searchDeltas } from "./delta-search/search-deltas.js";
import type { SearchedObjects } from "./delta-search/search-job.js";
import { PackEntries } from "./entries.js";
import { EntryWriter, emptyTotals, type WriteTotals } from "./entry-writer.js";
import { FoundDeltas } from "./found-deltas.js";
import { gatherDetails } from "./gather-details.js";
import { ObjectReader } from "./object-reader.js";
import type { PackOutput } from "./pack-output.js";
import type { PackingList } from "./packing-list.js";
import type { PathRegion, Selection } from "./select/selection.js";
import { writeOrder } from "./write-order.js";
import { type ReusedPart, writePacks } from "./write-packs.js";

/** How packs are made; names and meanings are those of git's options. */
export interface PackObjectsOptions extends TaskOptions {
  readonly output: PackOutput;
  /** Objects that each is tried against as a base; 0 looks for no deltas. */
  readonly window: number;
  /** Bytes that they may take, 0 for any number. */
  readonly windowMemory: number;
  /** Longest chain of deltas: 0 to 4095. */
  readonly depth: number;
  readonly reuseDelta: boolean;
  readonly reuseObjects: boolean;
  readonly offsetDeltas: boolean;
  /** Whether deltas may stand on objects that the receiver has (`--thin`). */
  readonly thin: boolean;
  /** The most bytes of a pack, 0 for any number. */
  readonly maxPackSize: number;
  readonly bigFileThreshold: number;
  readonly deltaCacheSize: number;
  readonly deltaCacheLimit: number;
  readonly deflate: DeflateOptions;
  /** Makes no pack if there is nothing to put into it. */
  readonly nonEmpty: boolean;
  readonly threads: number;
  /** The module that worker threads run, and what they open; without it one thread does all. */
  readonly workers?: { readonly url: string; readonly objects: SearchedObjects } | undefined;
  /** Makes the bitmap that goes with the pack. */
  readonly bitmaps?: PackBitmaps | undefined;
  /** Ids of the repository's tags and of what they point at, one behind the other. */
  readonly tips: Uint8Array;
  /** Told what git would call a warning, an error, and what it would just say. */
  readonly say: (kind: "warning" | "error" | "note", message: string) => void;
}

/** What was made. */
export interface PackObjectsResult {
  /** Checksums of the packs in hex, in the order in which they were written; empty if there was nothing to write, or no files. */
  readonly packs: readonly string[];
  readonly totals: Readonly<WriteTotals>;
}

/**
 * Makes packs of all objects of `list` that are no preferred bases.
 * @throws GitmidxError `missing-object` if one cannot be read; `aborted`; what the file system says.
 */
export async function packObjects(
  { list, mtimes, regions = [], answer }: Pick<Selection, "list" | "mtimes" | "regions" | "answer">,
  store: ObjectStore,
  options: PackObjectsOptions,
): Promise<PackObjectsResult> {
  const resultCount = list.resultCount + (answer?.reusedCount ?? 0);
  if (options.nonEmpty && resultCount === 0) return { packs: [], totals: emptyTotals() };
  const reader = new ObjectReader(store);
  const entries = new PackEntries(list, mtimes);
  const toFiles = options.output.kind === "files";
  const found = new FoundDeltas(list.count);
  if (list.count > 0) {
    const step = new Step(options, "Counting objects", list.count);
    const { reuseDelta, depth, bigFileThreshold, thin } = options;
    const isWithReceiver = thin && answer !== undefined ? (oid: Uint8Array) => answer.isWithReceiver(oid) : undefined;
    const details = { reuseDelta, depth, bigFileThreshold, isWithReceiver, places: answer?.places };
    await gatherDetails(entries, reader, details, step);
    step.finish();
    if (options.window > 0 && options.depth > 0) await findDeltas(entries, found, reader, regions, options);
  }
  checkAborted(options);
  const writer = new EntryWriter(entries, found, reader, {
    offsetDeltas: options.offsetDeltas,
    reuseObjects: options.reuseObjects,
    check: toFiles,
    sizeLimit: options.maxPackSize,
    bigFileThreshold: options.bigFileThreshold,
    deflate: options.deflate,
    complain: (message) => options.say("error", message),
    warn: (message) => options.say("warning", message),
  });
  const { totals } = writer;
  const reused = reusedPart(answer, list, reader, totals, options);
  const order = writeOrder(entries, options.tips);
  const packs = await writePacks(entries, order, writer, options.output, options, { reused, bitmaps: options.bitmaps });
  if (totals.written !== resultCount) throw bug(`wrote ${totals.written} objects while expecting ${resultCount}`);
  return { packs, totals };
}

/** What is taken over from packs because bitmaps say that all of it is wanted. */
function reusedPart(
  answer: BitmapAnswer | undefined,
  list: PackingList,
  reader: ObjectReader,
  totals: WriteTotals,
  { offsetDeltas, thin, deflate }: PackObjectsOptions,
): ReusedPart | undefined {
  const plan = answer?.reuse;
  if (answer === undefined || plan === undefined) return undefined;
  const isThere = (oid: Uint8Array) => list.find(oid) >= 0 || (thin && answer.isWithReceiver(oid));
  const { order } = answer.result;
  const deflater = env.createDeflater(deflate);
  return {
    count: plan.count,
    async write(stream, step) {
      totals.reusedPacks = await writeReused({ order, plan, offsetDeltas, isThere, reader, deflater }, stream, step);
      totals.packReused = plan.count;
      totals.written += plan.count;
    },
  };
}

/** Looks for deltas of everything that is not taken over as one. */
async function findDeltas(
  entries: PackEntries,
  found: FoundDeltas,
  reader: ObjectReader,
  regions: readonly PathRegion[],
  options: PackObjectsOptions,
): Promise<void> {
  const plan: SearchPlan = {
    search: {
      window: options.window,
      windowMemory: options.windowMemory,
      depth: options.depth,
      reuseDelta: options.reuseDelta,
      cacheSize: options.deltaCacheSize,
      cacheLimit: options.deltaCacheLimit,
      idByteLength: entries.list.format.byteLength,
    },
    deflate: options.deflate,
    threads: options.threads,
    workers: options.workers,
    warn: (message) => options.say("warning", message),
  };
  const heights = chainHeights(entries);
  const work = { entries, heights, found, reader };
  if (regions.length > 0) await findInRegions(work, regions, plan, options);
  const rows = sortedCandidates(entries);
  const count = packedCount(entries, rows);
  if (count === 0 || rows.length < 2) return;
  if (options.threads > 1) options.say("note", `Delta compression using up to ${options.threads} threads`);
  const step = new Step(options, "Compressing objects", count);
  await searchDeltas({ ...work, pieces: cutForThreads(entries, rows, plan) }, plan, step);
  step.finish();
}

/** Looks for deltas among the objects of one path, path by path. */
async function findInRegions(
  work: Omit<SearchedRows, "pieces">,
  regions: readonly PathRegion[],
  plan: SearchPlan,
  options: PackObjectsOptions,
): Promise<void> {
  const pieces = regions
    .map(({ start, count }) => sortedCandidates(work.entries, start, start + count))
    .filter(({ length }) => length > 1);
  const total = pieces.reduce((sum, rows) => sum + packedCount(work.entries, rows), 0);
  if (options.threads > 1) options.say("note", `Path-based delta compression using up to ${options.threads} threads`);
  const step = new Step(options, "Compressing objects by path", total);
  await searchDeltas({ ...work, pieces }, plan, step);
  step.finish();
}

function packedCount(entries: PackEntries, rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + (entries.isPreferredBase(row) ? 0 : 1), 0);
}
