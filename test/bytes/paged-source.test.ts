// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PageCache, PagedSource } from "../../src/bytes/paged-source.js";
import { GitmidxError } from "../../src/core/errors.js";
import { pageByteLength } from "../../src/core/limits.js";
import { pagedSource, smallCache } from "../support/sources.js";

const mebibyte = 1 << 20;

function filled(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 12)) & 255);
}

test("a lookup reads the pages it touches and no others", () => {
  const source = pagedSource(filled(mebibyte));
  source.u32(100);
  source.u32(200);
  assert.equal(source.bytesRead, pageByteLength);
  source.u32(pageByteLength - 2);
  assert.equal(source.bytesRead, 2 * pageByteLength, "a number across two pages");
  source.u32(100);
  assert.equal(source.bytesRead, 2 * pageByteLength, "a page that was read before");
});

test("the last page is as long as the file has it", () => {
  const bytes = filled(pageByteLength + 5);
  const source = pagedSource(bytes);
  assert.equal(source.u8(pageByteLength + 4), bytes[pageByteLength + 4]);
  assert.equal(source.bytesRead, 5);
});

test("the cache never holds more than its bound, whatever is read and reserved", () => {
  const action = fc.oneof(
    { weight: 20, arbitrary: fc.record({ file: fc.nat(4), page: fc.nat(300) }) },
    { weight: 1, arbitrary: fc.record({ reserve: fc.nat(mebibyte) }) },
    { weight: 1, arbitrary: fc.record({ release: fc.constant(true) }) },
  );
  fc.assert(
    fc.property(fc.nat(2 * mebibyte), fc.array(action, { minLength: 200, maxLength: 3000 }), (limit, actions) => {
      const cache = new PageCache(limit);
      assert.ok(cache.limit >= limit && cache.limit <= Math.max(limit, 1 << 18));
      const bytes = new Uint8Array(301 * pageByteLength);
      const sources = Array.from({ length: 5 }, () => pagedSource(bytes, cache));
      const reserved: number[] = [];
      for (const step of actions) {
        if ("reserve" in step) {
          if (cache.reserve(step.reserve)) reserved.push(step.reserve);
        } else if ("release" in step) cache.release(reserved.pop() ?? 0);
        else sources[step.file]!.u8(step.page * pageByteLength);
        assert.ok(cache.byteLength <= cache.limit, `${cache.byteLength} of ${cache.limit}`);
      }
    }),
    { numRuns: 10 },
  );
});

test("pages in use stay: going round a set that fits half the cache reads each page once", () => {
  const cache = new PageCache(mebibyte);
  const source = pagedSource(filled(mebibyte), cache);
  for (let round = 0; round < 20; round++) for (let page = 0; page < 120; page++) source.u8(page * pageByteLength);
  assert.equal(source.bytesRead, 120 * pageByteLength);
});

test("a file whose pages were turned for more than its size is loaded whole, within half of the bound", () => {
  const bytes = filled(60 * pageByteLength);
  const cache = new PageCache(mebibyte);
  const hot = pagedSource(bytes, cache);
  const other = pagedSource(filled(mebibyte * 4), cache);
  for (let i = 0; hot.bytesRead <= 3 * bytes.length && i < 100_000; i++) {
    hot.u8((i % 60) * pageByteLength);
    // other pages push those of the file out
    for (let j = 0; j < 5; j++) other.u8(((i * 5 + j) % 1024) * pageByteLength);
  }
  assert.ok(hot.bytesRead <= bytes.length * 2 + pageByteLength, `${hot.bytesRead} bytes read of ${bytes.length}`);
  const before = hot.bytesRead;
  for (let at = 0; at + 8 <= bytes.length; at += 997) {
    assert.equal(hot.u64(at), Number(new DataView(bytes.buffer).getBigUint64(at)));
    assert.deepEqual(hot.copy(at, 8), bytes.slice(at, at + 8));
  }
  assert.equal(hot.bytesRead, before, "nothing more is read from the file");
  assert.throws(() => hot.u8(bytes.length), { code: "truncated" });
  assert.throws(() => hot.locate(-1, 1), { code: "truncated" });
  hot.close();
  assert.ok(cache.reserve(cache.limit / 2), "closing gives the room back");
});

test("a file that does not fit half of the bound is never loaded whole", () => {
  const bytes = filled(mebibyte);
  const source = pagedSource(bytes, smallCache());
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < bytes.length; at += pageByteLength) assert.equal(source.u8(at), bytes[at]);
  }
  assert.equal(source.bytesRead, 4 * bytes.length);
});

test("a file that cannot be read when it is to be loaded whole takes up no room", () => {
  const cache = smallCache();
  const size = 10 * pageByteLength;
  const broken = new GitmidxError("io", "broken", { path: "f" });
  let fails = false;
  const read = (_: number, target: Uint8Array) => {
    if (fails) throw broken;
    target.fill(1);
  };
  const source = new PagedSource("f", size, cache, { read });
  fails = true;
  // Page by page at first, then whole.
  for (let i = 0; i < 15; i++) assert.throws(() => source.u8(0), broken);
  assert.equal(cache.byteLength, 0);
  fails = false;
  assert.equal(source.u8(0), 1);
  assert.equal(cache.byteLength, size);
  source.close();
  assert.equal(cache.byteLength, 0);
});

test("closing runs the given function once, and reading afterwards is a bug", () => {
  let closed = 0;
  const read = (_: number, target: Uint8Array) => void target.fill(1);
  const source = new PagedSource("f", 5000, smallCache(), { read, close: () => void closed++ });
  source.u8(0);
  source.close();
  source.close();
  assert.equal(closed, 1);
  assert.throws(() => source.u8(4999), /^Error: BUG: f is read after it was closed/);
  assert.throws(() => source.copy(0, 1), /^Error: BUG: /);
});

test("sources that share a cache do not see each other's pages", () => {
  const cache = smallCache();
  const sources = [1, 2, 3].map((value) => pagedSource(new Uint8Array(9000).fill(value), cache));
  for (let round = 0; round < 3; round++) {
    for (const [i, source] of sources.entries()) assert.equal(source.u8(5000), i + 1);
  }
});
