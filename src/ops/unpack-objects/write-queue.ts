/** Writes that are under way while the pack is read on. */

/** Runs a few writes at a time; a failed one is heard of at the next {@link add} or {@link settled}. */
export class WriteQueue {
  readonly #limit: number;
  readonly #under = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Begins a write; waits first if too many are under way. */
  async add(write: () => Promise<unknown>): Promise<void> {
    while (this.#under.size >= this.#limit) await Promise.race(this.#under);
    this.#check();
    const run = write().then(
      () => void this.#under.delete(run),
      (error: unknown) => {
        this.#under.delete(run);
        this.#failure ??= { error };
      },
    );
    this.#under.add(run);
  }

  /** Waits for all writes. @throws what one of them threw */
  async settled(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
