/** Long work: how it reports progress, is aborted, and lets the event loop turn. */

import { GitmidxError } from "./errors.js";
import { tickInterval } from "./limits.js";

/** How far a step of long work has come. */
export interface ProgressEvent {
  /** What is being done, in git's words where git has the step: `Sorting objects by packfile`. */
  readonly title: string;
  /** Items done, 0 to `total`. */
  readonly done: number;
  /** Items in all; undefined where that is not known beforehand. */
  readonly total: number | undefined;
  /** True once, with the last event of this step. */
  readonly finished: boolean;
}

/** What every long operation takes. */
export interface TaskOptions {
  /** Stops the work at the next tick with code `aborted`; no lock and no temporary file remains. */
  readonly signal?: AbortSignal | undefined;
  /** Called every so often, at most some 30 times a second for each step. */
  readonly progress?: ((event: ProgressEvent) => void) | undefined;
}

const turnMilliseconds = 40;

declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/** Lets timers, signals and other work run once. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** @throws GitmidxError `aborted` if the task's signal has fired. */
export function checkAborted(task: TaskOptions): void {
  if (task.signal?.aborted) {
    throw new GitmidxError("aborted", "the operation was aborted", { cause: task.signal.reason });
  }
}

/** One step of long work: counts items, reports them, and gives way to the event loop now and then. */
export class Step {
  readonly #task: TaskOptions;
  readonly #title: string;
  readonly #total: number | undefined;
  #done = 0;
  #untilLook = tickInterval;
  #turned = performance.now();

  constructor(task: TaskOptions, title: string, total?: number) {
    this.#task = task;
    this.#title = title;
    this.#total = total;
    checkAborted(task);
    this.#report(false);
  }

  /**
   * Counts `items` as done. Await the result where it is not undefined: it is a promise only when it is time for the event loop to
   * turn, so that a tight loop costs no promise per item.
   */
  tick(items = 1): Promise<void> | undefined {
    this.#done += items;
    this.#untilLook -= items;
    if (this.#untilLook > 0) return undefined;
    this.#untilLook = tickInterval;
    return performance.now() - this.#turned < turnMilliseconds ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    this.#report(false);
    await eventLoopTurn();
    checkAborted(this.#task);
    this.#turned = performance.now();
  }

  /** Reports the step as finished, with `total` items or as many as were counted. */
  finish(): void {
    if (this.#total !== undefined) this.#done = this.#total;
    this.#report(true);
  }

  #report(finished: boolean): void {
    this.#task.progress?.({ title: this.#title, done: this.#done, total: this.#total, finished });
  }
}
