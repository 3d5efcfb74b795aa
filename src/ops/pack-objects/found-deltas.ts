/** Deltas that the search has made and kept, by the row of the packing list. */

import type { DeltaCacheContent } from "./delta-search/delta-cache.js";

/** Takes in what the searches have kept. */
export class FoundDeltas {
  /** Whether the deltas are deflated already. */
  readonly deflated: boolean;
  readonly #byRow = new Map<number, Uint8Array>();

  constructor(deflated: boolean) {
    this.deflated = deflated;
  }

  /** Adds the deltas of one search. @param rows which row each place of the search's list stands for. */
  add({ chunks, places }: DeltaCacheContent, rows: Uint32Array): void {
    for (let i = 0; i < places.length; i += 4) {
      const start = places[i + 2]!;
      this.#byRow.set(rows[places[i]!]!, chunks[places[i + 1]!]!.subarray(start, start + places[i + 3]!));
    }
  }

  /** The delta of a row, which is then no longer kept. */
  take(row: number): Uint8Array | undefined {
    const delta = this.#byRow.get(row);
    if (delta !== undefined) this.#byRow.delete(row);
    return delta;
  }
}
