// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteLines } from "../../../src/ops/compat/byte-lines.js";

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const sorted = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < sorted.length; i++) yield bytes.slice(sorted[i - 1], sorted[i]);
}

async function linesOf(lines: ByteLines): Promise<string[]> {
  const found: string[] = [];
  for (let line = await lines.next(); line !== undefined; line = lines.take() ?? (await lines.next())) {
    found.push(new TextDecoder().decode(line));
  }
  return found;
}

const nothing = async (): Promise<void> => undefined;

test("lines come out the same however the bytes are cut", async () => {
  const text = fc.array(fc.stringMatching(/^[a-c\n]{0,9}$/), { maxLength: 12 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(200), { maxLength: 9 }), async (all, cuts) => {
      const wanted = all.split("\n");
      if (wanted.at(-1) === "") wanted.pop();
      const bytes = new TextEncoder().encode(all);
      assert.deepEqual(await linesOf(new ByteLines(chunksOf(bytes, cuts), nothing, () => undefined)), wanted);
    }),
  );
});

test("the end is asked for once everything has come, and what it throws is thrown", async () => {
  let ended = 0;
  const end = async (): Promise<void> => {
    ended++;
    throw new Error("status 1");
  };
  const lines = new ByteLines(chunksOf(new TextEncoder().encode("a\nb\n"), []), end, () => undefined);
  assert.equal(new TextDecoder().decode(await lines.next()), "a");
  assert.equal(new TextDecoder().decode(await lines.next()), "b");
  assert.equal(ended, 0);
  await assert.rejects(lines.next(), /status 1/);
  await lines.close();
  assert.equal(ended, 1);
});

test("closing before the end stops the source and hides how it ended", async () => {
  let stopped = 0;
  const end = () => Promise.reject(new Error("killed"));
  const lines = new ByteLines(chunksOf(new TextEncoder().encode("a\nb\n"), [2]), end, () => stopped++);
  await lines.next();
  await lines.close();
  await lines.close();
  assert.equal(stopped, 1);
  assert.equal(await lines.fill(), false);
});
