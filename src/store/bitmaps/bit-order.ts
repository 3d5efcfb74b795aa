/**
 * Which bit of a bitmap stands for which object.
 *
 * An object has two numbers here. Its *position* is its rank by id in the index: in the pack's `.idx`, or in a multi-pack-index, there
 * counted through all layers. Its *bit* is its rank by place: by offset in the pack, or in the pseudo-pack order. Entries and name hashes go
 * by positions, everything else by bits. In a chain both numbers of a layer's objects lie in the same range, behind those of the layers
 * below.
 */

import { OidLookup } from "../../bytes/oid-lookup.js";
import type { ObjectFormat } from "../../core/oid.js";

/**
 * The order of the bits of one bitmap, or of a chain's bitmaps. Every method may throw NeedRange where the index is fetched piece by piece:
 * call them inside `withRanges`.
 */
export interface BitOrder {
  readonly format: ObjectFormat;
  /** Bits, and positions, in all: 0 to one less. */
  readonly bitCount: number;
  /** First bit and first position of the youngest layer; 0 but in chains. */
  readonly objectsBelow: number;
  /** The bit of the object whose id stands at `oid[at]`; −1 if there is none. */
  bitOf(oid: Uint8Array, at?: number): number;
  /** Its position; −1 if there is none. */
  positionOf(oid: Uint8Array, at?: number): number;
  /** The bit of the object at a position. @throws GitmidxError `bad-reverse-index` */
  bitAt(position: number): number;
  /** The position of a bit's object. @throws GitmidxError `bad-reverse-index` */
  positionAt(bit: number): number;
  /** The id of a bit's object: a view, valid until the next call. */
  oidAt(bit: number): Uint8Array;
  /** The number of the pack that holds a bit's object, in a chain through all layers; 0 for a pack's own bitmap. */
  packAt(bit: number): number;
  /** Where in that pack its entry begins. */
  offsetAt(bit: number): number;
  /** Reads all tables at once. What asks for many objects may call it first; without it they are read when that has become worth while. */
  load(): void;
  /** All tables, for another thread; undefined where they are not held in memory. */
  tables?(): BitOrderTables | undefined;
}

/** An order as tables. */
export interface BitOrderTables {
  /** Ids by position. */
  readonly ids: Uint8Array;
  /** Where in positions the parts begin in which ids ascend. */
  readonly idStarts: readonly number[];
  /** Positions by bit. */
  readonly positions: Uint32Array;
  readonly objectsBelow: number;
}

/** How an order keeps its tables. */
export interface BitOrderOptions {
  /** Bytes that the table of ids and its index may take: above, every id is looked up in the file. Default 1 GiB. */
  readonly idTableByteLength?: number | undefined;
}

const defaultIdTableByteLength = 2 ** 30;
/** Bytes of {@link OidLookup} for each id, at most. */
const lookupByteLength = 16;
/** A search in the file takes as long as reading so many rows of a table. */
const searchCost = 32;
/** Searches that are never worth a table. */
const fewSearches = 256;

/** The tables in memory, and when they are read. */
export abstract class TabledBitOrder implements BitOrder {
  readonly format: ObjectFormat;
  readonly bitCount: number;
  readonly objectsBelow: number;
  readonly #idTableByteLength: number;
  readonly #worthTables: number;
  #idSearches = 0;
  #orderSearches = 0;
  #ids: Uint8Array | undefined;
  #lookup: OidLookup | undefined;
  #positions: Uint32Array | undefined;
  #bits: Uint32Array | undefined;

  constructor(
    place: { readonly format: ObjectFormat; readonly bitCount: number; readonly objectsBelow: number },
    { idTableByteLength = defaultIdTableByteLength }: BitOrderOptions,
  ) {
    this.format = place.format;
    this.bitCount = place.bitCount;
    this.objectsBelow = place.objectsBelow;
    this.#idTableByteLength = idTableByteLength;
    this.#worthTables = fewSearches + Math.floor(place.bitCount / searchCost);
  }

  /** The position of an id by a search in the file, or −1. */
  protected abstract findInFile(oid: Uint8Array): number;
  /** The id at a position, from the file. */
  protected abstract idInFile(position: number): Uint8Array;
  /** All ids by position, in a buffer of their own. */
  protected abstract readIds(): Uint8Array;
  /** Where in positions the parts begin in which ids ascend. */
  protected abstract readonly idStarts: readonly number[];
  /** The checked position of a bit, from the file; −1 if it does not say. */
  protected abstract positionInFile(bit: number): number;
  /** The bit of a position by a search in the file; −1 if it takes the whole table to tell. */
  protected abstract searchBit(position: number): number;
  /** All positions by bit, each checked to be in range. */
  protected abstract readPositions(): Uint32Array;
  /** The error for an order in which no bit stands for a position. */
  protected abstract missingPosition(position: number): Error;

  abstract packAt(bit: number): number;
  abstract offsetAt(bit: number): number;

  bitOf(oid: Uint8Array, at = 0): number {
    const position = this.positionOf(oid, at);
    return position < 0 ? -1 : this.bitAt(position);
  }

  positionOf(oid: Uint8Array, at = 0): number {
    if (this.#lookup !== undefined) return this.#lookup.find(oid, at);
    if (++this.#idSearches === this.#worthTables) {
      this.#loadIds();
      return this.positionOf(oid, at);
    }
    return this.findInFile(at === 0 ? oid : oid.subarray(at, at + this.format.byteLength));
  }

  bitAt(position: number): number {
    if (this.#bits !== undefined) return this.#bits[position]!;
    if (++this.#orderSearches < this.#worthTables) {
      const bit = this.searchBit(position);
      if (bit >= 0) return bit;
    }
    return this.#loadBits()[position]!;
  }

  positionAt(bit: number): number {
    if (this.#positions !== undefined) return this.#positions[bit]!;
    if (++this.#orderSearches < this.#worthTables) {
      const position = this.positionInFile(bit);
      if (position >= 0) return position;
    }
    return this.#loadPositions()[bit]!;
  }

  oidAt(bit: number): Uint8Array {
    const position = this.positionAt(bit);
    if (this.#ids === undefined && ++this.#idSearches === this.#worthTables) this.#loadIds();
    const length = this.format.byteLength;
    if (this.#ids === undefined) return this.idInFile(position);
    return this.#ids.subarray(position * length, (position + 1) * length);
  }

  load(): void {
    this.#loadBits();
    this.#loadIds();
  }

  tables(): BitOrderTables | undefined {
    this.load();
    if (this.#ids === undefined || this.#lookup === undefined) return undefined;
    const { idStarts, objectsBelow } = this;
    return { ids: this.#ids, idStarts, positions: this.#loadPositions(), objectsBelow };
  }

  #loadIds(): void {
    if (this.#lookup !== undefined) return;
    if (this.bitCount * (this.format.byteLength + lookupByteLength) > this.#idTableByteLength) return;
    this.#ids ??= this.readIds();
    this.#lookup = OidLookup.over(this.#ids, this.format.byteLength, this.idStarts);
  }

  #loadPositions(): Uint32Array {
    this.#positions ??= this.readPositions();
    return this.#positions;
  }

  #loadBits(): Uint32Array {
    if (this.#bits !== undefined) return this.#bits;
    const positions = this.#loadPositions();
    const bits = new Uint32Array(positions.length).fill(0xffff_ffff);
    for (let bit = 0; bit < positions.length; bit++) bits[positions[bit]!] = bit;
    const missing = bits.indexOf(0xffff_ffff);
    if (missing >= 0) throw this.missingPosition(missing);
    this.#bits = bits;
    return bits;
  }
}
