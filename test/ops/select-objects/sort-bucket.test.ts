// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BucketSorter } from "../../../src/ops/select-objects/sort-bucket.js";
import { seededRandom } from "../../support/random.js";

/** Counts how often two ids are compared. */
class CountingSorter extends BucketSorter {
  comparisons = 0;

  override compareIds(a: number, b: number): number {
    this.comparisons++;
    return super.compareIds(a, b);
  }
}

function idAt(ids: Uint8Array, row: number, length: number): Uint8Array {
  return ids.subarray(row * length, (row + 1) * length);
}

/** The rows by a plain stable sort of their ids. */
function sortedRows(ids: Uint8Array, rows: readonly number[], length: number): number[] {
  return [...rows].sort((a, b) => Buffer.compare(idAt(ids, a, length), idAt(ids, b, length)));
}

/** Sorts with the sorter and checks rows and keys against the plain sort. */
function check(ids: Uint8Array, length: number, rows: readonly number[], what: string): number {
  const sorter = new CountingSorter(ids, length, Math.max(1, rows.length));
  sorter.rows.set(rows);
  sorter.sort(rows.length);
  assert.deepEqual([...sorter.rows.subarray(0, rows.length)], sortedRows(ids, rows, length), what);
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
  const keys = Array.from(sorter.rows.subarray(0, rows.length), (row) => view.getUint32(row * length + 1));
  assert.deepEqual([...sorter.keys.subarray(0, rows.length)], keys, `${what}: keys`);
  return sorter.comparisons;
}

function allRows(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** `count` ids whose first `prefix` bytes are equal, and that have only `values` different values of each later byte. */
function idsWith(count: number, length: number, prefix: number, values: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const ids = new Uint8Array(count * length);
  for (let i = 0; i < ids.length; i++) ids[i] = i % length < prefix ? 0xab : random() % values;
  return ids;
}

test("ids of one bucket are sorted as by a plain stable sort", () => {
  const bucket = fc.record({
    count: fc.nat(400),
    length: fc.constantFrom(20, 32),
    prefix: fc.integer({ min: 1, max: 18 }),
    values: fc.constantFrom(1, 2, 3, 16, 256),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(bucket, ({ count, length, prefix, values, seed }) => {
      const ids = idsWith(count, length, prefix, values, seed);
      check(ids, length, allRows(count), "in order");
      check(ids, length, allRows(count).reverse(), "in reverse: equal ids keep that order");
    }),
    { numRuns: 150 },
  );
});

test("a sorter can be used again for another bucket, with other rows", () => {
  const ids = idsWith(500, 20, 1, 256, 5);
  const sorter = new BucketSorter(ids, 20, 500);
  for (const [first, count] of [
    [0, 500],
    [100, 30],
    [400, 1],
    [7, 0],
    [250, 250],
  ] as const) {
    const rows = allRows(500).slice(first, first + count);
    sorter.rows.set(rows);
    sorter.sort(count);
    assert.deepEqual([...sorter.rows.subarray(0, count)], sortedRows(ids, rows, 20));
  }
});

test("ids in the middle of a larger buffer are found", () => {
  const bytes = new Uint8Array(100 * 20 + 12).fill(0xff);
  const ids = bytes.subarray(8, 8 + 100 * 20);
  ids.set(idsWith(100, 20, 1, 256, 6));
  check(ids, 20, allRows(100), "view");
});

test("hashes are sorted with less than two comparisons each", () => {
  const count = 40_000;
  assert.ok(check(idsWith(count, 20, 1, 256, 7), 20, allRows(count), "hashes") < 2 * count);
});

test("ids chosen to be slow are sorted with n log n comparisons", () => {
  const count = 20_000;
  const most = 2 * count * Math.log2(count);
  const adversaries: [string, Uint8Array][] = [
    ["equal in the bits of the counting sort", idsWith(count, 20, 5, 256, 8)],
    ["equal up to the last bytes", idsWith(count, 20, 17, 256, 9)],
    ["all equal", idsWith(count, 20, 20, 1, 10)],
    ["few different", idsWith(count, 20, 16, 2, 11)],
  ];
  const falling = idsWith(count, 20, 20, 1, 12);
  for (let i = 0; i < count; i++) new DataView(falling.buffer).setUint32(i * 20 + 10, count - i);
  adversaries.push(["falling", falling]);
  const groups = idsWith(count, 20, 5, 256, 13);
  // groups just below and above the size at which another way of sorting takes over, each with falling ids
  for (let i = 0; i < count; i++) {
    new DataView(groups.buffer).setUint32(i * 20 + 1, Math.floor(i / 25) * 2 ** 18);
    new DataView(groups.buffer).setUint32(i * 20 + 6, count - i);
  }
  adversaries.push(["many groups of falling ids", groups]);
  for (const [name, ids] of adversaries) {
    const comparisons = check(ids, 20, allRows(count), name);
    assert.ok(comparisons <= most, `${name}: ${comparisons} comparisons, at most ${most}`);
  }
});
