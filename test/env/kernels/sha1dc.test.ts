// portable
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { BatchHasher, ContentHasher } from "../../../src/env/contract.js";
import { createSha1BatchHasher, createSha1DcBatchHasher, createSha1DcHasher } from "../../../src/env/kernels/sha1dc.js";
import { MessageHasher, SuccessiveHasher } from "../../../src/env/kernels/sha1dc-message.js";
import { scriptBlockHasher } from "../../../src/env/kernels/sha1dc-script.js";
import { seededRandom } from "../../support/random.js";
import { scale } from "../../support/scale.js";

const random = seededRandom(1);
const noise = Uint8Array.from({ length: 300_000 }, random);
const [half, otherHalf] = [1, 2].map((number) => {
  const url = new URL(`../../../../fixtures/sha1-collision/shattered-${number}.bin`, import.meta.url);
  return new Uint8Array(readFileSync(url));
}) as [Uint8Array, Uint8Array];

const hashers: Readonly<Record<string, () => ContentHasher>> = {
  kernel: createSha1DcHasher,
  "plain TypeScript": () => new MessageHasher(scriptBlockHasher),
};
const batchHashers: Readonly<Record<string, (onCollision: (tag: number) => void) => BatchHasher>> = {
  kernel: createSha1DcBatchHasher,
  "plain TypeScript": (onCollision) => new SuccessiveHasher(scriptBlockHasher, onCollision),
};

function sha1(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

function unexpected(tag: number): never {
  assert.fail(`message ${tag} was said to bear the traces of an attack`);
}

for (const [name, createHasher] of Object.entries(hashers)) {
  test(`${name}: a message of any length up to 300 bytes has the digest that OpenSSL gives`, () => {
    for (let length = 0; length <= 300; length++) {
      const message = noise.subarray(length, 2 * length);
      const hasher = createHasher();
      hasher.update(message);
      assert.deepEqual(hasher.digest(), sha1(message), `${length} bytes`);
      assert.equal(hasher.foundCollision, false);
    }
  });

  test(`${name}: the digest does not depend on the pieces in which a message comes`, () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (parts) => {
        const hasher = createHasher();
        for (const part of parts) hasher.update(part);
        assert.deepEqual(hasher.digest(), sha1(...parts));
      }),
      { numRuns: scale(200, 5000) },
    );
  });

  test(`${name}: a long message has its digest, and random bytes bear no traces`, () => {
    const hasher = createHasher();
    hasher.update(noise.subarray(0, 7));
    hasher.update(noise.subarray(7));
    assert.deepEqual(hasher.digest(), sha1(noise));
    assert.equal(hasher.foundCollision, false);
  });

  test(`${name}: either half of the published collision is found, in whatever pieces it comes and whatever follows`, () => {
    assert.notDeepEqual(half, otherHalf);
    assert.deepEqual(sha1(half), sha1(otherHalf));
    for (const message of [half, otherHalf]) {
      for (let split = 0; split <= message.length; split++) {
        const hasher = createHasher();
        hasher.update(message.subarray(0, split));
        hasher.update(message.subarray(split));
        if (split % 3 === 0) hasher.update(noise.subarray(0, 5 * split));
        const wanted = split % 3 === 0 ? sha1(message, noise.subarray(0, 5 * split)) : sha1(half);
        assert.deepEqual(hasher.digest(), wanted);
        assert.equal(hasher.foundCollision, true, `split at ${split}`);
      }
    }
  });

  test(`${name}: neither the beginning of a colliding message nor one with a bit changed bears traces`, () => {
    const changed = [...Array(320).keys()].map((at) =>
      half.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte)),
    );
    // The first of the two blocks only leads to nearly the same chaining value.
    for (const message of [half.subarray(0, 256), half.subarray(64), ...changed]) {
      const hasher = createHasher();
      hasher.update(message);
      assert.deepEqual(hasher.digest(), sha1(message));
      assert.equal(hasher.foundCollision, false);
    }
  });
}

for (const [name, createBatchHasher] of Object.entries(batchHashers)) {
  test(`${name}: every message of a batch has its digest, and the caller may reuse its bytes at once`, () => {
    const lengths = fc.oneof(fc.nat(200), fc.nat(200), fc.nat(9000));
    const hasher = createBatchHasher(unexpected);
    fc.assert(
      fc.property(fc.array(lengths, { maxLength: 60 }), fc.nat(1000), (all, shift) => {
        const target = new Uint8Array(24 * all.length);
        const wanted = new Uint8Array(24 * all.length);
        for (const [index, length] of all.entries()) {
          const bytes = noise.slice(shift + index, shift + index + length + 9);
          wanted.set(sha1(bytes.subarray(5, 5 + length)), 24 * index + 2);
          hasher.add(bytes, 5, 5 + length, target, 24 * index + 2, index);
          bytes.fill(0);
        }
        hasher.flush();
        assert.deepEqual(target, wanted);
      }),
      { numRuns: scale(60, 2000) },
    );
    hasher.flush();
  });

  test(`${name}: a colliding message is found wherever it stands in a batch, and only it`, () => {
    const found: number[] = [];
    const hasher = createBatchHasher((tag) => found.push(tag));
    for (let count = 1; count <= 9; count++) {
      for (let at = 0; at < count; at++) {
        for (const message of [half, otherHalf]) {
          const target = new Uint8Array(20 * count);
          for (let index = 0; index < count; index++) {
            const length = [10, 320, 700][(index + count) % 3]!;
            const bytes = index === at ? message : noise.subarray(index, index + length);
            hasher.add(bytes, 0, bytes.length, target, 20 * index, index);
          }
          hasher.flush();
          assert.deepEqual(found.splice(0), [at], `number ${at} of ${count}`);
          assert.deepEqual(target.subarray(20 * at, 20 * at + 20), sha1(half));
        }
      }
    }
  });
}

