/** git's progress lines: `Title: 45% (45/100)` over and over on one line, and at last `Title: 100% (100/100), done.` */

import type { ProgressEvent } from "../core/task.js";

/** Where and how a meter shows. */
export interface MeterOptions {
  /** Takes the text at once. */
  write(text: string): void;
  /** Seconds that a step must have taken before it shows; one that ends earlier never does. */
  readonly delaySeconds: number;
  /** Columns of the terminal. */
  columns(): number;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

const defaultDelaySeconds = 1;
const updateMilliseconds = 1000;

/** Seconds of delay that GIT_PROGRESS_DELAY asks for; git's default for anything but a whole number. */
export function progressDelay(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.GIT_PROGRESS_DELAY ?? "";
  return /^\d+$/.test(text) ? Number(text) : defaultDelaySeconds;
}

interface StepDisplay {
  readonly title: string;
  readonly begun: number;
  /** When counters were shown last; undefined before the first time. */
  shown: number | undefined;
  percent: number;
  /** What stands on the line. */
  counters: string;
  /** Whether the counters have gone to a line of their own, the terminal being narrow. */
  split: boolean;
}

/** Shows the steps of a task, one after the other. */
export class Meter {
  readonly #options: MeterOptions;
  #step: StepDisplay | undefined;
  #lineOpen = false;

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /** Takes an event of {@link TaskOptions.progress}. */
  update(event: ProgressEvent): void {
    const now = this.#options.now();
    if (this.#step?.title !== event.title) this.#begin(event.title, now);
    const step = this.#step!;
    const waiting = now - step.begun < this.#options.delaySeconds * 1000;
    if (event.finished) {
      if (step.shown !== undefined || !waiting) this.#show(step, event, now);
      this.#step = undefined;
    } else if (!waiting && this.#isDue(step, event, now)) {
      this.#show(step, event, now);
    }
  }

  /** Ends the line that a step which did not finish has left, so that a message can follow. */
  endLine(): void {
    if (this.#lineOpen) this.#options.write("\n");
    this.#lineOpen = false;
    this.#step = undefined;
  }

  #begin(title: string, now: number): void {
    this.endLine();
    this.#step = { title, begun: now, shown: undefined, percent: -1, counters: "", split: false };
  }

  #isDue(step: StepDisplay, event: ProgressEvent, now: number): boolean {
    if (event.total && percentOf(event.done, event.total) !== step.percent) return true;
    return now - (step.shown ?? step.begun) >= updateMilliseconds;
  }

  #show(step: StepDisplay, event: ProgressEvent, now: number): void {
    const lineEnd = event.finished ? ", done.\n" : "\r";
    const before = step.counters.length;
    step.shown = now;
    if (event.total) {
      step.percent = percentOf(event.done, event.total);
      step.counters = `${String(step.percent).padStart(3)}% (${event.done}/${event.total})`;
    } else {
      step.counters = String(event.done);
    }
    const { counters, title } = step;
    // blanks over what a longer text has left
    const ending = lineEnd.padStart(counters.length < before ? before - counters.length + 1 : 0);
    const columns = this.#options.columns();
    if (step.split) {
      this.#options.write(`  ${counters}${ending}`);
    } else if (!event.finished && columns < title.length + counters.length + 2) {
      this.#options.write(`${title}:${" ".repeat(Math.max(0, columns - title.length - 1))}\n  ${counters}${lineEnd}`);
      step.split = true;
    } else {
      this.#options.write(`${title}: ${counters}${ending}`);
    }
    this.#lineOpen = !event.finished;
  }
}

function percentOf(done: number, total: number): number {
  return Math.floor((done * 100) / total);
}
