/** The filters that need to know no more than an object's type, size or depth. */

import type { ObjectType } from "../../../core/object-type.js";
import type { ObjectSource } from "../object-graph.js";
import type { ObjectTable } from "../object-table.js";
import {
  type FilterAnswer,
  type FilterSituation,
  markSeenAnswer,
  type ObjectFilter,
  showAnswer,
  skipTreeAnswer,
} from "./object-filter.js";

const take = markSeenAnswer | showAnswer;

/** `blob:none` */
export class NoBlobs implements ObjectFilter {
  ask(situation: FilterSituation): FilterAnswer {
    if (situation === "end of tree") return 0;
    return situation === "blob" ? markSeenAnswer : take;
  }
}

/** `blob:limit=SIZE`: blobs of that size or more are left out; blobs that are not there are not. */
export class BlobLimit implements ObjectFilter {
  readonly #objects: ObjectTable;
  readonly #source: ObjectSource;
  readonly #limit: number;

  /** @param limit bytes */
  constructor(objects: ObjectTable, source: ObjectSource, limit: number) {
    this.#objects = objects;
    this.#source = source;
    this.#limit = limit;
  }

  ask(situation: FilterSituation, row: number): FilterAnswer | Promise<FilterAnswer> {
    if (situation === "end of tree") return 0;
    if (situation !== "blob") return take;
    const header = this.#source.readPackedHeader(this.#objects.oid(row));
    return header === undefined ? this.#late(row) : this.#answer(header);
  }

  async #late(row: number): Promise<FilterAnswer> {
    return this.#answer(await this.#source.readHeader(this.#objects.set.idAt(row)));
  }

  #answer(header: { readonly type: ObjectType; readonly size: number } | undefined): FilterAnswer {
    return header?.type !== "blob" || header.size < this.#limit ? take : markSeenAnswer;
  }
}

/** `tree:DEPTH`: what is below that depth is left out; 0 leaves out all trees and blobs. */
export class TreeDepth implements ObjectFilter {
  readonly #depth: number;
  #current = 0;
  /** The least depth at which a tree was seen: it may come again nearer to a root. */
  readonly #seenAt = new Map<number, number>();

  constructor(depth: number) {
    this.#depth = depth;
  }

  ask(situation: FilterSituation, row: number): FilterAnswer {
    switch (situation) {
      case "end of tree":
        this.#current--;
        return 0;
      case "tree":
        return this.#tree(row);
      case "blob":
        return this.#current < this.#depth ? take : 0;
      default:
        return take;
    }
  }

  #tree(row: number): FilterAnswer {
    const current = this.#current++;
    const seenAt = this.#seenAt.get(row);
    if (seenAt !== undefined && current >= seenAt) return skipTreeAnswer;
    this.#seenAt.set(row, current);
    return current < this.#depth ? showAnswer : skipTreeAnswer;
  }
}

/** `object:type=TYPE` */
export class OneType implements ObjectFilter {
  readonly #type: ObjectType;

  constructor(type: ObjectType) {
    this.#type = type;
  }

  ask(situation: FilterSituation): FilterAnswer {
    if (situation === "end of tree") return 0;
    if (situation === "tree" && (this.#type === "commit" || this.#type === "tag")) return skipTreeAnswer;
    return situation === this.#type ? take : markSeenAnswer;
  }
}
