import assert from "node:assert/strict";
import { test } from "node:test";
import { type FakeEntry, fakeIdx, fakeTable, randomTable, writeFakePack } from "./fake-idx.js";
import { type GitBinary, gits, runGit } from "./gits.js";
import { makeRepository, readFiles } from "./repository-maker.js";

const gib = 2 ** 30;
const near: readonly FakeEntry[] = [
  { oid: "ff".repeat(20), offset: 12, crc: 0xdeadbeef },
  { oid: "00".repeat(20), offset: 0x7fffffff },
  { oid: "7f".repeat(20), offset: 5000 },
];
const far: readonly FakeEntry[] = [
  ...near,
  { oid: "80".repeat(20), offset: 5 * gib },
  { oid: "81".repeat(20), offset: 2 * gib },
];

function showIndex(git: GitBinary, idx: Uint8Array, format = "sha1"): string[] {
  return runGit(git, ["show-index", `--object-format=${format}`], { input: idx })
    .stdout.trim()
    .split("\n");
}

for (const git of gits()) {
  test(`${git.label} reads a fake index of either version as it was meant`, () => {
    const sorted = [...near].sort((a, b) => (a.oid < b.oid ? -1 : 1));
    const v1 = showIndex(git, fakeIdx(fakeTable(near), { version: 1 }));
    assert.deepEqual(
      v1,
      sorted.map(({ oid, offset }) => `${offset} ${oid}`),
    );
    const v2 = showIndex(git, fakeIdx(fakeTable(near)));
    assert.deepEqual(
      v2,
      sorted.map(({ oid, offset, crc = 0 }) => `${offset} ${oid} (${crc.toString(16).padStart(8, "0")})`),
    );
  });

  test(`${git.label} reads a fake index's 64-bit offsets, also where small offsets are put there`, () => {
    const sorted = [...far].sort((a, b) => (a.oid < b.oid ? -1 : 1));
    for (const options of [{}, { off32Limit: 100 }]) {
      const shown = showIndex(git, fakeIdx(fakeTable(far), options));
      assert.deepEqual(
        shown.map((line) => line.split(" ").slice(0, 2)),
        sorted.map(({ oid, offset }) => [String(offset), oid]),
      );
    }
  });

  test(`${git.label} makes a multi-pack-index of fake packs beyond 4 GiB that its own verify takes`, () => {
    const repository = makeRepository({ packs: 1, git });
    writeFakePack(repository.packDir, far, { mtime: 1_600_000_000 });
    writeFakePack(repository.packDir, randomTable(1000, 7), { mtime: 1_600_000_010 });
    runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
    runGit(git, ["multi-pack-index", "verify"], { cwd: repository.path });
    const midx = readFiles(repository.packDir, (name) => name === "multi-pack-index").get("multi-pack-index")!;
    assert.ok(Buffer.from(midx).includes("LOFF"), "offsets above 4 GiB need the LOFF chunk");
  });

  test(`${git.label} takes fake SHA-256 packs`, () => {
    const repository = makeRepository({ packs: 1, format: "sha256", git });
    const table = randomTable(300, 8, { format: "sha256", step: 2 ** 26 });
    const { name } = writeFakePack(repository.packDir, table, { format: "sha256" });
    assert.equal(name.length, "pack-".length + 64);
    runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
    runGit(git, ["multi-pack-index", "verify"], { cwd: repository.path });
  });
}

test("a random table is sorted, free of duplicates, the same for its seed and another for another seed", () => {
  const table = randomTable(20_000, 3);
  const ids = Array.from({ length: 20_000 }, (_, i) =>
    Buffer.from(table.oids.subarray(20 * i, 20 * i + 20)).toString("hex"),
  );
  assert.deepEqual(ids, [...new Set(ids)].sort());
  assert.equal(new Set(table.offsets).size, 20_000);
  assert.deepEqual(randomTable(20_000, 3), table);
  assert.notDeepEqual(randomTable(20_000, 4).oids, table.oids);
});
