// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import { oidFromHex } from "../../src/core/oid.js";
import type { LayerPosition } from "../../src/core/positions.js";
import { openMidx } from "../../src/formats/midx/view.js";
import { checkTyped, useMidx } from "../support/exercise.js";
import { type Fixture, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { scale } from "../support/scale.js";
import { everySource } from "../support/sources.js";
import { chunkPlaces, midxDamages, patched, u32, u64 } from "./midx-damages.js";

interface MidxFile {
  readonly fixture: Fixture;
  readonly path: string;
  readonly bytes: Uint8Array;
}

const files: readonly MidxFile[] = fixtureNames
  .map(readFixture)
  .flatMap((fixture) => fixture.midxPaths.map((path) => ({ fixture, path, bytes: fixture.files.get(path)! })));

/** What opening and using gives: answers, or the typed error. */
function outcome(bytes: Uint8Array, fixture: Fixture, kind = "memory") {
  const source = new Map(everySource(bytes, "midx")).get(kind)!;
  try {
    return { answers: useMidx(source, fixture.format) };
  } catch (error) {
    return { error: checkTyped(error, source) };
  }
}

for (const { fixture, path, bytes } of files) {
  test(`each change to the structure of ${fixture.name}/${path.slice(-12)} is refused with its code and place, or does no harm`, () => {
    const damages = midxDamages(bytes, fixture.format.byteLength);
    assert.ok(damages.length > 80);
    for (const damage of damages) {
      const { error } = outcome(damage.bytes, fixture);
      const found = error && { code: error.code, chunk: error.chunk, offset: error.offset };
      const { code, chunk, offset } = damage;
      assert.deepEqual(found, code && { code, chunk, offset }, `${damage.what}: ${error?.message ?? "it opens"}`);
    }
  });

  test(`${fixture.name}/${path.slice(-12)} cut short anywhere is refused`, () => {
    for (let length = 0; length < bytes.length; length++) {
      const { error } = outcome(bytes.slice(0, length), fixture);
      assert.ok(error !== undefined, `cut to ${length} bytes it opens`);
      const wanted = length < 12 + fixture.format.byteLength ? ["truncated"] : ["truncated", "bad-chunk-table"];
      assert.ok(wanted.includes(error.code), `cut to ${length}: ${error.code}`);
    }
  });

  test(`${fixture.name}/${path.slice(-12)} with bytes behind its end opens with the same objects`, () => {
    const longer = new Uint8Array(bytes.length + 37);
    longer.set(bytes);
    const view = openMidx(new MemorySource("midx", longer), fixture.format);
    const sound = openMidx(new MemorySource("midx", bytes), fixture.format);
    assert.deepEqual(view.copyIds(0, view.count), sound.copyIds(0, sound.count));
    assert.notDeepEqual(view.checksum(), sound.checksum());
  });

  test(`any one byte of ${fixture.name}/${path.slice(-12)} changed gives answers or a typed error, from every kind of source the same`, () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const value of scale([bytes[at]! ^ 1, 255], [bytes[at]! ^ 1, bytes[at]! ^ 0x80, bytes[at]! + 1, 0, 255])) {
        const damaged = patched(bytes, at, value);
        const memory = outcome(damaged, fixture);
        if (value !== 255 || at % scale(4, 1) !== 0) continue;
        for (const kind of ["paged", "tight"]) {
          const other = outcome(damaged, fixture, kind);
          assert.deepEqual(other.answers, memory.answers, `byte ${at} from a ${kind} source`);
          assert.equal(other.error?.message, memory.error?.message);
        }
      }
    }
  });
}

test("a pack number that the file does not have is refused where it is used, with the place of its row", () => {
  for (const { fixture, bytes } of files) {
    const { offset } = chunkPlaces(bytes).find(({ name }) => name === "OOFF")!;
    const sound = openMidx(new MemorySource("midx", bytes), fixture.format);
    const packs = sound.packNames.length;
    for (const [position, packId] of [
      [0, packs],
      [sound.count - 1, 0xffff_ffff],
    ] as const) {
      const view = openMidx(
        new MemorySource("midx", patched(bytes, offset + 8 * position, ...u32(packId))),
        fixture.format,
      );
      const message = `bad pack-int-id: ${packId} (${packs} total packs)`;
      const place = { code: "bad-pack-id", message, path: "midx", chunk: "OOFF", offset: offset + 8 * position };
      assert.throws(() => view.packIdAt(position as LayerPosition), place);
      assert.equal(view.rawPackIdAt(position as LayerPosition), packId);
    }
  }
});

test("a row that LOFF does not have, or one above 2^53, is refused where it is used, with its place", () => {
  const { fixture, bytes } = files.find(({ fixture }) => fixture.name === "large-sha1")!;
  const places = chunkPlaces(bytes);
  const large = places.find(({ name }) => name === "LOFF")!;
  const rows = places.find(({ name }) => name === "OOFF")!;
  const oid = fixture.objects.find(({ offset }) => offset > 0xffff_ffff)!.oid;
  const position = openMidx(new MemorySource("midx", bytes), fixture.format).find(oidFromHex(oid, fixture.format))!;
  for (const row of [1, 2, 0x7fff_ffff]) {
    const damaged = patched(bytes, rows.offset + 8 * position + 4, ...u32(0x8000_0000 + row));
    const view = openMidx(new MemorySource("midx", damaged), fixture.format);
    const message = `multi-pack-index large offset out of bounds: row ${row} of 1`;
    const place = { code: "bad-large-offset", message, path: "midx" };
    assert.throws(() => view.offsetAt(position), { ...place, chunk: "OOFF", offset: rows.offset + 8 * position + 4 });
    assert.throws(() => view.largeOffsetAt(row), { ...place, chunk: "LOFF", offset: large.offset });
  }
  for (const [value, fits] of [
    [0n, true],
    [(1n << 53n) - 1n, true],
    [1n << 53n, false],
    [1n << 63n, false],
    [(1n << 64n) - 1n, false],
  ] as const) {
    const view = openMidx(new MemorySource("midx", patched(bytes, large.offset, ...u64(value))), fixture.format);
    if (fits) assert.equal(view.offsetAt(position), Number(value));
    else {
      const place = { code: "bad-large-offset", path: "midx", chunk: "LOFF", offset: large.offset };
      assert.throws(() => view.offsetAt(position), place);
    }
  }
});
