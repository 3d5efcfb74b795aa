import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MemorySource } from "../../../src/bytes/source.js";
import { sha1 } from "../../../src/core/oid.js";
import { IdxView } from "../../../src/formats/idx/view.js";
import { PackExtents } from "../../../src/ops/compat/pack-extents.js";
import { runGit, systemGit } from "../../support/gits.js";
import { makeRepository } from "../../support/repository-maker.js";

test("each object takes the bytes that git verify-pack tells", () => {
  const { packs, path } = makeRepository({ packs: 1, objects: 200 });
  const [pack] = packs;
  const idx = new IdxView(new MemorySource("idx", readFileSync(pack!.idx)), sha1);
  const size = readFileSync(pack!.pack).length;
  // As if the pack were larger than 4 GiB: other columns, and the last object longer.
  const large = new PackExtents(idx, 2 ** 33 + size);
  const extents = new PackExtents(idx, size);
  const rows = runGit(systemGit(), ["verify-pack", "-v", pack!.idx], { cwd: path }).stdout.matchAll(
    /^[0-9a-f]{40} \w+ +\d+ (\d+) (\d+)/gm,
  );
  let count = 0;
  for (const [, length, offset] of rows) {
    assert.equal(extents.byteLengthAt(Number(offset)), Number(length));
    const further = large.byteLengthAt(Number(offset))! - Number(length);
    assert.ok(further === 0 || further === 2 ** 33, `${further}`);
    count++;
  }
  assert.equal(count, idx.count);
});

test("where no entry begins there is no length", () => {
  const { packs } = makeRepository({ packs: 1, objects: 9 });
  const idx = new IdxView(new MemorySource("idx", readFileSync(packs[0]!.idx)), sha1);
  const extents = new PackExtents(idx, readFileSync(packs[0]!.pack).length);
  for (const offset of [0, 11, 13, 1_000_000]) assert.equal(extents.byteLengthAt(offset), undefined);
});
