/** Entries by their ids, as indexes have them. */

import { radixSortPermutation } from "../../bytes/radix-sort.js";
import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import type { IdxContent } from "../../formats/idx/encode.js";
import type { EntryTable } from "./entry-table.js";

/** The rows of a table in the order of their ids; copies of an object in the order of the pack. */
export function sortById(table: EntryTable): Uint32Array {
  const { count, columns, format } = table;
  const { ids } = columns;
  const { byteLength } = format;
  const keys = new Float64Array(count);
  for (let row = 0; row < count; row++) keys[row] = idKey(ids, row * byteLength);
  const order = radixSortPermutation(keys);
  const compare = (a: number, b: number) => compareRows(ids, a, b, byteLength) || a - b;
  for (let start = 0; start < count; ) {
    let end = start + 1;
    while (end < count && keys[order[end]!] === keys[order[start]!]) end++;
    if (end - start > 1) order.subarray(start, end).sort(compare);
    start = end;
  }
  return order;
}

/** The first 48 bits of an id. */
function idKey(ids: Uint8Array, at: number): number {
  const high = (ids[at]! << 16) | (ids[at + 1]! << 8) | ids[at + 2]!;
  const low = (ids[at + 3]! << 16) | (ids[at + 4]! << 8) | ids[at + 5]!;
  return high * 0x100_0000 + low;
}

function compareRows(ids: Uint8Array, a: number, b: number, byteLength: number): number {
  for (let i = 0; i < byteLength; i++) {
    const difference = ids[a * byteLength + i]! - ids[b * byteLength + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @throws GitmidxError `duplicate-object` if two entries are the same object. */
export function refuseDuplicates(table: EntryTable, order: Uint32Array): void {
  const { ids } = table.columns;
  const { byteLength } = table.format;
  for (let i = 1; i < order.length; i++) {
    if (compareRows(ids, order[i - 1]!, order[i]!, byteLength) !== 0) continue;
    const oid = toHex(ids, order[i]! * byteLength, byteLength);
    throw new GitmidxError("duplicate-object", `The same object ${oid} appears twice in the pack`);
  }
}

/** What the index of the pack says. */
export function idxContentOf(table: EntryTable, order: Uint32Array, packChecksum: Uint8Array): IdxContent {
  const { count, columns, format } = table;
  const { byteLength } = format;
  const ids = new Uint8Array(count * byteLength);
  const offsets = new Float64Array(count);
  const crc32s = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const row = order[i]!;
    const from = row * byteLength;
    const to = i * byteLength;
    for (let j = 0; j < byteLength; j++) ids[to + j] = columns.ids[from + j]!;
    offsets[i] = columns.offsets[row]!;
    crc32s[i] = columns.crc32s[row]!;
  }
  return { format, count, ids, offsets, crc32s, packChecksum };
}

/** The idx positions of the entries in the order of the pack: what `order` is the other way round. */
export function idxPositions(order: Uint32Array): Uint32Array {
  const positions = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) positions[order[i]!] = i;
  return positions;
}

/** Finds the row of an id among the rows of a table; −1 if there is none. */
export function rowsById(table: EntryTable): (oid: Uint8Array) => number {
  const { ids } = table.columns;
  const { byteLength } = table.format;
  let order: Uint32Array | undefined;
  return (oid) => {
    order ??= sortById(table);
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWithRow(oid, ids, order[middle]!, byteLength) > 0) low = middle + 1;
      else high = middle;
    }
    return low < order.length && compareWithRow(oid, ids, order[low]!, byteLength) === 0 ? order[low]! : -1;
  };
}

function compareWithRow(oid: Uint8Array, ids: Uint8Array, row: number, byteLength: number): number {
  for (let i = 0; i < byteLength; i++) {
    const difference = oid[i]! - ids[row * byteLength + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
