// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sha1 } from "../../../src/core/oid.js";
import { breakChains } from "../../../src/ops/pack-objects/break-chains.js";
import { PackEntries } from "../../../src/ops/pack-objects/entries.js";
import { PackingList } from "../../../src/ops/pack-objects/packing-list.js";

/** Entries of which row `i` is a delta of `bases[i]`, or of nothing where that is −1. */
function entriesOf(bases: readonly number[]): PackEntries {
  const list = new PackingList(sha1);
  for (const row of bases.keys())
    list.add(
      Uint8Array.from({ length: 20 }, (_, i) => (i < 4 ? row >> (8 * i) : i)),
      3,
      0,
      0,
    );
  const entries = new PackEntries(list);
  entries.base.set(bases);
  return entries;
}

test("a chain is cut into chains of the greatest depth, and what is left over", () => {
  const entries = entriesOf([1, 2, 3, 4, 5, 6, 7, -1]);
  assert.deepEqual(breakChains(entries, 2), [1, 4]);
  assert.deepEqual([...entries.depth], [1, 0, 2, 1, 0, 2, 1, 0]);
  assert.deepEqual([...entries.base], [1, -1, 3, 4, -1, 6, 7, -1]);
});

test("a circle is cut once, where it closes", () => {
  const entries = entriesOf([1, 2, 3, 1]);
  assert.deepEqual(breakChains(entries, 50), [3]);
  assert.deepEqual([...entries.base], [1, 2, 3, -1]);
  assert.deepEqual([...entries.depth], [3, 2, 1, 0]);
});

test("whatever stands on whatever, no chain is a circle or too long afterwards, and each depth is right", () => {
  const plans = fc.tuple(
    fc.array(fc.integer({ min: -1, max: 30 }), { minLength: 1, maxLength: 31 }),
    fc.integer({ min: 1, max: 6 }),
  );
  fc.assert(
    fc.property(plans, ([wanted, depth]) => {
      const entries = entriesOf(wanted.map((base, row) => (base >= wanted.length || base === row ? -1 : base)));
      const cut = breakChains(entries, depth);
      for (let row = 0; row < entries.count; row++) {
        let length = 0;
        for (let at = entries.base[row]!; at >= 0; at = entries.base[at]!) length++;
        assert.ok(length <= depth);
        assert.equal(entries.depth[row], length);
      }
      for (const row of cut) assert.equal(entries.base[row], -1);
    }),
    { numRuns: 500 },
  );
});
