/**
 * Pack indexes made up for tests, with packs that are all hole: enough for git's multi-pack-index to take them, however many objects
 * they claim and however far out their offsets lie.
 *
 * This is the oracle's side of the tests: it shares no code with the product, and a test has git read what it makes.
 */

import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "./random.js";

/** An object as a fake index lists it. */
export interface FakeEntry {
  /** Object id in hex. */
  readonly oid: string;
  /** Offset in the pack, up to 2^53 − 1. */
  readonly offset: number;
  /** CRC-32 of the packed bytes; 0 by default. */
  readonly crc?: number;
}

/** Many objects as tables, sorted by id. */
export interface FakeTable {
  /** Ids in ascending order, 20 or 32 bytes each, without gaps. */
  readonly oids: Uint8Array;
  /** Offsets, in the order of the ids. */
  readonly offsets: Float64Array;
  /** CRCs, in the order of the ids; zeros by default. */
  readonly crcs?: Uint32Array;
}

/** How a fake index is written. */
export interface FakeIdxOptions {
  readonly format?: "sha1" | "sha256";
  readonly version?: 1 | 2;
  /** Offsets above this go to the 64-bit table of version 2; 0x7fffffff by default and at most. */
  readonly off32Limit?: number;
  /** The pack's trailer as the index states it; {@link fakePackHash} by default. */
  readonly packHash?: Uint8Array;
}

/** A fake pack on disk. */
export interface FakePack {
  /** `pack-…` without an extension. */
  readonly name: string;
  readonly pack: string;
  readonly idx: string;
}

const oidLengths = { sha1: 20, sha256: 32 } as const;

/** The tables of a list of entries, sorted by id (equal ids stay in their order). */
export function fakeTable(entries: readonly FakeEntry[], format: "sha1" | "sha256" = "sha1"): FakeTable {
  const sorted = [...entries].sort((a, b) => (a.oid < b.oid ? -1 : a.oid > b.oid ? 1 : 0));
  const length = oidLengths[format];
  const oids = new Uint8Array(sorted.length * length);
  for (const [i, entry] of sorted.entries()) {
    if (entry.oid.length !== 2 * length) throw new RangeError(`'${entry.oid}' is no ${format} object id`);
    oids.set(Buffer.from(entry.oid, "hex"), i * length);
  }
  return {
    oids,
    offsets: Float64Array.from(sorted, (entry) => entry.offset),
    crcs: Uint32Array.from(sorted, (entry) => entry.crc ?? 0),
  };
}

/** A trailer for a fake pack: it follows from the objects alone. */
export function fakePackHash(table: FakeTable, format: "sha1" | "sha256" = "sha1"): Uint8Array {
  const { buffer, byteOffset, byteLength } = table.offsets;
  return createHash(format)
    .update(table.oids)
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest();
}

function fillFanout(view: DataView, start: number, table: FakeTable, length: number): void {
  const counts = new Uint32Array(256);
  for (let i = 0; i < table.oids.length; i += length) counts[table.oids[i]!]!++;
  let sum = 0;
  for (let i = 0; i < 256; i++) view.setUint32(start + 4 * i, (sum += counts[i]!));
}

function fakeIdxV1(table: FakeTable, length: number): Uint8Array {
  const count = table.offsets.length;
  const bytes = new Uint8Array(1024 + count * (4 + length) + 2 * length);
  const view = new DataView(bytes.buffer);
  fillFanout(view, 0, table, length);
  for (let i = 0; i < count; i++) {
    const at = 1024 + i * (4 + length);
    if (table.offsets[i]! > 0xffffffff) throw new RangeError("version 1 has no offset above 2^32 − 1");
    view.setUint32(at, table.offsets[i]!);
    bytes.set(table.oids.subarray(i * length, (i + 1) * length), at + 4);
  }
  return bytes;
}

function fakeIdxV2(table: FakeTable, length: number, off32Limit: number): Uint8Array {
  const count = table.offsets.length;
  let large = 0;
  for (const offset of table.offsets) if (offset > off32Limit) large++;
  const crcStart = 8 + 1024 + count * length;
  const offsetStart = crcStart + 4 * count;
  const largeStart = offsetStart + 4 * count;
  const bytes = new Uint8Array(largeStart + 8 * large + 2 * length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xff744f63);
  view.setUint32(4, 2);
  fillFanout(view, 8, table, length);
  bytes.set(table.oids, 8 + 1024);
  let row = 0;
  for (let i = 0; i < count; i++) {
    const offset = table.offsets[i]!;
    view.setUint32(crcStart + 4 * i, table.crcs?.[i] ?? 0);
    if (offset > off32Limit) {
      view.setUint32(largeStart + 8 * row, Math.floor(offset / 2 ** 32));
      view.setUint32(largeStart + 8 * row + 4, offset % 2 ** 32);
      view.setUint32(offsetStart + 4 * i, 0x80000000 + row++);
    } else {
      view.setUint32(offsetStart + 4 * i, offset);
    }
  }
  return bytes;
}

