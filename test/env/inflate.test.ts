// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, inflateSync, constants as zlib } from "node:zlib";
import fc from "fast-check";
import { env } from "#env";
import {
  type Inflater,
  type InflateStream,
  inflateCorrupt,
  inflateNeedsInput,
  inflateWrongSize,
} from "../../src/env/contract.js";
import {
  canStream,
  createNodeInflater,
  createNodeInflateStream,
  HandleInflateStream,
  isSoundInflater,
  isSoundStream,
  PublicInflater,
  probedInflater,
} from "../../src/env/node-inflate.js";
import { openHandle, openInflateHandle } from "../../src/env/node-zlib.js";
import { PortableInflater, PortableInflateStream } from "../../src/env/portable-inflate.js";
import { seededRandom } from "../support/random.js";
import { scale } from "../support/scale.js";

const inflaters: Readonly<Record<string, () => Inflater>> = {
  "this environment's": () => env.createInflater(),
  "Node's by handle": createNodeInflater,
  "Node's by documented functions": () => new PublicInflater(),
  "pako's": () => new PortableInflater(),
};
const streams: Readonly<Record<string, () => InflateStream>> = {
  "this environment's": () => env.createInflateStream(),
  "Node's by handle": createNodeInflateStream,
  "pako's": () => new PortableInflateStream(),
};
const strategies = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED] as const;

/** Bytes that are neither random nor alike. */
function someBytes(length: number, seed: number, letters: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; ) {
    const run = 1 + (random() % 20);
    const from = random() % 3 === 0 ? random() % (i + 1) : -1;
    for (const end = Math.min(i + run, length); i < end; i++)
      bytes[i] = from < 0 ? random() % letters : bytes[i - from]!;
  }
  return bytes;
}

const sample = fc.record({
  length: fc.oneof(fc.constantFrom(0, 1, 2, 63, 64, 65), fc.nat(300), fc.nat(70_000)),
  seed: fc.nat(),
  letters: fc.constantFrom(1, 4, 60, 256),
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(...strategies),
});

interface Sample {
  readonly content: Uint8Array;
  readonly stream: Uint8Array;
}

function makeSample({
  length,
  seed,
  letters,
  level,
  strategy,
}: typeof sample extends fc.Arbitrary<infer T> ? T : never): Sample {
  const content = someBytes(length, seed, letters);
  return { content, stream: deflateSync(content, { level, strategy }) };
}

/** The stream with other bytes before and behind it. */
function surrounded(stream: Uint8Array, before: number, behind: number): Uint8Array {
  const bytes = new Uint8Array(before + stream.length + behind).fill(0xa5);
  bytes.set(stream, before);
  return bytes;
}

function isSharedBufferAllowed(): boolean {
  return typeof SharedArrayBuffer === "function";
}

