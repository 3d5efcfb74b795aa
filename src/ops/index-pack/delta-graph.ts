/** Which deltas have which bases: what the second pass follows from each object that is no delta. */

import type { ObjectFormat } from "../../core/oid.js";
import { ofsDeltaCode, refDeltaCode } from "../../formats/pack/entry-header.js";
import { type EntryTable, rowAtOffset, type TableMemory } from "./entry-table.js";

/** Deltas by their bases, in memory that threads can share. */
export interface DeltaGraph {
  /** OFS deltas on the entry in row `r` are rows `children[childStarts[r], childStarts[r + 1])`, in the order of the pack. */
  readonly childStarts: Uint32Array;
  readonly children: Uint32Array;
  /** Rows of REF deltas in the order of their bases' ids; of equal ones, in the order of the pack. */
  readonly refRows: Uint32Array;
  /** The bases' ids in that order. */
  readonly refIds: Uint8Array;
  /** 1 for each of {@link refRows} that somebody has begun to resolve. */
  readonly refTaken: Int32Array;
}

function numbers(count: number, memory: TableMemory): Uint32Array {
  return new Uint32Array(memory === "shared" ? new SharedArrayBuffer(4 * count) : new ArrayBuffer(4 * count));
}

/**
 * Sorts the deltas of a table by base. An OFS delta whose base is no entry is in no list: it stays unresolved. There is room for rows that are
 * appended later, as bases of REF deltas.
 */
export function buildDeltaGraph(table: EntryTable, memory: TableMemory): DeltaGraph {
  const { count, columns, ofsCount, refCount } = table;
  const { types, bases, offsets } = columns;
  const childStarts = numbers(count + refCount + 1, memory);
  const children = numbers(ofsCount, memory);
  const baseRows = new Int32Array(count).fill(-1);
  for (let row = 0; row < count; row++) {
    if (types[row] !== ofsDeltaCode) continue;
    const base = rowAtOffset(offsets, row, bases[row]!);
    baseRows[row] = base;
    if (base >= 0) childStarts[base + 1]!++;
  }
  for (let row = 0; row < count; row++) childStarts[row + 1]! += childStarts[row]!;
  childStarts.fill(childStarts[count]!, count);
  const next = childStarts.slice(0, count);
  for (let row = 0; row < count; row++) {
    const base = baseRows[row]!;
    if (base >= 0) children[next[base]!++] = row;
  }
  const refRows = numbers(refCount, memory);
  const idLength = table.format.byteLength;
  const refIds = new Uint8Array(numbers(Math.ceil((refCount * idLength) / 4), memory).buffer);
  if (refCount > 0) {
    const rows: number[] = [];
    for (let row = 0; row < count; row++) if (types[row] === refDeltaCode) rows.push(row);
    const given = table.refBaseIds;
    rows.sort((a, b) => compareIds(given, bases[a]! * idLength, given, bases[b]! * idLength, idLength) || a - b);
    for (const [i, row] of rows.entries()) {
      refRows[i] = row;
      const at = bases[row]! * idLength;
      refIds.set(given.subarray(at, at + idLength), i * idLength);
    }
  }
  return { childStarts, children, refRows, refIds, refTaken: new Int32Array(numbers(refCount, memory).buffer) };
}

function compareIds(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Number of the first of the graph's REF deltas whose base is the id at `ids[at]`; −1 if there is none. */
export function firstRefChild(graph: DeltaGraph, format: ObjectFormat, ids: Uint8Array, at: number): number {
  const { refIds, refRows } = graph;
  const { byteLength } = format;
  let low = 0;
  let high = refRows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareIds(refIds, middle * byteLength, ids, at, byteLength) < 0) low = middle + 1;
    else high = middle;
  }
  return isRefChild(graph, format, low, ids, at) ? low : -1;
}

/** Whether the base of REF delta number `index` is the id at `ids[at]`. */
export function isRefChild(
  graph: DeltaGraph,
  format: ObjectFormat,
  index: number,
  ids: Uint8Array,
  at: number,
): boolean {
  if (index >= graph.refRows.length) return false;
  return compareIds(graph.refIds, index * format.byteLength, ids, at, format.byteLength) === 0;
}