/** The bytes of an index over those objects, both trailers included. */
export function fakeIdx(table: FakeTable, options: FakeIdxOptions = {}): Uint8Array {
  const format = options.format ?? "sha1";
  const length = oidLengths[format];
  const limit = Math.min(options.off32Limit ?? 0x7fffffff, 0x7fffffff);
  const bytes = options.version === 1 ? fakeIdxV1(table, length) : fakeIdxV2(table, length, limit);
  bytes.set(options.packHash ?? fakePackHash(table, format), bytes.length - 2 * length);
  const body = bytes.subarray(0, bytes.length - length);
  bytes.set(createHash(format).update(body).digest(), bytes.length - length);
  return bytes;
}

/** Writes a pack that is a header, a hole as long as the offsets need, and a trailer. */
function writeHollowPack(path: string, count: number, end: number, hash: Uint8Array): void {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x5041434b);
  view.setUint32(4, 2);
  view.setUint32(8, count);
  const file = openSync(path, "wx", 0o444);
  try {
    writeSync(file, header);
    ftruncateSync(file, end);
    writeSync(file, hash, 0, hash.length, end);
  } finally {
    closeSync(file);
  }
}

/** How a fake pack is written. */
export interface FakePackOptions extends FakeIdxOptions {
  /** File name without extension; `pack-` and the pack's hash by default. */
  readonly name?: string;
  /** Modification time of both files, in seconds since 1970; the present by default. */
  readonly mtime?: number;
  /** Size of the pack in bytes; just beyond the last offset by default. Where the file system has no room for that, give less. */
  readonly packByteLength?: number;
}

/** Writes a fake index and its hollow pack into `packDir`; git's multi-pack-index commands accept the pair. */
export function writeFakePack(
  packDir: string,
  objects: FakeTable | readonly FakeEntry[],
  options: FakePackOptions = {},
): FakePack {
  const format = options.format ?? "sha1";
  const table = "oids" in objects ? objects : fakeTable(objects, format);
  const packHash = options.packHash ?? fakePackHash(table, format);
  const name = options.name ?? `pack-${Buffer.from(packHash).toString("hex")}`;
  const pack = join(packDir, `${name}.pack`);
  const idx = join(packDir, `${name}.idx`);
  const last = table.offsets.reduce((most, offset) => Math.max(most, offset), 12);
  const end = options.packByteLength === undefined ? last + 16 : options.packByteLength - packHash.length;
  writeHollowPack(pack, table.offsets.length, end, packHash);
  writeFileSync(idx, fakeIdx(table, { ...options, packHash }), {
    flag: "wx",
    mode: 0o444,
  });
  if (options.mtime !== undefined) for (const path of [pack, idx]) utimesSync(path, options.mtime, options.mtime);
  return { name, pack, idx };
}

/** How made-up objects are spread. */
export interface RandomTableOptions {
  readonly format?: "sha1" | "sha256";
  /** Bytes from one object to the next in the pack; 64 by default. */
  readonly step?: number;
  /** Offset of the first object; 12 by default. */
  readonly firstOffset?: number;
}

/**
 * `count` made-up objects: the same for the same seed, ids spread evenly and all different, offsets in an order that has nothing to do
 * with the ids. Up to some tens of millions.
 */
export function randomTable(count: number, seed: number, options: RandomTableOptions = {}): FakeTable {
  const length = oidLengths[options.format ?? "sha1"];
  const random = seededRandom(seed);
  // The first 52 bits decide the order; they are all different.
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = random() * 2 ** 20 + (random() & 0xfffff);
  keys.sort();
  for (let i = 1; i < count; i++) if (keys[i]! <= keys[i - 1]!) keys[i] = keys[i - 1]! + 1;
  const oids = new Uint8Array(count * length);
  const view = new DataView(oids.buffer);
  for (let i = 0; i < count; i++) {
    const at = i * length;
    view.setUint32(at, Math.floor(keys[i]! / 2 ** 20));
    view.setUint32(at + 4, ((keys[i]! % 2 ** 20) * 4096 + (random() & 0xfff)) >>> 0);
    for (let j = 8; j < length; j += 4) view.setUint32(at + j, random());
  }
  return { oids, offsets: shuffledOffsets(count, random, options) };
}

function shuffledOffsets(count: number, random: () => number, options: RandomTableOptions): Float64Array {
  const { step = 64, firstOffset = 12 } = options;
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const j = Math.floor((random() / 2 ** 32) * (i + 1));
    offsets[i] = offsets[j]!;
    offsets[j] = firstOffset + i * step;
  }
  return offsets;
}
