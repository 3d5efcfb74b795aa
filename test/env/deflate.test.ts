// portable
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { env } from "#env";
import type { DeflateMode, Deflater, DeflateStream } from "../../src/env/contract.js";
import {
  createNodeDeflater,
  createNodeDeflateStream,
  HandleDeflater,
  isSoundDeflater,
  PublicDeflater,
  probedDeflater,
} from "../../src/env/node-deflate.js";
import { openHandle } from "../../src/env/node-zlib.js";
import { PortableDeflater, PortableDeflateStream } from "../../src/env/portable-deflate.js";
import { EntryHeader } from "../../src/formats/pack/entry-header.js";
import { newestGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";

const modes: readonly DeflateMode[] = ["exact", "fast"];
const levels = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const makers: Readonly<Record<string, (mode: DeflateMode, level: number) => Deflater>> = {
  "this environment's": (mode, level) => env.createDeflater({ mode, level }),
  "Node's": createNodeDeflater,
  "pako's": (mode, level) => new PortableDeflater(mode, level),
  "Node's documented": (_mode, level) => new PublicDeflater(level),
};
const streamMakers: Readonly<Record<string, (mode: DeflateMode, level: number) => DeflateStream>> = {
  "this environment's": (mode, level) => env.createDeflateStream({ mode, level }),
  "Node's": createNodeDeflateStream,
  "pako's": (mode, level) => new PortableDeflateStream(mode, level),
};

function someText(length: number, seed: number, words: number): Uint8Array {
  const random = seededRandom(seed);
  let text = "";
  while (text.length < length) text += `${((random() % words) * 2_654_435_761).toString(36)} `;
  return Buffer.from(text.slice(0, length));
}

function noise(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return new Uint8Array(length).map(() => random());
}

const content = fc
  .record({
    length: fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.nat(2000), fc.nat(100_000)),
    seed: fc.nat(),
    words: fc.constantFrom(0, 1, 50, 5000),
  })
  .map(({ length, seed, words }) => (words === 0 ? noise(length, seed) : someText(length, seed, words)));

for (const [name, make] of Object.entries(makers)) {
  test(`what ${name} deflaters make inflates to what it was made of, at every level, one after the other`, () => {
    for (const mode of modes) {
      for (const level of levels) {
        const deflater = make(mode, level);
        fc.assert(
          fc.property(content, fc.nat(5), (bytes, start) => {
            const from = Math.min(start, bytes.length);
            const stream = deflater.deflate(bytes, from, bytes.length);
            assert.deepEqual(inflateSync(stream), Buffer.from(bytes.subarray(from)));
          }),
          { numRuns: scale(6, 300) },
        );
      }
    }
    assert.throws(() => make("fast", 1).deflate(new Uint8Array(3), 2, 4), RangeError);
  });
}

for (const [name, make] of Object.entries(streamMakers)) {
  test(`${name} streams inflate to what they were given in pieces, and are small where the level says so`, () => {
    for (const mode of modes) {
      for (const level of [-1, 0, 1, 9]) {
        const bytes = someText(90_000, level, 50);
        for (const piece of [1000, 33_000, 90_000]) {
          const stream = make(mode, level);
          const parts: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; at += piece)
            parts.push(stream.push(bytes.subarray(at, at + piece)).slice());
          parts.push(stream.finish().slice());
          const all = Buffer.concat(parts);
          assert.deepEqual(inflateSync(all), bytes);
          assert.equal(all.length < bytes.length / 2, level !== 0);
        }
      }
    }
  });

  test(`a ${name} stream of nothing is the stream of nothing`, () => {
    for (const mode of modes) assert.equal(inflateSync(make(mode, 6).finish()).length, 0);
  });
}

test("a level that there is not is refused", () => {
  for (const level of [-2, 10, 1.5, Number.NaN]) {
    assert.throws(() => env.createDeflater({ level }), RangeError);
    assert.throws(() => env.createDeflateStream({ level, mode: "exact" }), RangeError);
  }
});

test("Node's fast deflaters make deflateSync's bytes", () => {
  for (const level of levels) {
    const deflater = createNodeDeflater("fast", level);
    assert.ok(deflater instanceof HandleDeflater);
    for (let i = 0; i < 20; i++) {
      const bytes = someText(i * 700, i, 100);
      assert.deepEqual(Buffer.from(deflater.deflate(bytes, 0, bytes.length)), deflateSync(bytes, { level }));
    }
  }
});

test("a handle that works in another way is found out", () => {
  const none = { writeSync: () => undefined, reset: () => undefined, onerror: () => undefined };
  for (const owner of [{}, { _handle: none, _writeState: new Uint32Array(2) }]) {
    const found = probedDeflater(1, () => openHandle(owner));
    assert.ok(found instanceof PublicDeflater && isSoundDeflater(found));
  }
});

/** The zlib streams of a pack's whole objects with their contents, as git wrote them. */
function* packStreams(pack: Uint8Array): Generator<{ stream: Uint8Array; bytes: Uint8Array }> {
  const header = new EntryHeader();
  const inflater = env.createInflater();
  for (let at = 12; at < pack.length - 20; ) {
    header.parse(pack, at, pack.length, at, 20);
    const start = at + header.byteLength;
    const bytes = new Uint8Array(header.size + 1);
    const taken = inflater.inflate(pack, start, pack.length, bytes, 0, header.size);
    assert.ok(taken > 0 && !header.isDelta);
    yield { stream: pack.subarray(start, start + taken), bytes: bytes.subarray(0, header.size) };
    at = start + taken;
  }
}

test("exact deflaters make the bytes of the zlib that git has, at every level", () => {
  const git = newestGit();
  const cwd = makeTempFolder("exact");
  runGit(git, ["init", "--quiet", "--bare", "."], { cwd });
  const blobs = [new Uint8Array(0), noise(70_000, 1), new Uint8Array(100_000), someText(200_000, 2, 5000)];
  for (let i = 0; i < scale(25, 1000); i++) blobs.push(someText(1 + i * i * 11, i, 1 + 40 * i), noise(i * 9, i));
  const ids = blobs.map((bytes) => runGit(git, ["hash-object", "-w", "--stdin"], { cwd, input: bytes }).stdout);
  for (const level of levels) {
    const options = ["--no-reuse-object", "--window=0", `--compression=${level}`];
    runGit(git, ["pack-objects", "-q", ...options, `level${level}`], { cwd, input: ids.join("") });
    const file = readdirSync(cwd).find((name) => name.startsWith(`level${level}-`) && name.endsWith(".pack"));
    const exact = env.createDeflater({ mode: "exact", level });
    let objects = 0;
    for (const { stream, bytes } of packStreams(readFileSync(join(cwd, file!)))) {
      assert.deepEqual(
        Buffer.from(exact.deflate(bytes, 0, bytes.length)),
        Buffer.from(stream),
        `${bytes.length} bytes, level ${level}`,
      );
      const streaming = env.createDeflateStream({ mode: "exact", level });
      const parts = [streaming.push(bytes).slice(), streaming.finish().slice()];
      if (level !== 0) assert.deepEqual(Buffer.concat(parts), Buffer.from(stream), "in two pieces");
      objects++;
    }
    assert.equal(objects, new Set(ids).size);
  }
});
