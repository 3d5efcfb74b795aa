/** Deltas that were made while looking for the best ones, kept until they are written. */

/** Bytes that are claimed from the system at a time. */
const chunkByteLength = 1 << 20;

/** What a cache is made of: plain data that can be sent from thread to thread. */
export interface DeltaCacheContent {
  readonly chunks: readonly Uint8Array[];
  /** Four numbers a delta: its row, its chunk, where it begins in the chunk, its length. */
  readonly places: Uint32Array;
}

/** Deltas by row, packed tightly. */
export class DeltaCache {
  readonly #chunks: Uint8Array[] = [];
  readonly #places: number[] = [];
  #used = 0;
  #byteLength = 0;

  /** Bytes of all deltas. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** What is in it: to be asked for once, at the end. */
  get content(): DeltaCacheContent {
    const chunks = this.#chunks.slice();
    // The last one is full in part only, and would be sent as a whole.
    const last = chunks.pop();
    if (last !== undefined) chunks.push(last.slice(0, this.#used));
    return { chunks, places: Uint32Array.from(this.#places) };
  }

  /** Copies a delta. A row is added at most once. */
  add(row: number, delta: Uint8Array): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || this.#used + delta.length > last.length) {
      this.#chunks.push(new Uint8Array(Math.max(chunkByteLength, delta.length)));
      this.#used = 0;
    }
    this.#chunks.at(-1)!.set(delta, this.#used);
    this.#places.push(row, this.#chunks.length - 1, this.#used, delta.length);
    this.#used += delta.length;
    this.#byteLength += delta.length;
  }
}
