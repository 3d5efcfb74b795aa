/** Walks over a compressed bitmap without unpacking it. */

import { type Ewah, literalCountOf, runLengthOf } from "./ewah.js";

/** Reads a bitmap piece by piece: runs, and stretches of literal words. Behind its end it is a run of zeros without end. */
export class Cursor {
  readonly words: Uint32Array;
  /** Where the next literal word stands, or the next marker. */
  at = 0;
  bit = 0;
  /** Words left of the run. */
  run = 0;
  /** Literal words left, which come when the run is over. */
  literals = 0;

  constructor(ewah: Ewah) {
    this.words = ewah.words;
    this.#turn();
  }

  /** Whether all words are taken. */
  get atEnd(): boolean {
    return this.run === Number.POSITIVE_INFINITY;
  }

  takeRun(count: number): void {
    if ((this.run -= count) === 0 && this.literals === 0) this.#turn();
  }

  takeLiterals(count: number): void {
    this.at += 2 * count;
    if ((this.literals -= count) === 0) this.#turn();
  }

  /** Turns to the next marker that stands for any words. */
  #turn(): void {
    const { words } = this;
    do {
      if (this.at === words.length) {
        this.bit = 0;
        this.run = Number.POSITIVE_INFINITY;
        return;
      }
      const low = words[this.at]!;
      const high = words[this.at + 1]!;
      this.bit = low & 1;
      this.run = runLengthOf(low, high);
      this.literals = literalCountOf(high);
      this.at += 2;
    } while (this.run === 0 && this.literals === 0);
  }
}
