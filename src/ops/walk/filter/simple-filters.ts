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
import type { Omissions } from "./omissions.js";

const take = markSeenAnswer | showAnswer;

/** `blob:none` */
export class NoBlobs implements ObjectFilter {
  readonly #omissions: Omissions | undefined;

  constructor(omissions?: Omissions) {
    this.#omissions = omissions;
  }

  ask(situation: FilterSituation, row: number): FilterAnswer {
    if (situation === "end of tree") return 0;
    if (situation !== "blob") return take;
    this.#omissions?.add(row);
    return markSeenAnswer;
  }
}

/** `blob:limit=SIZE`: blobs of that size or more are left out; blobs that are not there are not. */
export class BlobLimit implements ObjectFilter {
  readonly #objects: ObjectTable;
  readonly #source: ObjectSource;
  readonly #limit: number;
  readonly #omissions: Omissions | undefined;

  /** @param limit bytes */
  constructor(objects: ObjectTable, source: ObjectSource, limit: number, omissions?: Omissions) {
    this.#omissions = omissions;
    this.#objects = objects;
    this.#source = source;
    this.#limit = limit;
  }

  ask(situation: FilterSituation, row: number): FilterAnswer | Promise<FilterAnswer> {
    if (situation === "end of tree") return 0;
    if (situation !== "blob") return take;
    const header = this.#source.readPackedHeader(this.#objects.oid(row));
    return header === undefined ? this.#late(row) : this.#answer(row, header);
  }

  async #late(row: number): Promise<FilterAnswer> {
    return this.#answer(row, await this.#source.readHeader(this.#objects.set.idAt(row)));
  }

  #answer(row: number, header: { readonly type: ObjectType; readonly size: number } | undefined): FilterAnswer {
    if (header?.type !== "blob" || header.size < this.#limit) {
      this.#omissions?.remove(row);
      return take;
    }
    this.#omissions?.add(row);
    return markSeenAnswer;
  }
}

/** `tree:DEPTH`: what is below that depth is left out; 0 leaves out all trees and blobs. */
export class TreeDepth implements ObjectFilter {
  readonly #depth: number;
  #current = 0;
  /** The least depth at which a tree was seen: it may come again nearer to a root. */
  readonly #seenAt = new Map<number, number>();
  readonly #omissions: Omissions | undefined;

  constructor(depth: number, omissions?: Omissions) {
    this.#depth = depth;
    this.#omissions = omissions;
  }

  ask(situation: FilterSituation, row: number): FilterAnswer {
    switch (situation) {
      case "end of tree":
        this.#current--;
        return 0;
      case "tree":
        return this.#tree(row);
      case "blob":
        return this.#blob(row);
      default:
        return take;
    }
  }

  #tree(row: number): FilterAnswer {
    const current = this.#current++;
    const seenAt = this.#seenAt.get(row);
    if (seenAt !== undefined && current >= seenAt) return skipTreeAnswer;
    this.#seenAt.set(row, current);
    if (current < this.#depth) {
      this.#omissions?.remove(row);
      return showAnswer;
    }
    // What is in a tree that was not left out before must be noted as left out too.
    return this.#omissions?.add(row) === false ? 0 : skipTreeAnswer;
  }

  #blob(row: number): FilterAnswer {
    if (this.#current < this.#depth) {
      this.#omissions?.remove(row);
      return take;
    }
    this.#omissions?.add(row);
    return 0;
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
