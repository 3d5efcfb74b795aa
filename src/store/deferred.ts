/** Things that are opened when they are first needed, from within synchronous work. */

import { ByteSource, NeedRange, type RangeSource } from "../bytes/source.js";
import { bug } from "../core/errors.js";

/** Something that must be opened first. Whoever needs it too early is told as of a range that must be fetched: see `withRanges`. */
export class Deferred<T extends object> extends ByteSource implements RangeSource {
  readonly #open: () => Promise<T>;
  #value: T | undefined;
  #opening: Promise<T> | undefined;

  /** @param name what is opened, for messages. */
  constructor(name: string, open: () => Promise<T>) {
    super(name, 0, new Uint8Array(0));
    this.#open = open;
  }

  /** What was opened, if it was. */
  get value(): T | undefined {
    return this.#value;
  }

  /** What was opened. @throws NeedRange if it was not */
  get(): T {
    if (this.#value === undefined) throw new NeedRange(this, 0, 0);
    return this.#value;
  }

  /** Opens it, once. @throws what opening throws; the next call tries again */
  async opened(): Promise<T> {
    if (this.#value !== undefined) return this.#value;
    this.#opening ??= this.#open();
    try {
      this.#value = await this.#opening;
      return this.#value;
    } finally {
      this.#opening = undefined;
    }
  }

  /** Forgets what was opened; it is opened again if it is needed again. */
  override close(): void {
    this.#value = undefined;
  }

  async fetch(): Promise<void> {
    await this.opened();
  }

  hold(): void {}

  release(): void {}

  override locate(): number {
    throw bug(`${this.name} has no bytes of its own`);
  }

  override readInto(): void {
    throw bug(`${this.name} has no bytes of its own`);
  }
}