for (const [name, create] of Object.entries(inflaters)) {
  test(`${name} inflater gives the content and the length of a stream amid other bytes, and nothing past its room`, () => {
    const inflater = create();
    fc.assert(
      fc.property(sample, fc.nat(9), fc.nat(9), (made, before, behind) => {
        const { content, stream } = makeSample(made);
        const input = surrounded(stream, before, behind);
        const output = new Uint8Array(content.length + 10).fill(0x5a);
        const taken = inflater.inflate(input, before, input.length, output, 4, content.length);
        assert.equal(taken, stream.length);
        assert.deepEqual(output.subarray(4, 4 + content.length), content);
        assert.deepEqual([...output.subarray(0, 4)], [0x5a, 0x5a, 0x5a, 0x5a]);
        assert.ok(output.subarray(5 + content.length).every((byte) => byte === 0x5a));
      }),
      { numRuns: scale(150, 3000) },
    );
  });

  test(`${name} inflater tells a stream that goes on, one of another size, and one that is whole`, () => {
    const inflater = create();
    fc.assert(
      fc.property(sample, fc.nat(), fc.nat(5), (made, where, off) => {
        const { content, stream } = makeSample(made);
        const size = content.length;
        const input = surrounded(stream, 0, 5);
        const output = new Uint8Array(size + 20);
        assert.equal(inflater.inflate(stream, 0, where % stream.length, output, 0, size), inflateNeedsInput, "cut");
        const longer = inflater.inflate(input, 0, input.length, output, 0, size + 1 + off);
        assert.equal(longer, inflateWrongSize, "more bytes were expected");
        if (size > 0) {
          const shorter = inflater.inflate(input, 0, input.length, output, 0, where % size);
          assert.equal(shorter, inflateWrongSize, "fewer bytes were expected");
        }
        assert.equal(inflater.inflate(input, 0, input.length, output, 0, size), stream.length);
        assert.deepEqual(output.subarray(0, size), content);
      }),
      { numRuns: scale(100, 2000) },
    );
  });

  test(`${name} inflater needs input for every prefix of a stream and no byte more`, () => {
    const inflater = create();
    const content = someBytes(400, 7, 60);
    const output = new Uint8Array(content.length + 1);
    for (const level of [0, 1, 9]) {
      const stream = deflateSync(content, { level });
      for (let end = 0; end < stream.length; end++) {
        assert.equal(inflater.inflate(stream, 0, end, output, 0, content.length), inflateNeedsInput, `${end} bytes`);
      }
      assert.equal(inflater.inflate(stream, 0, stream.length, output, 0, content.length), stream.length);
    }
  });

  test(`${name} inflater notices each flipped bit that zlib notices, and recovers from it`, () => {
    const inflater = create();
    for (const [level, strategy, letters] of [
      [0, zlib.Z_DEFAULT_STRATEGY, 256],
      [6, zlib.Z_FIXED, 60],
      [9, zlib.Z_DEFAULT_STRATEGY, 60],
      [9, zlib.Z_HUFFMAN_ONLY, 4],
    ] as const) {
      const content = someBytes(300, level, letters);
      const stream = deflateSync(content, { level, strategy });
      const input = surrounded(stream, 0, 8);
      const output = new Uint8Array(content.length + 1);
      for (let bit = 0; bit < 8 * stream.length; bit++) {
        input[bit >> 3]! ^= 1 << (bit & 7);
        const answer = inflater.inflate(input, 0, input.length, output, 0, content.length);
        assert.equal(answer >= 0, zlibAccepts(input, content.length), `bit ${bit}, level ${level}`);
        if (answer >= 0) assert.deepEqual(output.subarray(0, content.length), content);
        input[bit >> 3]! ^= 1 << (bit & 7);
        if (bit % 8 === 0)
          assert.equal(inflater.inflate(input, 0, input.length, output, 0, content.length), stream.length);
      }
    }
  });

  test(`${name} inflater calls a stream corrupt that has no header, wants a dictionary or has a wrong checksum`, () => {
    const inflater = create();
    const content = someBytes(100, 1, 20);
    const output = new Uint8Array(101);
    const inflate = (input: Uint8Array) => inflater.inflate(input, 0, input.length, output, 0, 100);
    assert.equal(inflate(new Uint8Array(50)), inflateCorrupt);
    assert.equal(inflate(new Uint8Array(50).fill(255)), inflateCorrupt);
    const dictionary = content.subarray(0, 50);
    assert.equal(inflate(deflateSync(content, { dictionary })), inflateCorrupt);
    const stream = Uint8Array.from(deflateSync(content));
    for (let i = 1; i <= 4; i++)
      assert.equal(inflate(stream.map((byte, at) => (at === stream.length - i ? byte ^ 4 : byte))), inflateCorrupt);
    assert.equal(inflate(stream), stream.length);
  });

  test(`${name} inflater refuses ranges outside of their arrays`, () => {
    const inflater = create();
    const stream = deflateSync(new Uint8Array(10));
    for (const [start, end, at, size] of [
      [0, stream.length + 1, 0, 10],
      [-1, stream.length, 0, 10],
      [5, 4, 0, 10],
      [0, stream.length, 0, 11],
      [0, stream.length, 1, 10],
      [0, stream.length, -1, 10],
      [0, stream.length, 0, Number.NaN],
    ] as const) {
      assert.throws(() => inflater.inflate(stream, start, end, new Uint8Array(11), at, size), RangeError);
    }
  });

  test(`${name} inflater works on memory that threads share`, () => {
    assert.ok(isSharedBufferAllowed());
    const content = someBytes(5000, 3, 60);
    const stream = deflateSync(content);
    const input = new Uint8Array(new SharedArrayBuffer(stream.length + 1));
    input.set(stream);
    const output = new Uint8Array(new SharedArrayBuffer(content.length + 1));
    assert.equal(create().inflate(input, 0, input.length, output, 0, content.length), stream.length);
    assert.deepEqual(Uint8Array.from(output.subarray(0, content.length)), content);
  });
}

function zlibAccepts(input: Uint8Array, size: number): boolean {
  try {
    return inflateSync(input).length === size;
  } catch {
    return false;
  }
}

