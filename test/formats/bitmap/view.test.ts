// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { entryHeaderByteLength } from "../../../src/formats/bitmap/layout.js";
import { ewahOfBits } from "../../../src/formats/ewah/build.js";
import type { Ewah } from "../../../src/formats/ewah/ewah.js";
import { bitmapFixture, bitmapFixtures, openFixture } from "../../support/bitmap-fixtures.js";
import { useBitmap } from "../../support/exercise-bitmap.js";
import { everySource, TightSource } from "../../support/sources.js";

const flags: Readonly<Record<string, number>> = {
  "bare-sha1": 1,
  "pack-sha1": 5,
  "lookup-sha256": 0x15,
  "merges-sha1": 0x35,
  "old-merges-sha1": 0x35,
  "layer-sha1": 0x35,
};

test("the sections of git's files are those of their flags", () => {
  assert.deepEqual(bitmapFixtures.map(({ name }) => name).sort(), Object.keys(flags).sort());
  for (const fixture of bitmapFixtures) {
    const view = openFixture(fixture);
    assert.equal(view.flags, flags[fixture.name]);
    assert.equal(view.hasNameHashes, (view.flags & 0x4) !== 0);
    assert.equal(view.hasLookupTable, (view.flags & 0x10) !== 0);
    assert.equal(view.hasPseudoMerges, (view.flags & 0x20) !== 0);
    assert.equal(view.entryCount, fixture.commits.length);
    assert.deepEqual(view.checksum, fixture.bytes.slice(12, 12 + fixture.place.format.byteLength));
    assert.deepEqual(view.trailer(), fixture.bytes.slice(-fixture.place.format.byteLength));
  }
});

function bitsIn(ewah: Ewah): number[] {
  const bits: number[] = [];
  ewah.forEach((bit) => {
    bits.push(bit);
  });
  return bits;
}

test("the bitmaps of types have as many bits as git has objects of them, and each object once", () => {
  for (const fixture of bitmapFixtures) {
    const { objectCount, objectsBelow } = fixture.place;
    for (const [kind, source] of everySource(fixture.bytes, fixture.name)) {
      const view = openFixture(fixture, source);
      const types = ([1, 2, 3, 4] as const).map((type) => view.typeBits(type));
      assert.deepEqual(
        types.map((ewah) => ewah.count()),
        fixture.types,
        kind,
      );
      const seen: number[] = [];
      for (const ewah of types) seen.push(...bitsIn(ewah));
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        Array.from({ length: objectCount }, (_, i) => objectsBelow + i),
      );
    }
  }
});

test("each commit that git finds a bitmap for has git's, and no other has one", () => {
  for (const fixture of bitmapFixtures) {
    const { objectCount, objectsBelow } = fixture.place;
    for (const [kind, source] of everySource(fixture.bytes, fixture.name)) {
      const view = openFixture(fixture, source);
      const found: unknown[] = [];
      for (let position = 0; position <= objectsBelow + objectCount; position++) {
        const entry = view.find(position);
        if (entry === undefined) continue;
        const ewah = view.resolvedEwahOf(entry);
        const bits = view.bitsOf(entry);
        assert.ok(ewah.toBits().equals(bits));
        const checksum = ewah.checksum().toString(16).padStart(8, "0");
        found.push({ position: entry.position, bitSize: ewah.bitSize, checksum, objects: bits.count() });
      }
      assert.deepEqual(found, fixture.commits, `${fixture.name} ${kind}`);
    }
  }
});

test("entries follow one another, and are found with their bases", () => {
  for (const fixture of bitmapFixtures) {
    const view = openFixture(fixture);
    const entries = [...view.entries()];
    assert.equal(entries.length, view.entryCount);
    let offset = view.entriesOffset;
    entries.forEach((entry, i) => {
      assert.equal(entry.offset, offset);
      offset += entry.byteLength;
      assert.deepEqual(view.find(entry.position), entry);
      assert.deepEqual(view.xorBaseOf(entry), entry.xorOffset === 0 ? undefined : entries[i - entry.xorOffset]);
      assert.equal(entry.byteLength, entryHeaderByteLength + view.ewahOf(entry).byteLength);
    });
    assert.equal(offset, view.layout.entriesEnd);
    assert.deepEqual([...view.entries()], entries);
    assert.ok(entries.some(({ xorOffset }) => xorOffset > 0));
  }
});

test("a set of bits is the caller's own", () => {
  for (const fixture of bitmapFixtures) {
    const view = openFixture(fixture);
    for (const entry of [...view.entries()].reverse()) {
      const bits = view.bitsOf(entry);
      const before = ewahOfBits(bits);
      bits.clear();
      assert.deepEqual(ewahOfBits(view.bitsOf(entry)), before);
    }
  }
});

test("bits are the same however few resolved bitmaps can be kept", () => {
  const fixture = bitmapFixture("bare-sha1");
  const view = openFixture(fixture);
  // So many objects that only two sets of that size are kept.
  const many = openFixture({ ...fixture, place: { ...fixture.place, objectCount: 0xffff_ffff } });
  const entries = [...view.entries()];
  for (let i = 0; i < 3 * entries.length; i++) {
    const entry = entries[(7 * i) % entries.length]!;
    assert.ok(many.bitsOf(entry).equals(view.bitsOf(entry)));
    assert.equal(
      view.bitsOf(entry).count(),
      fixture.commits.find(({ position }) => position === entry.position)?.objects,
    );
  }
});

