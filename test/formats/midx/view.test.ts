// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { env } from "#env";
import { MemorySource, withRanges } from "../../../src/bytes/source.js";
import { oidFromHex, sha1, toHex } from "../../../src/core/oid.js";
import type { LayerPackId, LayerPosition } from "../../../src/core/positions.js";
import { MidxEncoder } from "../../../src/formats/midx/encode.js";
import { readMidxLayout } from "../../../src/formats/midx/layout.js";
import { canView, type MidxView, openMidx } from "../../../src/formats/midx/view.js";
import { useMidx } from "../../support/exercise.js";
import { randomTable } from "../../support/fake-idx.js";
import { type Fixture, fixtureNames, readFixture } from "../../support/midx-fixtures.js";
import { everySource, fetchedSource, pagedSource, smallCache } from "../../support/sources.js";

const fixtures = fixtureNames.map(readFixture);

function viewOf(fixture: Fixture, path: string): MidxView {
  return openMidx(new MemorySource(path, fixture.files.get(path)!), fixture.format);
}

/** Every object of a view as `id pack offset`. */
function objectsOf(view: MidxView): string[] {
  return Array.from({ length: view.count }, (_, i) => {
    const position = i as LayerPosition;
    const name = view.packNames[view.packIdAt(position)]!;
    return `${toHex(view.ids.idAt(i))} ${name} ${view.offsetAt(position)}`;
  });
}

test("each object of a multi-pack-index is where git's indexes have a copy of it, and none is missing", () => {
  for (const fixture of fixtures) {
    const copies = new Set(fixture.objects.map(({ oid, idx, offset }) => `${oid} ${idx} ${offset}`));
    const seen: string[] = [];
    for (const path of fixture.midxPaths) {
      for (const [kind, source] of everySource(fixture.files.get(path)!, path)) {
        const view = openMidx(source, fixture.format);
        const objects = objectsOf(view);
        for (const object of objects) assert.ok(copies.has(object), `${fixture.name} ${kind}: ${object}`);
        if (kind === "memory") seen.push(...objects.map((object) => object.split(" ")[0]!));
      }
    }
    const ids = new Set(fixture.objects.map(({ oid }) => oid));
    assert.deepEqual(seen.sort(), [...ids].sort(), `${fixture.name}: each object once`);
  }
});

test("an object is found where it stands, and one that is not there is not found", () => {
  for (const fixture of fixtures) {
    for (const path of fixture.midxPaths) {
      const view = viewOf(fixture, path);
      for (let i = 0; i < view.count; i++) {
        assert.equal(view.find(view.ids.idAt(i)), i);
        const other = view.ids.idAt(i);
        other[19]! ^= 0x40;
        assert.equal(view.find(other), undefined);
      }
      assert.equal(view.find(oidFromHex("77".repeat(fixture.format.byteLength), fixture.format)), undefined);
    }
  }
});

test("the fixtures have every chunk and both versions", () => {
  const chunks = new Set<string>();
  const versions = new Set<number>();
  for (const fixture of fixtures) {
    for (const path of fixture.midxPaths) {
      const view = viewOf(fixture, path);
      versions.add(view.version);
      for (const { name } of view.layout.chunks) chunks.add(name);
      assert.deepEqual(view.layout.problems, []);
    }
  }
  assert.deepEqual([...chunks].sort(), ["BTMP", "LOFF", "OIDF", "OIDL", "OOFF", "PNAM", "RIDX"]);
  assert.deepEqual(versions, new Set([1, 2]));
});

test("RIDX counts through the chain and orders objects by pack and offset, the preferred pack first, as BTMP has it", () => {
  let checked = 0;
  for (const fixture of fixtures) {
    let below = 0;
    for (const path of fixture.midxPaths) {
      const view = viewOf(fixture, path);
      if (view.hasReverseIndex) {
        const order = Array.from({ length: view.count }, (_, i) => (view.reverseIndexAt(i) - below) as LayerPosition);
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          [...order.keys()],
          "a permutation",
        );
        const preferred = view.packIdAt(order[0]!);
        const keys = order.map((position) => {
          const packId = view.packIdAt(position);
          return (packId === preferred ? -1 : packId) * 2 ** 33 + view.offsetAt(position);
        });
        assert.deepEqual(
          [...keys].sort((a, b) => a - b),
          keys,
          "in pseudo-pack order",
        );
        for (const packId of view.packNames.keys()) {
          const bits = order.flatMap((position, bit) => (view.packIdAt(position) === packId ? [below + bit] : []));
          const row = view.bitmappedPackAt(packId as LayerPackId);
          assert.deepEqual(row, { firstBit: bits[0] ?? 0, count: bits.length });
        }
        checked++;
      } else {
        assert.equal(view.bitmappedPackAt(0 as LayerPackId), undefined);
        assert.throws(() => view.reverseIndexAt(0), TypeError);
        assert.throws(() => view.reverseIndexOffset, TypeError);
      }
      below += view.count;
    }
  }
  assert.equal(checked, 5);
});

test("the preferred pack that was asked for has its copies chosen", () => {
  const fixture = fixtures[0]!;
  const view = viewOf(fixture, "multi-pack-index");
  const preferred = view.packIdAt(view.reverseIndexAt(0) as LayerPosition);
  const name = view.packNames[preferred]!;
  const all = fixture.objects.filter(({ idx }) => idx === name);
  const chosen = objectsOf(view).filter((object) => object.includes(name));
  assert.equal(chosen.length, all.length);
});

