/** Every git that knows the format takes what we write for good, and finds through it what it finds without it. */

import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";
import { test } from "node:test";
import { forEachGit, type GitBinary, isAtLeast, runGit } from "../support/gits.js";
import {
  copyRepository,
  type MadePack,
  type MadeRepository,
  makeRepository,
  withholdPacks,
} from "../support/repository-maker.js";
import { type Wish, weWrite } from "./twins.js";

const made = {
  sha1: makeRepository({ packs: 9, duplicates: 0.5, copies: 3, objects: [40, 3, 90], emptyPack: true }),
  sha256: makeRepository({ packs: 6, duplicates: 0.5, format: "sha256" }),
};

function rmPack({ pack, idx }: MadePack): void {
  unlinkSync(idx);
  unlinkSync(pack);
}

const readings: readonly (readonly string[])[] = [
  ["cat-file", "--batch-all-objects", "--batch-check"],
  ["cat-file", "--batch-all-objects", "--batch-check", "--unordered"],
  ["log", "--all", "--format=%H %T %s", "--stat"],
  ["rev-list", "--objects", "--all"],
  ["count-objects"],
];

/** @throws AssertionError unless git finds no fault, and reads the same with the multi-pack-index as without. */
function assertAccepted(git: GitBinary, repository: MadeRepository): void {
  const at = { cwd: repository.path };
  const verified = runGit(git, ["multi-pack-index", "verify", "--no-progress"], at);
  assert.equal(verified.stdout + verified.stderr, "");
  const checked = runGit(git, ["fsck", "--full", "--strict", "--no-dangling", "--no-progress"], at);
  assert.equal(checked.stdout + checked.stderr, "");
  for (const args of readings) {
    const read = runGit(git, args, at);
    const plain = runGit(git, ["-c", "core.multiPackIndex=false", ...args], at);
    const lines = (text: string) => (args.includes("--unordered") ? text.split("\n").sort() : text.split("\n"));
    assert.deepEqual(lines(read.stdout), lines(plain.stdout), args.join(" "));
    assert.equal(read.stderr, "", args.join(" "));
    assert.ok(args[0] === "count-objects" || plain.stdout.length > 100);
  }
}

for (const format of ["sha1", "sha256"] as const) {
  forEachGit(2, 30, "single files accepted", (git) => {
    const newest = isAtLeast(git, 2, 54);
    for (const version of newest ? [1, 2] : [1]) {
      test(`${git.label} takes our single ${format} files of version ${version}, written at once and in steps`, async () => {
        const repository = copyRepository(made[format]);
        const { packs } = repository;
        const wishes: Wish[] = [
          { version },
          { version, reverseIndex: true },
          { version, preferredPack: `${packs[0]!.name}.idx` },
          { version, preferredPack: `${packs[4]!.name}.pack`, reverseIndex: true },
        ];
        for (const wish of wishes) {
          await weWrite(repository, wish);
          assertAccepted(git, repository);
        }
        await weWrite(repository, { version, stdinPacks: packs.slice(1).map(({ name }) => `${name}.idx`) });
        assertAccepted(git, repository);
        await weWrite(repository, { version });
        assertAccepted(git, repository);
      });
    }
  });

  forEachGit(2, 47, "chains accepted", (git) => {
    for (const version of isAtLeast(git, 2, 54) ? [1, 2] : [1]) {
      test(`${git.label} takes our chains of ${format} layers of version ${version}, up from a single file and back to one`, async () => {
        const repository = copyRepository(made[format]);
        // A layer without objects, whoever wrote it, is a fault to git's verify where it is the tip.
        if (format === "sha1") rmPack(repository.packs.at(-1)!);
        const bringBack = withholdPacks(repository, repository.packs.slice(2));
        const idxNames = repository.packs.map(({ name }) => `${name}.idx`);
        await weWrite(repository, { version });
        bringBack();
        for (let there = 3; there <= (format === "sha1" ? 9 : 6); there++) {
          const wish = { version, incremental: true, stdinPacks: idxNames.slice(0, there) };
          const result = await weWrite(repository, { ...wish, reverseIndex: there % 2 === 0 });
          assert.equal(result.layers.length, there - 1);
          assertAccepted(git, repository);
        }
        await weWrite(repository, { version, preferredPack: idxNames[1]! });
        assertAccepted(git, repository);
      });
    }
  });
}

forEachGit(2, 44, "bitmaps upon our files", (git) => {
  test(`${git.label} makes and uses a bitmap for the packs of our file`, async () => {
    const repository = copyRepository(made.sha1);
    await weWrite(repository, { preferredPack: `${repository.packs[2]!.name}.idx` });
    const at = { cwd: repository.path };
    runGit(git, ["multi-pack-index", "write", "--bitmap"], at);
    const counted = runGit(git, ["rev-list", "--count", "--objects", "--all", "--use-bitmap-index"], at).stdout;
    const plain = runGit(git, ["rev-list", "--count", "--objects", "--all"], at).stdout;
    assert.equal(counted, plain);
    assertAccepted(git, repository);
  });
});