test("more and longer messages than are gathered have their digests", () => {
  const hasher = createSha1DcBatchHasher(unexpected);
  const lengths = [130_900, 131_072, 131_073, 300_000, 0, ...Array.from({ length: 5000 }, (_, i) => i % 130)];
  const digests = new Uint8Array(20 * lengths.length);
  for (const [i, length] of lengths.entries()) hasher.add(noise, 0, length, digests, 20 * i);
  hasher.flush();
  for (const [i, length] of lengths.entries())
    assert.deepEqual(digests.subarray(20 * i, 20 * i + 20), sha1(noise.subarray(0, length)), `${length} bytes`);
});

test("a long colliding message is found, and what its finder throws leaves the hasher in order", () => {
  const file = new Uint8Array(140_000);
  file.set(half);
  const hasher = createSha1DcBatchHasher((tag) => {
    throw new Error(`found ${tag}`);
  });
  const digests = new Uint8Array(40);
  assert.throws(() => hasher.add(file, 0, file.length, digests, 0, 7), /found 7/);
  hasher.add(file, 0, 1000, digests, 0, 8);
  hasher.add(noise, 0, 1000, digests, 20, 9);
  assert.throws(() => hasher.flush(), /found 8/);
  assert.deepEqual(digests.subarray(20), sha1(noise.subarray(0, 1000)));
  hasher.add(noise, 0, 2000, digests, 0);
  hasher.flush();
  assert.deepEqual(digests.subarray(0, 20), sha1(noise.subarray(0, 2000)));
});

test("a range outside of the bytes, or no room for the digest, is misuse", () => {
  for (const createBatchHasher of Object.values(batchHashers)) {
    const hasher = createBatchHasher(unexpected);
    assert.throws(() => hasher.add(half, 0, 321, new Uint8Array(20), 0), RangeError);
    assert.throws(() => hasher.add(half, 2, 1, new Uint8Array(20), 0), RangeError);
    assert.throws(() => hasher.add(half, 0, 320, new Uint8Array(20), 1), RangeError);
  }
});

test("where there is no WebAssembly, messages are hashed in plain TypeScript", () => {
  const host = globalThis as { WebAssembly?: unknown };
  const webAssembly = host.WebAssembly;
  host.WebAssembly = undefined;
  try {
    const found: number[] = [];
    const hasher = createSha1DcBatchHasher((tag) => found.push(tag));
    assert.ok(hasher instanceof SuccessiveHasher);
    const digest = new Uint8Array(20);
    hasher.add(half, 0, half.length, digest, 0, 3);
    hasher.flush();
    assert.deepEqual([found, digest], [[3], sha1(half)]);
  } finally {
    host.WebAssembly = webAssembly;
  }
});

test("without detection messages of all lengths have the digests that OpenSSL gives, short ones side by side", () => {
  const lengths = [
    0,
    1,
    55,
    56,
    63,
    64,
    119,
    120,
    999,
    1000,
    1001,
    70_000,
    ...Array.from({ length: 3000 }, (_, i) => i % 700),
  ];
  const long: number[] = [];
  const each: BatchHasher = {
    add: (bytes, start, end, target, at) => {
      long.push(end - start);
      target.set(sha1(bytes.subarray(start, end)), at);
    },
    flush: () => undefined,
  };
  for (const most of [1000, Number.POSITIVE_INFINITY]) {
    long.length = 0;
    const hasher = createSha1BatchHasher(each, most);
    const digests = new Uint8Array(20 * lengths.length);
    for (const [i, length] of lengths.entries()) hasher.add(noise, i, i + length, digests, 20 * i);
    hasher.flush();
    for (const [i, length] of lengths.entries()) {
      assert.deepEqual(digests.slice(20 * i, 20 * i + 20), sha1(noise.subarray(i, i + length)), `${length} bytes`);
    }
    assert.deepEqual(long, most === 1000 ? [1001, 70_000] : []);
  }
});

test("without detection a half of a collision has SHA-1's digest, and nothing is said of it", () => {
  const digest = new Uint8Array(20);
  const hasher = createSha1BatchHasher({ add: () => assert.fail(), flush: () => undefined }, 131_072);
  const block = half.subarray(0, 320);
  for (let i = 0; i < 3; i++) hasher.add(block, 0, block.length, digest, 0);
  hasher.flush();
  assert.deepEqual(digest, sha1(block));
});
