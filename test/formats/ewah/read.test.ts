// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemorySource } from "../../../src/bytes/source.js";
import { GitmidxError } from "../../../src/core/errors.js";
import { ewahOfBits } from "../../../src/formats/ewah/build.js";
import { ewahByteLengthAt, readEwah } from "../../../src/formats/ewah/read.js";
import { heapGrowth, typedArrayBytes } from "../../support/allocations.js";
import { bitRanges, bitsOfRanges, readStored, storedEwah } from "../../support/bit-ranges.js";
import { everySource, TightSource } from "../../support/sources.js";

/** A marker. */
function marker(bit: number, run: number, literals: number): bigint {
  return (BigInt(literals) << 33n) | (BigInt(run) << 1n) | BigInt(bit);
}

const mostRun = 0xffff_ffff;
const mostLiterals = 0x7fff_ffff;

/** Stores words as they are, sound or not. */
function stored(bitSize: number, words: readonly bigint[], lastMarker = 0): Uint8Array {
  const bytes = new Uint8Array(12 + 8 * words.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bitSize);
  view.setUint32(4, words.length);
  for (const [i, word] of words.entries()) view.setBigUint64(8 + 8 * i, word);
  view.setUint32(8 + 8 * words.length, lastMarker);
  return bytes;
}

/** What reading says is wrong. */
function refusal(bytes: Uint8Array, bitLimit = 2 ** 32): string {
  try {
    readStored(Uint8Array.from(bytes), bitLimit);
  } catch (error) {
    assert.ok(
      error instanceof GitmidxError && error.code === "bad-ewah" && error.path === "ewah" && error.offset === 0,
    );
    return error.message.replace("corrupt ewah bitmap: ", "");
  }
  return "";
}

test("a bitmap that ends too early is refused in git's words", () => {
  const bytes = stored(128, [marker(0, 1, 1), 5n]);
  assert.equal(refusal(bytes), "");
  const told = Array.from(bytes, (_, length) => refusal(bytes.subarray(0, length)));
  assert.deepEqual(new Set(told.slice(0, 4)), new Set(["eof before bit size"]));
  assert.deepEqual(new Set(told.slice(4, 8)), new Set(["eof before length"]));
  assert.deepEqual(
    told.slice(8, 24),
    Array.from({ length: 16 }, (_, i) => `eof in data (${16 - i} bytes short)`),
  );
  assert.deepEqual(new Set(told.slice(24)), new Set(["eof before rlw"]));
  assert.equal(refusal(stored(0, [])), "0 words, but a marker is the least");
});

test("runs and literal words must be as many as the words and the bit size say", () => {
  const cases: [Uint8Array, string][] = [
    [stored(128, [marker(0, 1, 2), 5n]), "marker 0 has 2 literal words where 1 are left"],
    [stored(128, [marker(0, 1, mostLiterals), 5n]), "marker 0 has 2147483647 literal words where 1 are left"],
    [stored(64, [marker(0, 1, 1), 5n]), "2 words or more in a bitmap of 64 bits"],
    [stored(64, [marker(0, 1, 0), marker(1, 1, 0)], 1), "2 words or more in a bitmap of 64 bits"],
    [stored(0, [marker(1, mostRun, 0)]), "4294967295 words or more in a bitmap of 0 bits"],
    [stored(192, [marker(0, 1, 1), 5n]), "2 words in a bitmap of 192 bits"],
    [stored(129, [marker(0, 1, 1), 5n]), "2 words in a bitmap of 129 bits"],
    [stored(128, [marker(0, 1, 1), 5n], 1), "last marker at word 1 instead of 0"],
    [stored(128, [marker(0, 1, 0), marker(0, 0, 1), 5n]), "last marker at word 0 instead of 1"],
    [stored(128, [marker(0, 1, 0), marker(0, 0, 1), 5n], mostRun), "last marker at word 4294967295 instead of 1"],
  ];
  for (const [bytes, message] of cases) assert.equal(refusal(bytes), message);
});

