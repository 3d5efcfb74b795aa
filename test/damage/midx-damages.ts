/** Damage to the structure of a multi-pack-index, one change at a time: what is changed, and what must be said of it and where. */

import type { ErrorCode } from "../../src/core/errors.js";

/** A chunk as this side of the tests finds it, with no code of the product's. */
export interface ChunkPlace {
  readonly name: string;
  /** Number of its row in the chunk table. */
  readonly row: number;
  readonly offset: number;
  readonly byteLength: number;
}

/** One change to a sound file. */
export interface Damage {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Undefined where the file still opens. */
  readonly code?: ErrorCode;
  readonly chunk?: string;
  readonly offset?: number;
  /** Whether git 2.55 refuses the file too, and so has words for it. */
  readonly gitRefuses?: boolean;
}

export function chunkPlaces(bytes: Uint8Array): ChunkPlace[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes[6]! }, (_, row) => {
    const at = 12 + 12 * row;
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const offset = Number(view.getBigUint64(at + 4));
    return { name, row, offset, byteLength: Number(view.getBigUint64(at + 16)) - offset };
  });
}

/** A copy of `bytes` with `values` at `at`. */
export function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

export function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function u64(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(56 - 8 * i)) & 255n));
}

function readU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

class DamageList {
  readonly bytes: Uint8Array;
  readonly chunks: readonly ChunkPlace[];
  readonly damages: Damage[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.chunks = chunkPlaces(bytes);
  }

  chunk(name: string): ChunkPlace | undefined {
    return this.chunks.find((chunk) => chunk.name === name);
  }

  add(what: string, at: number, values: readonly number[], expected: Omit<Damage, "what" | "bytes"> = {}): void {
    const gitRefuses = expected.code !== undefined;
    this.damages.push({ what, bytes: patched(this.bytes, at, ...values), gitRefuses, ...expected });
  }
}

function damageHeader(list: DamageList, hashByteLength: number): void {
  const { bytes, chunks } = list;
  const header = (code: ErrorCode, offset: number) => ({ code, chunk: "header", offset });
  for (const at of [0, 1, 2, 3]) list.add(`signature, byte ${at}`, at, [bytes[at]! ^ 1], header("bad-signature", 0));
  for (const version of [0, 3, 255]) list.add(`version ${version}`, 4, [version], header("bad-version", 4));
  for (const id of [0, 3 - bytes[5]!, 3, 255]) list.add(`hash id ${id}`, 5, [id], header("bad-hash-id", 5));
  const table = (offset: number) => ({ code: "bad-chunk-table" as const, chunk: "chunk table", offset });
  list.add("no chunks", 6, [0], table(12));
  list.add("one chunk less", 6, [chunks.length - 1], table(12 * chunks.length));
  list.add("one chunk more", 6, [chunks.length + 1], table(12 + 12 * chunks.length));
  // Git reads on behind the end of the file here.
  const room = { code: "truncated" as const, chunk: "chunk table", offset: bytes.length - hashByteLength };
  list.add("255 chunks", 6, [255], { ...room, gitRefuses: false });
  list.add("byte 7", 7, [1]);
}

function damagePackNames(list: DamageList): void {
  const { bytes } = list;
  const { offset, byteLength } = list.chunk("PNAM")!;
  const count = readU32(bytes, 8);
  const text = bytes.subarray(offset, offset + byteLength);
  const ends = [...text.keys()].filter((at) => text[at] === 0).slice(0, count);
  const starts = ends.map((_, i) => offset + (i === 0 ? 0 : ends[i - 1]! + 1));
  const names = (code: ErrorCode, at: number) => ({ code, chunk: "PNAM", offset: at });
  const behind = offset + ends.at(-1)! + 1;
  const padding = offset + byteLength - behind;
  const ascending = bytes[4] === 1;
  for (const more of [count + 1, 0xffff_ffff]) {
    // The padding reads as empty names: out of order in version 1, too few for more than some packs in any.
    const early = ascending && padding > 0;
    const enough = !early && padding > 0 && more - count <= padding;
    const expected = early
      ? names("bad-pack-order", behind)
      : names("bad-chunk-size", enough ? behind : offset + byteLength);
    // Git does not find the memory for the names of so many packs.
    list.add(`${more} packs`, 8, u32(more), enough ? {} : { ...expected, gitRefuses: more === count + 1 });
  }
  list.add("one pack less", 8, u32(count - 1));
  list.add("no packs", 8, u32(0));
  const unended = text.slice().fill(0x78, ends.at(-1)!);
  list.add("no NUL at the end of the names", offset, [...unended], names("bad-chunk-size", starts.at(-1)!));
  if (count > 1) {
    const falls = ascending ? names("bad-pack-order", starts[1]!) : {};
    list.add("names that fall", starts[1]!, [0x21], falls);
    list.add("an empty second name", starts[1]!, [0], falls);
    list.add("equal names", starts[1]!, [...text.subarray(0, ends[0])], falls);
  }
  list.add("a path for a name", starts[0]!, [0x2e, 0x2e, 0x2f]);
  list.add("a control character in a name", starts[0]! + 1, [0x0a]);
}

