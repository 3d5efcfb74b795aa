/** Where listed objects lie, as far as what listed them knows. */

import { isGitmidxError } from "../../core/errors.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { PackedLocation } from "../../store/stored-object.js";

/** Places by row of a packing list. */
export class ListedPlaces {
  /** By number; undefined for one that cannot be opened. */
  readonly #packs: (OpenPack | undefined)[] = [];
  readonly #numbers = new Map<OpenPack, number>();
  /** By row: the pack's number plus one, 0 where the place is not known. */
  readonly #packOf: number[] = [];
  readonly #offsets: number[] = [];

  /** Notes the place of a row. Rows come in ascending order. */
  add(row: number, pack: OpenPack, offset: number): void {
    while (this.#packOf.length < row) {
      this.#packOf.push(0);
      this.#offsets.push(0);
    }
    let number = this.#numbers.get(pack);
    if (number === undefined) {
      number = this.#packs.push(pack);
      this.#numbers.set(pack, number);
    }
    this.#packOf.push(number);
    this.#offsets.push(offset);
  }

  /** The place of a row; undefined where it is not known. */
  placeOf(row: number): PackedLocation | undefined {
    const number = this.#packOf[row] ?? 0;
    const pack = number === 0 ? undefined : this.#packs[number - 1];
    return pack && { kind: "packed", pack, offset: this.#offsets[row]! };
  }

  /** Opens the packs, and forgets the places in those that cannot be opened: a repack may have removed them since. */
  async openPacks(): Promise<void> {
    for (const [i, pack] of this.#packs.entries()) {
      try {
        await pack?.open();
      } catch (error) {
        if (!isGitmidxError(error)) throw error;
        this.#packs[i] = undefined;
      }
    }
  }
}
