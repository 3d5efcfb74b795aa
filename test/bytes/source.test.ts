// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ByteSource, MemorySource, withRanges } from "../../src/bytes/source.js";
import { everySource, fetchedSource } from "../support/sources.js";

/** `length` bytes that differ from their neighbours and from page to page. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
}

const truncated = { name: "GitmidxError", code: "truncated", path: "f" };

function bigEndian(bytes: Uint8Array, offset: number, length: number): bigint {
  let value = 0n;
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[offset + i]!);
  return value;
}

/** What each way of reading gives, as plain arrays. */
const reads: Readonly<Record<string, (source: ByteSource, offset: number, length: number) => unknown>> = {
  u8: (source, offset) => source.u8(offset),
  u32: (source, offset) => source.u32(offset),
  u64: (source, offset) => source.u64(offset),
  copy: (source, offset, length) => [...source.copy(offset, length)],
  locate: (source, offset, length) => {
    const at = source.locate(offset, length);
    return [...source.bytes.subarray(at, at + length)];
  },
  readInto: (source, offset, length) => {
    const target = new Uint8Array(length);
    source.readInto(offset, target);
    return [...target];
  },
  windows: (source, offset, length) => {
    const all: number[] = [];
    for (const window of source.windows(offset, offset + length, 1000)) all.push(...window);
    return all;
  },
};

test("every kind of source reads the bytes that are there, within and across pages", () => {
  const bytes = pattern(20_001);
  for (const [kind, source] of everySource(bytes, "f")) {
    for (const offset of [0, 1, 4090, 4093, 4096, 8189, 12_287, 16_380]) {
      for (const length of [1, 20, 70, 3500]) {
        const wanted = [...bytes.subarray(offset, offset + length)];
        for (const way of ["copy", "locate", "readInto", "windows"]) {
          assert.deepEqual(reads[way]!(source, offset, length), wanted, `${kind} ${way} ${offset} ${length}`);
        }
      }
      assert.equal(source.u8(offset), bytes[offset], kind);
      assert.equal(source.u32(offset), Number(bigEndian(bytes, offset, 4)), kind);
      assert.equal(source.u64(offset), Number(bigEndian(bytes, offset, 8)), kind);
    }
  }
});

test("numbers are big-endian, unsigned, and above 2^53 only rounded", () => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const value of [0n, 1n, 0xffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n, (1n << 53n) - 1n]) {
    view.setBigUint64(8, value);
    assert.equal(new MemorySource("f", bytes).u64(8), Number(value));
  }
  view.setBigUint64(8, (1n << 64n) - 1n);
  assert.ok(new MemorySource("f", bytes).u64(8) > Number.MAX_SAFE_INTEGER);
  view.setBigUint64(8, 1n << 63n);
  assert.equal(new MemorySource("f", bytes).u64(8), 2 ** 63);
});

test("a range that is not inside the file is truncated, whatever way it is read", () => {
  for (const size of [0, 1, 100, 4096, 5000]) {
    for (const [kind, source] of everySource(pattern(size), "f")) {
      for (const [way, read] of Object.entries(reads)) {
        const length = { u8: 1, u32: 4, u64: 8 }[way] ?? 30;
        for (const offset of [size, size - length + 1, -1, 2 ** 32, 2 ** 53, Number.MAX_VALUE]) {
          assert.throws(() => read(source, offset, length), truncated, `${kind} ${way} ${offset} of ${size}`);
        }
      }
      assert.throws(() => source.locate(0, size + 1), { ...truncated, offset: 0 });
      assert.throws(() => source.copy(Number.NaN, 1), truncated);
    }
  }
});

test("the message of a truncated file has its size and what was wanted", () => {
  const message = "f: the file ends at byte 10, but 4 bytes at offset 8 are wanted";
  assert.throws(() => new MemorySource("f", pattern(10)).u32(8), { message, offset: 8 });
});

test("an empty range may stand at the end of a file", async () => {
  for (const size of [0, 5, 4096]) {
    for (const [kind, source] of [...everySource(pattern(size), "f"), ["fetched", fetchedSource(pattern(size))]]) {
      if (typeof source === "string" || typeof kind !== "string") throw new Error("not a source");
      assert.equal(source.copy(size, 0).length, 0, kind);
      assert.deepEqual([...source.windows(size, size)], [], kind);
      await withRanges(() => source.locate(size, 0));
    }
  }
});

test("a copy shares nothing with its source, even one over a Node Buffer", () => {
  // A small Buffer is a view into a pool, and its slices are views too.
  const buffer = Buffer.from("some text in a pool");
  const source = new MemorySource("f", buffer);
  const copy = source.copy(5, 4);
  assert.equal(copy.buffer.byteLength, 4);
  assert.equal(copy.byteOffset, 0);
  buffer.fill(0x78);
  assert.equal(new TextDecoder().decode(copy), "text");
});

test("windows cover a range once, in order, and none is longer than asked", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 5000 }),
      fc.nat(9000),
      (a, b, length, size) => {
        const bytes = pattern(size);
        const [start, end] = [Math.min(a, b, size), Math.min(Math.max(a, b), size)];
        for (const [kind, source] of everySource(bytes, "f")) {
          let at = start;
          for (const window of source.windows(start, end, length)) {
            assert.ok(window.length > 0 && (kind === "memory" || window.length <= length));
            assert.deepEqual([...window], [...bytes.subarray(at, at + window.length)]);
            at += window.length;
          }
          assert.equal(at, end);
        }
      },
    ),
    { numRuns: 60 },
  );
});
