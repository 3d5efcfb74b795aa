import assert from "node:assert/strict";
import { test } from "node:test";
import { wasmText } from "../../../src/env/kernels/generated/sha1dc.js";
import { makeConditions, makeVectors, testSteps } from "../../../src/env/kernels/sha1dc-vectors.js";
import { compileModule, instantiate } from "../../../src/env/kernels/wasm.js";
import { seededRandom } from "../../support/random.js";
import { scale } from "../../support/scale.js";

interface Kernel {
  readonly free: { readonly value: number };
  readonly memory: { readonly buffer: ArrayBuffer };
  expandAndCheck(p0: number, p1: number, p2: number, p3: number, lane: number): number;
  isCollision(wordLane: number, stateLane: number, vector: number): number;
}

const vectors = makeVectors();
const conditions = makeConditions();
const kernel = instantiate<Kernel>(compileModule(wasmText));
const memory = new Uint32Array(kernel.memory.buffer);
const random = seededRandom(2);
/** Where the kernel has the kept states and the chaining values, in words: rows of four lanes, as its words from 0. */
const keptAt = 1280 / 4;
const stateAt = 1536 / 4;

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function expand(block: Uint32Array): Uint32Array {
  const words = new Uint32Array(80);
  words.set(block);
  for (let i = 16; i < 80; i++) words[i] = rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
  return words;
}

/** The vectors, a bit for each, whose conditions the words meet, by the table. */
function meet(words: Uint32Array): number {
  let met = -1;
  for (const { first, firstBit, second, secondBit, relation, vectors: needing } of conditions) {
    const differ = ((words[first]! >>> firstBit) & 1) !== ((words[second]! >>> secondBit) & 1);
    if (differ !== (relation === "differ")) met &= ~needing;
  }
  return met >>> 0;
}

/** SHA-1's steps `from` to `to`, plainly. */
function runSteps(state: readonly number[], words: Uint32Array, from: number, to: number): number[] {
  let [a, b, c, d, e] = state as [number, number, number, number, number];
  for (let step = from; step < to; step++) {
    const quarter = Math.floor(step / 20);
    const f = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][quarter]!;
    const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][quarter]!;
    [a, b, c, d, e] = [(rotate(a, 5) + f + e + k + words[step]!) >>> 0, a, rotate(b, 30) >>> 0, c, d];
  }
  return [a, b, c, d, e];
}

test("the differences that a disturbance vector stands for are those of expanded messages", () => {
  assert.equal(vectors.length, 32);
  assert.equal(conditions.length, 156);
  for (const { differences, start, testStep } of vectors) {
    assert.deepEqual(expand(differences.subarray(0, 16)), differences);
    assert.ok(differences.subarray(testStep, start + 15).every((word) => word === 0));
    assert.ok((testSteps as readonly number[]).includes(testStep) && testStep <= start + 15);
  }
});

test("the kernel finds the vectors whose conditions a block meets, in every lane", () => {
  const free = kernel.free.value;
  const block = new Uint32Array(16);
  const view = new DataView(kernel.memory.buffer);
  const rounds = scale(12_000, 1_000_000);
  let metOnce = 0;
  for (let round = 0; round < rounds; round++) {
    const lane = round % 4;
    for (let i = 0; i < 64; i++) view.setUint32(free + 4 * i, random());
    for (let i = 0; i < 16; i++) block[i] = view.getUint32(free + 64 * lane + 4 * i);
    const met = meet(expand(block));
    metOnce |= met;
    assert.equal(kernel.expandAndCheck(free, free + 64, free + 128, free + 192, lane) >>> 0, met);
  }
  assert.ok(metOnce !== 0);
});

test("the kernel tells a collision by any of the vectors, in every lane, from what is none", () => {
  for (const [vector, { differences, testStep }] of vectors.entries()) {
    for (let lane = 0; lane < 16; lane++) {
      const [wordLane, stateLane] = [lane & 3, lane >> 2];
      const words = Uint32Array.from({ length: 80 }, random);
      const changed = words.map((word, step) => word ^ differences[step]!);
      for (const [step, word] of words.entries()) memory[4 * step + wordLane] = word;
      // The chaining value before decides the state at the test step, and with the state at the end the chaining value after.
      const before = Array.from({ length: 5 }, random);
      const kept = runSteps(before, changed, 0, testStep);
      const last = runSteps(before, changed, 0, 80);
      const row = keptAt + 20 * (testSteps as readonly number[]).indexOf(testStep);
      for (const [i, word] of kept.entries()) memory[row + 4 * i + stateLane] = word;
      for (const [i, word] of last.entries()) memory[stateAt + 4 * i + stateLane] = word + before[i]!;
      assert.equal(kernel.isCollision(wordLane, stateLane, vector), 1, `vector ${vector}, lane ${lane}`);
      const bit = 1 << (random() & 31);
      for (const place of [stateAt + 4 * (lane % 5) + stateLane, 4 * (random() % 80) + wordLane]) {
        memory[place]! ^= bit;
        assert.equal(kernel.isCollision(wordLane, stateLane, vector), 0);
        memory[place]! ^= bit;
      }
    }
  }
});
