// portable
/** A single multi-pack-index, written where there is none: byte for byte git's. */

import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit } from "../support/gits.js";
import {
  copyRepository,
  firstMtime,
  type MadeRepository,
  makeRepository,
  type RepositoryPlan,
} from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { assertSameState, gitWrites, midxFileNames, midxState, shuffledRanks, Twins, weWrite } from "./twins.js";

const made = new Map<string, MadeRepository>();

/** Packs that several tests look at are made once. */
function repositoryOf(plan: RepositoryPlan): MadeRepository {
  const key = JSON.stringify(plan);
  const found = made.get(key) ?? makeRepository(plan);
  made.set(key, found);
  return found;
}

for (const format of ["sha1", "sha256"] as const) {
  for (const version of [1, 2]) {
    forEachGit(2, version === 1 ? 30 : 54, `version ${version} files byte for byte`, (git) => {
      for (const packs of [1, 2, 50]) {
        test(`version ${version} over ${packs} ${format} packs with duplicates is the same as that of ${git.label}`, async () => {
          const ranks = shuffledRanks(packs);
          const plan = { format, packs, duplicates: 0.4, copies: Math.min(packs, 3), mtimeRanks: ranks };
          await new Twins(git, repositoryOf(plan)).write({ version });
        });
      }
    });
  }
}

forEachGit(2, 30, "1,000 packs byte for byte", (git) => {
  for (const format of scale(["sha1"] as const, ["sha1", "sha256"] as const)) {
    test(`1,000 ${format} packs give the same file as with ${git.label}`, async () => {
      const repository = repositoryOf({ format, packs: 1000, objects: 4, mtimeRanks: shuffledRanks(1000) });
      await new Twins(git, repository).write();
    });
  }
});

forEachGit(2, 55, "many shapes of repositories", (git) => {
  test(`repositories of many shapes give the same files as with ${git.label}`, async () => {
    for (let seed = 1; seed <= scale(6, 100); seed++) {
      const packs = 2 + ((seed * 5) % 17);
      const plan: RepositoryPlan = {
        seed,
        packs,
        format: seed % 3 === 0 ? "sha256" : "sha1",
        objects: [1, 2, 3, 40, 7, 300].slice(0, 2 + (seed % 5)),
        duplicates: (seed % 5) / 4,
        copies: 2 + (seed % 3),
        emptyPack: seed % 2 === 0,
        indexVersion: ["1", "2", "2,0x40"][seed % 3]!,
        mtimeRanks: shuffledRanks(packs + 1),
      };
      const twins = new Twins(git, makeRepository(plan));
      await twins.write({ version: 1 + (seed % 2) });
    }
  });
});

const preferable: RepositoryPlan = { packs: 7, duplicates: 1, copies: 7, objects: 30, emptyPack: true };

forEachGit(2, 33, "preferred packs byte for byte", (git) => {
  for (const extension of ["idx", "pack"]) {
    test(`each pack as --preferred-pack, by its .${extension} name, gives the same file as with ${git.label}`, async () => {
      const repository = repositoryOf(preferable);
      const files = new Set<string>();
      for (const pack of repository.packs.slice(0, 7)) {
        const twins = new Twins(git, repository);
        await twins.write({ preferredPack: `${pack.name}.${extension}` });
        files.add(Buffer.from(midxState(twins.ours)[0]!.bytes).toString("base64"));
      }
      assert.equal(files.size, 7);
    });
  }

  test(`a preferred pack without objects is refused as by ${git.label}, and nothing is written`, async () => {
    const twins = new Twins(git, repositoryOf(preferable));
    const { status, said } = await twins.write({ preferredPack: `${repositoryOf(preferable).packs[7]!.name}.idx` });
    assert.equal(status, 255);
    assert.match(said[0]!, /^error: cannot select preferred pack .* with no objects$/);
    assert.deepEqual(midxFileNames(twins.ours), []);
  });
});

// Before 2.47 some pack was preferred where the one asked for was not there.
forEachGit(2, 47, "unknown preferred packs", (git) => {
  test(`a preferred pack that is not there is warned of as by ${git.label}, and nothing is preferred`, async () => {
    const { said } = await new Twins(git, repositoryOf(preferable)).write({ preferredPack: "pack-unknown.idx" });
    assert.deepEqual(said, ["warning: unknown preferred pack: 'pack-unknown.idx'"]);
  });
});

forEachGit(2, 30, "an empty pack directory", (git) => {
  test(`without a pack the refusal is that of ${git.label}`, async () => {
    const twins = new Twins(git, repositoryOf({ packs: 1 }), []);
    const { status, said } = await twins.write();
    assert.deepEqual({ status, said }, { status: 255, said: ["error: no pack files to index."] });
  });

  test(`packs without any object give the same file as with ${git.label}`, async () => {
    const repository = repositoryOf({ packs: 1, emptyPack: true });
    const twins = new Twins(git, repository, repository.packs.slice(1));
    await twins.write();
    assert.deepEqual(midxFileNames(twins.ours), ["multi-pack-index"]);
  });
});

forEachGit(2, 30, "packs of equal modification times", (git) => {
  test(`of packs that are equally old the first by name wins: the file of ${git.label} for packs that are the younger the earlier their name`, async () => {
    const repository = repositoryOf({ packs: 12, duplicates: 1, copies: 6, mtimeRanks: shuffledRanks(12) });
    const byName = [...repository.packs].sort((a, b) => (a.name < b.name ? -1 : 1));
    const setTimes = (copy: MadeRepository, timeOf: (rank: number) => number) => {
      for (const [rank, { name }] of byName.entries()) {
        utimesSync(join(copy.packDir, `${name}.pack`), timeOf(rank), timeOf(rank));
      }
    };
    const ordered = copyRepository(repository, { ownBytes: true });
    setTimes(ordered, (rank) => firstMtime - 10 * rank);
    gitWrites(git, ordered);
    for (const packs of [byName, byName.toReversed()]) {
      const equal = copyRepository(repository, { ownBytes: true, packs });
      // Fractions of a second do not count, in git either.
      setTimes(equal, (rank) => firstMtime + rank / 16);
      await weWrite(equal);
      assertSameState(equal, ordered, "equally old packs");
    }
  });
});
