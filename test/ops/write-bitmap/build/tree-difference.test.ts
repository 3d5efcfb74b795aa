// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sha1 } from "../../../../src/core/oid.js";
import { TreeCopies } from "../../../../src/ops/write-bitmap/build/tree-copies.js";
import { TreeDifference } from "../../../../src/ops/write-bitmap/build/tree-difference.js";

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly id: number;
}

const entry = fc.record({
  mode: fc.constantFrom("100644", "40000", "160000", "120000"),
  name: fc.string({ unit: fc.constantFrom("a", "b", "0", " ", "-"), minLength: 1, maxLength: 4 }),
  id: fc.integer({ min: 0, max: 3 }),
});

/** Ids that look like entries, so that nothing but counting tells where entries begin. */
function contentOf(entries: readonly Entry[]): Uint8Array {
  const ids = [
    "a\u0000100644 b\u0000cccccccccc",
    "\u0000".repeat(20),
    "100644 a\u0000bbbbbbbbbbb",
    "40000 0\u0000dddddddddddd",
  ];
  const text = entries.map(({ mode, name, id }) => `${mode} ${name}\u0000${ids[id]!.slice(0, 20)}`).join("");
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function sorted(entries: readonly Entry[]): Entry[] {
  const byName = new Map(entries.map((each) => [each.name, each]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const keyOf = (each: Entry) => `${each.mode} ${each.name}`;

test("what comes is exactly what the earlier tree does not have, and the copy knows all entries", () => {
  const trees = fc.array(fc.array(entry, { maxLength: 12 }).map(sorted), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(trees, (versions) => {
      const copies = new TreeCopies(20, 4096);
      const difference = new TreeDifference(sha1);
      let before: readonly Entry[] = [];
      for (const [bit, version] of versions.entries()) {
        const content = contentOf(version);
        const copy = copies.make(content);
        difference.reset(copy, bit === 0 ? undefined : copies.get(bit - 1));
        const found: string[] = [];
        while (difference.next()) {
          const { mode, nameStart, nameEnd } = difference.entry;
          const name = String.fromCharCode(...copy.bytes.subarray(nameStart, nameEnd));
          found.push(`${mode.toString(8)} ${name}`);
        }
        copies.keep(bit, copy);
        const same = (a: Entry) => before.some((b) => keyOf(a) === keyOf(b) && a.id === b.id);
        assert.deepEqual(found, version.filter((each) => !same(each)).map(keyOf));
        const starts = copy.starts.slice(copy.first, copy.first + copy.count + 1);
        assert.equal(copy.count, version.length);
        copy.findStarts(20);
        assert.deepEqual(copy.starts.slice(copy.first, copy.first + copy.count + 1), starts);
        before = version;
      }
    }),
  );
});

test("trees out of order give what the earlier one does not have at the least", () => {
  const tree = fc.array(entry, { maxLength: 10 });
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      const copies = new TreeCopies(20, 1 << 20);
      const earlier = copies.make(contentOf(a));
      earlier.findStarts(20);
      copies.keep(0, earlier);
      const copy = copies.make(contentOf(b));
      const difference = new TreeDifference(sha1);
      difference.reset(copy, earlier);
      let count = 0;
      while (difference.next()) count++;
      const missing = b.filter((x) => !a.some((y) => keyOf(x) === keyOf(y) && x.id === y.id));
      assert.ok(count >= missing.length);
      assert.equal(copy.count, b.length);
    }),
  );
});

test("copies that are overwritten are not found any more, and the others are what they were", () => {
  const copies = new TreeCopies(20, 2000);
  const content = (bit: number) =>
    contentOf(Array.from({ length: 1 + (bit % 5) }, (_, i) => ({ mode: "100644", name: `${bit}-${i}`, id: 1 })));
  for (let bit = 0; bit < 200; bit++) {
    const copy = copies.make(content(bit));
    copy.findStarts(20);
    copies.keep(bit, copy);
    assert.equal(copies.get(bit), copy);
    for (let other = 0; other < bit; other++) {
      const kept = copies.get(other);
      if (kept !== undefined) assert.deepEqual(kept.bytes.slice(kept.start, kept.end), content(other));
    }
  }
  assert.equal(copies.get(0), undefined);
});

test("a tree that is cut off is refused in git's words", () => {
  const copies = new TreeCopies(20);
  const difference = new TreeDifference(sha1);
  difference.reset(copies.make(contentOf([{ mode: "100644", name: "a", id: 0 }]).slice(0, -1)), undefined);
  assert.throws(() => difference.next(), { code: "bad-object", message: "too-short tree object" });
});
