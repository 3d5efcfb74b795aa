// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../../src/bytes/source.js";
import { windowByteLength } from "../../../src/core/limits.js";
import { chunkName } from "../../../src/formats/chunk-file.js";
import { openMidx } from "../../../src/formats/midx/view.js";
import { firstDifference, meaningAt } from "../../../src/ops/compat/differing-bytes.js";
import { type FixtureName, readFixture } from "../../support/midx-fixtures.js";

const source = (bytes: Uint8Array): MemorySource => new MemorySource("file", bytes);

test("the first difference is found, with the number of bytes that differ", async () => {
  const a = new Uint8Array(windowByteLength + 100).fill(7);
  const differ = (b: Uint8Array) => firstDifference(source(a), source(b), {});
  assert.equal(await differ(a.slice()), undefined);
  for (const offset of [0, windowByteLength - 1, windowByteLength, a.length - 1]) {
    const b = a.slice();
    b[offset] = 8;
    assert.deepEqual(await differ(b), { offset, count: 1 });
    b[0] = 8;
    assert.deepEqual(await differ(b), { offset: 0, count: offset === 0 ? 1 : 2 });
  }
  assert.deepEqual(await differ(a.subarray(0, 10)), { offset: 10, count: a.length - 10 });
  assert.deepEqual(await differ(new Uint8Array(0)), { offset: 0, count: a.length });
});

for (const name of ["single-sha1", "chain-sha256", "large-sha1"] satisfies FixtureName[]) {
  test(`each byte of ${name} has the chunk that it lies in`, () => {
    const { files, midxPaths, format } = readFixture(name);
    const file = source(files.get(midxPaths[0]!)!);
    const { chunks } = openMidx(file, format).layout;
    const first = chunks[0]!.offset;
    for (let offset = 0; offset < file.size; offset++) {
      const inside = chunks.find((chunk) => offset >= chunk.offset && offset < chunk.offset + chunk.byteLength);
      const outside = offset < 12 ? "header" : offset < first ? "chunk table" : "trailer";
      const found = meaningAt(file, format, offset);
      assert.equal(found.chunk, inside === undefined ? outside : chunkName(inside.id), `at ${offset}`);
      assert.ok(found.text.length > 0);
    }
  });
}

test("a row of OOFF means an object, its pack and its offset", () => {
  const { files, midxPaths, format, objects } = readFixture("single-sha1");
  const file = source(files.get(midxPaths[0]!)!);
  const view = openMidx(file, format);
  const ooff = view.layout.chunks.find((chunk) => chunk.name === "OOFF")!;
  const found = meaningAt(file, format, ooff.offset + 8 * 3 + 5);
  const [, offset, pack] = /^offset (\d+) of pack \d+, (.*)$/.exec(found.text) ?? [];
  const copies = objects.filter(({ oid }) => oid === found.object);
  assert.ok(
    copies.some((copy) => copy.idx === pack && copy.offset === Number(offset)),
    found.text,
  );
});

test("bytes of what is no multi-pack-index, and places behind its end, have a meaning too", () => {
  const { format } = readFixture("single-sha1");
  const file = source(Uint8Array.of(1, 2, 3, 4, 5));
  assert.deepEqual(meaningAt(file, format, 2), { chunk: undefined, text: "bytes 0102030405" });
  assert.deepEqual(meaningAt(file, format, 5), { chunk: undefined, text: "bytes 05" });
  assert.deepEqual(meaningAt(source(new Uint8Array(0)), format, 0).text, "nothing, the file has 0 bytes");
});
