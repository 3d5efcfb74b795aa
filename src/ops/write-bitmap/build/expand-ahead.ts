/**
 * Trees read by other threads, ahead of the one that sets bits. The commits are cut into parts: that one goes through them from the first
 * on, the others from the last on, until they meet.
 */

import { env } from "#env";
import type { WorkerThread } from "../../../env/contract.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { ExpandJob, ExpandSetting } from "./expand-job.js";
import type { Expansions } from "./expansions.js";

/** Threads that may help, and where they find the objects. */
export interface BuildHelpers extends Omit<ExpandSetting, "order" | "hashes"> {
  /** The worker module. */
  readonly url: string;
  /** Threads in all, this one included. */
  readonly threads: number;
  /** Commits to go through from which on help is worth while: a thread takes a while to start. 5,000 unless given. */
  readonly leastCommits?: number | undefined;
}

/** Where few commits have many objects, each brings whole directories that no other thread could know beforehand. */
const defaultLeastCommits = 5_000;
const mostHelpers = 3;
const mostParts = 48;
/** Parts that a thread is given at a time, so that it need not wait for the next. */
const partsEach = 2;

/** Where a part is: free, or with one of the threads. */
type Part = "free" | "own" | Promise<Expansions | undefined>;

/** Threads at work. Stop them when done. */
export class ExpandAhead {
  readonly #threads: readonly WorkerThread[];
  readonly #told = new Set<WorkerThread>();
  readonly #setting: ExpandSetting;
  readonly #treesOf: (from: number, to: number) => Int32Array;
  readonly #count: number;
  readonly #parts: Part[];

  private constructor(
    threads: readonly WorkerThread[],
    setting: ExpandSetting,
    count: number,
    treesOf: (from: number, to: number) => Int32Array,
  ) {
    this.#threads = threads;
    this.#setting = setting;
    this.#count = count;
    this.#treesOf = treesOf;
    const parts = Math.min(mostParts, Math.floor(count / 16));
    this.#parts = Array.from({ length: parts }, () => "free");
    for (const thread of threads) for (let i = 0; i < partsEach; i++) this.#give(thread);
  }

  /**
   * Starts threads where that is worth while.
   * @param count commits to go through. @param treesOf gives the trees of some of them, as {@link ExpandJob} has them
   */
  static start(
    helpers: BuildHelpers | undefined,
    order: BitOrder,
    hashes: boolean,
    count: number,
    treesOf: (from: number, to: number) => Int32Array,
  ): ExpandAhead | undefined {
    if (helpers === undefined || count < (helpers.leastCommits ?? defaultLeastCommits)) return undefined;
    const tables = order.tables?.();
    if (tables === undefined) return undefined;
    const threads: WorkerThread[] = [];
    for (let i = Math.min(mostHelpers, helpers.threads - 1); i > 0; i--) {
      const thread = env.startWorker(helpers.url);
      if (thread !== undefined) threads.push(thread);
    }
    if (threads.length === 0) return undefined;
    const { directories, format, useMidx, deltaBaseCacheLimit } = helpers;
    const setting = { directories, format, useMidx, deltaBaseCacheLimit, order: tables, hashes };
    return new ExpandAhead(threads, setting, count, treesOf);
  }

  /** Notes that a commit is to be gone through: what another thread has found out for its part; undefined if there is nothing. */
  reach(number: number): Promise<Expansions | undefined> | undefined {
    const index = Math.floor((number * this.#parts.length) / this.#count);
    const part = this.#parts[index]!;
    if (part === "own") return undefined;
    this.#parts[index] = "own";
    return part === "free" ? undefined : part;
  }

  /** Stops the threads, whatever they do. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  /** Gives the last part that is free to a thread. */
  #give(thread: WorkerThread): void {
    const index = this.#parts.lastIndexOf("free");
    if (index < 0) return;
    const from = Math.ceil((index * this.#count) / this.#parts.length);
    const to = Math.ceil(((index + 1) * this.#count) / this.#parts.length);
    const setting = this.#told.has(thread) ? undefined : this.#setting;
    this.#told.add(thread);
    const job: ExpandJob = { job: "bitmap-trees", setting, trees: this.#treesOf(from, to) };
    const found = thread.call(job) as Promise<Expansions>;
    // Whatever is wrong is found by this thread, too, where it matters.
    this.#parts[index] = found.catch(() => undefined);
    found.then(
      () => this.#give(thread),
      () => undefined,
    );
  }
}
