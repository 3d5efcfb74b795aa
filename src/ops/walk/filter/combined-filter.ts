/** `combine:A+B`: objects that all of several filters take. */

import { OidSet } from "../../../bytes/oid-set.js";
import type { ObjectTable } from "../object-table.js";
import type { PathBuffer } from "../path-buffer.js";
import {
  type FilterAnswer,
  type FilterSituation,
  markSeenAnswer,
  type ObjectFilter,
  showAnswer,
  skipTreeAnswer,
} from "./object-filter.js";

/** One of the filters, with what it is done with. */
class Part {
  readonly #filter: ObjectFilter;
  readonly #objects: ObjectTable;
  readonly #seen: OidSet;
  #skipped = -1;

  constructor(filter: ObjectFilter, objects: ObjectTable) {
    this.#filter = filter;
    this.#objects = objects;
    this.#seen = new OidSet(objects.set.idByteLength);
  }

  /** Whether the filter is inside of a tree that it leaves aside. */
  get isSkipping(): boolean {
    return this.#skipped >= 0;
  }

  async ask(situation: FilterSituation, row: number, path: PathBuffer, nameStart: number): Promise<FilterAnswer> {
    if (this.#skipped >= 0) {
      if (situation !== "end of tree" || row !== this.#skipped) return 0;
      this.#skipped = -1;
    }
    const oid = this.#objects.set.idAt(row);
    if (this.#seen.has(oid)) return 0;
    const answer = await this.#filter.ask(situation, row, path, nameStart);
    if (answer & markSeenAnswer) this.#seen.add(oid);
    if (answer & skipTreeAnswer) this.#skipped = row;
    return answer;
  }
}

/** Several filters as one. */
export class CombinedFilter implements ObjectFilter {
  readonly #parts: readonly Part[];

  constructor(filters: readonly ObjectFilter[], objects: ObjectTable) {
    this.#parts = filters.map((filter) => new Part(filter, objects));
  }

  async ask(situation: FilterSituation, row: number, path: PathBuffer, nameStart: number): Promise<FilterAnswer> {
    let combined = showAnswer | markSeenAnswer | skipTreeAnswer;
    for (const part of this.#parts) {
      const answer = await part.ask(situation, row, path, nameStart);
      combined &= answer | skipTreeAnswer;
      if (!part.isSkipping) combined &= ~skipTreeAnswer;
    }
    return combined;
  }
}
