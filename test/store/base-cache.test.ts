// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ObjectTypeCode } from "../../src/core/object-type.js";
import { BaseCache } from "../../src/store/base-cache.js";
import { seededRandom } from "../support/random.js";

/** What an object is filled with: every one differs, in every byte that tests look at. */
function contentOf(pack: number, offset: number, length: number): Uint8Array {
  return new Uint8Array(length).fill((pack * 31 + offset * 7 + length) & 255);
}

function put(cache: BaseCache, pack: number, offset: number, length: number): void {
  const type = ((offset % 4) + 1) as ObjectTypeCode;
  const content = contentOf(pack, offset, length);
  if (cache.allocate(length)) {
    cache.bytes.set(content, cache.start);
    cache.bytes[cache.start + length] = 255;
    cache.keep(pack, offset, type, length);
  } else cache.keepLarge(pack, offset, type, content);
}

function assertFound(cache: BaseCache, pack: number, offset: number, length: number): void {
  assert.deepEqual([cache.length, cache.type], [length, (offset % 4) + 1]);
  const found = cache.bytes.subarray(cache.start, cache.start + length);
  assert.ok(Buffer.compare(found, contentOf(pack, offset, length)) === 0, `${pack} ${offset}`);
}

test("what is found is what was put there, however much came since", () => {
  const operation = fc.record({ pack: fc.nat(3), offset: fc.integer({ min: 12, max: 80 }), find: fc.boolean() });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), fc.constantFrom(0, 1 << 17, 1 << 20), (operations, limit) => {
      const cache = new BaseCache(limit);
      const lengthOf = (pack: number, offset: number) => (offset % 9 === 0 ? 9_000 : (offset * 37 + pack) % 700);
      for (const { pack, offset, find } of operations) {
        const length = lengthOf(pack, offset);
        if (cache.find(pack, offset)) assertFound(cache, pack, offset, length);
        else if (!find) put(cache, pack, offset, length);
      }
    }),
  );
});

test("an object that was found outlives one allocation of any size", () => {
  const cache = new BaseCache(1 << 18);
  const random = seededRandom(5);
  const lengths = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    const offset = 12 + (random() % 400);
    const length = lengths.get(offset) ?? random() % 24_000;
    lengths.set(offset, length);
    if (!cache.find(1, offset)) put(cache, 1, offset, length);
    else {
      const { bytes, start } = cache;
      if (cache.allocate(random() % 24_000)) cache.bytes.fill(0, cache.start, cache.start + 100);
      const found = bytes.subarray(start, start + length);
      assert.ok(Buffer.compare(found, contentOf(1, offset, length)) === 0);
    }
  }
});

test("the objects used last are kept, up to the bound", () => {
  const cache = new BaseCache(1 << 20);
  let lost = 0;
  for (let offset = 12; offset < 5_012; offset++) {
    put(cache, 1, offset, 1_000);
    if (cache.find(1, 12)) continue;
    // It may have to make room for another whose place in the table is the same.
    lost++;
    put(cache, 1, 12, 1_000);
  }
  assert.ok(lost < 50, `lost ${lost} times`);
  let kept = 0;
  for (let offset = 12; offset < 5_012; offset++) if (cache.find(1, offset)) kept++;
  assert.ok(kept > 300 && kept <= 800, `${kept}`);
  assert.equal(cache.find(2, 12), false);
});

test("large objects have a bound too", () => {
  const cache = new BaseCache(1 << 20);
  for (let offset = 12; offset < 40; offset++) put(cache, 1, offset, 120_000);
  let kept = 0;
  for (let offset = 12; offset < 40; offset++) if (cache.find(1, offset)) kept++;
  assert.equal(kept, 4);
  put(cache, 1, 100, 600_000);
  assert.equal(cache.find(1, 100), false);
});

test("offsets beyond 4 GiB are told apart", () => {
  const cache = new BaseCache();
  const offsets = [12, 12 + 2 ** 32, 12 + 2 ** 40, 2 ** 53 - 21];
  for (const offset of offsets) put(cache, 1, offset, 10 + (offset % 7));
  for (const offset of offsets) {
    assert.ok(cache.find(1, offset));
    assertFound(cache, 1, offset, 10 + (offset % 7));
  }
  assert.equal(cache.find(1, 12 + 2 ** 41), false);
});
