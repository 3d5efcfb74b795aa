// portable
/** Chains: every layer, the chain file, their permissions and what is in the folders after each step are git's. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { midxFileNames, midxState, shuffledRanks, Twins } from "./twins.js";

const made = {
  sha1: makeRepository({ packs: 20, duplicates: 0.5, copies: 3, objects: 12, mtimeRanks: shuffledRanks(20) }),
  sha256: makeRepository({
    packs: 20,
    duplicates: 0.5,
    copies: 3,
    objects: 12,
    mtimeRanks: shuffledRanks(20),
    format: "sha256",
  }),
};

function layersOf(repository: MadeRepository): string[] {
  const path = join(repository.packDir, "multi-pack-index.d", "multi-pack-index-chain");
  return readFileSync(path, "utf8").trimEnd().split("\n");
}

for (const format of ["sha1", "sha256"] as const) {
  forEachGit(2, 47, "chains byte for byte", (git) => {
    test(`a chain that grows to 20 ${format} layers is the same as that of ${git.label} after each step`, async () => {
      const twins = new Twins(git, made[format]);
      const bringBack = twins.withhold(0);
      for (let layers = 1; layers <= 20; layers++) {
        bringBack(1);
        await twins.write({ incremental: true });
        assert.equal(layersOf(twins.ours).length, layers);
      }
      assert.equal(midxFileNames(twins.ours).length, 22);
    });

    test(`a second layer over the first, of several ${format} packs each, is the same as that of ${git.label}`, async () => {
      const twins = new Twins(git, made[format]);
      const bringBack = twins.withhold(8);
      await twins.write({ incremental: true, preferredPack: `${made[format].packs[3]!.name}.idx` });
      bringBack();
      await twins.write({ incremental: true, preferredPack: `${made[format].packs[15]!.name}.pack` });
    });

    test(`with nothing new a layer is not made, like by ${git.label}`, async () => {
      const twins = new Twins(git, made[format]);
      await twins.write({ incremental: true });
      const before = midxState(twins.ours);
      await twins.write({ incremental: true });
      assert.deepEqual(midxState(twins.ours), before);
    });
  });
}

forEachGit(2, 47, "chains and their errors", (git) => {
  test(`without a pack there is no layer, and no complaint, as with ${git.label}`, async () => {
    const twins = new Twins(git, made.sha1, []);
    assert.deepEqual(await twins.write({ incremental: true }), { status: 0, said: [], printed: "" });
    assert.deepEqual(midxFileNames(twins.ours), []);
  });

  test(`a layer for --stdin-packs of nothing new is not made, like by ${git.label}`, async () => {
    const twins = new Twins(git, made.sha1);
    const names = made.sha1.packs.map(({ name }) => `${name}.idx`);
    await twins.write({ incremental: true, stdinPacks: names.slice(0, 3) });
    await twins.write({ incremental: true, stdinPacks: [...names.slice(0, 3), "pack-unknown.idx"] });
    assert.equal(layersOf(twins.ours).length, 1);
    await twins.write({ incremental: true, stdinPacks: names.slice(2, 5) });
    assert.equal(layersOf(twins.ours).length, 2);
  });

  test(`a layer whose objects are all below it is empty of objects, like with ${git.label}`, async () => {
    const repository = makeRepository({ packs: 2, objects: [30, 2], duplicates: 1, copies: 2 });
    const twins = new Twins(git, repository);
    const bringBack = twins.withhold(1);
    await twins.write({ incremental: true });
    bringBack();
    await twins.write({ incremental: true });
    const tip = layersOf(twins.ours)[1]!;
    const layer = readFileSync(join(twins.ours.packDir, "multi-pack-index.d", `multi-pack-index-${tip}.midx`));
    const fanout = Number(layer.readBigUInt64BE(12 + 12 + 4));
    assert.equal(layer.readUInt32BE(fanout + 4 * 255), 0);
  });
});

forEachGit(2, 55, "chains of both versions, with wishes", (git) => {
  test(`${scale(6, 60)} random chains of both versions are the same as with ${git.label} after each step`, async () => {
    for (let seed = 1; seed <= scale(6, 60); seed++) {
      const repository = seed % 3 === 0 ? made.sha256 : made.sha1;
      await randomChain(new Twins(git, repository), seed);
    }
  });

  async function randomChain(twins: Twins, seed: number): Promise<void> {
    const random = seededRandom(seed);
    const bringBack = twins.withhold(0);
    const { packs } = twins.ours;
    for (let there = 0; there < packs.length; ) {
      const fresh = Math.min(1 + (random() % 5), packs.length - there);
      bringBack(fresh);
      const preferred = packs[there + (random() % fresh)]!;
      const wish = {
        incremental: true,
        version: 1 + (random() % 2),
        ...(random() % 2 === 0 ? { preferredPack: `${preferred.name}.pack` } : {}),
        ...(random() % 3 === 0 ? { stdinPacks: packs.map(({ name }) => `${name}.idx`) } : {}),
      };
      there += fresh;
      const { said } = await twins.write(wish);
      assert.deepEqual(said, [], `seed ${seed}`);
    }
  }

  test(`a pack of a lower layer cannot be preferred in a new one: the warning is that of ${git.label}`, async () => {
    const twins = new Twins(git, made.sha1);
    const bringBack = twins.withhold(4);
    await twins.write({ incremental: true });
    bringBack();
    const name = `${made.sha1.packs[1]!.name}.idx`;
    const { said } = await twins.write({ incremental: true, preferredPack: name });
    assert.deepEqual(said, [`warning: unknown preferred pack: '${name}'`]);
  });
});
