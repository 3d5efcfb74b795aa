// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OidSet } from "../../src/bytes/oid-set.js";
import { toHex } from "../../src/core/oid.js";

const id = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("property: ids are numbered in the order in which they come, each once", () => {
  const ids = fc.constantFrom(20, 32).chain((length) => fc.array(id(length), { maxLength: 300 }));
  fc.assert(
    fc.property(ids, (all) => {
      const length = all[0]?.length ?? 20;
      const set = new OidSet(length);
      const rows = new Map<string, number>();
      for (const one of [...all, ...all]) {
        const hex = toHex(one);
        const known = rows.get(hex);
        assert.equal(set.has(one), known !== undefined);
        assert.equal(set.add(one), known === undefined ? rows.size : -1 - known);
        if (known === undefined) rows.set(hex, rows.size);
      }
      assert.equal(set.count, rows.size);
      for (const [hex, row] of rows) {
        assert.equal(toHex(set.idAt(row)), hex);
        assert.equal(toHex(set.viewAt(row)), hex);
        assert.equal(set.find(set.ids, row * length), row);
      }
    }),
  );
});

test("ids that begin alike are told apart", () => {
  const set = new OidSet(20);
  const oid = new Uint8Array(20).fill(7);
  for (let i = 0; i < 5000; i++) {
    oid[18] = i >> 8;
    oid[19] = i & 255;
    assert.equal(set.add(oid), i);
  }
  oid[0] = 8;
  assert.equal(set.find(oid), -1);
});

test("an id is taken from the middle of other bytes", () => {
  const set = new OidSet(20, 100_000);
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  assert.equal(set.add(bytes, 5), 0);
  assert.equal(set.find(bytes.subarray(5, 25)), 0);
  assert.equal(set.find(bytes, 6), -1);
});
