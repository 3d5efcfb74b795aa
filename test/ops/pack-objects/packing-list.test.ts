// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../../../src/core/oid.js";
import { noTryDeltaFlag, PackingList, preferredBaseFlag } from "../../../src/ops/pack-objects/packing-list.js";

const idOf = (n: number) => Uint8Array.from({ length: 32 }, (_, i) => (i < 4 ? n >> (8 * i) : n * i));

test("rows stand in the order in which they came, however many there are", () => {
  const list = new PackingList(sha256);
  for (let n = 0; n < 5000; n++) assert.equal(list.add(idOf(n), 3, n, n % 2 === 0 ? noTryDeltaFlag : 0), n);
  assert.equal(list.count, 5000);
  assert.equal(list.resultCount, 5000);
  for (let n = 0; n < 5000; n += 7) {
    assert.equal(list.find(idOf(n)), n);
    assert.deepEqual(list.idAt(n), idOf(n));
    assert.deepEqual([list.types[n], list.nameHashes[n]], [3, n]);
  }
  assert.equal(list.find(idOf(5001)), -1);
});

test("what is listed already stays as it is, but for becoming a preferred base", () => {
  const list = new PackingList(sha256);
  list.add(idOf(1), 1, 10, 0);
  list.add(idOf(2), 2, 20, preferredBaseFlag);
  assert.equal(list.resultCount, 1);
  assert.equal(list.add(idOf(2), 3, 30, 0), -2);
  assert.deepEqual([list.types[1], list.nameHashes[1], list.flags[1]], [2, 20, preferredBaseFlag]);
  assert.equal(list.add(idOf(1), 3, 30, preferredBaseFlag), -1);
  assert.equal(list.add(idOf(1), 3, 30, preferredBaseFlag), -1);
  assert.deepEqual([list.types[0], list.nameHashes[0], list.flags[0]], [1, 10, preferredBaseFlag]);
  assert.deepEqual([list.count, list.resultCount], [2, 0]);
});
