/** From a single multi-pack-index to a chain and back: the same files after each step, and the same file under a new name. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { addPack, midxFileNames, Twins } from "./twins.js";

const made = makeRepository({
  packs: 12,
  duplicates: 0.6,
  copies: 3,
  mtimeRanks: [3, 9, 1, 11, 0, 5, 7, 2, 10, 8, 6, 4],
});
const singlePath = (repository: MadeRepository) => join(repository.packDir, "multi-pack-index");

function checksumOf(path: string): string {
  return readFileSync(path).subarray(-20).toString("hex");
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
}

forEachGit(2, 47, "from single files to chains and back", (git) => {
  test(`a single file becomes the lowest layer and stays the same file, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(4);
    await twins.write();
    const single = singlePath(twins.ours);
    const [identity, checksum] = [identityOf(single), checksumOf(single)];
    bringBack(3);
    await twins.write({ incremental: true });
    const layer = join(twins.ours.packDir, "multi-pack-index.d", `multi-pack-index-${checksum}.midx`);
    assert.equal(identityOf(layer), identity);
    assert.equal(statSync(layer).nlink, 1);
    bringBack(3);
    await twins.write({ incremental: true });
    bringBack();
    await twins.write();
    assert.deepEqual(midxFileNames(twins.ours), ["multi-pack-index", "multi-pack-index.d/"]);
  });

  test(`with nothing new a single file stays one, and a chain a chain, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(9);
    await twins.write();
    await twins.write({ incremental: true });
    assert.ok(midxFileNames(twins.ours).includes("multi-pack-index"));
    bringBack();
    await twins.write({ incremental: true });
    await twins.write({ incremental: true });
    assert.ok(!midxFileNames(twins.ours).includes("multi-pack-index"));
  });
});

forEachGit(2, 55, "migration with wishes", (git) => {
  test(`with the same packs a chain of the same version is left as it is, another version makes it a single file, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(6);
    await twins.write({ incremental: true });
    bringBack();
    await twins.write({ incremental: true });
    await twins.write();
    assert.ok(!midxFileNames(twins.ours).includes("multi-pack-index"));
    await twins.write({ version: 2 });
    assert.ok(midxFileNames(twins.ours).includes("multi-pack-index"));
  });

  test(`a chain becomes a single file of fewer packs for --stdin-packs, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(6);
    await twins.write({ incremental: true });
    bringBack();
    await twins.write({ incremental: true });
    await twins.write({ stdinPacks: made.packs.slice(2, 7).map(({ name }) => `${name}.idx`) });
    assert.deepEqual(midxFileNames(twins.ours), ["multi-pack-index", "multi-pack-index.d/"]);
  });

  test(`the bitmap and reverse index of a single file go along into the chain, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const env = { GIT_TEST_MIDX_WRITE_REV: "1" };
    const stranger = makeRepository({ packs: 1, seed: 99 }).packs[0]!;
    twins.both((repository) => {
      runGit(git, ["multi-pack-index", "write", "--bitmap"], { cwd: repository.path, env });
      addPack(repository, stranger);
    });
    await twins.write({ incremental: true });
    const companions = (repository: MadeRepository) =>
      readdirSync(join(repository.packDir, "multi-pack-index.d")).filter((name) => !name.endsWith(".midx"));
    assert.equal(companions(twins.ours).length, 3);
    assert.deepEqual(companions(twins.ours), companions(twins.theirs));
  });

  test(`${scale(8, 80)} random histories of single files and chains are the same as with ${git.label}`, async () => {
    for (let seed = 1; seed <= scale(8, 80); seed++) await randomHistory(new Twins(git, made), seed);
  });

  async function randomHistory(twins: Twins, seed: number): Promise<void> {
    const random = seededRandom(seed * 7919);
    let there = 1 + (random() % 3);
    const bringBack = twins.withhold(there);
    for (let fresh = there; ; ) {
      const incremental = random() % 3 !== 0;
      const wish = {
        incremental,
        version: 1 + (random() % 2),
        // A pack of a layer is not preferred here: that is where git is wrong.
        ...(random() % 2 === 0 ? { preferredPack: `${made.packs[there - 1 - (random() % fresh)]!.name}.idx` } : {}),
      };
      const { said } = await twins.write(wish);
      assert.deepEqual(said, [], `seed ${seed}`);
      if (there >= made.packs.length) return;
      fresh = Math.min(1 + (random() % 3), made.packs.length - there);
      bringBack(fresh);
      there += fresh;
    }
  }
});
