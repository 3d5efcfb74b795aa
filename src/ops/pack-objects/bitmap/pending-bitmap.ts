/** A bitmap that is to be written with a pack, until something stands against it. */

import type { ObjectGraph } from "../../walk/object-graph.js";

/** What the selection of objects notes for the bitmap. */
export class PendingBitmap {
  /** The graph that {@link commits} are rows of. */
  graph: ObjectGraph | undefined;
  /** The commits in the order in which the walk gave them out. */
  readonly commits: number[] = [];
  readonly #warn: (message: string) => void;
  #isOff = false;

  /** @param warn told why no bitmap is written. */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Whether nothing stands against it. */
  get isOn(): boolean {
    return !this.#isOff;
  }

  /** Gives it up. @param reason what is told about it, if anything. */
  giveUp(reason?: string): void {
    if (!this.#isOff && reason !== undefined) this.#warn(`disabling bitmap writing, ${reason}`);
    this.#isOff = true;
  }
}
