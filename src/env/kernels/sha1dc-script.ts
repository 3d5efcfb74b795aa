/** SHA-1 with detection of collision attacks in plain TypeScript, for hosts without WebAssembly. */

import type { BlockHasher } from "./sha1dc-blocks.js";
import { type DisturbanceVector, makeConditions, makeVectors, testSteps } from "./sha1dc-vectors.js";

const words = new Int32Array(80);
/** The states before each of the test steps, 5 words each. */
const kept = new Int32Array(testSteps.length * 5);
const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc | 0, 0xca62c1d6 | 0] as const;

/** The conditions as numbers: two words and their bits, 0 if these must be equal or 1 if they must differ, and the vectors. */
const fields = 6;
function packConditions(): Int32Array {
  return Int32Array.from(
    makeConditions().flatMap(({ first, firstBit, second, secondBit, relation, vectors }) => {
      const must = relation === "equal" ? 0 : 1;
      return [first, firstBit, second, secondBit, must, vectors];
    }),
  );
}

let vectors: readonly DisturbanceVector[] | undefined;
let packed: Int32Array | undefined;

function expand(bytes: Uint8Array, start: number): void {
  for (let step = 0, at = start; step < 16; step++, at += 4)
    words[step] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  for (let step = 16; step < 80; step++) {
    const word = words[step - 3]! ^ words[step - 8]! ^ words[step - 14]! ^ words[step - 16]!;
    words[step] = (word << 1) | (word >>> 31);
  }
}

function mix(step: number, b: number, c: number, d: number): number {
  if (step < 20) return d ^ (b & (c ^ d));
  return step >= 40 && step < 60 ? (b & c) | (d & (b | c)) : b ^ c ^ d;
}

/** Adds what the compression makes of the chaining value and the words to the chaining value. */
function compress(state: Uint32Array): void {
  let a = state[0]! | 0;
  let b = state[1]! | 0;
  let c = state[2]! | 0;
  let d = state[3]! | 0;
  let e = state[4]! | 0;
  for (let round = 0; round < 4; round++) {
    const constant = constants[round]!;
    for (let step = 20 * round; step < 20 * round + 20; step++) {
      if (step >= 55 && step % 5 === 0 && step <= 65) kept.set([a, b, c, d, e], step - 55);
      const next = (((a << 5) | (a >>> 27)) + mix(step, b, c, d) + e + constant + words[step]!) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}

/** The vectors, a bit for each, all of whose conditions the words meet. */
function findVectors(): number {
  const conditionFields = (packed ??= packConditions());
  let left = -1;
  for (let at = 0; at < conditionFields.length && left !== 0; at += fields) {
    const first = words[conditionFields[at]!]! >>> conditionFields[at + 1]!;
    const second = words[conditionFields[at + 2]!]! >>> conditionFields[at + 3]!;
    if (((first ^ second ^ conditionFields[at + 4]!) & 1) !== 0) left &= ~conditionFields[at + 5]!;
  }
  return left;
}

/** The state before `to` from that before `from`, by the words changed as a vector says; `to` is 0 or 80. */
function runChanged(from: number, to: 0 | 80, differences: Uint32Array, start: Int32Array): Int32Array {
  let [a, b, c, d, e] = start as unknown as [number, number, number, number, number];
  for (let step = from; step < to; step++) {
    const word = words[step]! ^ differences[step]!;
    const next = (((a << 5) | (a >>> 27)) + mix(step, b, c, d) + e + constants[Math.floor(step / 20)]! + word) | 0;
    [a, b, c, d, e] = [next, a, (b << 30) | (b >>> 2), c, d];
  }
  for (let step = from - 1; step >= to; step--) {
    const word = words[step]! ^ differences[step]!;
    const rotated = (c << 2) | (c >>> 30);
    const last = a - ((b << 5) | (b >>> 27)) - mix(step, rotated, d, e) - constants[Math.floor(step / 20)]! - word;
    [a, b, c, d, e] = [b, rotated, d, e, last | 0];
  }
  return Int32Array.of(a, b, c, d, e);
}

/** Whether the changed block leads to the chaining value that this one led to: then this is one half of a collision. */
function isCollision(state: Uint32Array, vector: number): boolean {
  const { differences, testStep } = (vectors ??= makeVectors())[vector]!;
  const shared = kept.subarray(testStep - 55, testStep - 50);
  const before = runChanged(testStep, 0, differences, shared);
  const after = runChanged(testStep, 80, differences, shared);
  return before.every((word, index) => (word + after[index]!) >>> 0 === state[index]);
}

/** Hashes blocks in plain TypeScript. */
export const scriptBlockHasher: BlockHasher = {
  hashBlocks(state, bytes, start, count) {
    let found = false;
    for (let block = 0; block < count; block++) {
      expand(bytes, start + 64 * block);
      compress(state);
      for (let left = findVectors(); left !== 0; left &= left - 1)
        if (isCollision(state, 31 - Math.clz32(left & -left))) found = true;
    }
    return found;
  },
};
