/** Writing a single multi-pack-index where there is one already: what is kept, what is chosen anew and what is left alone. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { gitWrites, midxState, Twins, weTell } from "./twins.js";

const made = makeRepository({
  packs: 9,
  duplicates: 1,
  copies: 3,
  objects: 30,
  mtimeRanks: [4, 8, 0, 2, 7, 1, 6, 3, 5],
});

const midxPath = (repository: MadeRepository) => join(repository.packDir, "multi-pack-index");

/** Changes one byte of the file in place of its middle. */
function damage(path: string, offset = Math.floor(statSync(path).size / 2)): void {
  const bytes = readFileSync(path);
  bytes[offset]! ^= 0x5a;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

forEachGit(2, 55, "rewriting what is there", (git) => {
  test(`new packs are added to the choices that were made before, like by ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(2);
    await twins.write();
    for (const count of [1, 2, 3, 1]) {
      bringBack(count);
      await twins.write();
    }
    // The same packs from scratch give another file: that the old choices were kept is what was compared.
    const fresh = new Twins(git, made);
    await fresh.write();
    assert.notDeepEqual(midxState(fresh.ours), midxState(twins.ours));
  });

  for (const which of ["old", "new"]) {
    test(`a preferred pack among the ${which} ones takes its objects back, like with ${git.label}`, async () => {
      for (let preferred = which === "old" ? 0 : 5; preferred < (which === "old" ? 5 : 9); preferred++) {
        const twins = new Twins(git, made);
        const bringBack = twins.withhold(5);
        await twins.write();
        bringBack();
        await twins.write({ preferredPack: `${made.packs[preferred]!.name}.pack` });
      }
    });
  }

  test(`another version is a reason to write anew, like for ${git.label}`, async () => {
    const twins = new Twins(git, made);
    await twins.write({ version: 1 });
    for (const version of [2, 2, 1]) {
      await twins.write({ version });
      assert.equal(readFileSync(midxPath(twins.ours))[4], version);
    }
  });

  test(`an unknown version is refused with the words of ${git.label}`, async () => {
    const { status, said } = await new Twins(git, made).write({ version: 3 });
    assert.deepEqual({ status, said }, { status: 128, said: ["fatal: unknown MIDX version: 3"] });
  });

  test(`the same packs are no reason to write, like for ${git.label}, whatever way they are named`, async () => {
    const twins = new Twins(git, made);
    await twins.write();
    const names = made.packs.map(({ name }) => `${name}.idx`);
    const before = [twins.ours, twins.theirs].map((repository) => statSync(midxPath(repository)).ino);
    for (const wish of [{}, { stdinPacks: names }, { preferredPack: "pack-unknown.idx" }]) {
      // Ours goes on to look for the preferred pack, as a change of it would have to be written.
      const theirs = gitWrites(git, twins.theirs, wish);
      const ours = await weTell(twins.ours, wish);
      assert.deepEqual([ours.status, theirs.status], [0, 0]);
    }
    const after = [twins.ours, twins.theirs].map((repository) => statSync(midxPath(repository)).ino);
    assert.deepEqual(after, before);
    await twins.write({ stdinPacks: names.slice(1) });
    await twins.write({ stdinPacks: names.slice(2) });
  });

  test(`where nothing is written a bitmap that was not asked for goes, like with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    twins.both((repository) => runGit(git, ["multi-pack-index", "write", "--bitmap"], { cwd: repository.path }));
    const bitmapOf = (repository: MadeRepository) => {
      const checksum = readFileSync(midxPath(repository)).subarray(-20).toString("hex");
      return join(repository.packDir, `multi-pack-index-${checksum}.bitmap`);
    };
    const bitmaps = [twins.ours, twins.theirs].map(bitmapOf);
    assert.deepEqual(
      bitmaps.map((path) => existsSync(path)),
      [true, true],
    );
    await twins.write();
    assert.deepEqual(
      bitmaps.map((path) => existsSync(path)),
      [false, false],
    );
  });

  test(`a bitmap and a reverse index of the file that is replaced go, like with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const env = { GIT_TEST_MIDX_WRITE_REV: "1" };
    twins.both((repository) => runGit(git, ["multi-pack-index", "write", "--bitmap"], { cwd: repository.path, env }));
    const companions = () =>
      [twins.ours, twins.theirs].map(
        (repository) => readdirSync(repository.packDir).filter((name) => /multi-pack-index-/.test(name)).length,
      );
    assert.deepEqual(companions(), [2, 2]);
    await twins.write({ stdinPacks: made.packs.slice(3).map(({ name }) => `${name}.idx`) });
    assert.deepEqual(companions(), [0, 0]);
  });

  test(`an old file with a wrong checksum is put aside with the warning of ${git.label}, in full`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(8);
    await twins.write();
    bringBack();
    // In the offsets: a reader sees nothing of it.
    twins.both((repository) => damage(midxPath(repository), statSync(midxPath(repository)).size - 23));
    const { said } = await twins.write();
    assert.deepEqual(said, ["warning: ignoring existing multi-pack-index; checksum mismatch"]);
    const fresh = new Twins(git, made);
    await fresh.write();
    assert.deepEqual(midxState(twins.ours), midxState(fresh.ours));
  });

  test(`an old file with a wrong checksum is written anew also for --stdin-packs, like by ${git.label}`, async () => {
    const twins = new Twins(git, made);
    await twins.write();
    twins.both((repository) => damage(midxPath(repository), statSync(midxPath(repository)).size - 23));
    await twins.write({ stdinPacks: made.packs.map(({ name }) => `${name}.idx`) });
    runGit(git, ["multi-pack-index", "verify"], { cwd: twins.ours.path });
  });

  test(`a pack of the old file that is gone is an error with the words and the status of ${git.label}`, async () => {
    for (const gone of [0, 3, 8]) {
      const twins = new Twins(git, made);
      await twins.write();
      const before = midxState(twins.ours);
      twins.both((repository) => unlinkSync(repository.packs[gone]!.pack));
      const { status, said } = await twins.write();
      assert.equal(status, 255);
      assert.match(said.at(-1)!, /^error: could not load pack \d+$/);
      assert.deepEqual(midxState(twins.ours), before);
      // With --stdin-packs the old choices are not looked at.
      await twins.write({ stdinPacks: made.packs.filter((_, i) => i !== gone).map(({ name }) => `${name}.idx`) });
    }
  });

  test(`${scale(6, 60)} random histories of single files are the same as with ${git.label}`, async () => {
    for (let seed = 1; seed <= scale(6, 60); seed++) await randomHistory(new Twins(git, made), seed);
  });

  /** Packs come in, one or several at a time, and a write with random wishes follows each. */
  async function randomHistory(twins: Twins, seed: number): Promise<void> {
    const random = seededRandom(seed);
    let there = 1 + (random() % 4);
    const bringBack = twins.withhold(there);
    for (;;) {
      const preferred = made.packs[random() % there]!;
      const wish = {
        ...(random() % 2 === 0 ? { version: 1 + (random() % 2) } : {}),
        ...(random() % 2 === 0 ? { preferredPack: `${preferred.name}.idx` } : {}),
        ...(random() % 4 === 0 ? { stdinPacks: made.packs.slice(0, there).map(({ name }) => `${name}.idx`) } : {}),
      };
      const { said, status } = await twins.write(wish);
      assert.deepEqual({ said, status }, { said: [], status: 0 }, `seed ${seed}`);
      if (there === 9) return;
      const more = Math.min(1 + (random() % 3), 9 - there);
      bringBack(more);
      there += more;
    }
  }
});
