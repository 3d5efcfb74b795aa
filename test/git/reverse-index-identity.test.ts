/** The chunks RIDX and BTMP, which git writes beside a bitmap: our `reverseIndex` writes the same file without one. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { type MadeRepository, makeRepository, type RepositoryPlan } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { dropRefs, gitWrites, midxState, shuffledRanks, Twins, weTell } from "./twins.js";

const plan: RepositoryPlan = { packs: 11, duplicates: 0.7, copies: 4, objects: 18, mtimeRanks: shuffledRanks(11) };
const made = { sha1: makeRepository(plan), sha256: makeRepository({ ...plan, format: "sha256" }) };

/** Chunk ids of the first multi-pack-index file in the state of a repository. */
function chunkNames(repository: MadeRepository): string[] {
  const file = midxState(repository).find(({ title }) => /\.midx$|multi-pack-index$/.test(title))!;
  const bytes = Buffer.from(file.bytes);
  return Array.from({ length: bytes[6]! }, (_, i) => bytes.toString("latin1", 12 + 12 * i, 16 + 12 * i));
}

/** Twins without refs. */
function twinsOf(git: Twins["git"], repository: MadeRepository, packs?: MadeRepository["packs"]): Twins {
  const twins = new Twins(git, repository, packs);
  if (packs === undefined) twins.both(dropRefs);
  return twins;
}

for (const format of ["sha1", "sha256"] as const) {
  forEachGit(2, 44, "single files with RIDX and BTMP", (git) => {
    test(`over ${format} packs with many copies RIDX and BTMP are those of ${git.label}`, async () => {
      const twins = twinsOf(git, made[format]);
      await twins.write({ reverseIndex: true });
      assert.deepEqual(chunkNames(twins.ours), ["PNAM", "OIDF", "OIDL", "OOFF", "RIDX", "BTMP"]);
    });

    test(`with each of the ${format} packs preferred RIDX and BTMP are those of ${git.label}`, async () => {
      for (const { name } of made[format].packs) {
        await twinsOf(git, made[format]).write({ reverseIndex: true, preferredPack: `${name}.pack` });
      }
    });

    test(`a preferred ${format} pack that is not there leaves none preferred, as with ${git.label}`, async () => {
      await twinsOf(git, made[format]).write({ reverseIndex: true, preferredPack: "pack-unknown.pack" });
    });
  });
}

forEachGit(2, 44, "rewriting with RIDX and BTMP", (git) => {
  test(`packs without objects or without chosen objects have the rows that they have with ${git.label}`, async () => {
    // The empty pack is the youngest; where it is the oldest, git's choice follows the order of the directory.
    const mtimeRanks = [3, 2, 1, 0, 4];
    const repository = makeRepository({ packs: 4, objects: [30, 2], duplicates: 1, emptyPack: true, mtimeRanks });
    await twinsOf(git, repository).write({ reverseIndex: true });
  });

  test(`packs that have no object at all are written without RIDX, with a warning from ${git.label} of its bitmap alone`, async () => {
    const repository = makeRepository({ packs: 1, emptyPack: true });
    const twins = twinsOf(git, repository, repository.packs.slice(1));
    const theirs = gitWrites(git, twins.theirs, { reverseIndex: true });
    const ours = await weTell(twins.ours, { reverseIndex: true });
    assert.deepEqual(theirs.said, ["warning: refusing to write multi-pack .bitmap without any objects"]);
    assert.deepEqual(ours.said, []);
    assert.deepEqual(midxState(twins.ours), midxState(twins.theirs));
  });

  test(`a single file that is written anew has the RIDX and BTMP of ${git.label} after each step`, async () => {
    for (let seed = 1; seed <= scale(4, 40); seed++) {
      const random = seededRandom(seed * 13);
      const repository = seed % 2 === 0 ? made.sha256 : made.sha1;
      const twins = twinsOf(git, repository);
      let there = 1 + (random() % 3);
      const bringBack = twins.withhold(there);
      for (; there <= 11; there++) {
        const preferred = repository.packs[random() % there]!;
        const wish = {
          reverseIndex: random() % 4 !== 0,
          ...(random() % 2 === 0 ? { preferredPack: `${preferred.name}.idx` } : {}),
        };
        assert.deepEqual((await twins.write(wish)).said, [], `seed ${seed}`);
        bringBack(1);
      }
    }
  });

  test(`asked for afterwards, RIDX and BTMP are added to a file of the same packs, as by ${git.label}`, async () => {
    const twins = twinsOf(git, made.sha1);
    await twins.write();
    await twins.write({ reverseIndex: true });
    assert.ok(chunkNames(twins.ours).includes("RIDX"));
    await twins.write({ reverseIndex: true });
    await twins.write();
    assert.ok(chunkNames(twins.ours).includes("RIDX"));
  });
});

forEachGit(2, 50, "layers with RIDX and BTMP", (git) => {
  for (const format of ["sha1", "sha256"] as const) {
    test(`${scale(3, 30)} random chains of ${format} layers with RIDX and BTMP are those of ${git.label}`, async () => {
      for (let seed = 1; seed <= scale(3, 30); seed++) {
        const random = seededRandom(seed * 17);
        const twins = twinsOf(git, made[format]);
        const { packs } = twins.ours;
        const bringBack = twins.withhold(0);
        for (let there = 0; there < packs.length; ) {
          const fresh = Math.min(1 + (random() % 4), packs.length - there);
          bringBack(fresh);
          const preferred = packs[there + (random() % fresh)]!;
          there += fresh;
          const preferredPack = random() % 2 === 0 ? { preferredPack: `${preferred.name}.idx` } : {};
          const version = 1 + (random() % 2);
          await twins.write({ incremental: true, reverseIndex: true, version, ...preferredPack });
        }
      }
    });
  }

  test(`a single file with RIDX becomes the base of layers with RIDX, as with ${git.label}`, async () => {
    const twins = twinsOf(git, made.sha1);
    const bringBack = twins.withhold(4);
    await twins.write({ reverseIndex: true });
    for (const count of [1, 2, 4]) {
      bringBack(count);
      await twins.write({ reverseIndex: true, incremental: true });
    }
    const chain = readFileSync(join(twins.ours.packDir, "multi-pack-index.d", "multi-pack-index-chain"), "utf8");
    assert.equal(chain.match(/\n/g)!.length, 4);
  });
});
