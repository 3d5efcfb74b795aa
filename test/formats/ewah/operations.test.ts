// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BitSet } from "../../../src/bytes/bit-set.js";
import { EwahBuilder, ewahOfBits, typeEwahOfBits } from "../../../src/formats/ewah/build.js";
import { andEwah, andNotEwah, orEwah, xorEwah, xorWordCount } from "../../../src/formats/ewah/combine.js";
import type { Ewah } from "../../../src/formats/ewah/ewah.js";
import { bitRanges, bitsOfRanges, readStored, storedEwah } from "../../support/bit-ranges.js";

const bitSets = bitRanges.map(bitsOfRanges);
/** Compressed as the two kinds of bitmaps are. */
const compress = fc.constantFrom(ewahOfBits, typeEwahOfBits);

/** The plain set that a change of a copy of `bits` gives. */
function changed(bits: BitSet, change: (copy: BitSet) => void): BitSet {
  const copy = bits.clone();
  change(copy);
  return copy;
}

function listed(ewah: Ewah): number[] {
  const bits: number[] = [];
  ewah.forEach((bit) => {
    bits.push(bit);
  });
  return bits;
}

function listedPlain(bits: BitSet): number[] {
  const list: number[] = [];
  bits.forEach((bit) => {
    list.push(bit);
  });
  return list;
}

/** Checks that a bitmap is sound and has the bits it ought to have, told in every way. */
function checkBits(ewah: Ewah, bits: BitSet): void {
  assert.deepEqual(listed(ewah), listedPlain(bits));
  assert.ok(ewah.toBits().equals(bits));
  assert.equal(ewah.count(), bits.count());
  assert.deepEqual(readStored(storedEwah(ewah)), ewah);
}

test("what is compressed is unpacked again as it was", () => {
  fc.assert(
    fc.property(bitSets, compress, (bits, compressed) => {
      checkBits(compressed(bits), bits);
    }),
  );
});

test("a builder gives what compressing the same set gives for types, and takes no bit out of order", () => {
  fc.assert(
    fc.property(bitSets, (bits) => {
      const builder = new EwahBuilder();
      bits.forEach((bit) => {
        builder.add(bit);
      });
      assert.deepEqual(builder.finish(), typeEwahOfBits(bits));
    }),
  );
  const builder = new EwahBuilder();
  builder.add(70);
  assert.throws(() => builder.add(70), RangeError);
  assert.throws(() => builder.add(3), RangeError);
});

test("bits up to the last that can be are added, and none beyond", () => {
  const highest = 2 ** 32 - 2;
  const bits = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 64, highest];
  const builder = new EwahBuilder();
  for (const bit of bits) builder.add(bit);
  const ewah = readStored(storedEwah(builder.finish()));
  assert.deepEqual(listed(ewah), bits);
  assert.equal(ewah.bitSize, highest + 1);
  const tooLong = new EwahBuilder();
  tooLong.add(highest + 1);
  assert.throws(() => tooLong.finish(), RangeError);
});

test("operations on compressed bitmaps give what they give on plain sets", () => {
  const pairs: [(a: Ewah, b: Ewah) => Ewah, (copy: BitSet, other: BitSet) => void][] = [
    [orEwah, (copy, other) => copy.or(other)],
    [andEwah, (copy, other) => copy.and(other)],
    [andNotEwah, (copy, other) => copy.andNot(other)],
    [xorEwah, (copy, other) => copy.xor(other)],
  ];
  fc.assert(
    fc.property(bitSets, bitSets, bitSets, compress, (x, y, z, compressed) => {
      for (const [ofEwahs, ofSets] of pairs) {
        const both = ofEwahs(compressed(x), compressed(y));
        const bits = changed(x, (copy) => ofSets(copy, y));
        checkBits(both, bits);
        // Results may have literal words that could be runs: operations must take those too.
        for (const [again, plainAgain] of pairs)
          checkBits(
            again(both, ewahOfBits(z)),
            changed(bits, (copy) => plainAgain(copy, z)),
          );
      }
    }),
    { numRuns: 60 },
  );
});

test("a bitmap goes into a plain set of any room", () => {
  fc.assert(
    fc.property(bitSets, bitSets, (x, y) => {
      const compressed = ewahOfBits(y);
      for (const room of [0, 32, 2000]) {
        const roomy = changed(x, (copy) => copy.reserve(32 * x.words.length + room));
        const into = (change: (copy: BitSet) => void) => changed(roomy, change);
        assert.ok(into((copy) => compressed.orInto(copy)).equals(into((copy) => copy.or(y))));
        assert.ok(into((copy) => compressed.xorInto(copy)).equals(into((copy) => copy.xor(y))));
        assert.ok(into((copy) => compressed.andNotInto(copy)).equals(into((copy) => copy.andNot(y))));
        assert.equal(compressed.isSubsetOf(roomy), roomy.includes(y));
        assert.ok(compressed.isSubsetOf(into((copy) => copy.or(y))));
      }
    }),
  );
});

test("the length of an XOR is told without making it", () => {
  fc.assert(
    fc.property(bitSets, bitSets, bitSets, (x, y, z) => {
      const [a, b] = [ewahOfBits(x), xorEwah(ewahOfBits(y), ewahOfBits(z))];
      assert.equal(2 * xorWordCount(a, b), xorEwah(a, b).words.length);
    }),
  );
});

test("a set without bits is one word of a commit's bitmap and none of a type's", () => {
  for (const bits of [new BitSet(), new BitSet(1000)]) {
    assert.deepEqual([ewahOfBits(bits).bitSize, ewahOfBits(bits).wordCount], [64, 1]);
    assert.deepEqual([typeEwahOfBits(bits).bitSize, typeEwahOfBits(bits).wordCount], [0, 0]);
    assert.deepEqual(listed(orEwah(ewahOfBits(bits), typeEwahOfBits(bits))), []);
  }
});
