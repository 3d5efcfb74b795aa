/** The search for deltas over a whole packing list, on one thread or on several. */

import { env } from "#env";
import type { Step } from "../../../core/task.js";
import type { DeflateOptions, WorkerThread } from "../../../env/contract.js";
import type { PackEntries } from "../entries.js";
import type { FoundDeltas } from "../found-deltas.js";
import type { ObjectReader } from "../object-reader.js";
import { type SearchList, searchList } from "./candidates.js";
import type { DeltaSearchJob, DeltaSearchReply, SearchedObjects } from "./search-job.js";
import { DeltaSearch, type SearchOptions } from "./window.js";

/** How the work is divided. */
export interface SearchPlan {
  readonly search: SearchOptions;
  /** How what is kept is deflated. */
  readonly deflate: DeflateOptions;
  readonly threads: number;
  /** What a thread runs, and from what it opens the objects; without it there is one thread. */
  readonly workers: { readonly url: string; readonly objects: SearchedObjects } | undefined;
  readonly warn: (message: string) => void;
}

/** The last pieces of work for a thread are this part of what it does in all: none waits long for the others at the end. */
const leastShare = 1 / 32;
/** What an object costs beside what its size does, in bytes. */
const costOfObject = 512;
/** Bytes of delta bases that the threads keep together unless configured: git's, whose threads have one cache. */
const baseCacheByteLength = 96 * 2 ** 20;
const leastBaseCache = 16 * 2 ** 20;
/** Fewer objects are searched sooner than a thread starts. */
const worthThreads = 1000;

/** What is searched. */
export interface SearchedRows {
  readonly entries: PackEntries;
  /** Rows in the order of the search; objects of different pieces are not tried against each other. */
  readonly pieces: readonly Uint32Array[];
  /** What stands on each row, from `chainHeights`. */
  readonly heights: Int32Array;
  readonly found: FoundDeltas;
  readonly reader: ObjectReader;
}

/** Looks for deltas, and notes them in `entries` and `found`. */
export async function searchDeltas(
  { entries, pieces, heights, found, reader }: SearchedRows,
  plan: SearchPlan,
  step: Step,
): Promise<void> {
  const note = (piece: Uint32Array, { bases, deltaSizes, cache }: DeltaSearchReply): void => {
    for (let i = 0; i < piece.length; i++) {
      if (bases[i]! < 0) continue;
      entries.base[piece[i]!] = piece[bases[i]!]!;
      entries.deltaSize[piece[i]!] = deltaSizes[i]!;
    }
    found.add(cache, piece);
  };
  const threads = pieces.length > 1 ? startThreads(plan, pieces.length) : [];
  if (threads.length === 0) {
    for (const piece of pieces) note(piece, await searchHere(searchList(entries, piece, heights), reader, plan, step));
    return;
  }
  let next = 0;
  const work = async (thread: WorkerThread): Promise<void> => {
    while (next < pieces.length) {
      const piece = pieces[next++]!;
      const list = searchList(entries, piece, heights);
      const reply = (await thread.call(jobOf(list, plan, found, threads.length))) as DeltaSearchReply;
      for (const warning of reply.warnings) plan.warn(warning);
      note(piece, reply);
      await step.tick(list.flags.reduce((sum, flags) => sum + (flags & 1 ? 0 : 1), 0));
    }
  };
  try {
    await Promise.all(threads.map(work));
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/** One of `threads` jobs that run at the same time: they share the room that is left for deltas, and that for the bases of those there are. */
function jobOf(list: SearchList, plan: SearchPlan, found: FoundDeltas, threads: number): DeltaSearchJob {
  const { objects } = plan.workers!;
  const bases = objects.deltaBaseCacheLimit ?? baseCacheByteLength;
  const { cacheSize } = plan.search;
  const room = Math.max(1, Math.floor((cacheSize - found.byteLength) / threads));
  return {
    job: "delta-search",
    objects: {
      ...objects,
      deltaBaseCacheLimit: Math.min(bases, Math.max(leastBaseCache, Math.floor(bases / threads))),
    },
    list,
    search: { ...plan.search, cacheSize: cacheSize === 0 ? 0 : room },
    deflate: plan.deflate,
  };
}

function startThreads(plan: SearchPlan, pieces: number): WorkerThread[] {
  const threads: WorkerThread[] = [];
  for (let i = 0; i < Math.min(plan.threads, pieces); i++) {
    const thread = env.startWorker(plan.workers!.url);
    if (thread !== undefined) threads.push(thread);
  }
  return threads;
}

async function searchHere(
  list: SearchList,
  reader: ObjectReader,
  { search, deflate, warn }: SearchPlan,
  step: Step,
): Promise<DeltaSearchReply> {
  const read = (id: Uint8Array) => reader.readBytes(id);
  const deflater = env.createDeflater(deflate);
  const { bases, deltaSizes, cache } = await new DeltaSearch(list, search, {
    read,
    deflater,
    tick: () => step.tick(),
    warn,
  }).run();
  return { bases, deltaSizes, cache: cache.content, warnings: [] };
}

/**
 * Cuts the list into pieces for the threads that there are to be, the later the smaller, where it can between objects of different paths.
 * Where it is cut depends on the number of threads, and on nothing else.
 */
export function cutForThreads(
  { list, size }: PackEntries,
  rows: Uint32Array,
  { threads, search, workers }: SearchPlan,
): Uint32Array[] {
  if (threads <= 1 || workers === undefined || rows.length < worthThreads) return [rows];
  const costAt = (i: number): number => size[rows[i]!]! + costOfObject;
  const hashAt = (i: number): number => list.nameHashes[rows[i]!]!;
  let left = 0;
  for (let i = 0; i < rows.length; i++) left += costAt(i);
  const leastCost = (left / threads) * leastShare;
  const leastCount = 2 * (search.window + 1);
  const pieces: Uint32Array[] = [];
  for (let start = 0; start < rows.length; ) {
    const wanted = Math.max(leastCost, left / (2 * threads));
    let end = start;
    for (let cost = 0; end < rows.length && (cost < wanted || end - start < leastCount || !isBoundary(end)); end++) {
      cost += costAt(end);
      left -= costAt(end);
      // A path with so many objects is cut all the same.
      if (cost >= 2 * wanted && end - start >= leastCount) {
        end++;
        break;
      }
    }
    // What would be left is too short to be a piece.
    if (rows.length - end < leastCount) end = rows.length;
    pieces.push(rows.subarray(start, end));
    start = end;
  }
  return pieces;

  function isBoundary(i: number): boolean {
    return hashAt(i) === 0 || hashAt(i) !== hashAt(i - 1);
  }
}
