/** The objects of a pack in its order, as `verify-pack -v` lists them. */

import { type ObjectType, type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { ofsDeltaCode } from "../../formats/pack/entry-header.js";
import type { EntryTable } from "../index-pack/entry-table.js";

/** One object of a pack. */
export interface ListedEntry {
  /** Lower-case hex. */
  readonly oid: string;
  readonly type: ObjectType;
  /** Inflated size of the entry: of a delta the size of its instructions. */
  readonly size: number;
  /** Bytes that the entry takes in the pack. */
  readonly packedSize: number;
  /** Where in the pack it begins. */
  readonly offset: number;
  /** Deltas from here to an object that is none; 0 for such an object. */
  readonly depth: number;
  /** Of a delta, the id of its base. */
  readonly baseOid: string | undefined;
}

/** What a pack has. */
export class PackListing {
  /** Objects that are no deltas. */
  readonly nonDeltas: number;
  /** How many deltas have which depth: `chains[depth]`, from 1. */
  readonly chains: readonly number[];
  readonly #table: EntryTable;
  readonly #baseRows: Int32Array;
  readonly #depths: Uint32Array;

  /** @param baseRows of each delta the row of its base */
  constructor(table: EntryTable, baseRows: Int32Array) {
    this.#table = table;
    this.#baseRows = baseRows;
    this.#depths = depthsOf(table, baseRows);
    this.nonDeltas = table.count - table.ofsCount - table.refCount;
    const chains: number[] = [0];
    for (const depth of this.#depths) {
      if (depth === 0) continue;
      while (chains.length <= depth) chains.push(0);
      chains[depth]!++;
    }
    this.chains = chains;
  }

  /** The objects in the order of the pack. */
  *entries(): Generator<ListedEntry, void, undefined> {
    const { columns, count, format } = this.#table;
    const { byteLength } = format;
    const idOf = (row: number): string => toHex(columns.ids, row * byteLength, byteLength);
    for (let row = 0; row < count; row++) {
      const offset = columns.offsets[row]!;
      yield {
        oid: idOf(row),
        type: objectTypeName(columns.objectTypes[row] as ObjectTypeCode),
        size: columns.sizes[row]!,
        packedSize: columns.offsets[row + 1]! - offset,
        offset,
        depth: this.#depths[row]!,
        baseOid: columns.types[row]! < ofsDeltaCode ? undefined : idOf(this.#baseRows[row]!),
      };
    }
  }
}

function depthsOf({ count, columns }: EntryTable, baseRows: Int32Array): Uint32Array {
  const depths = new Uint32Array(count);
  const { types } = columns;
  for (let row = 0; row < count; row++) {
    const chain: number[] = [];
    let base = row;
    for (; types[base]! >= ofsDeltaCode && depths[base] === 0; base = baseRows[base]!) chain.push(base);
    let depth = depths[base]!;
    for (const next of chain.reverse()) depths[next] = ++depth;
  }
  return depths;
}
