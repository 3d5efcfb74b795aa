// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { radixSortPermutation } from "../../src/bytes/radix-sort.js";
import { seededRandom } from "../support/random.js";

/** The same by a stable comparison sort. */
function sortedRows(keys: Float64Array): number[] {
  return Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!);
}

test("rows come by ascending key, equal keys in their order", () => {
  const key = fc.oneof(
    fc.nat(5),
    fc.nat(0xffff_ffff),
    fc.maxSafeNat(),
    fc.constantFrom(0, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 2 ** 32, 2 ** 48 - 1, 2 ** 48, 2 ** 53 - 1),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 3000, size: "max" }), (list) => {
      const keys = Float64Array.from(list);
      assert.deepEqual([...radixSortPermutation(keys)], sortedRows(keys));
    }),
    { numRuns: 60 },
  );
});

test("many rows are sorted too, whatever the width of the keys", () => {
  const random = seededRandom(9);
  for (const width of [1, 8, 15, 16, 17, 31, 32, 33, 47, 48, 49, 53]) {
    const keys = Float64Array.from({ length: 20_000 }, () => {
      const wide = (random() & 0x1f_ffff) * 2 ** 32 + random();
      return Math.floor(wide / 2 ** (53 - width));
    });
    assert.deepEqual([...radixSortPermutation(keys)], sortedRows(keys), `${width} bits`);
  }
});

test("rows that are sorted already, or the other way round, or all equal, come right", () => {
  const up = Float64Array.from({ length: 5000 }, (_, i) => i * 1e9);
  for (const keys of [up, up.toReversed(), up.slice().fill(2 ** 40), new Float64Array(5000)]) {
    assert.deepEqual([...radixSortPermutation(keys)], sortedRows(keys));
  }
});

test("the keys themselves are left alone", () => {
  const keys = Float64Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3000);
  const before = keys.slice();
  radixSortPermutation(keys);
  assert.deepEqual(keys, before);
});
