// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import type { IdxPosition } from "../../src/core/positions.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { checkTyped, useIdx, useRev } from "../support/exercise.js";
import { type Fixture, filesEnding, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { scale } from "../support/scale.js";
import { everySource } from "../support/sources.js";
import { idxDamages, revDamages } from "./idx-rev-damages.js";
import { patched, u32, u64 } from "./midx-damages.js";

interface File {
  readonly fixture: Fixture;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Objects in the pack. */
  readonly count: number;
}

function filesOf(ending: ".idx" | ".rev"): File[] {
  return fixtureNames.map(readFixture).flatMap((fixture) =>
    filesEnding(fixture, ending).map(([path, bytes]) => {
      const count = fixture.objects.filter(({ idx }) => idx === path.replace(ending, ".idx")).length;
      return { fixture, path, bytes, count };
    }),
  );
}

/** What opening and using gives: answers, or the typed error. */
function outcome(file: File, bytes: Uint8Array, kind = "memory") {
  const source = new Map(everySource(bytes, file.path)).get(kind)!;
  const { format } = file.fixture;
  try {
    return { answers: file.path.endsWith(".idx") ? useIdx(source, format) : useRev(source, format, file.count) };
  } catch (error) {
    return { error: checkTyped(error, source) };
  }
}

const kinds = [
  { ending: ".idx", damages: idxDamages, least: 20 },
  { ending: ".rev", damages: revDamages, least: 20 },
] as const;

for (const { ending, damages, least } of kinds) {
  const files = filesOf(ending);

  test(`each change to the structure of an ${ending} is refused with its code and place`, () => {
    assert.ok(files.length >= 10);
    for (const file of files) {
      const list = damages(file.bytes, file.fixture.format.byteLength);
      assert.ok(list.length >= least);
      for (const damage of list) {
        const { error } = outcome(file, damage.bytes);
        const found = error && { code: error.code, offset: error.offset };
        const { code, offset } = damage;
        assert.deepEqual(found, { code, offset }, `${damage.what} in ${file.path}: ${error?.message ?? "it opens"}`);
      }
    }
  });

  test(`an ${ending} cut short anywhere is refused`, () => {
    for (const file of files) {
      for (let length = 0; length < file.bytes.length; length++) {
        const { error } = outcome(file, file.bytes.slice(0, length));
        // One 64-bit row less is a size that an index of version 2 may have.
        const rowLess = ending === ".idx" && file.fixture.name === "large-sha1" && length % 8 === file.bytes.length % 8;
        if (error === undefined) assert.ok(rowLess, `${file.path} cut to ${length} bytes opens`);
        else assert.ok(["truncated", "bad-size"].includes(error.code), error.code);
      }
    }
  });

  test(`any one byte of an ${ending} changed gives answers or a typed error, from every kind of source the same`, () => {
    for (const file of files.filter((_, i) => i % scale(3, 1) === 0)) {
      for (let at = 0; at < file.bytes.length; at++) {
        for (const value of [file.bytes[at]! ^ 1, 255]) {
          const damaged = patched(file.bytes, at, value);
          const memory = outcome(file, damaged);
          if (value !== 255 || at % scale(4, 1) !== 0) continue;
          for (const kind of ["paged", "tight"]) {
            const other = outcome(file, damaged, kind);
            assert.deepEqual(other.answers, memory.answers, `byte ${at} from a ${kind} source`);
            assert.equal(other.error?.message, memory.error?.message);
          }
        }
      }
    }
  });
}

test("a row that the 64-bit table does not have, or one above 2^53, is refused where it is used, with its place", () => {
  const fixture = readFixture("large-sha1");
  const path = fixture.objects.find(({ offset }) => offset > 0xffff_ffff)!.idx;
  const bytes = fixture.files.get(path)!;
  const count = fixture.objects.filter(({ idx }) => idx === path).length;
  const offsets = 1032 + 24 * count;
  const table = offsets + 4 * count;
  const position = Array.from({ length: count }, (_, i) => i).find(
    (i) => bytes[offsets + 4 * i]! >= 0x80,
  ) as IdxPosition;
  for (const row of [3, 4, 0x7fff_ffff]) {
    const view = new IdxView(
      new MemorySource(path, patched(bytes, offsets + 4 * position, ...u32(0x8000_0000 + row))),
      fixture.format,
    );
    const message = `offset beyond end of pack index for ${path} (truncated index?)`;
    const place = offsets + 4 * position;
    assert.throws(() => view.offsetAt(position), { code: "bad-large-offset", message, path, offset: place });
    assert.throws(() => view.largeOffsetAt(row), { code: "bad-large-offset", message, path, offset: table });
    assert.throws(() => view.offsets(), { code: "bad-large-offset" });
    assert.equal(view.rawOffsetAt(position), 0x8000_0000 + row);
  }
  for (const value of [1n << 53n, 1n << 63n, (1n << 64n) - 1n]) {
    const view = new IdxView(new MemorySource(path, patched(bytes, table, ...u64(value))), fixture.format);
    assert.throws(() => view.largeOffsetAt(0), { code: "bad-large-offset", path, offset: table });
  }
});
