// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemorySource } from "../../src/bytes/source.js";
import { chunkId, chunkName, encodeChunkTable, readChunkTable } from "../../src/formats/chunk-file.js";

interface Row {
  readonly id: number;
  readonly offset: bigint;
}

/** A file of `size` bytes with a table of those rows at 8. */
function fileWith(rows: readonly Row[], size: number): MemorySource {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [i, { id, offset }] of rows.entries()) {
    view.setUint32(8 + 12 * i, id);
    view.setBigUint64(12 + 12 * i, offset);
  }
  return new MemorySource("f", bytes);
}

const [aaaa, bbbb, cccc] = [chunkId("AAAA"), chunkId("BBBB"), chunkId("CCCC")];
const good: readonly Row[] = [
  { id: aaaa, offset: 56n },
  { id: bbbb, offset: 100n },
  { id: cccc, offset: 100n },
  { id: 0, offset: 120n },
];

function read(rows: readonly Row[], size = 140) {
  return readChunkTable(fileWith(rows, size), 8, rows.length - 1, size - 20);
}

function withRow(index: number, change: Partial<Row>): readonly Row[] {
  return good.map((row, i) => (i === index ? { ...row, ...change } : row));
}

test("chunks are the stretches between the offsets of the table", () => {
  assert.deepEqual(read(good), {
    chunks: [
      { id: aaaa, name: "AAAA", offset: 56, byteLength: 44 },
      { id: bbbb, name: "BBBB", offset: 100, byteLength: 0 },
      { id: cccc, name: "CCCC", offset: 100, byteLength: 20 },
    ],
    problems: [],
  });
});

const codes = { code: "bad-chunk-table", fatal: true } as const;
const damages: [what: string, rows: readonly Row[], message: string, offset: number, chunks: string[]][] = [
  ["an early end", withRow(1, { id: 0 }), "terminating chunk id appears earlier than expected", 20, ["AAAA"]],
  ["a crooked offset", withRow(1, { offset: 98n }), "chunk id 42424242 not 4-byte aligned", 20, ["AAAA", "CCCC"]],
  ["an offset that falls", withRow(1, { offset: 124n }), "improper chunk offset(s) 7c and 64", 20, ["CCCC"]],
  ["an end in the trailer", withRow(3, { offset: 124n }), "improper chunk offset(s) 64 and 7c", 32, ["AAAA", "BBBB"]],
  [
    "a start in the table",
    withRow(0, { offset: 52n }),
    "improper chunk offset 34 inside the chunk table",
    8,
    ["BBBB", "CCCC"],
  ],
  ["an id that comes twice", withRow(2, { id: aaaa }), "duplicate chunk ID 41414141 found", 32, ["AAAA", "BBBB"]],
  ["an id at the end", withRow(3, { id: 0x41 }), "final chunk has non-zero id 41", 44, ["AAAA", "BBBB", "CCCC"]],
];

for (const [what, rows, message, offset, chunks] of damages) {
  test(`${what} is a problem of its row, in git's words, and its chunk is left out`, () => {
    const table = read(rows);
    assert.deepEqual(
      table.problems.find((problem) => problem.offset === offset),
      { ...codes, message, offset },
    );
    assert.deepEqual(
      table.chunks.map(({ name }) => name),
      chunks,
    );
  });
}

test("bytes that belong to no chunk are a problem, but none that makes the file unreadable", () => {
  const gaps = read(good, 152);
  assert.deepEqual(gaps.problems, [
    { code: "bad-padding", message: "12 bytes between the last chunk and the trailer", offset: 120, fatal: false },
  ]);
  assert.equal(gaps.chunks.length, 3);
  const late = read([{ id: aaaa, offset: 60n }, ...good.slice(1)]);
  assert.deepEqual(late.problems, [
    { code: "bad-padding", message: "4 bytes between the chunk table and the first chunk", offset: 56, fatal: false },
  ]);
});

test("offsets of more than 53 bits are improper, not rounded to something", () => {
  for (const offset of [1n << 63n, (1n << 64n) - 4n, 1n << 53n, 1n << 32n]) {
    const { chunks, problems } = read(withRow(1, { offset }));
    assert.deepEqual(
      chunks.map(({ name }) => name),
      ["CCCC"],
    );
    assert.match(problems[0]!.message, /^improper chunk offset\(s\) 38 and [0-9a-f]+$/);
    assert.equal(problems[0]!.offset, 8);
  }
});

test("a table that the file has no room for is truncated", () => {
  for (const count of [11, 12, 255]) {
    assert.throws(() => readChunkTable(fileWith([], 160), 8, count, 140), {
      code: "truncated",
      path: "f",
      offset: 140,
      chunk: "chunk table",
      message: `f: a table of ${count} chunks needs ${8 + 12 * (count + 1)} bytes, but the file has 140 before its trailer`,
    });
  }
  assert.equal(readChunkTable(fileWith([], 160), 8, 10, 140).problems[0]!.code, "bad-chunk-table");
});

test("whatever the table says, chunks lie between it and the trailer", () => {
  const offset = fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, (1n << 64n) - 1n));
  const row = fc.record({ id: fc.constantFrom(aaaa, bbbb, cccc, 0, 1, 0xffff_ffff), offset });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 9 }), (rows) => {
      const { chunks } = read(rows, 200);
      const seen = new Set(chunks.map(({ id }) => id));
      assert.equal(seen.size, chunks.length);
      for (const chunk of chunks) {
        assert.ok(chunk.offset >= 8 + 12 * rows.length && chunk.offset % 4 === 0 && chunk.id !== 0);
        assert.ok(chunk.byteLength >= 0 && chunk.offset + chunk.byteLength <= 180);
      }
    }),
  );
});

test("a chunk id is shown as its letters, or as a number where it has others", () => {
  assert.equal(chunkName(0x504e414d), "PNAM");
  assert.equal(chunkId("PNAM"), 0x504e414d);
  assert.equal(chunkId("\xff\xfe\xfd\xfc"), 0xfffefdfc);
  for (const id of [0, 1, 0x41424320, 0x414243ff, 0x0a414243]) {
    assert.equal(chunkName(id), `0x${id.toString(16).padStart(8, "0")}`);
  }
});

test("a table that was encoded is read back", () => {
  const names = fc.uniqueArray(fc.constantFrom("PNAM", "OIDF", "OIDL", "OOFF", "LOFF", "RIDX", "BTMP"));
  fc.assert(
    fc.property(names, fc.array(fc.nat(50), { minLength: 7, maxLength: 7 }), (chosen, sizes) => {
      const planned = chosen.map((name, i) => ({ name, byteLength: 4 * sizes[i]! }));
      const { bytes, end } = encodeChunkTable(planned, 12);
      const file = new Uint8Array(end + 20);
      file.set(bytes, 12);
      const { chunks, problems } = readChunkTable(new MemorySource("f", file), 12, planned.length, end);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        chunks.map(({ name, byteLength }) => ({ name, byteLength })),
        planned,
      );
      assert.equal(chunks[0]?.offset ?? end, 12 + bytes.length);
    }),
  );
});

test("offsets beyond 4 GiB keep their upper half", () => {
  const { bytes, end } = encodeChunkTable(
    [
      { name: "AAAA", byteLength: 5 * 2 ** 30 },
      { name: "BBBB", byteLength: 8 },
    ],
    12,
  );
  const view = new DataView(bytes.buffer);
  assert.equal(view.getBigUint64(16), BigInt(48 + 5 * 2 ** 30));
  assert.equal(end, 48 + 5 * 2 ** 30 + 8);
});