test("a layer is named for its checksum", () => {
  for (const fixture of fixtures.filter(({ name }) => name.startsWith("chain"))) {
    for (const path of fixture.midxPaths) {
      const view = viewOf(fixture, path);
      assert.equal(path, `multi-pack-index.d/multi-pack-index-${view.checksumHex()}.midx`);
      assert.equal(toHex(view.checksum()), view.checksumHex());
    }
  }
});

test("where there is no LOFF the top bit is part of the offset, where there is one it leads there", () => {
  const large = fixtures.find(({ name }) => name === "large-sha1")!;
  const view = viewOf(large, "multi-pack-index");
  const position = Array.from({ length: view.count }, (_, i) => i as LayerPosition).find(
    (i) => view.rawOffsetAt(i) >= 0x8000_0000,
  );
  assert.ok(position !== undefined && view.largeOffsetCount === 1);
  assert.equal(view.rawOffsetAt(position), 0x8000_0000);
  assert.equal(view.offsetAt(position), Math.max(...large.objects.map(({ offset }) => offset)));
  // the same row with the chunk's name changed, so that it is none that is known
  const bytes = large.files.get("multi-pack-index")!.slice();
  const row = bytes.findIndex((_, at) => toHex(bytes, at, 4) === "4c4f4646");
  bytes.set([0x4c, 0x4f, 0x46, 0x58], row);
  const without = openMidx(new MemorySource("f", bytes), large.format);
  assert.equal(without.largeOffsetCount, -1);
  assert.equal(without.offsetAt(position), 0x8000_0000);
  assert.deepEqual(without.layout.problems, [], "an unknown chunk is no problem");
});

test("a layout that lacks a required chunk is no view", () => {
  const { files, format } = fixtures[0]!;
  const good = files.get("multi-pack-index")!;
  assert.ok(canView(readMidxLayout(new MemorySource("f", good), format)));
  for (const row of [0, 1, 2, 3]) {
    const bytes = good.slice();
    bytes[12 + 12 * row] = 0x78;
    const source = new MemorySource("f", bytes);
    const layout = readMidxLayout(source, format);
    assert.equal(canView(layout), false);
    assert.throws(() => openMidx(source, format), { code: "missing-chunk" });
  }
  const nothing = { ...readMidxLayout(new MemorySource("f", good), format), fanout: undefined };
  assert.equal(canView(nothing), false);
});

test("the hash that a file states is taken where none is demanded", () => {
  for (const fixture of fixtures) {
    const source = new MemorySource("f", fixture.files.get(fixture.midxPaths[0]!)!);
    assert.equal(readMidxLayout(source, undefined).format, fixture.format);
    const other = fixtures.find(({ format }) => format !== fixture.format)!.format;
    assert.throws(() => readMidxLayout(source, other), { code: "bad-hash-id", offset: 5, chunk: "header" });
  }
});

/** A file of many pages. */
function largeMidx(count: number): Uint8Array {
  const table = randomTable(count, 11);
  const entries = {
    count,
    idSegments: [table.oids],
    packIds: Uint32Array.from({ length: count }, (_, i) => i % 3),
    offsetsLow: Uint32Array.from(table.offsets),
    offsetsHigh: undefined,
  };
  const packNames = ["a.idx", "b.idx", "c.idx"];
  const encoder = new MidxEncoder({ format: sha1, version: 1, packNames, entries, objectsBelow: 0 });
  const bytes = new Uint8Array(encoder.byteLength);
  let filled = 0;
  for (const block of encoder.blocks(env.createHasher(sha1))) {
    bytes.set(block, filled);
    filled += block.length;
  }
  return bytes;
}

test("a source that answers later gives the same answers, one range after the other", async () => {
  for (const { files, format, midxPaths } of fixtures) {
    for (const path of midxPaths) {
      const bytes = files.get(path)!;
      const answers = useMidx(new MemorySource(path, bytes), format);
      const later = fetchedSource(bytes);
      assert.deepEqual(await withRanges(() => useMidx(later, format)), answers);
    }
  }
  const bytes = largeMidx(3000);
  const log: [number, number][] = [];
  const source = fetchedSource(bytes, smallCache(), log);
  const answers = await withRanges(() => useMidx(source, sha1));
  assert.deepEqual(answers, useMidx(new MemorySource("f", bytes), sha1));
  assert.ok(log.length > 10, `${log.length} ranges fetched`);
});

test("one lookup in a large file fetches and reads a few pages", async () => {
  const bytes = largeMidx(200_000);
  const ids = openMidx(new MemorySource("f", bytes), sha1).ids;
  for (let i = 0; i < 200_000; i += 9973) {
    const oid = ids.idAt(i);
    const paged = pagedSource(bytes);
    const view = openMidx(paged, sha1);
    assert.equal(view.find(oid), i);
    view.offsetAt(i as LayerPosition);
    assert.ok(paged.bytesRead <= 12 * 4096, `${paged.bytesRead} bytes read`);
    const fetched = fetchedSource(bytes);
    const later = await withRanges(() => openMidx(fetched, sha1));
    assert.equal(await withRanges(() => later.find(oid)), i);
    await withRanges(() => later.offsetAt(i as LayerPosition));
    assert.ok(fetched.bytesFetched <= 12 * 4096, `${fetched.bytesFetched} bytes fetched`);
  }
});
