// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { FetchedSource, PageCache } from "../../src/bytes/paged-source.js";
import { NeedRange, withRanges } from "../../src/bytes/source.js";
import { pageByteLength } from "../../src/core/limits.js";
import { fetchedSource, smallCache } from "../support/sources.js";

function filled(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 29 + (i >> 12)) & 255);
}

test("without the range at hand every way to read asks for it", () => {
  const source = fetchedSource(filled(50_000));
  const ways = [
    () => source.u8(9000),
    () => source.u32(9000),
    () => source.u64(9000),
    () => source.locate(9000, 20),
    () => source.copy(9000, 20),
    () => source.readInto(9000, new Uint8Array(20)),
    () => [...source.windows(9000, 20_000)],
  ];
  for (const read of ways) {
    assert.throws(read, (error) => error instanceof NeedRange && error.source === source && error.offset <= 9000);
  }
  assert.equal(source.bytesFetched, 0);
});

test("every way to read gets its bytes once the ranges are fetched", async () => {
  const bytes = filled(50_000);
  const view = new DataView(bytes.buffer);
  for (const offset of [0, 100, 4090, 4094, 8191, 49_980]) {
    const source = () => fetchedSource(bytes);
    const check = async (read: (from: FetchedSource) => unknown, wanted: unknown) => {
      const from = source();
      assert.deepEqual(await withRanges(() => read(from)), wanted);
    };
    const twenty = [...bytes.subarray(offset, offset + 20)];
    await check((from) => from.u8(offset), bytes[offset]);
    await check((from) => from.u32(offset), view.getUint32(offset));
    await check((from) => from.u64(offset), Number(view.getBigUint64(offset)));
    await check((from) => [...from.copy(offset, 20)], twenty);
    await check((from) => {
      const at = from.locate(offset, 20);
      return [...from.bytes.subarray(at, at + 20)];
    }, twenty);
    await check((from) => [...from.windows(offset, offset + 20, 7)].flatMap((window) => [...window]).length, 20);
  }
});

test("bytes are fetched as whole pages, a long range at once, and counted", async () => {
  const log: [number, number][] = [];
  const source = fetchedSource(filled(50_001), new PageCache(), log);
  await withRanges(() => source.u32(5000));
  assert.deepEqual(log, [[4096, 4096]]);
  await withRanges(() => source.copy(10_000, 30_000));
  assert.deepEqual(log.slice(1), [[8192, 32_768]]);
  await withRanges(() => source.u8(50_000));
  assert.deepEqual(log.slice(2), [[49_152, 849]], "the last page ends with the file");
  assert.equal(source.bytesFetched, 4096 + 32_768 + 849);
  await withRanges(() => source.copy(4096, 36_864));
  assert.equal(log.length, 3, "what the cache has is not fetched again");
});

test("work that reads far more than the cache holds comes to its end, and gives the memory back", async () => {
  const bytes = filled(2 << 20);
  const cache = smallCache();
  const log: [number, number][] = [];
  const source = fetchedSource(bytes, cache, log);
  const sum = () => {
    let total = 0;
    for (let at = 0; at < bytes.length; at += 2048) total += source.u8(at);
    return total;
  };
  let wanted = 0;
  for (let at = 0; at < bytes.length; at += 2048) wanted += bytes[at]!;
  assert.equal(await withRanges(sum), wanted);
  assert.equal(log.length, bytes.length / pageByteLength, "each page is fetched once");
  assert.ok(cache.byteLength <= cache.limit);
  assert.throws(() => source.u8(0), NeedRange, "the first page is not held any longer");
});

test("one request longer than the cache is enough for the range that wanted it", async () => {
  const bytes = filled(1 << 20);
  const log: [number, number][] = [];
  const source = fetchedSource(bytes, smallCache(), log);
  assert.deepEqual(await withRanges(() => source.copy(10, 1_000_000)), bytes.slice(10, 1_000_010));
  assert.equal(log.length, 1);
});

test("several pieces of work on one source at a time do not take each other's pages", async () => {
  const bytes = filled(1 << 20);
  const source = fetchedSource(bytes);
  const work = (start: number) => () => {
    let total = 0;
    for (let page = start; page < 256; page += 3) total += source.u8(page * pageByteLength);
    return total;
  };
  const totals = await Promise.all([0, 1, 2, 0].map((start) => withRanges(work(start))));
  for (const [i, start] of [0, 1, 2, 0].entries()) {
    let wanted = 0;
    for (let page = start; page < 256; page += 3) wanted += bytes[page * pageByteLength]!;
    assert.equal(totals[i], wanted);
  }
});

test("several sources in one piece of work are each fetched", async () => {
  const cache = smallCache();
  const sources = [1, 2, 3].map((value) => fetchedSource(new Uint8Array(300_000).fill(value), cache));
  const work = () => sources.reduce((sum, source) => sum + source.copy(100, 290_000)[5]!, 0);
  assert.equal(await withRanges(work), 6);
});

test("an answer of another length than asked for is an error, not an endless retry", async () => {
  for (const [length, code] of [
    [0, "truncated"],
    [4095, "truncated"],
    [8192, "io"],
  ] as const) {
    let calls = 0;
    const fetch = async () => {
      if (++calls > 10) throw new Error("asked again and again");
      return new Uint8Array(length);
    };
    for (const offset of [0, 5000]) {
      const source = new FetchedSource("f", 10_000, fetch, smallCache());
      const start = offset - (offset % 4096);
      const message = `f: ${length} bytes came where 4096 from offset ${start} were asked for`;
      await assert.rejects(
        withRanges(() => source.u8(offset)),
        { name: "GitmidxError", code, message, path: "f", offset: start },
      );
    }
  }
});

test("a failed fetch is handed on as it is, and the next try may succeed", async () => {
  let fails = true;
  const failure = new Error("no network");
  const fetch = async (_: number, byteLength: number) => {
    if (fails) throw failure;
    return new Uint8Array(byteLength).fill(7);
  };
  const source = new FetchedSource("f", 10_000, fetch, smallCache());
  await assert.rejects(
    withRanges(() => source.u8(1)),
    failure,
  );
  fails = false;
  assert.equal(await withRanges(() => source.u8(1)), 7);
});

test("fetched pages do not change with the array that the fetch returned", async () => {
  const answer = Buffer.alloc(4096, 1);
  const source = new FetchedSource("f", 4096, async () => answer, smallCache());
  assert.equal(await withRanges(() => source.u8(0)), 1);
  answer.fill(2);
  assert.equal(source.u8(0), 1);
  assert.notEqual(source.bytes.buffer, answer.buffer);
});

test("an error of the work itself is not retried", async () => {
  let runs = 0;
  const source = fetchedSource(filled(100));
  const work = () => {
    runs++;
    return source.u8(100);
  };
  await assert.rejects(withRanges(work), { code: "truncated" });
  assert.equal(runs, 1);
});
