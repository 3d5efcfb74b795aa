// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DeltaKernel } from "../../../src/env/kernels/delta.js";
import { createDeltaSources, DeltaSource } from "../../../src/formats/delta/delta-source.js";
import { DeltaIndex, encodeDelta } from "../../../src/formats/delta/encode.js";
import { seededRandom } from "../../support/random.js";
import { scale } from "../../support/scale.js";

function makeBytes(seed: number, length: number, values: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => random() % values);
}

/** A target that copies parts of a base, and has bytes of its own in between. */
function makeTarget(base: Uint8Array, seed: number, length: number): Uint8Array {
  const random = seededRandom(seed);
  const target = makeBytes(seed, length, 256);
  for (let at = random() % 100; at < length; at += random() % 300) {
    const from = base.length === 0 ? 0 : random() % base.length;
    const part = base.subarray(from, from + (random() % 5000)).subarray(0, length - at);
    target.set(part, at);
    at += part.length;
  }
  return target;
}

const values = fc.constantFrom(1, 2, 16, 256);
const lengths = fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(60_000));

test("the kernel makes the deltas that plain TypeScript makes, within the same limits", () => {
  const sources = createDeltaSources(3);
  const index = new DeltaIndex();
  let turn = 0;
  fc.assert(
    fc.property(fc.integer(), lengths, values, lengths, fc.nat(6000), (seed, baseSize, kinds, targetSize, limit) => {
      const base = makeBytes(seed, baseSize, kinds);
      const target = makeTarget(base, seed + 1, targetSize);
      const source = sources[turn++ % sources.length]!;
      source.fill(base);
      index.fill(base);
      assert.equal(source.byteLength, index.byteLength);
      for (const most of [limit, targetSize >> 1, Number.POSITIVE_INFINITY]) {
        const wanted = encodeDelta(index, target, most)?.slice();
        assert.deepEqual(source.encode(target, most)?.slice(), wanted);
      }
    }),
    { numRuns: scale(200, 5000) },
  );
});

test("sources that share a kernel keep their bases apart, while its memory grows", () => {
  const sources = createDeltaSources(11);
  const bases = sources.map((_, i) => makeBytes(i, 1 << (8 + i), 256));
  for (const [i, source] of sources.entries()) source.fill(bases[i]!);
  for (const [i, source] of sources.entries()) {
    const base = bases[i]!;
    const index = new DeltaIndex();
    index.fill(base);
    const target = makeTarget(base, 50 + i, 2 * base.length);
    assert.deepEqual(source.encode(target, 1e9)?.slice(), encodeDelta(index, target, 1e9)?.slice());
  }
});

test("without a kernel, or for a base too large for it, plain TypeScript does the work", () => {
  const base = makeBytes(7, (1 << 20) + 1, 256);
  const target = makeTarget(base, 8, 5000);
  const index = new DeltaIndex();
  index.fill(base);
  const wanted = encodeDelta(index, target, 1e9)!.slice();
  for (const source of [new DeltaSource(), ...createDeltaSources(1)]) {
    source.fill(base);
    assert.equal(source.byteLength, index.byteLength);
    assert.deepEqual(source.encode(target, 1e9)?.slice(), wanted);
    source.fill(base.subarray(0, 100));
    assert.equal(source.encode(new Uint8Array(0), 100), undefined);
  }
});

test("a kernel that has no memory for something says so and stays in order", () => {
  const index = DeltaKernel.create()!.createIndex();
  const base = makeBytes(9, 5000, 256);
  const huge = { length: 2 ** 31 } as Uint8Array;
  assert.equal(index.fill(huge), false);
  assert.equal(index.encode(huge, 10), "no-memory");
  assert.equal(index.fill(base), true);
  assert.ok(index.encode(base, 100)!.length < 20);
});
