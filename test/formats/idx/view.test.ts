// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../../src/bytes/source.js";
import { oidFromHex, sha1, sha256, toHex } from "../../../src/core/oid.js";
import type { IdxPosition } from "../../../src/core/positions.js";
import { IdxView } from "../../../src/formats/idx/view.js";
import { fakeIdx, fakeTable, randomTable } from "../../support/fake-idx.js";
import { filesEnding, fixtureNames, readFixture } from "../../support/midx-fixtures.js";
import { everySource, pagedSource, smallCache, TightSource } from "../../support/sources.js";

function open(bytes: Uint8Array, format = sha1): IdxView {
  return new IdxView(new MemorySource("f.idx", bytes), format);
}

test("an index has the ids and offsets that git shows of it", () => {
  const versions = new Set<number>();
  for (const fixture of fixtureNames.map(readFixture)) {
    for (const [path, bytes] of filesEnding(fixture, ".idx")) {
      const objects = fixture.objects.filter(({ idx }) => idx === path);
      for (const [kind, source] of everySource(bytes, path)) {
        const view = new IdxView(source, fixture.format);
        versions.add(view.version);
        assert.equal(view.count, objects.length, kind);
        for (const [i, { oid, offset }] of objects.entries()) {
          const position = view.find(oidFromHex(oid, fixture.format));
          assert.equal(position, i, `${path} ${kind}: ${oid}`);
          assert.equal(toHex(view.ids.idAt(i)), oid);
          assert.equal(view.offsetAt(i as IdxPosition), offset);
        }
        assert.deepEqual(
          [...view.offsets()],
          objects.map(({ offset }) => offset),
        );
        assert.equal(view.find(new Uint8Array(fixture.format.byteLength).fill(1)), undefined);
        assert.equal(
          toHex(view.packChecksum()),
          toHex(fixture.files.get(path.replace(/idx$/, "pack"))!.slice(-fixture.format.byteLength)),
        );
      }
    }
  }
  assert.deepEqual(versions, new Set([1, 2]));
});

test("checksums of packed entries are there in version 2 only", () => {
  const table = fakeTable([
    { oid: "11".repeat(20), offset: 12, crc: 0xdeadbeef },
    { oid: "22".repeat(20), offset: 99, crc: 7 },
  ]);
  const [v1, v2] = [open(fakeIdx(table, { version: 1 })), open(fakeIdx(table))];
  assert.deepEqual([v1.crc32At(0 as IdxPosition), v1.crc32At(1 as IdxPosition)], [undefined, undefined]);
  assert.deepEqual([v2.crc32At(0 as IdxPosition), v2.crc32At(1 as IdxPosition)], [0xdeadbeef, 7]);
});

test("offsets of any size up to 2^53 are read, also small ones from the 64-bit table", () => {
  const offsets = [12, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 32, 2 ** 40 + 3, 2 ** 53 - 1];
  const table = fakeTable(offsets.map((offset, i) => ({ oid: `${i}`.padEnd(40, "0"), offset })));
  for (const off32Limit of [0x7fff_ffff, 100, 12]) {
    const view = open(fakeIdx(table, { off32Limit }));
    assert.deepEqual([...view.offsets()], offsets);
    assert.equal(view.largeOffsetCount, offsets.filter((offset) => offset > off32Limit).length);
  }
});

test("version 1 takes the top bit for a part of the offset", () => {
  const table = fakeTable([{ oid: "11".repeat(20), offset: 0xffff_fffe }]);
  assert.equal(open(fakeIdx(table, { version: 1 })).offsetAt(0 as IdxPosition), 0xffff_fffe);
});

test("an empty index is an index", () => {
  for (const version of [1, 2] as const) {
    const view = open(fakeIdx(fakeTable([]), { version }));
    assert.equal(view.count, 0);
    assert.equal(view.find(new Uint8Array(20)), undefined);
    assert.deepEqual([...view.offsets()], []);
  }
});

test("an object that a pack has twice is found, and its prefix gives both rows", () => {
  const oid = "ab".repeat(20);
  const table = fakeTable([
    { oid, offset: 12 },
    { oid, offset: 500 },
    { oid: "cd".repeat(20), offset: 900 },
  ]);
  const view = open(fakeIdx(table));
  assert.deepEqual(view.ids.prefixRange(oidFromHex(oid, sha1), 40), { start: 0, end: 2 });
  assert.equal(view.find(oidFromHex(oid, sha1)), 0);
});

test("opening a large index and looking up one id reads a few pages", () => {
  for (const format of [sha1, sha256]) {
    const table = randomTable(100_000, 5, { format: format.name });
    const bytes = fakeIdx(table, { format: format.name });
    const source = pagedSource(bytes);
    const view = new IdxView(source, format);
    assert.ok(source.bytesRead <= 2 * 4096 + 1024, `opening read ${source.bytesRead} bytes`);
    let most = 0;
    for (let i = 0; i < 100_000; i += 997) {
      const fresh = pagedSource(bytes, smallCache());
      const lookup = new IdxView(fresh, format);
      const oid = table.oids.subarray(i * format.byteLength, (i + 1) * format.byteLength);
      assert.equal(lookup.find(oid), i);
      assert.equal(lookup.offsetAt(i as IdxPosition), table.offsets[i]);
      most = Math.max(most, fresh.bytesRead);
    }
    assert.ok(most <= 12 * 4096, `a lookup read ${most} bytes`);
    assert.equal(view.count, 100_000);
  }
});

test("opening allocates and reads no more for an index that claims billions of objects", () => {
  const bytes = fakeIdx(fakeTable([{ oid: "11".repeat(20), offset: 12 }]));
  new DataView(bytes.buffer).setUint32(8 + 4 * 255, 0xffff_ffff);
  const source = new TightSource("f.idx", bytes);
  assert.throws(() => new IdxView(source, sha1), { code: "bad-size", message: "wrong index v2 file size in f.idx" });
  assert.ok(source.copied <= 1024);
});
