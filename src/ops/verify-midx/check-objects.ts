/**
 * The objects of all layers, a range of first bytes at a time: ids in order and under the right fanout, no object in two layers, every
 * offset as the pack's index has it, and no object of a covered pack left out.
 *
 * Within a range the rows of a layer are grouped by pack and walked beside the pack's index: both are sorted, so that one pass over each
 * does it. Where something does not match, a search decides before anything is reported, so that damage to the order of one table is not
 * told again as damage to every offset.
 */

import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { BucketSorter } from "../select-objects/sort-bucket.js";
import type { Reporter } from "./finding.js";
import { IdRows } from "./id-rows.js";
import { PackJoin } from "./pack-join.js";
import type { TestedLayer, TestedPack } from "./tested-layer.js";

/**
 * Rows held at a time, unless one value of the first byte alone has more: few enough to stay in the processor's cache, but enough for
 * each pack that reading its part is worth the call.
 */
function rangeRows(packCount: number): number {
  return Math.min(1 << 20, Math.max(1 << 17, packCount * 2048));
}

/** A layer's rows in the range at hand. */
export interface LayerRange {
  readonly layer: TestedLayer;
  readonly ids: IdRows;
  /** OOFF rows. */
  readonly rows: DataView;
  /** Whether the ids are in order and under their fanout entries, so that a search finds what is there. */
  ordered: boolean;
  /** The ids as a set, made where a search is no use. */
  unordered: Set<string> | undefined;
}

/** Checks every object of every layer. */
export async function checkObjects(
  layers: readonly TestedLayer[],
  reporter: Reporter,
  task: TaskOptions,
): Promise<void> {
  const total = layers.reduce((sum, { view }) => sum + view.count, 0);
  const check = new ObjectsCheck(layers, reporter);
  const step = new Step(task, "Verifying object offsets", total);
  for (let first = 0; first < 256; ) {
    const end = check.rangeEnd(first);
    const range = check.load(first, end);
    check.order(range, first, end);
    await reporter.drain();
    if (layers.length > 1) check.duplicates(range, first, end);
    await reporter.drain();
    for (const layerRange of range) {
      for (const pack of check.packs(layerRange)) {
        await step.tick(check.join(range, layerRange, pack, first, end));
        await reporter.drain();
      }
    }
    first = end;
  }
  step.finish();
}

class ObjectsCheck {
  readonly #layers: readonly TestedLayer[];
  readonly #reporter: Reporter;
  readonly #join: PackJoin;
  readonly #rangeRows: number;

  constructor(layers: readonly TestedLayer[], reporter: Reporter) {
    this.#layers = layers;
    this.#reporter = reporter;
    this.#join = new PackJoin(reporter);
    this.#rangeRows = rangeRows(layers.reduce((sum, { packs }) => sum + packs.length, 0));
  }

