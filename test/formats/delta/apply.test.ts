// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyDelta, checkDeltaResult, readDeltaSizes } from "../../../src/formats/delta/apply.js";
import { sizeBytes } from "../../support/raw-pack.js";

/** An instruction, and what it makes. */
type Step =
  | { readonly kind: "copy"; readonly offset: number; readonly size: number }
  | { readonly kind: "insert"; readonly bytes: Uint8Array };

function encode(steps: readonly Step[], baseSize: number, resultSize: number): Uint8Array {
  const bytes = [...sizeBytes(baseSize), ...sizeBytes(resultSize)];
  for (const step of steps) {
    if (step.kind === "insert") bytes.push(step.bytes.length, ...step.bytes);
    else {
      const { offset, size } = step;
      const numbers = [offset & 255, (offset >> 8) & 255, (offset >> 16) & 255, 0];
      const sizes = size === 0x10000 ? [] : [size & 255, (size >> 8) & 255, size >> 16];
      const op = [...numbers, ...sizes].reduce((bits, byte, i) => (byte === 0 ? bits : bits | (1 << i)), 0x80);
      bytes.push(op, ...[...numbers, ...sizes].filter((byte) => byte !== 0));
    }
  }
  return Uint8Array.from(bytes);
}

function apply(delta: Uint8Array, base: Uint8Array, sameArray: boolean): Uint8Array {
  const { baseSize, resultSize, start } = readDeltaSizes(delta);
  checkDeltaResult(delta, { baseSize, resultSize, start }, delta.length);
  // Base and result with other bytes around them, which must stay.
  const room = new Uint8Array(base.length + resultSize + 30).fill(0xee);
  const source = sameArray ? room : base;
  if (sameArray) room.set(base, 10);
  const from = sameArray ? 10 : 0;
  const to = sameArray ? base.length + 20 : 5;
  applyDelta(delta, start, delta.length, source, from, from + base.length, room, to, resultSize);
  assert.deepEqual([room[to - 1], room[to + resultSize]], [0xee, 0xee]);
  return room.slice(to, to + resultSize);
}

const base = fc.uint8Array({ minLength: 1, maxLength: 400 });

function stepsOn(bytes: Uint8Array) {
  const copy = fc
    .tuple(fc.nat(bytes.length - 1), fc.nat(bytes.length))
    .map(
      ([offset, size]): Step => ({ kind: "copy", offset, size: Math.max(1, Math.min(size, bytes.length - offset)) }),
    );
  const insert = fc.uint8Array({ minLength: 1, maxLength: 127 }).map((bytes): Step => ({ kind: "insert", bytes }));
  return fc.array(fc.oneof(copy, insert), { minLength: 1, maxLength: 20 });
}

function resultOf(steps: readonly Step[], bytes: Uint8Array): Uint8Array {
  const parts = steps.map((step) =>
    step.kind === "insert" ? step.bytes : bytes.subarray(step.offset, step.offset + step.size),
  );
  return Uint8Array.from(Buffer.concat(parts));
}

test("any copies and new bytes make what they say, from another array and from the same", () => {
  const cases = base.chain((bytes) => fc.tuple(fc.constant(bytes), stepsOn(bytes), fc.boolean()));
  fc.assert(
    fc.property(cases, ([bytes, steps, sameArray]) => {
      const result = resultOf(steps, bytes);
      const delta = encode(steps, bytes.length, result.length);
      if (delta.length >= 4) assert.deepEqual(apply(delta, bytes, sameArray), result);
    }),
  );
});

test("a copy without size bytes is one of 65,536", () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
  const delta = encode([{ kind: "copy", offset: 3, size: 0x10000 }], bytes.length, 0x10000);
  assert.deepEqual(apply(delta, bytes, false), bytes.slice(3, 3 + 0x10000));
});

test("damaged instructions are refused, and write nothing outside of their result", () => {
  const cases = base.chain((bytes) =>
    fc.tuple(fc.constant(bytes), stepsOn(bytes), fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 })),
  );
  fc.assert(
    fc.property(cases, ([bytes, steps, sameArray, place, change]) => {
      const result = resultOf(steps, bytes);
      const delta = encode(steps, bytes.length, result.length);
      const start = readDeltaSizes(delta).start;
      delta[start + (place % (delta.length - start))]! ^= change;
      try {
        assert.equal(apply(delta, bytes, sameArray).length, result.length);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "bad-delta", `${error}`);
      }
    }),
  );
});

test("counting a result and making it agree on what is wrong", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 30 }), fc.uint8Array({ maxLength: 40 }), (delta, bytes) => {
      const outcome = (work: (sizes: ReturnType<typeof readDeltaSizes>) => void) => {
        try {
          const sizes = readDeltaSizes(delta);
          if (sizes.resultSize > 1e6) return "large";
          work(sizes);
          return "made";
        } catch (error) {
          return (error as Error).message;
        }
      };
      const counted = outcome((sizes) => checkDeltaResult(delta, sizes, delta.length));
      const made = outcome(({ start, resultSize }) => {
        applyDelta(delta, start, delta.length, bytes, 0, bytes.length, new Uint8Array(resultSize), 0, resultSize);
      });
      // A copy from outside of the base is seen only when it is made.
      if (made === "made" || counted !== "made")
        assert.equal(made === "made", counted === "made", `${made}, ${counted}`);
    }),
  );
});

test("sizes that do not end, or are beyond 2^53, are refused", () => {
  for (const bytes of [[], [0x80], [1], [1, 0x80], Array(9).fill(0xff), [1, ...Array(9).fill(0xff), 1]]) {
    assert.throws(() => readDeltaSizes(Uint8Array.from(bytes)), { code: "bad-delta" }, `${bytes}`);
  }
  assert.deepEqual(readDeltaSizes(Uint8Array.of(0x85, 1, 7, 9)), { baseSize: 133, resultSize: 7, start: 3 });
});
