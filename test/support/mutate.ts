/** Random damage that comes again for the same seed: flipped bits, other bytes, edge values, pieces moved, cut and put in. */

import { seededRandom } from "./random.js";

/** What was done, in words, and what came of it. */
export interface Mutated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly steps: readonly string[];
}

/** Numbers at which something changes: sign bits, halves, and what is next to them. */
const edges = [0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_fffe, 0x7fff_ffff];
const highEdges = [0x8000_0000, 0x8000_0001, 0xffff_fffc, 0xffff_fffe, 0xffff_ffff];

/** A stretch of a file, end exclusive. */
export type Region = readonly [start: number, end: number];

/** Chooses a place in a file. */
type Choose = (bytes: Uint8Array) => number;

type Step = (bytes: Uint8Array<ArrayBuffer>, random: () => number, place: Choose) => [Uint8Array<ArrayBuffer>, string];

function below(random: () => number, end: number): number {
  return end <= 0 ? 0 : random() % end;
}

function spliced(bytes: Uint8Array, start: number, remove: number, put: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - remove + put.length);
  result.set(bytes.subarray(0, start));
  result.set(put, start);
  result.set(bytes.subarray(start + remove), start + put.length);
  return result;
}

const steps: readonly Step[] = [
  (bytes, random, place) => {
    const [at, bit] = [place(bytes), random() % 8];
    if (at < bytes.length) bytes[at]! ^= 1 << bit;
    return [bytes, `flip bit ${bit} of byte ${at}`];
  },
  (bytes, random, place) => {
    const [at, value] = [place(bytes), random() & 255];
    if (at < bytes.length) bytes[at] = value;
    return [bytes, `byte ${at} = ${value}`];
  },
  (bytes, random, place) => {
    const all = [...edges, ...highEdges];
    const [at, value] = [place(bytes) & ~3, all[below(random, all.length)]!];
    if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, value);
    return [bytes, `u32 at ${at} = ${value}`];
  },
  (bytes, random, place) => {
    const at = place(bytes) & ~3;
    const by = [-8, -4, -1, 1, 4, 8, 12, 20][below(random, 8)]!;
    const view = new DataView(bytes.buffer);
    if (at + 4 <= bytes.length) view.setUint32(at, view.getUint32(at) + by);
    return [bytes, `u32 at ${at} + ${by}`];
  },
  (bytes, random, place) => {
    const [from, to] = [place(bytes), place(bytes)];
    const length = below(random, Math.min(64, bytes.length - Math.max(from, to)));
    bytes.copyWithin(to, from, from + length);
    return [bytes, `copy ${length} bytes from ${from} to ${to}`];
  },
  (bytes, random) => {
    const length = below(random, bytes.length + 1);
    return [bytes.slice(0, length), `cut to ${length}`];
  },
  (bytes, random, place) => {
    const start = place(bytes);
    const length = below(random, Math.min(40, bytes.length - start + 1));
    return [spliced(bytes, start, length, new Uint8Array(0)), `remove ${length} bytes at ${start}`];
  },
  (bytes, random, place) => {
    const start = place(bytes);
    const put = Uint8Array.from({ length: 1 + below(random, 40) }, () => (random() % 3 === 0 ? random() & 255 : 0));
    return [spliced(bytes, start, 0, put), `put ${put.length} bytes in at ${start}`];
  },
  (bytes, random, place) => {
    const start = place(bytes);
    const length = below(random, Math.min(64, bytes.length - start + 1));
    const value = [0, 255, 0x2f, 0x0a][below(random, 4)]!;
    bytes.fill(value, start, start + length);
    return [bytes, `fill ${length} bytes at ${start} with ${value}`];
  },
];

/** How many of the steps, from the first, leave every byte where it is. */
const stepsInPlace = 5;

/**
 * Damages a copy of `bytes` in one to four steps.
 * @param regions the parts of the file, each of which is as likely to be hit as any other, however long it is.
 */
export function mutate(bytes: Uint8Array, seed: number, regions: readonly Region[] = [[0, bytes.length]]): Mutated {
  const random = seededRandom(seed);
  const place: Choose = (file) => {
    const [start, end] = regions[below(random, regions.length)]!;
    return Math.min(start + below(random, end - start), file.length);
  };
  const choice = random() % 2 === 0 ? stepsInPlace : steps.length;
  let changed: Uint8Array<ArrayBuffer> = Uint8Array.from(bytes);
  const done: string[] = [];
  for (let left = 1 + (random() % 4); left > 0; left--) {
    const [next, what] = steps[below(random, choice)]!(changed, random, place);
    changed = next;
    done.push(what);
  }
  return { bytes: changed, steps: done };
}
