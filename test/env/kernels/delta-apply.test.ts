// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applySlackByteLength, DeltaMemory } from "../../../src/env/kernels/delta-apply.js";
import { applyDelta } from "../../../src/formats/delta/apply.js";
import { scale } from "../../support/scale.js";

const memory = DeltaMemory.create(1 << 20)!;
const guard = 0xee;

/** What the kernel makes of instructions, or what it says of them; bytes around the result must stay. */
function byKernel(delta: Uint8Array, base: Uint8Array, resultSize: number): Uint8Array | string {
  const deltaAt = memory.start;
  const baseAt = deltaAt + delta.length + applySlackByteLength;
  const at = baseAt + base.length + applySlackByteLength + 1;
  const end = at + resultSize + applySlackByteLength;
  memory.bytes.fill(guard, deltaAt, end + 1);
  memory.bytes.set(delta, deltaAt);
  memory.bytes.set(base, baseAt);
  const outcome = memory.apply(deltaAt, deltaAt + delta.length, baseAt, base.length, at, resultSize);
  assert.deepEqual([memory.bytes[at - 1], memory.bytes[end]], [guard, guard]);
  return outcome === "done" ? memory.bytes.slice(at, at + resultSize) : outcome;
}

function byScript(delta: Uint8Array, base: Uint8Array, resultSize: number): Uint8Array | string {
  const target = new Uint8Array(resultSize);
  try {
    applyDelta(delta, 0, delta.length, base, 0, base.length, target, 0, resultSize);
    return target;
  } catch (error) {
    return String(error).includes("opcode") ? "opcode" : "outside";
  }
}

const base = Uint8Array.from({ length: 70_000 }, (_, i) => (i * i) >> 3);

const step = fc.oneof(
  fc.record({ offset: fc.nat(69_000), size: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.nat(1000)) }),
  fc.uint8Array({ minLength: 1, maxLength: 127 }),
);

function encode(steps: readonly ({ offset: number; size: number } | Uint8Array)[]): {
  delta: Uint8Array;
  size: number;
} {
  let made = 0;
  const delta = steps.flatMap((next) => {
    if (next instanceof Uint8Array) {
      made += next.length;
      return [next.length, ...next];
    }
    const { offset, size } = next;
    made += size === 0 ? 0x10000 : size;
    return [0xb7, offset & 255, (offset >> 8) & 255, offset >> 16, size & 255, size >> 8];
  });
  return { delta: Uint8Array.from(delta), size: made };
}

test("the kernel makes of sound instructions what the plain function makes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { delta, size } = encode(steps);
      const made = byKernel(delta, base, size);
      assert.deepEqual(made, byScript(delta, base, size));
    }),
    { numRuns: scale(200, 10_000) },
  );
});

test("the kernel says of any other bytes what the plain function says, and writes nothing elsewhere", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(300), fc.nat(400), (delta, baseSize, resultSize) => {
      const small = base.subarray(0, baseSize);
      assert.deepEqual(byKernel(delta, small, resultSize), byScript(delta, small, resultSize));
    }),
    { numRuns: scale(2000, 100_000) },
  );
});

test("offsets up to 2^32 that lie outside of the base are refused", () => {
  const delta = Uint8Array.of(0x9f, 255, 255, 255, 255, 2);
  assert.equal(byKernel(delta, base, 2), "outside");
  assert.equal(byScript(delta, base, 2), "outside");
});
