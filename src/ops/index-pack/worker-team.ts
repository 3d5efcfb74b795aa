/** The threads that help with one piece of work. They are started when they are first needed. */

import { env } from "#env";
import type { WorkerThread } from "../../env/contract.js";
import type { Workers } from "./options.js";

/** Threads beside this one. */
export class WorkerTeam {
  readonly #workers: Workers | undefined;
  #threads: readonly WorkerThread[] | undefined;

  constructor(workers: Workers | undefined) {
    this.#workers = workers;
  }

  /** Whether there may be threads, and memory that they share. */
  get isPossible(): boolean {
    return this.#workers !== undefined && this.#workers.threads > 1 && typeof SharedArrayBuffer === "function";
  }

  /** Threads that are wanted, this one included. */
  get threads(): number {
    return this.#workers?.threads ?? 1;
  }

  /** Sends a message to every thread. @returns what comes of each; none where no threads can be started. */
  callAll(message: unknown): readonly Promise<unknown>[] {
    return this.#started().map((thread) => quiet(thread.call(message)));
  }

  /** Sends a message of its own to each of `count` threads, or as many as can be started. */
  callEach(count: number, message: (thread: number) => unknown): readonly Promise<unknown>[] {
    return this.#started()
      .slice(0, count)
      .map((thread, i) => quiet(thread.call(message(i))));
  }

  /** Ends the threads, whatever they do. */
  async stop(): Promise<void> {
    await Promise.all((this.#threads ?? []).map((thread) => thread.stop()));
    this.#threads = [];
  }

  #started(): readonly WorkerThread[] {
    if (this.#threads !== undefined) return this.#threads;
    const { url, threads } = this.#workers ?? { url: "", threads: 1 };
    const started: WorkerThread[] = [];
    for (let i = 1; this.isPossible && i < threads; i++) {
      const thread = env.startWorker(url);
      if (thread === undefined) break;
      started.push(thread);
    }
    this.#threads = started;
    return started;
  }
}

/** A failure that nobody has looked at yet must not end the process: it is seen where the result is awaited. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
