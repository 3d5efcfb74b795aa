// portable
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { env } from "#env";
import { sha1, sha256 } from "../../src/core/oid.js";
import type { Environment } from "../../src/env/contract.js";
import { crc32 } from "../../src/env/crc32.js";
import { env as nodeEnv } from "../../src/env/node.js";
import { env as portableEnv } from "../../src/env/portable.js";
import { scale } from "../support/scale.js";

const environments: readonly Environment[] = [...new Set([env, nodeEnv, portableEnv])];
const formats = [sha1, sha256] as const;
const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 400, maxLength: 3000 }));
const stretch = fc.tuple(bytes, fc.nat(), fc.nat()).map(([all, a, b]) => {
  const start = a % (all.length + 1);
  return { all, start, end: start + (b % (all.length - start + 1)) };
});

function oracle(name: string, message: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash(name).update(message).digest());
}

for (const environment of environments) {
  const name = `${environment.name}${environment === env ? ", this environment" : ""}`;

  test(`${name}: one call, a running hash and a batch give the digest that OpenSSL gives`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...formats),
        stretch,
        fc.nat(5),
        fc.boolean(),
        (format, { all, start, end }, at, detectCollisions) => {
          const message = all.subarray(start, end);
          const wanted = oracle(format.name, message);
          const target = new Uint8Array(format.byteLength + 10);
          environment.hashInto(format, all, start, end, target, at);
          const batched = new Uint8Array(target.length);
          const batch = environment.createBatchHasher(format, { detectCollisions }, () => assert.fail("no collision"));
          const copy = all.slice();
          batch.add(copy, start, end, batched, at, 1);
          copy.fill(0);
          batch.flush();
          assert.deepEqual(target.subarray(at, at + format.byteLength), wanted);
          assert.deepEqual(batched, target, "and nothing beside it");
          for (const hasher of [
            environment.createHasher(format),
            environment.createContentHasher(format, { detectCollisions }),
          ]) {
            const middle = message.length >> 1;
            hasher.update(message.subarray(0, middle));
            hasher.update(message.subarray(middle));
            assert.deepEqual(hasher.digest(), wanted);
            if ("foundCollision" in hasher) assert.equal(hasher.foundCollision, false);
          }
        },
      ),
      { numRuns: scale(300, 5000) },
    );
  });

  test(`${name}: a batch of many messages has each digest in its place`, () => {
    for (const detectCollisions of [false, true]) {
      const batch = environment.createBatchHasher(sha1, { detectCollisions });
      const messages = Array.from({ length: 300 }, (_, i) => new Uint8Array((i * i) % 5000).fill(i));
      const table = new Uint8Array(20 * messages.length);
      for (const [i, message] of messages.entries()) batch.add(message, 0, message.length, table, 20 * i, i);
      batch.flush();
      for (const [i, message] of messages.entries()) {
        assert.deepEqual(table.subarray(20 * i, 20 * i + 20), oracle("sha1", message), `message ${i}`);
      }
    }
  });

  test(`${name}: CRC32 is zlib's, of stretches of any length, continued or not`, () => {
    fc.assert(
      fc.property(stretch, fc.nat(0xffffffff), fc.nat(), ({ all, start, end }, seed, cut) => {
        // Node's own gives 0 for nothing, whatever came before.
        const wanted = start === end ? seed : zlibCrc32(all.subarray(start, end), seed);
        const middle = start + (cut % (end - start + 1));
        assert.equal(environment.crc32(all, start, end, seed), wanted);
        assert.equal(environment.crc32(all, middle, end, environment.crc32(all, start, middle, seed)), wanted);
        assert.equal(environment.crc32(all, start, end), zlibCrc32(all.subarray(start, end)));
        assert.equal(crc32(all, start, end, seed), wanted);
      }),
      { numRuns: scale(500, 5000) },
    );
  });

  test(`${name}: ranges outside of their arrays are refused`, () => {
    const message = new Uint8Array(30);
    const target = new Uint8Array(25);
    assert.throws(() => environment.hashInto(sha1, message, 0, 31, target, 0), RangeError);
    assert.throws(() => environment.hashInto(sha1, message, 4, 3, target, 0), RangeError);
    assert.throws(() => environment.hashInto(sha1, message, 0, 30, target, 6), RangeError);
    assert.throws(() => environment.hashInto(sha256, message, 0, 30, target, 0), RangeError);
  });
}

test("an environment has a processor or more", () => {
  for (const { processors } of environments) assert.ok(Number.isInteger(processors) && processors >= 1);
});
