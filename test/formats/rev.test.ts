// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { env } from "#env";
import { MemorySource } from "../../src/bytes/source.js";
import { toHex } from "../../src/core/oid.js";
import type { PackPosition } from "../../src/core/positions.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { computeReverseIndex, encodeRev, RevView } from "../../src/formats/rev.js";
import { type Fixture, filesEnding, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { everySource } from "../support/sources.js";

interface Pair {
  readonly fixture: Fixture;
  readonly path: string;
  readonly rev: Uint8Array;
  readonly idx: IdxView;
}

const pairs: readonly Pair[] = fixtureNames.map(readFixture).flatMap((fixture) =>
  filesEnding(fixture, ".rev").map(([path, rev]) => {
    const idxPath = path.replace(/\.rev$/, ".idx");
    const idx = new IdxView(new MemorySource(idxPath, fixture.files.get(idxPath)!), fixture.format);
    return { fixture, path, rev, idx };
  }),
);

function rowsOf(view: RevView): number[] {
  return Array.from({ length: view.count }, (_, i) => view.idxPositionAt(i as PackPosition));
}

test("a reverse index gives git's objects by ascending offset", () => {
  assert.ok(pairs.length >= 10);
  for (const { fixture, path, rev, idx } of pairs) {
    const objects = fixture.objects.filter((object) => object.idx === path.replace(/\.rev$/, ".idx"));
    const byOffset = [...objects].sort((a, b) => a.offset - b.offset).map(({ oid }) => oid);
    for (const [kind, source] of everySource(rev, path)) {
      const view = new RevView(source, fixture.format, idx.count);
      assert.equal(view.count, objects.length);
      assert.deepEqual(
        rowsOf(view).map((position) => toHex(idx.ids.idAt(position))),
        byOffset,
        kind,
      );
      assert.deepEqual(view.packChecksum(), idx.packChecksum());
      assert.equal(toHex(view.checksum()), toHex(rev, rev.length - fixture.format.byteLength));
    }
  }
});

test("the computed order and the encoded file are git's", () => {
  for (const { fixture, path, rev, idx } of pairs) {
    const positions = computeReverseIndex(idx.offsets());
    const view = new RevView(new MemorySource(path, rev), fixture.format, idx.count);
    assert.deepEqual([...positions], rowsOf(view), path);
    const hasher = env.createHasher(fixture.format);
    assert.deepEqual(encodeRev(fixture.format, positions, idx.packChecksum(), hasher), rev);
  }
});

test("a pack without objects has a reverse index without rows", () => {
  const { format } = pairs[0]!.fixture;
  const bytes = encodeRev(format, new Uint32Array(0), new Uint8Array(20), env.createHasher(format));
  assert.deepEqual(rowsOf(new RevView(new MemorySource("f", bytes), format, 0)), []);
  assert.equal(bytes.length, 52);
});

test("a reverse index for another number of objects is of the wrong size", () => {
  const { fixture, path, rev, idx } = pairs[0]!;
  for (const count of [0, idx.count - 1, idx.count + 1, 0xffff_ffff]) {
    assert.throws(() => new RevView(new MemorySource(path, rev), fixture.format, count), {
      code: "bad-size",
      message: `reverse-index file ${path} is corrupt`,
      offset: rev.length,
    });
  }
});
