// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ObjectFormat, sha1, sha256 } from "../../../src/core/oid.js";
import { TreeCursor } from "../../../src/formats/object/tree.js";
import { type TreePair, TreePairs } from "../../../src/ops/walk/tree-pairs.js";

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly id: number;
}

const encoder = new TextEncoder();

function treeOf(entries: readonly Entry[], { byteLength }: ObjectFormat): Uint8Array {
  const parts = entries.map(({ mode, name, id }) => {
    const head = encoder.encode(`${mode} ${name}\0`);
    const bytes = new Uint8Array(head.length + byteLength).fill(id);
    bytes.set(head);
    return bytes;
  });
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The entries that are not passed over, as text; the whole tree is gone through. */
function looked(pair: TreePair, cursor: TreeCursor, { byteLength }: ObjectFormat): string[] {
  const entries: string[] = [];
  for (let at = pair.pass(0); at < pair.length; at = pair.pass(at)) {
    cursor.reset(pair.bytes, at, pair.length);
    cursor.next();
    pair.note(cursor);
    at = cursor.idAt + byteLength;
    entries.push(String.fromCharCode(...pair.bytes.subarray(cursor.start, at)));
  }
  pair.finish();
  return entries;
}

const entry = fc.record({
  mode: fc.constantFrom("100644", "40000", "160000"),
  name: fc.string({ unit: fc.constantFrom("a", "b", "c", "-"), minLength: 1, maxLength: 20 }),
  id: fc.integer({ min: 0, max: 3 }),
});
const trees = fc.array(fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: 40 }), { maxLength: 8 });

for (const format of [sha1, sha256]) {
  const split = (tree: readonly Entry[]) => tree.map((one) => String.fromCharCode(...treeOf([one], format)));

  test(`no entry is passed over that the tree before did not have, in order or not: ${format.name}`, () => {
    const cursor = new TreeCursor(format);
    fc.assert(
      fc.property(trees, fc.boolean(), (versions, sorted) => {
        const pairs = new TreePairs(format.byteLength);
        let earlier = new Set<string>();
        for (const version of versions) {
          const tree = sorted ? version.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : version;
          const left = looked(pairs.open(new Uint8Array(0), 0, treeOf(tree, format), true), cursor, format);
          const all = split(tree);
          const isLeft = new Set(left);
          assert.deepEqual(
            left,
            all.filter((one) => isLeft.has(one)),
          );
          for (const one of all) assert.ok(isLeft.has(one) || earlier.has(one));
          earlier = new Set(all);
        }
      }),
    );
  });
}

test("of a tree in which ids have changed, and entries have come, only those are looked at", () => {
  const cursor = new TreeCursor(sha1);
  const pairs = new TreePairs(sha1.byteLength);
  const names = Array.from({ length: 100 }, (_, i) => `name${i + 100}`);
  const first = names.map((name) => ({ mode: "100644", name, id: 1 }));
  const changed = first.map((one, i) => (i % 10 === 3 ? { ...one, id: 2 } : one));
  const longer = changed.toSpliced(50, 0, { mode: "100755", name: "name149a", id: 7 });
  const look = (tree: readonly Entry[]) =>
    looked(pairs.open(new Uint8Array(0), 0, treeOf(tree, sha1), true), cursor, sha1);
  assert.equal(look(first).length, 100);
  assert.equal(look(changed).length, 10);
  assert.equal(look(longer).length, 1);
  assert.equal(look(longer).length, 0);
});

test("a tree whose path is that of one that is open, and one that is not to be compared, is gone through wholly", () => {
  const cursor = new TreeCursor(sha1);
  const pairs = new TreePairs(sha1.byteLength);
  const content = treeOf([{ mode: "100644", name: "a", id: 1 }], sha1);
  const path = encoder.encode("directory");
  const outer = pairs.open(path, path.length, content, true);
  const inner = pairs.open(path, path.length, content, true);
  assert.notEqual(inner, outer);
  assert.equal(looked(inner, cursor, sha1).length, 1);
  assert.equal(looked(outer, cursor, sha1).length, 1);
  assert.equal(looked(pairs.open(path, path.length, content, true), cursor, sha1).length, 0);
  assert.equal(looked(pairs.open(path, path.length, content, false), cursor, sha1).length, 1);
  const cut = pairs.open(path, path.length, content.subarray(0, -1), true);
  assert.equal(cut.pass(0), 0, "an entry that is cut off is not the one before");
});