function damageTable(list: DamageList): void {
  const { bytes, chunks } = list;
  const required = ["PNAM", "OIDF", "OIDL", "OOFF"];
  const table = (row: number) => ({ code: "bad-chunk-table" as const, chunk: "chunk table", offset: 12 + 12 * row });
  for (const { name, row, offset } of chunks) {
    const at = 12 + 12 * row;
    const missing = { code: "missing-chunk" as const, chunk: name, offset: 12 };
    list.add(`${name} under another id`, at, [0x78], required.includes(name) ? missing : {});
    list.add(`${name} with the id 0`, at, [0, 0, 0, 0], table(row));
    const other = chunks[(row + 1) % chunks.length]!;
    const twice = table(Math.max(row, other.row));
    list.add(
      `${name} under the id of ${other.name}`,
      at,
      [...bytes.subarray(12 + 12 * other.row, 16 + 12 * other.row)],
      twice,
    );
    for (const off of [1, 2, 3])
      list.add(`${name} at an offset + ${off}`, at + 4, u64(BigInt(offset + off)), table(row));
    const far = row === 0 ? table(0) : table(row - 1);
    for (const value of [1n << 32n, 1n << 53n, 1n << 63n, (1n << 64n) - 4n, BigInt(bytes.length)]) {
      list.add(`${name} at ${value}`, at + 4, u64(value), far);
    }
    if (row > 0) list.add(`${name} at 0`, at + 4, u64(0n), far);
    // Git does not mind a first chunk that begins in the table.
    else list.add(`${name} at 0`, at + 4, u64(0n), { ...table(0), gitRefuses: false });
  }
  const last = 12 + 12 * chunks.length;
  list.add("an id in the last row", last, [0, 0, 0, 1], table(chunks.length));
  list.add("an end in the trailer", last + 4, u64(BigInt(bytes.length - 16)), table(chunks.length - 1));
  list.add("an end beyond all", last + 4, u64((1n << 64n) - 4n), table(chunks.length - 1));
}

/** Moves the border between a chunk and the one before it: each of the two has the wrong size then. */
function damageSizes(list: DamageList): void {
  const { chunks } = list;
  const strict = ["OIDF", "OIDL", "OOFF"];
  const order = ["OIDF", "OIDL", "OOFF"];
  for (const { name, row, offset } of chunks.slice(1)) {
    const before = chunks[row - 1]!;
    const hurt = order.find((one) => (one === name || one === before.name) && strict.includes(one));
    for (const by of [-4, 4]) {
      const start = hurt === name ? offset + by : before.offset;
      const expected = hurt === undefined ? {} : { code: "bad-chunk-size" as const, chunk: hurt, offset: start };
      // A shorter PNAM may lose the end of its last name; that is found first.
      if (before.name === "PNAM" && by < 0) continue;
      list.add(`${name} at an offset ${by < 0 ? "-" : "+"} 4`, 16 + 12 * row, u64(BigInt(offset + by)), expected);
    }
  }
  const last = chunks.at(-1)!;
  const end = last.offset + last.byteLength;
  const expected = strict.includes(last.name)
    ? { code: "bad-chunk-size" as const, chunk: last.name, offset: last.offset }
    : {};
  list.add("an end 4 bytes early", 16 + 12 * chunks.length, u64(BigInt(end - 4)), expected);
}

function damageFanout(list: DamageList): void {
  const { bytes } = list;
  const { offset } = list.chunk("OIDF")!;
  const count = readU32(bytes, offset + 4 * 255);
  const fall = (index: number) => ({ code: "bad-fanout" as const, chunk: "OIDF", offset: offset + 4 * index });
  for (const index of [0, 1, 100, 254]) {
    list.add(`fanout[${index}] too high`, offset + 4 * index, u32(count + 1), fall(index + 1));
    list.add(`fanout[${index}] at its highest`, offset + 4 * index, u32(0xffff_ffff), fall(index + 1));
  }
  const first = Array.from({ length: 256 }, (_, i) => i).find((i) => readU32(bytes, offset + 4 * i) > 0)!;
  list.add("a fanout entry that falls to 0", offset + 4 * (first + 1), u32(0), fall(first + 1));
  const ids = { code: "bad-chunk-size" as const, chunk: "OIDL", offset: list.chunk("OIDL")!.offset };
  for (const objects of [count + 1, 2 * count, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    list.add(`${objects} objects`, offset + 4 * 255, u32(objects), ids);
  }
  list.add("no objects at the end", offset + 4 * 255, u32(0), fall(255));
}

/** Every change to the structure of a sound file. */
export function midxDamages(bytes: Uint8Array, hashByteLength: number): readonly Damage[] {
  const list = new DamageList(bytes);
  damageHeader(list, hashByteLength);
  damagePackNames(list);
  damageTable(list);
  damageSizes(list);
  damageFanout(list);
  return list.damages;
}