  #rowsIn(first: number, end: number): number {
    return this.#layers.reduce((sum, { view }) => sum + view.ids.fanout[end - 1]! - view.ids.bucketStart(first), 0);
  }

  rangeEnd(first: number): number {
    let end = first + 1;
    while (end < 256 && this.#rowsIn(first, end + 1) <= this.#rangeRows) end++;
    return end;
  }

  load(first: number, end: number): readonly LayerRange[] {
    return this.#layers.map((layer) => {
      const { view } = layer;
      const start = view.ids.bucketStart(first);
      const stop = view.ids.fanout[end - 1]!;
      const { byteLength } = view.format;
      const ids = new IdRows(view.copyIds(start, stop), start, byteLength, 0, byteLength);
      const rows = new DataView(view.copyObjectOffsets(start, stop).buffer);
      return { layer, ids, rows, ordered: true, unordered: undefined };
    });
  }

  /** Ids ascend strictly, also across the border to the range before, and stand under the fanout entry of their first byte. */
  order(range: readonly LayerRange[], first: number, end: number): void {
    for (const held of range) {
      const { layer, ids } = held;
      this.#firstBytes(held, first, end);
      for (let row = 1; row < ids.count; row++) {
        const before = ids.key(row - 1);
        const key = ids.key(row);
        if (before < key || (before === key && ids.compare(row - 1, ids, row) < 0)) continue;
        held.ordered = false;
        this.#reportOrder(layer, ids.start + row, ids.id(row - 1), ids.id(row));
      }
    }
  }

  #firstBytes(held: LayerRange, first: number, end: number): void {
    const { layer, ids } = held;
    const { fanout, layout } = layer.view.ids;
    for (let byte = first, row = 0; byte < end; byte++) {
      for (; row < fanout[byte]! - ids.start; row++) {
        if (ids.key(row) >>> 24 === byte) continue;
        held.ordered = false;
        const id = ids.id(row);
        const offset = layout.offset + (ids.start + row) * layout.stride;
        const hex = toHex(id);
        const message = `oid[${ids.start + row}] = ${hex} stands under fanout[${byte}]`;
        this.#reporter.add({
          code: "bad-fanout",
          message,
          path: layer.path,
          chunk: "OIDL",
          offset,
          object: hex,
          found: `first byte ${id[0]}`,
          wanted: `first byte ${byte}`,
        });
      }
    }
  }

  #reportOrder(layer: TestedLayer, position: number, before: Uint8Array, id: Uint8Array): void {
    const { offset, stride } = layer.view.ids.layout;
    const [left, right] = [toHex(before), toHex(id)];
    this.#reporter.add({
      code: "bad-order",
      message: `oid lookup out of order: oid[${position - 1}] = ${left} >= ${right} = oid[${position}]`,
      path: layer.path,
      chunk: "OIDL",
      offset: offset + position * stride,
      object: right,
      found: `${right} behind ${left}`,
      wanted: "ids in ascending order, each once",
    });
  }

  /** An object that two layers have is read from the younger one, against what git's writers promise. */
  duplicates(range: readonly LayerRange[], first: number, end: number): void {
    const idByteLength = this.#layers[0]!.view.format.byteLength;
    const total = range.reduce((sum, { ids }) => sum + ids.count, 0);
    const all = new Uint8Array(total * idByteLength);
    const starts: number[] = [];
    let rows = 0;
    for (const { ids } of range) {
      all.set(ids.bytes, rows * idByteLength);
      starts.push(rows);
      rows += ids.count;
    }
    const sorter = new BucketSorter(all, idByteLength, total);
    for (let byte = first; byte < end; byte++) {
      let count = 0;
      for (const [i, { layer, ids }] of range.entries()) {
        const shift = starts[i]! - ids.start;
        const stop = layer.view.ids.fanout[byte]! + shift;
        for (let row = layer.view.ids.bucketStart(byte) + shift; row < stop; row++) sorter.rows[count++] = row;
      }
      sorter.sort(count);
      for (let i = 1; i < count; i++) {
        if (sorter.keys[i - 1] !== sorter.keys[i] || sorter.compareIds(sorter.rows[i - 1]!, sorter.rows[i]!) !== 0)
          continue;
        this.#reportDuplicate(range, starts, sorter.rows[i - 1]!, sorter.rows[i]!);
      }
    }
  }

  #reportDuplicate(range: readonly LayerRange[], starts: readonly number[], below: number, above: number): void {
    const layerOf = (row: number) => starts.findLastIndex((start, i) => start <= row && range[i]!.ids.count > 0);
    const [low, high] = [layerOf(below), layerOf(above)];
    // The same id twice in one layer is a matter of order, and reported as such.
    if (low === high) return;
    const { layer, ids } = range[high]!;
    const row = above - starts[high]!;
    const object = toHex(ids.id(row));
    const { offset, stride } = layer.view.ids.layout;
    this.#reporter.add({
      code: "duplicate-object",
      message: `object ${object} is in two layers`,
      path: layer.path,
      chunk: "OIDL",
      offset: offset + (ids.start + row) * stride,
      object,
      found: `also in ${range[low]!.layer.path}`,
      wanted: "each object in one layer",
    });
  }

  /** Groups the rows of a layer by pack, reporting those whose pack does not exist. */
  packs({ layer, ids, rows }: LayerRange): readonly TestedPack[] {
    this.#join.group(layer, ids, rows);
    return layer.packs;
  }

  /** Walks one pack's rows beside its index; returns how many rows there were. */
  join(range: readonly LayerRange[], layerRange: LayerRange, pack: TestedPack, first: number, end: number): number {
    const isCovered = (ids: IdRows, row: number) => range.some((held) => holds(held, ids, row));
    return this.#join.walk(layerRange.layer, pack, first, end, isCovered);
  }
}

/** Whether the range of a layer has the id in row `row` of `that`. */
function holds(held: LayerRange, that: IdRows, row: number): boolean {
  const byte = that.key(row) >>> 24;
  const { fanout } = held.layer.view.ids;
  const low = held.layer.view.ids.bucketStart(byte) - held.ids.start;
  if (held.ids.find(that, row, low, fanout[byte]! - held.ids.start) >= 0) return true;
  if (held.ordered) return false;
  held.unordered ??= new Set(Array.from({ length: held.ids.count }, (_, i) => toHex(held.ids.id(i))));
  return held.unordered.has(toHex(that.id(row)));
}
