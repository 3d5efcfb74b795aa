/** Layers that are made beside the chain (`--no-write-chain-file`) and upon a chosen base (`--base`). */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit, newestGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { addPack, assertSameState, midxFileNames, midxState, Twins, weTell, weWrite } from "./twins.js";

const made = makeRepository({ packs: 10, duplicates: 0.6, copies: 3, mtimeRanks: [3, 9, 1, 0, 5, 7, 2, 8, 6, 4] });
const stranger = makeRepository({ packs: 1, seed: 99 }).packs[0]!;
const idxNames = made.packs.map(({ name }) => `${name}.idx`);
const alone = { incremental: true, writeChainFile: false };

function chainPath(repository: MadeRepository): string {
  return join(repository.packDir, "multi-pack-index.d", "multi-pack-index-chain");
}

function readChain(repository: MadeRepository): string[] {
  return readFileSync(chainPath(repository), "utf8").trimEnd().split("\n");
}

forEachGit(2, 55, "layers without a chain file", (git) => {
  test(`a layer is made and its checksum told, and the chain stays as it was, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(3);
    const first = await twins.write(alone);
    assert.match(first.printed, /^[0-9a-f]{40}$/);
    assert.deepEqual(midxFileNames(twins.ours), [
      "multi-pack-index.d/",
      `multi-pack-index.d/multi-pack-index-${first.printed}.midx`,
    ]);
    await twins.write({ incremental: true });
    const chain = readChain(twins.ours);
    bringBack();
    const second = await twins.write(alone);
    assert.notEqual(second.printed, "");
    assert.deepEqual(readChain(twins.ours), chain);
    // The chain written by hand is what repack does with such layers.
    twins.both((repository) => writeFileSync(chainPath(repository), `${[...chain, second.printed].join("\n")}\n`));
    runGit(git, ["multi-pack-index", "verify"], { cwd: twins.ours.path });
    assert.equal((await twins.write(alone)).printed, "");
  });

  test(`beside a single file a layer is made upon it, which gets a second name, as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(3);
    await twins.write();
    bringBack();
    await twins.write(alone);
    assert.equal(midxFileNames(twins.ours).length, 4);
  });

  test(`--base takes each layer of a chain, or none, for --stdin-packs as ${git.label} does`, async () => {
    for (const base of [0, 1, 2, 3, "none"] as const) {
      const twins = new Twins(git, made);
      const bringBack = twins.withhold(0);
      for (let layer = 0; layer < 4; layer++) {
        bringBack(2);
        await twins.write({ incremental: true });
      }
      bringBack();
      const chosen = base === "none" ? base : readChain(twins.ours)[base]!;
      const { printed } = await twins.write({ ...alone, base: chosen, stdinPacks: idxNames });
      assert.notEqual(printed, "");
      await twins.write({ ...alone, base: chosen, stdinPacks: idxNames, preferredPack: idxNames[9]! });
      await twins.write({ ...alone, base: chosen, stdinPacks: idxNames.slice(8), version: 2 });
    }
  });

  test(`--base upon a single file, or none, is what ${git.label} makes of it`, async () => {
    for (const takeSingle of [true, false]) {
      const twins = new Twins(git, made);
      const bringBack = twins.withhold(4);
      await twins.write();
      bringBack();
      const single = Buffer.from(midxState(twins.ours)[0]!.bytes).subarray(-20).toString("hex");
      await twins.write({ ...alone, base: takeSingle ? single : "none", stdinPacks: idxNames });
    }
  });

  test(`an unknown --base is refused with the words and the status of ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(4);
    await twins.write({ incremental: true });
    bringBack();
    for (const base of ["0".repeat(40), "abc", readChain(twins.ours)[0]!.slice(0, 20), ""]) {
      const { status, said } = await twins.write({ ...alone, base, stdinPacks: idxNames });
      assert.deepEqual({ status, said }, { status: 255, said: [`error: could not find base MIDX '${base}'`] });
    }
  });

  test(`${scale(4, 40)} random chains put together from detached layers are the same as with ${git.label}`, async () => {
    for (let seed = 1; seed <= scale(4, 40); seed++) await randomLayers(new Twins(git, made), seed);
  });

  /** Layers upon random bases, each then made the tip of a chain that is written by hand. */
  async function randomLayers(twins: Twins, seed: number): Promise<void> {
    const random = seededRandom(seed * 31);
    const bringBack = twins.withhold(0);
    let chain: string[] = [];
    for (let there = 0; there < idxNames.length; ) {
      const fresh = Math.min(1 + (random() % 3), idxNames.length - there);
      bringBack(fresh);
      there += fresh;
      const kept = random() % (chain.length + 1);
      const base = kept === 0 ? "none" : chain[kept - 1]!;
      const { printed, said } = await twins.write({ ...alone, base, stdinPacks: idxNames });
      assert.deepEqual(said, [], `seed ${seed}`);
      chain = [...chain.slice(0, kept), printed];
      twins.both((repository) => writeFileSync(chainPath(repository), `${chain.join("\n")}\n`));
      runGit(git, ["multi-pack-index", "verify"], { cwd: twins.ours.path });
    }
    // The next layer in the chain is also the end of all layers that it does not name.
    twins.both((repository) => addPack(repository, stranger));
    await twins.write({ incremental: true });
    assert.equal(midxFileNames(twins.ours).length, chain.length + 3);
  }
});

test("--base without --stdin-packs is heeded: the layer is that of --stdin-packs with every pack", async () => {
  for (const take of [0, 1, "none"] as const) {
    const twins = new Twins(newestGit(), made);
    for (const repository of [twins.ours, twins.theirs]) {
      await weWrite(repository, { incremental: true, stdinPacks: idxNames.slice(0, 3) });
      await weWrite(repository, { incremental: true, stdinPacks: idxNames.slice(3, 6) });
    }
    const base = take === "none" ? take : readChain(twins.ours)[take]!;
    const plain = await weWrite(twins.ours, { ...alone, base });
    const named = await weWrite(twins.theirs, { ...alone, base, stdinPacks: idxNames });
    assert.equal(plain.checksum, named.checksum);
    assertSameState(twins.ours, twins.theirs, `base ${take}`);
  }
});

test("an unknown --base without --stdin-packs is refused too", async () => {
  const twins = new Twins(newestGit(), made);
  await weWrite(twins.ours, { incremental: true, stdinPacks: idxNames.slice(0, 3) });
  const { status, said } = await weTell(twins.ours, { ...alone, base: "deadbeef" });
  assert.deepEqual({ status, said }, { status: 255, said: ["error: could not find base MIDX 'deadbeef'"] });
});

test("--no-write-chain-file without --incremental, and --base without it, are misuse", async () => {
  const { ours } = new Twins(newestGit(), made);
  await assert.rejects(weWrite(ours, { writeChainFile: false }), TypeError);
  await assert.rejects(weWrite(ours, { incremental: true, base: "none" }), TypeError);
  assert.deepEqual(midxFileNames(ours), []);
});
