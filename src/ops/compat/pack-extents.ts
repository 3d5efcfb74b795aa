/** How many bytes each object takes in its pack: from where its entry begins to where the next one does. */

import type { IdxPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";

/** The entries of one pack by offset: 4 bytes of memory an object, 8 in packs above 4 GiB. */
export class PackExtents {
  readonly #offsets: Uint32Array | Float64Array;
  readonly #end: number;

  /**
   * Sorts the offsets: O(n log n).
   * @param packSize size of the pack in bytes.
   */
  constructor(idx: IdxView, packSize: number) {
    const offsets = packSize > 0xffff_ffff ? new Float64Array(idx.count) : new Uint32Array(idx.count);
    for (let i = 0; i < idx.count; i++) offsets[i] = idx.offsetAt(i as IdxPosition);
    this.#offsets = offsets.sort();
    this.#end = packSize - idx.format.byteLength;
  }

  /** The length in bytes of the entry that begins at `offset`; undefined if none does. */
  byteLengthAt(offset: number): number | undefined {
    const offsets = this.#offsets;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    if (offsets[low] !== offset) return undefined;
    while (offsets[low] === offset) low++;
    return (low < offsets.length ? offsets[low]! : this.#end) - offset;
  }
}
