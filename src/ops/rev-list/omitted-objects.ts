/** The objects that a filter leaves out: `--filter-print-omitted`. */

import { firstWord } from "../walk/bucket-order.js";
import type { Omissions } from "../walk/filter/omissions.js";
import { IdHashTable } from "../walk/id-hash-table.js";
import type { ObjectTable } from "../walk/object-table.js";
import type { LineOutput } from "./line-output.js";

/** Buckets that git's set of them has at first; the sets of filters that are parts of others begin with none. */
const firstBuckets = 16 * 1024;

/** Gathers them. */
export class OmittedObjects implements Omissions {
  readonly #objects: ObjectTable;
  readonly #table: IdHashTable;
  readonly #parts: OmittedObjects[] = [];

  constructor(objects: ObjectTable, buckets = firstBuckets) {
    this.#objects = objects;
    this.#table = new IdHashTable((row) => firstWord(objects.oid(row)), buckets);
  }

  add(row: number): boolean {
    return this.#table.add(row);
  }

  remove(row: number): void {
    this.#table.remove(row);
  }

  part(): OmittedObjects {
    const part = new OmittedObjects(this.#objects, 0);
    this.#parts.push(part);
    return part;
  }

  /** Prints them, in git's order. */
  async print(output: LineOutput): Promise<void> {
    for (const row of this.#rows()) {
      const written = output.text(`~${this.#objects.hex(row)}\n`);
      if (written !== undefined) await written;
    }
  }

  #rows(): readonly number[] {
    for (const part of this.#parts) for (const row of part.#rows()) this.#table.add(row);
    return this.#table.items();
  }
}
