/** Offsets of 2 GiB and more: with a chunk LOFF or without, as git has it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FakeTable, randomTable, writeFakePack } from "../support/fake-idx.js";
import { forEachGit, runGit } from "../support/gits.js";
import { firstMtime, type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { Twins } from "./twins.js";

const gibibyte = 2 ** 30;
const empty = { sha1: makeRepository({ packs: 1 }), sha256: makeRepository({ packs: 1, format: "sha256" }) };

/** Chunk ids of the MIDX, in their order. */
function chunkNames(repository: MadeRepository): string[] {
  const bytes = readFileSync(join(repository.packDir, "multi-pack-index"));
  return Array.from({ length: bytes[6]! }, (_, i) => bytes.toString("latin1", 12 + 12 * i, 16 + 12 * i));
}

/** A table whose offsets are `offsets`, over and over, plus a little. */
function tableAt(offsets: readonly number[], count: number, seed: number, format: "sha1" | "sha256"): FakeTable {
  const table = randomTable(count, seed, { format });
  const step = 64;
  for (let i = 0; i < count; i++) {
    table.offsets[i] = offsets[i % offsets.length]! + step * Math.floor(i / offsets.length);
  }
  return table;
}

const cases = [
  { offsets: [12, 2 * gibibyte - 64], loff: false, why: "below 2 GiB" },
  { offsets: [12, 2 * gibibyte - 1, 2 * gibibyte, 3 * gibibyte], loff: false, why: "from 2 to 4 GiB" },
  { offsets: [12, 4 * gibibyte - 1 - 64 * 500], loff: false, why: "up to 4 GiB" },
  { offsets: [12, gibibyte, 2 * gibibyte, 4 * gibibyte], loff: true, why: "from 2 to beyond 4 GiB" },
  // An index whose offsets are all large is none to git: the first object of a pack is not beyond 4 GiB.
  { offsets: [12, 2 ** 40, 2 ** 32, 3 * gibibyte, 2 ** 53 - 2 ** 20], loff: true, why: "far beyond 4 GiB" },
] as const;

for (const format of ["sha1", "sha256"] as const) {
  forEachGit(2, 30, "large offsets byte for byte", (git) => {
    for (const { offsets, loff, why } of cases) {
      test(`${format} offsets ${why} are written ${loff ? "with" : "without"} LOFF as by ${git.label}`, async () => {
        const twins = new Twins(git, empty[format]);
        twins.both(({ packDir }) => {
          for (let i = 0; i < 3; i++) {
            const table = tableAt(i === 1 ? [12, 4096] : offsets, 300, 7 + i, format);
            writeFakePack(packDir, table, { format, name: `pack-${i}`, mtime: firstMtime - i, packByteLength: 4096 });
          }
        });
        await twins.write();
        assert.equal(chunkNames(twins.ours).includes("LOFF"), loff);
      });
    }
  });
}

forEachGit(2, 30, "indexes with unneeded 64-bit rows", (git) => {
  for (const indexVersion of ["2,0xc", "2,0x40", "2,0x200"]) {
    test(`packs indexed with --index-version=${indexVersion} give the same file as with ${git.label}`, async () => {
      const repository = makeRepository({ packs: 3, objects: 60, duplicates: 0.5, indexVersion, git });
      const twins = new Twins(git, repository);
      await twins.write();
      assert.ok(!chunkNames(twins.ours).includes("LOFF"));
      runGit(git, ["multi-pack-index", "verify"], { cwd: twins.ours.path });
    });
  }
});

forEachGit(2, 55, "large offsets over what is there", (git) => {
  test(`LOFF comes and goes with the packs when the file is written anew, as with ${git.label}`, async () => {
    const twins = new Twins(git, empty.sha1);
    let added = 0;
    const add = (name: string, offsets: readonly number[], seed: number) => {
      const mtime = firstMtime + ((added++ * 3) % 7);
      twins.both(({ packDir }) => {
        const table = tableAt(offsets, 200, seed, "sha1");
        writeFakePack(packDir, table, { name, mtime, packByteLength: 4096 });
      });
    };
    add("pack-a", [12, 2 * gibibyte, 3 * gibibyte], 1);
    await twins.write();
    assert.ok(!chunkNames(twins.ours).includes("LOFF"));
    add("pack-b", [12, 5 * gibibyte], 2);
    await twins.write();
    assert.ok(chunkNames(twins.ours).includes("LOFF"));
    add("pack-0", [12, 3 * gibibyte], 1);
    await twins.write({ preferredPack: "pack-a.pack" });
    await twins.write({ stdinPacks: ["pack-a.idx", "pack-0.idx"] });
    assert.ok(!chunkNames(twins.ours).includes("LOFF"));
    add("pack-c", [12, 2 ** 33], 2);
    await twins.write({ incremental: true });
    await twins.write({ incremental: true });
    add("pack-d", [gibibyte, 2 ** 31], 3);
    await twins.write({ incremental: true });
    add("pack-e", [12], 4);
    await twins.write();
    assert.ok(chunkNames(twins.ours).includes("LOFF"));
  });

  test(`${scale(2, 40)} random mixtures of offsets and copies give the same files as with ${git.label}`, async () => {
    for (let seed = 1; seed <= scale(2, 40); seed++) {
      const twins = new Twins(git, empty.sha1);
      twins.both(({ packDir }) => {
        for (let i = 0; i < 2 + (seed % 4); i++) {
          const offsets = cases[(seed + i) % cases.length]!.offsets;
          const table = tableAt(offsets, 100 + 50 * i, seed + (i >> 1), "sha1");
          writeFakePack(packDir, table, { name: `pack-${i}`, mtime: firstMtime - i, packByteLength: 4096 });
        }
      });
      await twins.write();
    }
  });
});
