/** The progress of a selection, whose titles may change on the way. */

import { Step, type TaskOptions } from "../../../core/task.js";

/** Counts objects. */
export class SelectionStep {
  readonly #task: TaskOptions;
  #step: Step;

  constructor(task: TaskOptions, title: string) {
    this.#task = task;
    this.#step = new Step(task, title);
  }

  /** Counts objects; await what comes unless it is undefined. */
  tick(objects = 1): Promise<void> | undefined {
    return this.#step.tick(objects);
  }

  /** Goes on with another title, from 0. */
  next(title: string): void {
    this.#step.finish();
    this.#step = new Step(this.#task, title);
  }

  finish(): void {
    this.#step.finish();
  }
}
