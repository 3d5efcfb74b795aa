/** Deltas that the search has made and kept, deflated, by the row of the packing list. */

import type { DeltaCacheContent } from "./delta-search/delta-cache.js";

/** Takes in what the searches have kept. */
export class FoundDeltas {
  readonly #chunks: Uint8Array[] = [];
  /** By row: the chunk plus one, 0 for no delta; where in it the delta begins; its length. An array a delta would take more room than it. */
  readonly #chunkOf: Uint32Array;
  readonly #startOf: Uint32Array;
  readonly #lengthOf: Uint32Array;
  #byteLength = 0;

  /** @param count rows of the packing list. */
  constructor(count: number) {
    this.#chunkOf = new Uint32Array(count);
    this.#startOf = new Uint32Array(count);
    this.#lengthOf = new Uint32Array(count);
  }

  /** Bytes of all deltas that were added. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds the deltas of one search. @param rows which row each place of the search's list stands for. */
  add({ chunks, places }: DeltaCacheContent, rows: Uint32Array): void {
    const first = this.#chunks.length + 1;
    this.#chunks.push(...chunks);
    for (let i = 0; i < places.length; i += 4) {
      const row = rows[places[i]!]!;
      this.#chunkOf[row] = first + places[i + 1]!;
      this.#startOf[row] = places[i + 2]!;
      this.#lengthOf[row] = places[i + 3]!;
      this.#byteLength += places[i + 3]!;
    }
  }

  /** The delta of a row; undefined if none was kept. */
  get(row: number): Uint8Array | undefined {
    const chunk = this.#chunkOf[row]!;
    if (chunk === 0) return undefined;
    const start = this.#startOf[row]!;
    return this.#chunks[chunk - 1]!.subarray(start, start + this.#lengthOf[row]!);
  }
}
