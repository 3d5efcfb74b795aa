/**
 * Packs made up for benchmarks: indexes over made-up objects, and packs that are all hole. Ten million objects take some ten seconds.
 *
 * An object is a number; its id follows from the number alone, so that any process can name objects that are in the packs.
 */

import { mkdirSync } from "node:fs";
import { type FakeTable, writeFakePack } from "../test/support/fake-idx.js";
import { seededRandom } from "../test/support/random.js";

/** Which packs are made. */
export interface PackSpec {
  readonly packs: number;
  /** Objects in each pack, below 2^21. */
  readonly objectsPerPack: number;
  /** The part of every pack's objects that another pack has too: 0 to below 1. */
  readonly duplicates: number;
  /** Number of the first object. */
  readonly firstObject: number;
}

const words = 5;
const idByteLength = 4 * words;
/** Sort keys are the id's first 32 bits and then the row, together at most 2^53. */
const mostRows = 2 ** 21;
/** Bytes from one object of a pack to the next. */
const objectByteLength = 64;

function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The first 32 bits of an object's id; as with true hashes, several objects may share them. */
function firstWord(object: number): number {
  return mix(mix(object) ^ Math.imul(object >>> 3, 0x9e3779b1));
}

/** Bits `32 · index` and on of the id of an object: the last word differs for all objects, so ids do. */
function laterWord(object: number, index: number): number {
  return mix(index === words - 1 ? object : object + Math.imul(index, 0x9e3779b1));
}

/** Writes the 20 bytes of the object's id to `target` from `at`. */
export function putObjectId(object: number, target: DataView, at: number): void {
  target.setUint32(at, firstWord(object));
  for (let i = 1; i < words; i++) target.setUint32(at + 4 * i, laterWord(object, i));
}

/** The objects in the order of their ids. */
function sortById(objects: Uint32Array): Uint32Array {
  const keys = Float64Array.from(objects, (object, row) => firstWord(object) * mostRows + row).sort();
  const sorted = Uint32Array.from(keys, (key) => objects[key % mostRows]!);
  for (let i = 1; i < sorted.length; i++) {
    for (let j = i; j > 0 && isBelow(sorted[j]!, sorted[j - 1]!); j--) {
      [sorted[j - 1], sorted[j]] = [sorted[j]!, sorted[j - 1]!];
    }
  }
  return sorted;
}

/** Whether the id of `a` is below that of `b`; ids that share more than 64 bits do not come up. */
function isBelow(a: number, b: number): boolean {
  const difference = firstWord(a) - firstWord(b);
  return difference === 0 ? laterWord(a, 1) < laterWord(b, 1) : difference < 0;
}

/** The objects of pack `pack`: its own, and some of the other packs'. */
function objectsOf(pack: number, spec: PackSpec): Uint32Array {
  const { packs, objectsPerPack, firstObject } = spec;
  const copies = packs > 1 ? Math.round(objectsPerPack * spec.duplicates) : 0;
  const own = objectsPerPack - copies;
  const random = seededRandom(firstObject + pack);
  const objects = new Set<number>();
  for (let i = 0; i < own; i++) objects.add(firstObject + pack * own + i);
  while (objects.size < objectsPerPack) objects.add(firstObject + (random() % (packs * own)));
  return Uint32Array.from(objects);
}

/** The offsets of a pack's entries in the order of their ids: the entries stand in another order, as in real packs. */
function shuffledOffsets(count: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const j = random() % (i + 1);
    offsets[i] = offsets[j]!;
    offsets[j] = 12 + i * objectByteLength;
  }
  return offsets;
}

function tableOf(pack: number, spec: PackSpec): FakeTable {
  const objects = sortById(objectsOf(pack, spec));
  const oids = new Uint8Array(objects.length * idByteLength);
  const view = new DataView(oids.buffer);
  for (let i = 0; i < objects.length; i++) putObjectId(objects[i]!, view, i * idByteLength);
  return { oids, offsets: shuffledOffsets(objects.length, spec.firstObject + pack) };
}

/**
 * Makes the packs in `folder`, ten seconds apart in age, the first the oldest.
 * @returns the names of the `.idx` files, oldest first.
 */
export function makePacks(folder: string, spec: PackSpec): string[] {
  if (spec.objectsPerPack >= mostRows) throw new RangeError(`a pack holds fewer than ${mostRows} objects`);
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: spec.packs }, (_, pack) => {
    const mtime = 1_600_000_000 + 10 * (spec.firstObject / 1000 + pack);
    return `${writeFakePack(folder, tableOf(pack, spec), { mtime: Math.floor(mtime) }).name}.idx`;
  });
}