/** Remembers which bytes were read. */
class WatchedSource extends TightSource {
  readonly ranges: [start: number, end: number][] = [];

  override locate(offset: number, length: number): number {
    this.ranges.push([offset, offset + length]);
    return super.locate(offset, length);
  }

  override readInto(offset: number, target: Uint8Array): void {
    this.ranges.push([offset, offset + target.length]);
    super.readInto(offset, target);
  }
}

test("opening reads the header and the heads of four bitmaps, and with a lookup table a commit is found without any other entry", () => {
  for (const fixture of bitmapFixtures) {
    const source = new WatchedSource(fixture.name, fixture.bytes);
    const view = openFixture(fixture, source);
    const read = source.ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    assert.ok(read <= 12 + 4 * 8 + 24 + 8, `${read} bytes`);
    const { entriesEnd } = view.layout;
    assert.deepEqual(
      source.ranges.filter(([start, end]) => end > view.entriesOffset && start < entriesEnd),
      [],
    );
    if (!view.hasLookupTable) continue;
    for (const { position } of fixture.commits) {
      source.ranges.length = 0;
      const entry = view.find(position)!;
      const end = entry.offset + entry.byteLength;
      const touched = source.ranges.filter(([start]) => start >= view.entriesOffset && start < entriesEnd);
      assert.ok(touched.length > 0 && touched.every((range) => range[0] >= entry.offset && range[1] <= end));
    }
  }
});

test("name hashes are read one by one and all at once", () => {
  for (const fixture of bitmapFixtures) {
    for (const [, source] of everySource(fixture.bytes, fixture.name)) {
      const view = openFixture(fixture, source);
      const all = view.copyNameHashes();
      const each = Array.from({ length: fixture.place.objectCount }, (_, i) => view.nameHashAt(i));
      assert.deepEqual(each, view.hasNameHashes ? [...all!] : each.map(() => 0));
    }
  }
  assert.equal(new Set(openFixture(bitmapFixture("pack-sha1")).copyNameHashes()).size > 20, true);
});

test("pseudo-merges tell their members, what those reach, and the other way round, in old files too", () => {
  const sizes: number[][] = [];
  for (const fixture of bitmapFixtures) {
    for (const [kind, source] of everySource(fixture.bytes, fixture.name)) {
      const view = openFixture(fixture, source);
      const merges = view.pseudoMerges();
      assert.equal(merges !== undefined, view.hasPseudoMerges);
      if (merges === undefined) continue;
      assert.equal(merges.count, 3);
      const byMembers: [bit: number, merge: number][] = [];
      for (let i = 0; i < merges.count; i++) {
        const objects = merges.objects(i).toBits();
        for (const bit of bitsIn(merges.members(i))) byMembers.push([bit, i]);
        assert.ok(merges.members(i).isSubsetOf(objects), kind);
        if (kind === "memory") sizes.push([merges.members(i).count(), objects.count()]);
      }
      const byRows = Array.from(merges.memberBits()).flatMap((bit) =>
        [...new Set(merges.mergesOf(bit))].map((merge) => [bit, merge]),
      );
      const inOrder = (a: readonly number[], b: readonly number[]) => a[0]! - b[0]! || a[1]! - b[1]!;
      assert.deepEqual(byRows.sort(inOrder), byMembers.sort(inOrder));
      assert.equal(merges.memberBits().length, merges.memberCount);
      const bits = [...merges.memberBits()];
      assert.deepEqual(
        bits,
        bits.toSorted((a, b) => a - b),
      );
      assert.ok(
        bits.some((bit) => merges.mergesOf(bit).length > 1) && bits.some((bit) => merges.mergesOf(bit).length === 1),
      );
      assert.deepEqual(merges.mergesOf(bits.at(-1)! + 1), []);
    }
  }
  // The old file is of the same history as the new one, but its rows are in no order.
  const old = openFixture(bitmapFixture("old-merges-sha1"));
  const { offset, byteLength } = old.layout.pseudoMerges!;
  const rows = offset + old.source.u64(offset + byteLength - 16);
  const unsorted = Array.from({ length: old.pseudoMerges()!.memberCount }, (_, i) => old.source.u32(rows + 12 * i));
  assert.notDeepEqual(unsorted, [...old.pseudoMerges()!.memberBits()]);
  const pairs = sizes.map((pair) => pair.join());
  assert.deepEqual(pairs.slice(3, 6).sort(), pairs.slice(6, 9).sort());
});

test("every way of using a sound file gives an answer, the same from every source", () => {
  for (const { bytes, name, place } of bitmapFixtures) {
    const all = everySource(bytes, name).map(([, source]) => useBitmap(source, place));
    for (const answers of all) {
      assert.deepEqual(answers, all[0]);
      assert.ok(!JSON.stringify(answers).includes("bad-"), name);
    }
  }
});
