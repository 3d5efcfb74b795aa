import assert from "node:assert/strict";
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GitmidxError } from "../../../src/core/errors.js";
import { sha1 } from "../../../src/core/oid.js";
import { Scratch, type ScratchOptions } from "../../../src/ops/compat/scratch.js";
import { NodeScratchFs } from "../../../src/store/node-scratch-fs.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { gitEnvironment, gits, runGit } from "../../support/gits.js";
import { type MadeRepository, makeRepository } from "../../support/repository-maker.js";
import { makeTempFolder } from "../../support/temp.js";
import { treeState } from "../../support/tree-state.js";

function scratchOf(repository: MadeRepository, fs = new NodeScratchFs(), more: Partial<ScratchOptions> = {}): Scratch {
  const original = new ObjectDirectory(fs, repository.objectDir, sha1);
  return new Scratch(fs, { parent: makeTempFolder("scratch"), original, env: gitEnvironment(), ...more });
}

const tied = { packs: 5, objects: 12, mtimeRanks: [4, 1, 1, 2, 1] };

test("twins have the packs as hard links, with distinct times in the same order", async () => {
  const repository = makeRepository(tied);
  const before = treeState(repository.path);
  const scratch = scratchOf(repository);
  const { ours, theirs, packs, copies, standIns } = await scratch.twins();
  assert.deepEqual([packs.length, copies, standIns], [5, 2, 0]);
  const times = packs.map(({ mtime }) => mtime);
  assert.equal(new Set(times).size, 5);
  const original = new Map(repository.packs.map(({ name, mtime }) => [`${name}.idx`, mtime]));
  const byTime = packs.toSorted((a, b) => a.mtime - b.mtime).map(({ name }) => original.get(name)!);
  assert.deepEqual(
    byTime,
    byTime.toSorted((a, b) => a - b),
  );
  for (const { directory } of [ours, theirs]) {
    for (const { name, pack, idx, mtime } of repository.packs) {
      const copy = join(directory.packPath, `${name}.pack`);
      assert.deepEqual(readFileSync(copy), readFileSync(pack));
      const isLink = statSync(copy).ino === statSync(pack).ino;
      assert.equal(isLink, packs.find((known) => known.name === `${name}.idx`)!.mtime === mtime);
      assert.equal(statSync(join(directory.packPath, `${name}.idx`)).ino, statSync(idx).ino);
    }
  }
  await scratch.remove();
  assert.deepEqual(treeState(repository.path), before);
});

for (const git of gits()) {
  test(`stand-ins for packs that are too large to copy are packs to ${git.label}, as far as it looks`, async () => {
    const repository = makeRepository(tied);
    const scratch = scratchOf(repository, undefined, { copyLimit: 0 });
    const { theirs, packs, standIns } = await scratch.twins();
    assert.equal(standIns, 2);
    const env = Object.fromEntries(Object.entries(theirs.place.env).map(([name, value]) => [name, value ?? ""]));
    runGit(git, ["multi-pack-index", "write"], { cwd: theirs.place.cwd, env });
    runGit(git, ["multi-pack-index", "verify"], { cwd: theirs.place.cwd, env });
    for (const { name, packPath, packSize } of packs) {
      const original = join(repository.packDir, name.replace(/idx$/, "pack"));
      assert.equal(statSync(packPath).size, packSize);
      assert.equal(packSize, statSync(original).size);
      assert.deepEqual(readFileSync(packPath).subarray(-20), readFileSync(original).subarray(-20));
    }
  });
}

test("where there can be no hard links there are symbolic ones, and removing them leaves the original", async () => {
  class LinklessFs extends NodeScratchFs {
    override async link(_from: string, to: string): Promise<void> {
      throw new GitmidxError("io", "Invalid cross-device link", { path: to });
    }
  }
  const repository = makeRepository({ packs: 2 });
  const before = treeState(repository.path);
  const scratch = scratchOf(repository, new LinklessFs());
  const { directory } = await scratch.mirror();
  const names = readdirSync(directory.packPath);
  assert.equal(names.length, 4);
  for (const name of names) assert.ok(lstatSync(join(directory.packPath, name)).isSymbolicLink(), name);
  assert.equal((await directory.listPacks()).length, 2);
  await scratch.remove();
  assert.deepEqual(treeState(repository.path), before);
});

test("twins are without a multi-pack-index each time they are asked for", async () => {
  const scratch = scratchOf(makeRepository({ packs: 2 }));
  const { ours } = await scratch.twins();
  const { fs, packPath, chainDirectory, midxPath, chainPath } = ours.directory;
  await fs.mkdir(chainDirectory, 0o777);
  for (const path of [midxPath, chainPath]) await (await fs.create(path, 0o444)).close();
  await scratch.twins();
  assert.deepEqual(
    readdirSync(packPath).filter((name) => name.startsWith("multi")),
    [],
  );
  await scratch.remove();
});

test("what was never needed is never made", async () => {
  const parent = makeTempFolder("scratch");
  const scratch = scratchOf(makeRepository({ packs: 1 }), undefined, { parent });
  await scratch.remove();
  assert.deepEqual(readdirSync(parent), []);
});
