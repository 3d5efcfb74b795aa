/**
 * `node lookup-process.js JOB`: looks up objects in the multi-pack-index of a repository, in this one process, and prints a
 * {@link LookupResult} in JSON.
 */

import { resourceUsage } from "node:process";
import { PageCache, PagedSource } from "../src/bytes/paged-source.js";
import { sha1 } from "../src/core/oid.js";
import { type MidxStack, openMidxStack } from "../src/store/midx-stack.js";
import { NodeFs } from "../src/store/node-fs.js";
import { ObjectDirectory } from "../src/store/object-directory.js";
import { seededRandom } from "../test/support/random.js";
import { putObjectId } from "./make-packs.js";

/** What is to be done. */
export interface LookupJob {
  readonly objectDirectory: string;
  /** Objects 0 to `objects` − 1 are there. */
  readonly objects: number;
  /** Single look-ups, each in a newly opened multi-pack-index, whose reads are counted. */
  readonly samples: number;
  /** Random look-ups that are timed; as many as are needed to warm up go before. */
  readonly lookups: number;
  /** Bytes that the page cache may hold. */
  readonly cacheByteLength: number;
}

/** What came of it. */
export interface LookupResult {
  /** Bytes read for opening and one look-up, for as many samples, ascending. */
  readonly bytesRead: readonly number[];
  /** Look-ups a second, warm, of five rounds. */
  readonly rates: readonly number[];
  /** Whether the files were in memory as a whole in the end. */
  readonly whole: boolean;
  /** Peak of resident memory in bytes. */
  readonly peakByteLength: number;
}

const rounds = 5;
const idByteLength = 20;

async function open(job: LookupJob): Promise<MidxStack> {
  const fs = new NodeFs({ cache: new PageCache(job.cacheByteLength) });
  const stack = await openMidxStack(new ObjectDirectory(fs, job.objectDirectory, sha1));
  if (stack === undefined || stack.objectCount !== job.objects) {
    throw new Error(`${job.objectDirectory} has ${stack?.objectCount} objects, not ${job.objects}`);
  }
  return stack;
}

/** The ids of random objects, one after the other. */
function randomIds(job: LookupJob, count: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const ids = new Uint8Array(count * idByteLength);
  const view = new DataView(ids.buffer);
  for (let i = 0; i < count; i++) putObjectId(random() % job.objects, view, i * idByteLength);
  return ids;
}

/** Looks up every id, down to pack and offset. */
function lookUp(stack: MidxStack, ids: Uint8Array): void {
  const oid = new Uint8Array(idByteLength);
  for (let at = 0; at < ids.length; at += idByteLength) {
    for (let i = 0; i < idByteLength; i++) oid[i] = ids[at + i]!;
    if (stack.findObject(oid) === undefined) throw new Error("an object that is there was not found");
  }
}

function bytesRead(stack: MidxStack): number {
  let sum = 0;
  for (const { view } of stack.layers) if (view.source instanceof PagedSource) sum += view.source.bytesRead;
  return sum;
}

async function coldReads(job: LookupJob): Promise<readonly number[]> {
  const ids = randomIds(job, job.samples, 1);
  const read: number[] = [];
  for (let at = 0; at < ids.length; at += idByteLength) {
    const stack = await open(job);
    lookUp(stack, ids.subarray(at, at + idByteLength));
    read.push(bytesRead(stack));
    stack.close();
  }
  return read.sort((a, b) => a - b);
}

/** Whether looking up ids reads nothing any more. */
function readsNothing(stack: MidxStack, ids: Uint8Array): boolean {
  const before = bytesRead(stack);
  lookUp(stack, ids);
  return bytesRead(stack) === before;
}

async function warmRates(job: LookupJob): Promise<Pick<LookupResult, "rates" | "whole">> {
  const stack = await open(job);
  for (let seed = 2; seed < 2 + rounds; seed++) if (readsNothing(stack, randomIds(job, job.lookups, seed))) break;
  const rates: number[] = [];
  let whole = false;
  for (let round = 0; round < rounds; round++) {
    const ids = randomIds(job, job.lookups, 100 + round);
    const before = bytesRead(stack);
    const started = performance.now();
    lookUp(stack, ids);
    rates.push((job.lookups / (performance.now() - started)) * 1000);
    whole = bytesRead(stack) === before;
  }
  stack.close();
  return { rates, whole };
}

const job: LookupJob = JSON.parse(process.argv[2] ?? "{}");
const result: LookupResult = {
  bytesRead: await coldReads(job),
  ...(await warmRates(job)),
  peakByteLength: 1024 * resourceUsage().maxRSS,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
