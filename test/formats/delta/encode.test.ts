// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyDelta, readDeltaSizes } from "../../../src/formats/delta/apply.js";
import { DeltaIndex, encodeDelta } from "../../../src/formats/delta/encode.js";
import { seededRandom } from "../../support/random.js";
import { scale } from "../../support/scale.js";

function apply(delta: Uint8Array, base: Uint8Array): Uint8Array {
  const { baseSize, resultSize, start } = readDeltaSizes(delta);
  assert.equal(baseSize, base.length);
  const result = new Uint8Array(resultSize);
  applyDelta(delta, start, delta.length, base, 0, base.length, result, 0, resultSize);
  return result;
}

function encode(base: Uint8Array, target: Uint8Array, maxSize = Number.POSITIVE_INFINITY): Uint8Array | undefined {
  const index = new DeltaIndex();
  index.fill(base);
  return encodeDelta(index, target, maxSize)?.slice();
}

/** Bytes of few different values, so that there is something to find. */
const bytes = (most: number) =>
  fc.record({ seed: fc.integer(), length: fc.nat(most), values: fc.constantFrom(1, 2, 16, 256) }).map((made) => {
    const random = seededRandom(made.seed);
    return Uint8Array.from({ length: made.length }, () => random() % made.values);
  });

/** An object made from another by copying parts of it and adding others. */
const pair = fc.tuple(
  bytes(6000),
  fc.array(fc.oneof(bytes(200), fc.tuple(fc.nat(6000), fc.nat(3000))), { maxLength: 12 }),
);

function targetOf(base: Uint8Array, parts: readonly (Uint8Array | [number, number])[]): Uint8Array {
  const pieces = parts.map((part) => (part instanceof Uint8Array ? part : base.subarray(part[0], part[0] + part[1])));
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

test("applying a delta gives what it was made of", () => {
  fc.assert(
    fc.property(pair, ([base, parts]) => {
      const target = targetOf(base, parts);
      const delta = encode(base, target);
      if (target.length === 0) assert.equal(delta, undefined);
      else assert.deepEqual(apply(delta!, base), target);
    }),
    { numRuns: scale(400, 20_000) },
  );
});

test("a delta is made exactly where it fits", () => {
  fc.assert(
    fc.property(pair, fc.nat(3000), ([base, parts], most) => {
      const target = targetOf(base, parts);
      const whole = encode(base, target);
      const limited = encode(base, target, most);
      if (limited === undefined) return;
      assert.ok(limited.length <= most);
      assert.deepEqual(limited, whole);
    }),
    { numRuns: scale(300, 10_000) },
  );
  const base = Uint8Array.from({ length: 5000 }, (_, i) => i * i);
  const whole = encode(base, base)!;
  assert.deepEqual(encode(base, base, whole.length), whole);
  assert.equal(encode(base, base, whole.length - 1), undefined);
});

test("an index that is filled again is as a new one", () => {
  const random = seededRandom(5);
  const index = new DeltaIndex();
  for (let round = 0; round < 40; round++) {
    const base = Uint8Array.from({ length: random() % 9000 }, () => random() % 7);
    const target = Uint8Array.from([...base.subarray(base.length >> 1), ...base.subarray(0, base.length >> 1), 1, 2]);
    index.fill(base);
    assert.deepEqual(encodeDelta(index, target, 1e9)?.slice(), encode(base, target));
  }
});

test("runs longer than an instruction can copy become several", () => {
  const random = seededRandom(6);
  const base = Uint8Array.from({ length: 300_000 }, () => random());
  const target = Uint8Array.from([...base.subarray(7), ...base.subarray(0, 100_000)]);
  const delta = encode(base, target)!;
  assert.ok(delta.length < 60, `${delta.length} bytes`);
  assert.deepEqual(apply(delta, base), target);
});

test("a base that repeats itself takes no more work than another", () => {
  const base = new Uint8Array(1 << 20);
  for (let i = 0; i < base.length; i++) base[i] = i % 2048 === 0 ? i >> 11 : 97;
  const target = Uint8Array.from({ length: 200_000 }, (_, i) => (i % 16 === 15 ? i : 97));
  const begun = performance.now();
  const delta = encode(base, target)!;
  assert.ok(performance.now() - begun < 20_000);
  assert.deepEqual(apply(delta, base), target);
});
