// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { OidLookup } from "../../src/bytes/oid-lookup.js";
import { seededRandom } from "../support/random.js";

/** Random ids, each part sorted, one part after the other. */
function makeIds(seed: number, idByteLength: number, parts: readonly number[]): Uint8Array {
  const random = seededRandom(seed);
  const ids: Uint8Array[] = [];
  for (const count of parts) {
    const part = Array.from({ length: count }, () => Uint8Array.from({ length: idByteLength }, () => random() & 255));
    ids.push(...part.sort((a, b) => Buffer.compare(a, b)));
  }
  return Uint8Array.from(Buffer.concat(ids));
}

test("every id is found in its row, and no other id is found", () => {
  for (const [idByteLength, count] of [
    [20, 0],
    [20, 1],
    [20, 7],
    [20, 4097],
    [32, 3000],
  ] as const) {
    const ids = makeIds(count + 1, idByteLength, [count]);
    const lookup = OidLookup.over(ids, idByteLength);
    assert.ok(lookup !== undefined);
    for (let row = 0; row < count; row++) {
      assert.equal(lookup.find(ids, row * idByteLength), row);
      const other = ids.slice(row * idByteLength, (row + 1) * idByteLength);
      for (const at of [0, 1, 3, idByteLength - 1]) {
        other[at]! ^= 1;
        assert.equal(lookup.find(other), -1);
        other[at]! ^= 1;
      }
    }
  }
});

test("the ids of all parts are found, and one that is in several parts in the last", () => {
  const idByteLength = 20;
  const parts = [500, 0, 300, 20];
  const ids = makeIds(5, idByteLength, parts);
  const starts = [0, 500, 500, 800];
  ids.copyWithin(803 * idByteLength, 200 * idByteLength, 201 * idByteLength);
  const lookup = OidLookup.over(ids, idByteLength, starts);
  assert.ok(lookup !== undefined);
  for (let row = 0; row < 820; row++) assert.equal(lookup.find(ids, row * idByteLength), row === 200 ? 803 : row);
});

test("ids that all begin alike are not indexed, as finding them would take long", () => {
  const ids = makeIds(9, 20, [5000]);
  for (let row = 0; row < 5000; row++) ids.fill(7, row * 20, row * 20 + 4);
  assert.equal(OidLookup.over(ids, 20), undefined);
});
