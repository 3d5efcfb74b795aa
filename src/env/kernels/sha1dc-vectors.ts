/**
 * What is known of the attacks on SHA-1: the 32 disturbance vectors that every published attack uses one of, and for each the conditions
 * on the message that no pair of colliding blocks of that vector can avoid. These are results of M. Stevens and D. Shumow, "Speeding up
 * detection of SHA-1 collision attacks using unavoidable attack conditions", which git's own detection rests on too.
 *
 * Pure data and arithmetic: `bin/kernels.js` makes the WebAssembly kernel of it, `sha1dc-script.ts`
 * runs on it as it is.
 */

/**
 * A condition on two bits of the expanded message: word K + first, bit, word K + second, bit, whether they are equal or differ, and the K
 * of the vectors that have it.
 */
type FamilyCondition = readonly [number, number, number, number, "equal" | "differ", string];

/** The vectors of one type, I or II, and one rotation, which differ in K only and so share nearly all of their conditions. */
interface Family {
  readonly type: 1 | 2;
  readonly rotation: 0 | 2;
  /** Their K: numbers and ranges. */
  readonly starts: string;
  readonly conditions: readonly FamilyCondition[];
}

const families: readonly Family[] = [
  {
    type: 1,
    rotation: 0,
    starts: "43-52",
    conditions: [
      [-16, 3, -12, 28, "equal", "51"],
      [-14, 4, -13, 4, "differ", "50-52"],
      [-13, 4, -9, 29, "equal", "48-52"],
      [-10, 4, -7, 29, "equal", "47-52"],
      [-10, 4, -6, 29, "equal", "45-46"],
      [-8, 29, -7, 29, "equal", "48-52"],
      [-7, 29, -6, 29, "equal", "47-52"],
      [-6, 4, -3, 29, "equal", "43-52"],
      [-6, 4, -4, 4, "differ", "43-46"],
      [-4, 29, -3, 29, "equal", "44-52"],
      [-4, 4, -1, 29, "equal", "43-52"],
      [-4, 4, -2, 4, "differ", "43-44"],
      [-4, 29, 3, 29, "differ", "52"],
      [-3, 29, -1, 29, "differ", "47-52"],
      [-3, 29, 4, 29, "differ", "51"],
      [-2, 4, 1, 29, "equal", "43-52"],
      [-1, 29, 1, 29, "differ", "45-51"],
      [0, 4, 3, 29, "equal", "43-52"],
      [1, 29, 4, 29, "differ", "50 52"],
      [1, 29, 3, 29, "differ", "43-49"],
      [3, 29, 4, 29, "equal", "43-52"],
      [15, 0, 16, 5, "differ", "45-48"],
      [15, 0, 20, 30, "differ", "43-44"],
      [16, 5, 20, 30, "equal", "43-44"],
      [18, 1, 19, 6, "differ", "43-45"],
    ],
  },
  {
    type: 2,
    rotation: 0,
    starts: "45-56",
    conditions: [
      [-18, 4, -15, 29, "equal", "55-56"],
      [-18, 4, -16, 4, "differ", "54-56"],
      [-16, 29, -15, 29, "equal", "56"],
      [-16, 4, -13, 29, "equal", "53-56"],
      [-16, 4, -14, 4, "differ", "52-56"],
      [-13, 30, -8, 28, "differ", "48-52"],
      [-12, 4, -8, 29, "equal", "47-56"],
      [-12, 3, -8, 28, "equal", "47-56"],
      [-9, 4, -6, 29, "equal", "46-56"],
      [-9, 4, -5, 29, "equal", "45"],
      [-7, 29, -6, 29, "equal", "47-56"],
      [-6, 29, -5, 29, "equal", "46-56"],
      [-4, 4, -1, 29, "equal", "45-56"],
      [-2, 29, -1, 29, "equal", "45-56"],
      [-1, 29, 0, 29, "equal", "45-56"],
      [2, 4, 5, 29, "equal", "45-54"],
      [2, 4, 4, 29, "equal", "55"],
      [4, 29, 5, 29, "equal", "45-54"],
      [4, 4, 7, 29, "equal", "45-52"],
      [4, 29, 7, 29, "differ", "47 49 52"],
      [4, 4, 8, 29, "equal", "53-56"],
      [5, 29, 8, 29, "differ", "46 48 50-51 53"],
      [5, 29, 7, 29, "differ", "45"],
      [7, 29, 8, 29, "equal", "45-52"],
      [15, 0, 16, 5, "differ", "45-48"],
      [18, 1, 19, 6, "differ", "45"],
    ],
  },
  {
    type: 1,
    rotation: 2,
    starts: "46-51",
    conditions: [
      [-16, 5, -12, 30, "equal", "51"],
      [-14, 1, -13, 6, "differ", "49-51"],
      [-14, 1, -14, 6, "equal", "51"],
      [-11, 1, -10, 6, "differ", "46-48 50-51"],
      [-11, 1, -9, 1, "differ", "49"],
      [-10, 6, -9, 1, "equal", "49-51"],
      [-7, 1, -6, 6, "differ", "46-48 51"],
      [-7, 1, 1, 1, "differ", "49-50"],
      [-6, 6, -4, 6, "equal", "46-51"],
      [-4, 6, -2, 6, "equal", "46-51"],
      [-2, 6, 0, 6, "equal", "46-51"],
      [0, 6, 1, 1, "equal", "46-51"],
      [15, 2, 16, 7, "differ", "46-48"],
    ],
  },
  {
    type: 2,
    rotation: 2,
    starts: "46 49-51",
    conditions: [
      [-13, 0, -8, 30, "differ", "49-51"],
      [-12, 5, -8, 30, "equal", "49-51"],
      [-10, 1, -9, 6, "differ", "46 49-51"],
      [-9, 6, -8, 1, "equal", "49-51"],
      [-5, 1, -4, 6, "differ", "46 49"],
      [-5, 1, -3, 1, "differ", "50-51"],
      [-4, 6, -3, 1, "equal", "46 49-51"],
      [1, 1, 5, 1, "differ", "46 49-51"],
      [2, 6, 4, 6, "equal", "46 49-51"],
      [4, 6, 5, 1, "equal", "46 49-51"],
      [15, 2, 16, 7, "differ", "46"],
    ],
  },
];

