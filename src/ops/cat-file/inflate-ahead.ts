/**
 * Inflating the entries of a pack on other threads, ahead of this one, which makes objects of them: a block of entries at a time, of which
 * a bounded number is under way.
 */

import { env } from "#env";
import type { ByteSource } from "../../bytes/source.js";
import type { Inflater, WorkerThread } from "../../env/contract.js";
import { EntryRun } from "../../store/entry-run.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { PackPlan } from "../../store/pack-plan.js";

/** Bytes that the entries of a block have at the most, inflated, and how many there are. */
const blockByteLength = 1 << 20;
const blockLength = 1 << 14;
/** Larger entries are left out of blocks. */
const carriedByteLength = 1 << 18;
/** Blocks that are under way for each thread. */
const blocksEach = 4;
const stretchByteLength = 1 << 18;

/** What a thread must know of the entries. */
type EntryShapes = Pick<PackPlan, "count" | "offsets" | "headers" | "sizes">;

/** What a worker is told. */
export interface InflateBlockJob extends EntryShapes {
  readonly job: "cat-file-inflate";
  /** The pack. */
  readonly path: string;
  /** The first entry of the block. */
  readonly from: number;
  /** Takes the content of the entries, one after the other. */
  readonly target: Uint8Array;
}

/** Whether entry number `i` comes in a block. */
export function isCarried({ headers, sizes }: Pick<EntryShapes, "headers" | "sizes">, i: number): boolean {
  return headers[i]! > 0 && sizes[i]! <= carriedByteLength;
}

/** Where the block ends that begins with entry number `from`. */
export function blockEnd(shapes: EntryShapes, from: number): number {
  const most = Math.min(shapes.count, from + blockLength);
  let byteLength = 0;
  for (let i = from; i < most; i++) {
    if (!isCarried(shapes, i)) continue;
    byteLength += shapes.sizes[i]!;
    if (byteLength > blockByteLength) return i;
  }
  return most;
}

/** The pack that this worker has open. */
let opened: { readonly path: string; readonly source: ByteSource; readonly run: EntryRun } | undefined;
let inflater: Inflater | undefined;
let scratch = new Uint8Array(0);

/** The part of a worker: inflates a block. @returns the first entry that is not in it: its end, unless one is damaged */
export async function inflateBlockJob(fs: PackFs, job: InflateBlockJob): Promise<number> {
  if (opened?.path !== job.path) {
    opened?.source.close();
    opened = undefined;
    const source = await fs.openSource(job.path);
    opened = { path: job.path, source, run: new EntryRun(source, stretchByteLength) };
  }
  inflater ??= env.createInflater();
  // zlib is not given memory that another thread sees
  if (scratch.length === 0) scratch = new Uint8Array(blockByteLength + 1);
  const { offsets, headers, sizes, from, target } = job;
  const end = blockEnd(job, from);
  let filled = 0;
  let i = from;
  for (; i < end; i++) {
    if (!isCarried(job, i)) continue;
    const start = offsets[i]!;
    const length = offsets[i + 1]! - start;
    const { run } = opened;
    const at = run.locate(start, start + length + 1);
    const size = sizes[i]!;
    const taken = inflater.inflate(run.bytes, at + headers[i]!, at + length + 1, scratch, filled, size);
    if (taken < 0 || headers[i]! + taken > length) break;
    filled += size;
  }
  target.set(scratch.subarray(0, filled));
  return i;
}

/** A block: `bytes` has the entries from `from` up to `end`, as far as {@link isCarried}; those up to `blockEnd` are damaged or behind one. */
export interface InflatedBlock {
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** Threads that inflate the blocks of one pack. Stop it when done. */
export class InflateAhead {
  readonly #threads: readonly WorkerThread[];
  readonly #job: Omit<InflateBlockJob, "from" | "target">;
  readonly #slots: readonly Uint8Array[];
  readonly #pending: Promise<number>[] = [];
  /** Blocks that were asked for and taken, and the entry that the next one to ask for begins with. */
  #asked = 0;
  #taken = 0;
  #next = 0;

  private constructor(threads: readonly WorkerThread[], path: string, { count, offsets, headers, sizes }: EntryShapes) {
    this.#threads = threads;
    this.#job = { job: "cat-file-inflate", path, count, offsets, headers, sizes };
    const slots = threads.length * blocksEach;
    this.#slots = Array.from({ length: slots }, () => new Uint8Array(new SharedArrayBuffer(blockByteLength)));
  }

  /** Starts `count` threads with the worker module at `url`; undefined if there can be none. */
  static start(url: string, count: number, path: string, plan: PackPlan): InflateAhead | undefined {
    if (typeof SharedArrayBuffer !== "function") return undefined;
    const threads: WorkerThread[] = [];
    for (let i = 0; i < count; i++) {
      const thread = env.startWorker(url);
      if (thread !== undefined) threads.push(thread);
    }
    return threads.length === 0 ? undefined : new InflateAhead(threads, path, plan);
  }

  /** The next block, valid until the one after it is asked for. @throws what befell the thread */
  async next(): Promise<InflatedBlock> {
    while (this.#asked < this.#taken + this.#slots.length && this.#next < this.#job.count) this.#ask();
    const bytes = this.#slots[this.#taken++ % this.#slots.length]!;
    const end = await this.#pending.shift()!;
    return { bytes, end };
  }

  #ask(): void {
    const from = this.#next;
    const thread = this.#threads[this.#asked % this.#threads.length]!;
    const target = this.#slots[this.#asked % this.#slots.length]!;
    const call = thread.call({ ...this.#job, from, target } satisfies InflateBlockJob) as Promise<number>;
    // one that fails is heard of when it is waited for
    call.catch(() => undefined);
    this.#pending.push(call);
    this.#asked++;
    this.#next = blockEnd(this.#job, from);
  }

  /** Stops the threads, whatever they do. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}
