// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha1, sha256 } from "../../src/core/oid.js";
import { looseIds, loosePath } from "../../src/store/loose.js";
import { detectObjectFormat } from "../../src/store/object-format.js";
import { fixtureNames, memoryDirectory, readFixture } from "../support/midx-fixtures.js";

test("the format is told by the multi-pack-index, else by the chain, else by the packs' names", async () => {
  for (const name of fixtureNames) {
    const { files, format } = readFixture(name);
    const { fs } = memoryDirectory(files, format);
    assert.equal(await detectObjectFormat(fs, "/objects"), format);
    const packs = [...files].filter(([path]) => path.endsWith(".idx"));
    assert.equal(await detectObjectFormat(memoryDirectory(packs, format).fs, "/objects"), format);
    const midx = [...files].filter(([path]) => path.startsWith("multi-pack-index"));
    assert.equal(await detectObjectFormat(memoryDirectory(midx, format).fs, "/objects"), format);
  }
});

test("where nothing tells it, and where the multi-pack-index is damaged and nothing else does, there is no format", async () => {
  const { fs } = memoryDirectory([["pack-any.idx", new Uint8Array(9)]], sha1);
  assert.equal(await detectObjectFormat(fs, "/objects"), undefined);
  fs.put("/objects/pack/multi-pack-index", new Uint8Array(50));
  assert.equal(await detectObjectFormat(fs, "/objects"), undefined);
  fs.put(`/objects/pack/pack-${"a".repeat(64)}.idx`, new Uint8Array(9));
  assert.equal(await detectObjectFormat(fs, "/objects"), sha256);
  assert.equal(await detectObjectFormat(fs, "/nowhere"), undefined);
});

test("loose objects are found by the digits of their ids, and other files beside them are none", async () => {
  const { fs, directory } = memoryDirectory([], sha1);
  const ids = ["abcd", "abce", "ab00"].map((digits) => digits.padEnd(40, "0"));
  for (const id of ids) fs.put(loosePath(directory, id), new Uint8Array(1));
  fs.put("/objects/ab/tmp_obj_abcdef", new Uint8Array(1));
  fs.put(`/objects/ab/${"c".repeat(38)}f`, new Uint8Array(1));
  assert.equal(loosePath(directory, ids[0]!), `/objects/ab/${ids[0]!.slice(2)}`);
  assert.deepEqual(await looseIds(directory, "ab"), ids.toSorted());
  assert.deepEqual(await looseIds(directory, "abc"), [ids[0], ids[1]]);
  assert.deepEqual(await looseIds(directory, "ffff"), []);
});