/** A disturbance vector, I(K, b) or II(K, b), and what a search for its traces needs. */
export interface DisturbanceVector {
  readonly type: 1 | 2;
  readonly start: number;
  readonly rotation: 0 | 2;
  /** The XOR of the two expanded messages, 80 words. */
  readonly differences: Uint32Array;
  /** A step before which the two messages' states are the same: one of {@link testSteps}. */
  readonly testStep: number;
}

/** A condition on two bits of the expanded message. */
export interface Condition {
  /** A word, 0 to 79, and a bit of it, 0 to 31. */
  readonly first: number;
  readonly firstBit: number;
  readonly second: number;
  readonly secondBit: number;
  /** What the bits must be to each other. */
  readonly relation: "equal" | "differ";
  /** The vectors that need it: bit i is that of the vector with that index. */
  readonly vectors: number;
}

/** The steps before which states are kept: one of them fits any vector, and they are where groups of five steps begin. */
export const testSteps = [55, 60, 65] as const;

function parseStarts(text: string): number[] {
  return text.split(" ").flatMap((part) => {
    const [from, to = from] = part.split("-").map(Number) as [number, number?];
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

function rotate(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}

/**
 * The differences of the expanded message: each disturbed bit is corrected in the five steps after it, which is a combination of shifted
 * and rotated copies of the vector itself. A vector, like a message, is all determined by 16 words: nothing but zeros, but for the ones
 * that name it, from K + 1 (or K) to K + 15.
 */
function expandDifferences(type: 1 | 2, start: number, rotation: number): Uint32Array {
  const before = 5;
  const vector = new Uint32Array(before + 80);
  const at = before + start;
  vector[at + 15] = rotate(1, rotation);
  if (type === 2) vector[at + 1] = vector[at + 3] = rotate(1, 31 + rotation);
  for (let i = at + 16; i < vector.length; i++)
    vector[i] = rotate(vector[i - 3]! ^ vector[i - 8]! ^ vector[i - 14]! ^ vector[i - 16]!, 1);
  for (let i = at - 1; i >= 0; i--)
    vector[i] = rotate(vector[i + 16]!, 31) ^ vector[i + 13]! ^ vector[i + 8]! ^ vector[i + 2]!;
  return Uint32Array.from({ length: 80 }, (_, step) => {
    const i = before + step;
    const corrections = rotate(vector[i - 1]!, 5) ^ vector[i - 2]!;
    return vector[i]! ^ corrections ^ rotate(vector[i - 3]! ^ vector[i - 4]! ^ vector[i - 5]!, 30);
  });
}

/** The state before step K + 15, where the last disturbance comes in, is free of differences, and so is that before the quiet steps before. */
function chooseTestStep(start: number, differences: Uint32Array): number {
  const isFree = (step: number) =>
    step <= start + 15 && differences.subarray(step, start + 15).every((difference) => difference === 0);
  return testSteps.find(isFree)!;
}

/** The 32 vectors, made anew. */
export function makeVectors(): DisturbanceVector[] {
  return families.flatMap(({ type, rotation, starts }) =>
    parseStarts(starts).map((start) => {
      const differences = expandDifferences(type, start, rotation);
      return { type, start, rotation, differences, testStep: chooseTestStep(start, differences) };
    }),
  );
}

function gatherConditions(disturbanceVectors: readonly DisturbanceVector[]): Condition[] {
  const gathered = new Map<string, Condition>();
  for (const { type, rotation, conditions } of families) {
    for (const [first, firstBit, second, secondBit, relation, starts] of conditions) {
      for (const start of parseStarts(starts)) {
        const condition = { first: start + first, firstBit, second: start + second, secondBit, relation };
        const key = Object.values(condition).join();
        const index = disturbanceVectors.findIndex(
          (vector) => vector.type === type && vector.rotation === rotation && vector.start === start,
        );
        gathered.set(key, { ...condition, vectors: (gathered.get(key)?.vectors ?? 0) | (1 << index) });
      }
    }
  }
  return [...gathered.values()];
}

/** Puts first what rules out most: each condition halves the chance of the vectors that need it. */
function sortByUse(conditions: readonly Condition[]): Condition[] {
  const left = [...conditions];
  const chances = new Array<number>(32).fill(1);
  return conditions.map(() => {
    const uses = left.map(({ vectors }) => chances.reduce((sum, chance, i) => sum + ((vectors >>> i) & 1) * chance, 0));
    const [best] = left.splice(uses.indexOf(Math.max(...uses)), 1) as [Condition];
    for (let i = 0; i < chances.length; i++) if ((best.vectors >>> i) & 1) chances[i]! /= 2;
    return best;
  });
}

/** The conditions of {@link makeVectors}, 156, made anew: those first that rule out most. */
export function makeConditions(): Condition[] {
  return sortByUse(gatherConditions(makeVectors()));
}
