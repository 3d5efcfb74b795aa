// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BitSet, bitCount32 } from "../../src/bytes/bit-set.js";

const numbers = fc.array(fc.nat({ max: 700 }), { maxLength: 60 });

function setOf(members: Iterable<number>): BitSet {
  const bits = new BitSet();
  for (const member of members) bits.add(member);
  return bits;
}

function membersOf(bits: BitSet): number[] {
  const members: number[] = [];
  bits.forEach((bit) => void members.push(bit));
  return members;
}

const ascending = (members: Iterable<number>) => [...members].sort((a, b) => a - b);

test("a bit set holds what a set of numbers holds, for random numbers", () => {
  fc.assert(
    fc.property(numbers, numbers, (added, removed) => {
      const bits = setOf(added);
      const set = new Set(added);
      for (const number of removed) {
        bits.delete(number);
        set.delete(number);
      }
      const members = ascending(set);
      assert.deepEqual(membersOf(bits), members);
      assert.equal(bits.count(), set.size);
      assert.equal(bits.isEmpty(), set.size === 0);
      for (const number of [...added, ...removed, 5000]) assert.equal(bits.has(number), set.has(number));
      for (const from of [0, 31, 32, ...removed]) {
        assert.equal(bits.next(from), members.find((member) => member >= from) ?? -1);
      }
    }),
  );
});

test("or, and, and-not and xor are those of sets, whichever of both is longer", () => {
  fc.assert(
    fc.property(numbers, numbers, (left, right) => {
      const [a, b] = [new Set(left), new Set(right)];
      const wanted = {
        or: [...a, ...b],
        and: [...a].filter((bit) => b.has(bit)),
        andNot: [...a].filter((bit) => !b.has(bit)),
        xor: [...[...a].filter((bit) => !b.has(bit)), ...[...b].filter((bit) => !a.has(bit))],
      };
      for (const operation of ["or", "and", "andNot", "xor"] as const) {
        const bits = setOf(left);
        const other = setOf(right);
        bits[operation](other);
        assert.deepEqual(membersOf(bits), ascending(new Set(wanted[operation])), operation);
        assert.deepEqual(membersOf(other), ascending(b));
      }
      const both = setOf(left);
      both.or(setOf(right));
      assert.ok(both.includes(setOf(left)) && both.includes(setOf(right)));
      assert.equal(
        setOf(left).includes(setOf(right)),
        [...b].every((bit) => a.has(bit)),
      );
      assert.equal(setOf(left).equals(setOf(right)), a.size === b.size && [...b].every((bit) => a.has(bit)));
    }),
  );
});

test("sets are equal whatever room they have, and a copy is of its own", () => {
  const bits = new BitSet(10_000);
  bits.add(3);
  assert.ok(bits.equals(setOf([3])) && setOf([3]).equals(bits));
  const copy = bits.clone();
  copy.clear();
  assert.ok(bits.has(3) && copy.isEmpty());
  assert.equal(setOf([4_000_000_000]).next(0), 4_000_000_000);
  assert.deepEqual([0, 1, 0x8000_0000, 0xffff_ffff, 0x0101_0101].map(bitCount32), [0, 1, 1, 32, 4]);
});
