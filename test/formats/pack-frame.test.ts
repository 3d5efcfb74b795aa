// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { checkPackFrame } from "../../src/formats/pack-frame.js";
import { patched, u32 } from "../damage/midx-damages.js";
import { type Fixture, filesEnding, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { everySource } from "../support/sources.js";

interface Pack {
  readonly fixture: Fixture;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly checksum: Uint8Array;
}

const packs: readonly Pack[] = fixtureNames.map(readFixture).flatMap((fixture) =>
  filesEnding(fixture, ".pack").map(([path, bytes]) => {
    const idx = new IdxView(
      new MemorySource("f.idx", fixture.files.get(path.replace(/pack$/, "idx"))!),
      fixture.format,
    );
    return { fixture, path, bytes, count: idx.count, checksum: idx.packChecksum() };
  }),
);

test("a pack of git's fits its index, from every kind of source", () => {
  assert.ok(packs.length >= 10);
  for (const { fixture, path, bytes, count, checksum } of packs) {
    for (const [, source] of everySource(bytes, path)) checkPackFrame(source, fixture.format, count, checksum);
  }
});

test("versions 2 and 3 are packs", () => {
  for (const { fixture, path, bytes, count, checksum } of packs) {
    checkPackFrame(new MemorySource(path, patched(bytes, 7, 3)), fixture.format, count, checksum);
  }
});

test("a frame that is not the index's is refused in git's words, with its place", () => {
  for (const { fixture, path, bytes, count, checksum } of packs) {
    const end = bytes.length - fixture.format.byteLength;
    const refusals: [bytes: Uint8Array, code: string, offset: number, message: string][] = [
      [
        bytes.slice(0, 11 + fixture.format.byteLength),
        "truncated",
        11 + fixture.format.byteLength,
        `file ${path} is far too short to be a packfile`,
      ],
      [patched(bytes, 0, 0x51), "bad-signature", 0, `file ${path} is not a GIT packfile`],
      [
        patched(bytes, 4, ...u32(4)),
        "bad-version",
        4,
        `packfile ${path} is version 4 and not supported (try upgrading GIT to a newer version)`,
      ],
      [
        patched(bytes, 8, ...u32(count + 1)),
        "pack-index-mismatch",
        8,
        `packfile ${path} claims to have ${count + 1} objects while index indicates ${count} objects`,
      ],
    ];
    for (const [changed, code, offset, message] of refusals) {
      const open = () => checkPackFrame(new MemorySource(path, changed), fixture.format, count, checksum);
      assert.throws(open, { code, path, offset, message });
    }
    const other = new MemorySource(path, patched(bytes, end, bytes[end]! ^ 1));
    const open = () => checkPackFrame(other, fixture.format, count, checksum);
    assert.throws(open, { code: "pack-index-mismatch", path, offset: end });
    assert.throws(open, /does not match index/);
  }
});
