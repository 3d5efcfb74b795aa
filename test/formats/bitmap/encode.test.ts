// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { env } from "#env";
import { BitSet } from "../../../src/bytes/bit-set.js";
import { MemorySource } from "../../../src/bytes/source.js";
import { sha1 } from "../../../src/core/oid.js";
import { type BitmapContent, BitmapEncoder } from "../../../src/formats/bitmap/encode.js";
import { openBitmap } from "../../../src/formats/bitmap/view.js";
import { ewahOfBits, typeEwahOfBits } from "../../../src/formats/ewah/build.js";
import { xorEwah } from "../../../src/formats/ewah/combine.js";
import { bitRanges, bitsOfRanges } from "../../support/bit-ranges.js";
import {
  bitmapFixture,
  bitmapFixtures,
  contentAgain,
  openFixture,
  pseudoMergesOf,
} from "../../support/bitmap-fixtures.js";

function encoded(content: BitmapContent): Uint8Array<ArrayBuffer> {
  const encoder = new BitmapEncoder(content);
  const file = new Uint8Array(encoder.byteLength);
  let at = 0;
  const blocks = encoder.blocks(env.createHasher(content.format));
  for (let next = blocks.next(); ; next = blocks.next()) {
    if (next.done) {
      assert.deepEqual(next.value, file.slice(-content.format.byteLength));
      break;
    }
    file.set(next.value, at);
    at += next.value.length;
  }
  assert.equal(at, file.length);
  return file;
}

test("git's files are written again byte for byte from the bits that they say", () => {
  for (const fixture of bitmapFixtures) {
    if (fixture.name.startsWith("old-")) continue;
    assert.deepEqual(encoded(contentAgain(openFixture(fixture))), fixture.bytes, fixture.name);
  }
});

test("pseudo-merges of an older git are written as newer ones have them, and say the same", () => {
  const old = bitmapFixture("old-merges-sha1");
  const view = openFixture(old);
  const file = encoded(contentAgain(view));
  assert.equal(file.length, old.bytes.length);
  const again = openFixture(old, new MemorySource("again", file));
  assert.deepEqual(pseudoMergesOf(again.pseudoMerges()!), pseudoMergesOf(view.pseudoMerges()!));
  const { offset, byteLength } = view.layout.pseudoMerges!;
  const differing = [...file.keys()].filter((i) => file[i] !== old.bytes[i] && i < file.length - 20);
  assert.ok(differing.length > 0 && differing.every((i) => i >= offset && i < offset + byteLength));
});

test("whatever is written is read again", () => {
  const sets = fc.array(bitRanges.map(bitsOfRanges), { minLength: 1, maxLength: 8 });
  const options = fc.record({
    lookupTable: fc.boolean(),
    hashes: fc.boolean(),
    merges: fc.nat(4),
    xor: fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
    below: fc.constantFrom(0, 17),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(sets, options, (bitSets, { lookupTable, hashes, merges, xor, below, seed }) => {
      const objectCount = 9000;
      const plain = bitSets.map(ewahOfBits);
      const entries = plain.map((ewah, i) => {
        const xorOffset = Math.min(i, xor[i]!);
        return {
          position: below + ((seed + 1237 * i) % objectCount),
          xorOffset,
          ewah: xorOffset === 0 ? ewah : xorEwah(ewah, plain[i - xorOffset]!),
        };
      });
      const commits = new BitSet();
      commits.add(below);
      const groups = Array.from({ length: merges }, (_, i) => ({
        members: plain[0]!,
        objects: plain[i % plain.length]!,
      }));
      const content: BitmapContent = {
        format: sha1,
        checksum: new Uint8Array(20).fill(7),
        types: { commits: typeEwahOfBits(commits), trees: plain[0]!, blobs: plain[0]!, tags: plain[0]! },
        entries,
        lookupTable,
        nameHashes: hashes ? Uint32Array.from({ length: objectCount }, (_, i) => i * seed) : undefined,
        pseudoMerges: {
          merges: groups,
          commits: merges === 0 ? [] : [1, 5, 9].map((bit, i) => ({ bit, merges: [...groups.keys()].slice(0, i + 1) })),
        },
      };
      const file = encoded(content);
      const view = openBitmap(new MemorySource("f", file), { format: sha1, objectCount, objectsBelow: below });
      assert.deepEqual(
        Array.from(view.entries(), ({ position, xorOffset }) => ({ position, xorOffset })),
        entries.map(({ position, xorOffset }) => ({ position, xorOffset })),
      );
      entries.forEach(({ position }, i) => {
        assert.ok(view.bitsOf(view.find(position)!).equals(bitSets[i]!));
      });
      assert.equal(view.hasPseudoMerges, merges > 0);
      assert.deepEqual(encoded(contentAgain(view)).length, file.length);
      if (hashes) assert.deepEqual(view.copyNameHashes(), content.nameHashes);
    }),
    { numRuns: 60 },
  );
});

test("an entry that is XORed with one that is not before it, or too far, is refused", () => {
  const content = contentAgain(openFixture(bitmapFixture("pack-sha1")));
  const entry = content.entries[0]!;
  const refused = (entries: BitmapContent["entries"]) =>
    assert.throws(() => new BitmapEncoder({ ...content, entries }), RangeError);
  refused([{ ...entry, xorOffset: 1 }]);
  refused([entry, { ...entry, xorOffset: 2 }]);
  refused([{ ...entry, xorOffset: -1 }]);
  const many = Array.from({ length: 200 }, (_, i) => ({ ...entry, position: i, xorOffset: i === 199 ? 160 : 0 }));
  assert.ok(new BitmapEncoder({ ...content, entries: many }).byteLength > 0);
  refused([...many, { ...entry, xorOffset: 161 }]);
});

test("a file of many blocks is as long as planned", () => {
  const content = contentAgain(openFixture(bitmapFixture("lookup-sha256")));
  const [entry] = content.entries;
  const entries = Array.from({ length: 20_000 }, (_, i) => ({ ...entry!, position: 19_999 - i, xorOffset: 0 }));
  const file = encoded({ ...content, entries, nameHashes: Uint32Array.from({ length: 70_000 }, (_, i) => i) });
  const view = openBitmap(new MemorySource("f", file), {
    ...bitmapFixture("lookup-sha256").place,
    objectCount: 70_000,
  });
  assert.equal(view.nameHashAt(69_999), 69_999);
  assert.equal(view.find(0)?.offset, [...view.entries()].at(-1)?.offset);
});