/** Runs a stream over input and room that come in pieces. */
function runInPieces(stream: InflateStream, input: Uint8Array, inputPiece: number, room: number) {
  const parts: Uint8Array[] = [];
  const output = new Uint8Array(room);
  let at = 0;
  for (;;) {
    const answer = stream.run(input, at, Math.min(at + inputPiece, input.length), output);
    parts.push(output.slice(0, stream.produced));
    at += stream.consumed;
    const stuck = stream.consumed === 0 && stream.produced === 0;
    if (answer !== "more" || stuck) return { answer, taken: at, content: Uint8Array.from(Buffer.concat(parts)) };
  }
}

for (const [name, create] of Object.entries(streams)) {
  test(`${name} stream begins anew after an end, damage, or half a stream`, () => {
    const stream = create();
    const content = someBytes(500, 7, 60);
    const whole = new Uint8Array(deflateSync(content));
    const damaged = whole.with(whole.length - 1, whole.at(-1)! ^ 1);
    const output = new Uint8Array(1000);
    for (const input of [whole, damaged, whole.subarray(0, 100), whole, whole]) {
      stream.restart();
      const answer = stream.run(input, 0, input.length, output);
      assert.equal(answer, input === whole ? "end" : input === damaged ? "corrupt" : "more");
      if (input !== whole) continue;
      assert.equal(stream.consumed, whole.length);
      assert.deepEqual(output.subarray(0, stream.produced), content);
    }
  });

  test(`${name} stream gives the same in pieces of any size, and its end exactly where it is`, () => {
    fc.assert(
      fc.property(
        sample,
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.nat(3),
        (made, piece, room, behind) => {
          const { content, stream } = makeSample(made);
          const small = content.length < 2000;
          const result = runInPieces(
            create(),
            surrounded(stream, 0, behind),
            small ? 1 + (piece % 50) : piece + 500,
            small ? 1 + (room % 50) : room + 500,
          );
          assert.deepEqual([result.answer, result.taken], ["end", stream.length]);
          assert.deepEqual(result.content, content);
        },
      ),
      { numRuns: scale(100, 2000) },
    );
  });

  test(`${name} stream wants more of one that is cut anywhere, and calls each that zlib refuses corrupt`, () => {
    const content = someBytes(200, 5, 60);
    for (const level of [0, 9]) {
      const stream = Uint8Array.from(deflateSync(content, { level }));
      for (let end = 0; end < stream.length; end++) {
        assert.equal(runInPieces(create(), stream.subarray(0, end), 7, 9).answer, "more", `${end} bytes`);
      }
      for (let bit = 0; bit < 8 * stream.length; bit += 3) {
        const damaged = surrounded(stream, 0, 20);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const { answer, content: found } = runInPieces(create(), damaged, 11, 13);
        const accepted = zlibAccepts(damaged, content.length);
        assert.equal(answer === "end" && found.length === content.length, accepted, `bit ${bit}, level ${level}`);
      }
    }
  });

  test(`${name} stream stays at its end or its damage`, () => {
    const stream = deflateSync(new Uint8Array(3));
    const output = new Uint8Array(10);
    const whole = create();
    assert.equal(whole.run(stream, 0, stream.length, output), "end");
    assert.equal(whole.run(stream, 0, stream.length, output), "end");
    assert.deepEqual([whole.consumed, whole.produced], [0, 0]);
    const damaged = create();
    assert.equal(damaged.run(new Uint8Array(9), 0, 9, output), "corrupt");
    assert.equal(damaged.run(stream, 0, stream.length, output), "corrupt");
    assert.throws(() => create().run(stream, 0, stream.length + 1, output), RangeError);
  });
}

test("this Node's handle is used, and one that works in another way is found out", () => {
  assert.ok(isSoundInflater(createNodeInflater()) && isSoundStream(createNodeInflateStream()));
  assert.ok(!(createNodeInflater() instanceof PublicInflater));
  assert.ok(createNodeInflateStream() instanceof HandleInflateStream);
  const none = { writeSync: () => undefined, reset: () => undefined, onerror: () => undefined };
  for (const owner of [{}, { _handle: {} }, { _handle: none }, { _handle: none, _writeState: new Uint32Array(2) }]) {
    assert.ok(probedInflater(() => openHandle(owner)) instanceof PublicInflater);
    assert.equal(
      canStream(() => openHandle(owner)),
      false,
    );
  }
  const forgetful = openInflateHandle();
  assert.ok(forgetful !== undefined);
  forgetful.reset = () => undefined;
  assert.ok(probedInflater(() => forgetful) instanceof PublicInflater);
});
