/** Which bit stands for which object of a graph: those of the bitmap's own order, and behind them those that a walk found outside of it. */

import type { ObjectTypeCode } from "../../core/object-type.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import type { ObjectGraph } from "../walk/object-graph.js";

/** Objects that bitmaps do not know, in the order in which they were found. Object `i` has bit `bitCount + i`. */
export interface OutsideObjects {
  readonly count: number;
  /** A copy of the id of object `i`. */
  oidAt(i: number): Uint8Array;
  typeOf(i: number): ObjectTypeCode;
  /** The hash of the path under which it was found first; 0 for commits, and where there was no path. */
  nameHashOf(i: number): number;
}

const initialRows = 1024;

/** Bits by rows of the graph. */
export class ObjectBits implements OutsideObjects {
  readonly order: BitOrder;
  readonly #graph: ObjectGraph;
  /** By row: 0 for not looked up, else the bit plus two; 1 for an object that is in neither. */
  #known = new Uint32Array(initialRows);
  readonly #rows: number[] = [];
  readonly #nameHashes: number[] = [];

  constructor(graph: ObjectGraph, order: BitOrder) {
    this.#graph = graph;
    this.order = order;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** The bit of a row; −1 if it has none. @throws NeedRange */
  bitOf(row: number): number {
    if (row >= this.#known.length) this.#grow(row);
    const known = this.#known[row]!;
    if (known !== 0) return known - 2;
    const bit = this.order.bitOf(this.#graph.objects.oid(row));
    this.#known[row] = bit + 2;
    return bit;
  }

  /** The bit of a row, which gets one if it has none. @throws NeedRange */
  addRow(row: number, nameHash: number): number {
    const bit = this.bitOf(row);
    if (bit >= 0) return bit;
    const added = this.order.bitCount + this.#rows.length;
    this.#known[row] = added + 2;
    this.#rows.push(row);
    this.#nameHashes.push(nameHash);
    return added;
  }

  /** The bit of an id; −1 if it has none. @throws NeedRange */
  bitOfId(oid: Uint8Array, at = 0): number {
    const row = this.#graph.objects.set.find(oid, at);
    return row < 0 ? this.order.bitOf(oid, at) : this.bitOf(row);
  }

  oidAt(i: number): Uint8Array {
    return this.#graph.objects.set.idAt(this.#rows[i]!);
  }

  typeOf(i: number): ObjectTypeCode {
    return this.#graph.type(this.#rows[i]!) as ObjectTypeCode;
  }

  nameHashOf(i: number): number {
    return this.#nameHashes[i]!;
  }

  #grow(row: number): void {
    const known = new Uint32Array(Math.max(row + 1, 2 * this.#known.length));
    known.set(this.#known);
    this.#known = known;
  }
}