test("no bit beyond the objects may be set", () => {
  const beyond = (limit: number) => `a bit from ${limit} on is set, where there are ${limit} objects`;
  for (let bit = 0; bit < 256; bit++) {
    const words = [marker(0, Math.floor(bit / 64), 1), 1n << BigInt(bit % 64)];
    const bytes = stored(64 * Math.floor(bit / 64) + 64, words);
    assert.equal(refusal(bytes, bit + 1), "");
    const outside = bit % 64 === 0 && bit > 0 ? `${bit + 64} bits where there are ${bit} objects` : beyond(bit);
    assert.equal(refusal(bytes, bit), outside);
  }
  assert.equal(refusal(stored(128, [marker(1, 2, 0)]), 128), "");
  assert.equal(refusal(stored(128, [marker(1, 2, 0)]), 127), beyond(127));
  assert.equal(refusal(stored(128, [marker(1, 1, 1), 1n]), 65), "");
  assert.equal(refusal(stored(64, [marker(0, 1, 0)]), 0), "", "a set without bits has a word");
});

test("2^32 - 1 runs in 20 bytes take no memory and no time", () => {
  const growth = heapGrowth(() => {
    for (const bit of [0, 1]) {
      for (const bitSize of [0, 64, 2 ** 31, mostRun]) {
        const bytes = stored(bitSize, [marker(bit, mostRun, 0)]);
        assert.equal(bytes.length, 20);
        const arrays = typedArrayBytes(() => assert.notEqual(refusal(bytes), ""));
        assert.ok(arrays < 200, `${arrays} bytes`);
      }
    }
    const words = Array.from({ length: 1000 }, (_, i) => marker(i & 1, mostRun, 0));
    assert.match(refusal(stored(mostRun, words, 999)), /^4294967295 words or more in a bitmap of 4294967295 bits$/);
  });
  assert.ok(growth < 1 << 20, `${growth} bytes`);
});

test("reading takes the bytes that are there, once, whatever the head claims", () => {
  for (const count of [0, 1, 2, 1000, 2 ** 29, mostRun]) {
    const bytes = new Uint8Array(100);
    new DataView(bytes.buffer).setUint32(4, count);
    const source = new TightSource("ewah", bytes);
    const arrays = typedArrayBytes(() => {
      try {
        readEwah(source, 0, bytes.length, 1000);
      } catch (error) {
        assert.ok(error instanceof GitmidxError);
      }
    });
    assert.ok(source.copied <= bytes.length);
    assert.ok(arrays < 400, `${arrays} bytes for ${count} words`);
  }
});

test("markers without any word are passed over", () => {
  const ewah = readStored(
    stored(192, [0n, marker(1, 1, 0), 0n, 0n, marker(0, 1, 1), 6n, 0n], 6) as Uint8Array<ArrayBuffer>,
  );
  assert.equal(ewah.count(), 66);
  assert.deepEqual(ewahOfBits(ewah.toBits()).count(), 66);
});

test("a bitmap is read from the middle of any source, and is as long as its head says", () => {
  fc.assert(
    fc.property(bitRanges, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), (ranges, before, after) => {
      const bits = bitsOfRanges(ranges);
      const ewah = ewahOfBits(bits);
      const bytes = new Uint8Array(before + ewah.byteLength + after).fill(0xa5);
      bytes.set(storedEwah(ewah), before);
      assert.equal(ewah.writeTo(new Uint8Array(bytes.length), before), before + ewah.byteLength);
      for (const [kind, source] of everySource(bytes, "ewah")) {
        assert.equal(ewahByteLengthAt(source, before, bytes.length), ewah.byteLength, kind);
        assert.deepEqual(readEwah(source, before, bytes.length, 2 ** 20), ewah, kind);
      }
    }),
  );
});

test("random words are refused, or are a bitmap of the bits that they show", () => {
  const half = fc.oneof(fc.constantFrom(0n, 1n, 2n, 3n), fc.bigInt({ min: 0n, max: 0xffff_ffffn }));
  const word = fc.oneof(
    fc
      .tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 }))
      .map((m) => marker(...m)),
    fc.tuple(half, half).map(([high, low]) => (high << 32n) | low),
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 8 }),
      fc.integer({ min: 0, max: 8 }),
      fc.nat(600),
      (words, last, bitSize) => {
        const bytes = Uint8Array.from(stored(bitSize, words, last));
        let ewah: ReturnType<typeof readStored>;
        try {
          ewah = readEwah(new MemorySource("ewah", bytes), 0, bytes.length, 512);
        } catch (error) {
          assert.ok(error instanceof GitmidxError && error.code === "bad-ewah", String(error));
          return;
        }
        assert.deepEqual(storedEwah(ewah), bytes);
        const bits = ewah.toBits();
        assert.equal(bits.count(), ewah.count());
        assert.equal(bits.next(512), -1);
        assert.ok(bits.equals(ewahOfBits(bits).toBits()));
      },
    ),
    { numRuns: 2000 },
  );
});
