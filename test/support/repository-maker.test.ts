import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { newestGit, runGit, systemGit } from "./gits.js";
import {
  copyRepository,
  firstMtime,
  type MadePack,
  makeRepository,
  readFiles,
  withholdPacks,
} from "./repository-maker.js";

function idsIn(pack: MadePack, cwd: string): string[] {
  const shown = runGit(newestGit(), ["verify-pack", "-v", pack.idx], { cwd }).stdout;
  return shown.match(/^[0-9a-f]{40,64} (?=commit|tree|blob)/gm) ?? [];
}

for (const format of ["sha1", "sha256"] as const) {
  test(`a made ${format} repository has as many packs and objects as planned, and git fsck finds it whole`, () => {
    const repository = makeRepository({ format, packs: 5, objects: [1, 2, 3, 4, 30], emptyPack: true });
    const counts = repository.packs.map((pack) => idsIn(pack, repository.path).length);
    assert.deepEqual(counts, [1, 2, 3, 4, 30, 0]);
    const fsck = runGit(systemGit(), ["fsck", "--full", "--strict", "--no-dangling"], { cwd: repository.path });
    assert.equal(fsck.stdout + fsck.stderr, "");
  });
}

test("the packs up to any one of them hold closed history", () => {
  const repository = makeRepository({ packs: 6, duplicates: 0.5 });
  const partial = copyRepository(repository, { packs: repository.packs.slice(0, 4) });
  const tips = repository.packs.slice(0, 4).map((pack) => {
    const shown = runGit(newestGit(), ["verify-pack", "-v", pack.idx], { cwd: repository.path }).stdout;
    return /^([0-9a-f]+) commit/m.exec(shown)![1]!;
  });
  runGit(newestGit(), ["rev-list", "--objects", ...tips], { cwd: partial.path });
});

test("duplicates puts that share of the blobs into as many packs as copies says", () => {
  const repository = makeRepository({ packs: 6, objects: 23, duplicates: 0.25, copies: 3 });
  const holders = new Map<string, number>();
  for (const pack of repository.packs) {
    for (const id of idsIn(pack, repository.path)) holders.set(id, (holders.get(id) ?? 0) + 1);
  }
  const sharedBy = [...holders.values()].filter((count) => count > 1);
  assert.deepEqual(sharedBy, new Array(2 * 5).fill(3));
});

test("packs get their modification times in the order of mtimeRanks", () => {
  const { packs } = makeRepository({ packs: 3, mtimeRanks: [2, 0, 1] });
  assert.deepEqual(
    packs.map((pack) => (statSync(pack.pack).mtimeMs / 1000 - firstMtime) / 10),
    [2, 0, 1],
  );
});

test("the same plan gives the same packs, another seed gives others", () => {
  const names = (seed: number) => makeRepository({ packs: 3, duplicates: 0.3, seed }).packs.map((pack) => pack.name);
  assert.deepEqual(names(1), names(1));
  assert.notDeepEqual(names(1), names(2));
});

test("indexVersion decides the version and the 64-bit rows of each index", () => {
  const magic = Buffer.from([0xff, 0x74, 0x4f, 0x63]);
  const indexes = (indexVersion: string) => {
    const { packDir } = makeRepository({ packs: 2, indexVersion });
    return [...readFiles(packDir, (name) => name.endsWith(".idx")).values()].map((bytes) => Buffer.from(bytes));
  };
  for (const idx of indexes("1")) assert.ok(!idx.subarray(0, 4).equals(magic));
  const plain = indexes("2");
  for (const [i, idx] of indexes("2,0x40").entries()) {
    assert.ok(idx.subarray(0, 4).equals(magic));
    assert.ok(idx.length > plain[i]!.length, "offsets above 0x40 take eight more bytes each");
  }
});

test("a copy has the packs' bytes and times, and its refs; with ownBytes it shares no file", () => {
  const repository = makeRepository({ packs: 3, duplicates: 0.5 });
  for (const ownBytes of [false, true]) {
    const copy = copyRepository(repository, { ownBytes });
    assert.deepEqual(readFiles(copy.packDir), readFiles(repository.packDir));
    for (const [i, pack] of copy.packs.entries()) {
      const original = statSync(repository.packs[i]!.pack);
      const copied = statSync(pack.pack);
      assert.equal(copied.mtimeMs, original.mtimeMs);
      assert.equal(copied.ino === original.ino, !ownBytes);
    }
    const refs = (path: string) => runGit(systemGit(), ["for-each-ref"], { cwd: path }).stdout;
    assert.equal(refs(copy.path), refs(repository.path));
  }
});

test("withheld packs come back in their order and unchanged", () => {
  const repository = makeRepository({ packs: 4 });
  const all = readFiles(repository.packDir);
  const release = withholdPacks(repository, repository.packs.slice(1));
  const present = () => [...readFiles(repository.packDir, (name) => name.endsWith(".idx")).keys()];
  assert.deepEqual(present(), [`${repository.packs[0]!.name}.idx`]);
  release(1);
  assert.equal(present().length, 2);
  assert.ok(present().includes(`${repository.packs[1]!.name}.idx`));
  release();
  assert.deepEqual(readFiles(repository.packDir), all);
});
