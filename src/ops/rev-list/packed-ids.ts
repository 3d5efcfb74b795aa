/** Which objects are in packs, for walks that ask that of very many: one look into a table in place of a search in each index. */

import { OidSet } from "../../bytes/oid-set.js";
import { withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { ObjectTable } from "../walk/object-table.js";

/** Questions from which on the table is worth its making. */
const leastQuestions = 4096;
/** Rows of an index that are read at a time. */
const rowsAtOnce = 4096;
/** Objects in packs up to which there is a table: it takes some 40 bytes for each. */
const mostObjects = 1 << 22;

/** Answers for the packs of a store. */
export class PackedIds {
  readonly #store: ObjectStore;
  #questions = 0;
  #ids: OidSet | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Whether a pack has the object; false says nothing. A promise while the table is made. */
  has(objects: ObjectTable, row: number): boolean | Promise<boolean> {
    if (this.#ids !== undefined) return this.#ids.has(objects.set.ids, row * objects.set.idByteLength);
    this.#questions++;
    if (this.#questions !== leastQuestions) return this.#store.locatePacked(objects.oid(row)) !== undefined;
    return this.#load().then(() => this.#store.locatePacked(objects.oid(row)) !== undefined);
  }

  async #load(): Promise<void> {
    const tables = [];
    for (const pack of this.#store.packs()) {
      try {
        tables.push((await pack.openIdx()).ids);
      } catch (error) {
        // Whoever reads objects has told of it.
        if (!isGitmidxError(error)) throw error;
      }
    }
    const count = tables.reduce((sum, table) => sum + table.count, 0);
    if (count > mostObjects) return;
    const ids = new OidSet(this.#store.format.byteLength, count);
    for (const table of tables) {
      const { source, layout } = table;
      const { offset, stride, idOffset } = layout;
      for (let i = 0; i < table.count; i += rowsAtOnce) {
        const count = Math.min(rowsAtOnce, table.count - i);
        const rows = await withRanges(() => source.copy(offset + i * stride, count * stride));
        for (let row = 0; row < count; row++) ids.add(rows, row * stride + idOffset);
      }
    }
    this.#ids = ids;
  }
}
