/** `gitmidx compat` where git and we agree. */

import assert from "node:assert/strict";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type CompatRun, manyPacks, namesOf, runCompat, told, writeMidx } from "../../support/compat-run.js";
import { forEachGit, type GitBinary, gits, isAtLeast, newestGit, runGit, systemGit } from "../../support/gits.js";
import { runGitmidx } from "../../support/program.js";
import { makeRepository } from "../../support/repository-maker.js";
import { makeTempFolder } from "../../support/temp.js";

/** The checks that a git is too old for. */
function tooNewFor(git: GitBinary): readonly string[] {
  const since: readonly (readonly [string, number])[] = [
    ["write-reverse-index", 44],
    ["write-version-2", 54],
    ["write-chain", 47],
    ["write-migration", 47],
  ];
  return since.filter(([, minor]) => !isAtLeast(git, 2, minor)).map(([name]) => name);
}

for (const format of ["sha1", "sha256"] as const) {
  forEachGit(2, 30, "compat on sound repositories", (git) => {
    test(`${git.label} and we agree about ${format} packs with a multi-pack-index, and nothing is touched`, () => {
      const repository = makeRepository({ ...manyPacks, format, emptyPack: true });
      // Every git that knows bitmaps of multi-pack-indexes is compared with them too.
      const hasBitmap = isAtLeast(git, 2, 34);
      writeMidx(repository, git, ...(hasBitmap ? ["--bitmap"] : []));
      const report = runCompat(repository.path, git, "--full");
      assert.deepEqual(namesOf(report, "different"), []);
      assert.deepEqual(namesOf(report, "not-compared"), [...(hasBitmap ? [] : ["bitmaps"]), ...tooNewFor(git)]);
      if (hasBitmap) assert.match(told(report, "bitmaps").summary, /^(\d+) of \1 commits, .*\.bitmap$/);
      assert.equal(report.status, 0);
      assert.match(told(report, "objects").summary, /^(\d+) objects, \1 through the multi-pack-index$/);
      assert.match(told(report, "lookups").summary, /^(\d+) of \1 objects$/);
      assert.equal(report.same + report.notCompared, report.checks.length);
    });
  });
}

for (const git of gits()) {
  test(`a repository without objects is the same to ${git.label} and us: both refuse to write`, () => {
    const path = makeTempFolder("empty");
    runGit(systemGit(), ["init", "-q", path]);
    const report = runCompat(path, git);
    assert.deepEqual(namesOf(report, "different"), []);
    assert.match(told(report, "write").summary, /^1 write, 0 packs, which both refuse$/);
    assert.equal(told(report, "objects").summary, "0 objects, no multi-pack-index");
  });

  test(`loose objects and those of alternates are found in ${git.label}'s list`, () => {
    const lender = makeRepository({ ...manyPacks, seed: 7, bare: true });
    writeMidx(lender, git);
    const path = makeTempFolder("borrower");
    runGit(systemGit(), ["init", "-q", path]);
    writeFileSync(join(path, ".git/objects/info/alternates"), `${lender.objectDir}\n`);
    for (const text of ["a", "b", "c"]) {
      runGit(systemGit(), ["hash-object", "-w", "--stdin"], { cwd: path, input: text });
    }
    const report = runCompat(path, git);
    assert.deepEqual(namesOf(report, "different"), []);
    assert.match(told(report, "repository").summary, /^sha1, 0 packs, 3 loose objects, 1 alternate$/);
    const [, objects = "", inMidx = ""] = /^(\d+) objects, (\d+) through/.exec(told(report, "objects").summary) ?? [];
    assert.equal(Number(objects), Number(inMidx) + 3);
    assert.equal(told(report, "lookups").outcome, "same");
  });

  test(`packs of one modification time are told apart in the scratch copy only, with ${git.label}`, () => {
    const repository = makeRepository({ ...manyPacks, mtimeRanks: [0, 0, 0, 1, 0, 0] });
    for (const name of readdirSync(repository.packDir)) utimesSync(join(repository.packDir, name), 1.6e9, 1.6e9);
    const report = runCompat(repository.path, git);
    assert.deepEqual(namesOf(report, "different"), []);
    assert.equal(told(report, "write").summary, "1 write, 6 packs, 5 of them copied with another time");
  });
}

forEachGit(2, 55, "chains and version 2 in compat", (newest) => {
  for (const git of gits()) {
    test(`a chain by ${newest.label} is compared with ${git.label} as far as it knows chains`, () => {
      const repository = makeRepository(manyPacks);
      const names = repository.packs.map(({ name }) => `${name}.idx\n`);
      for (let i = 0; i < 6; i += 2) {
        const input = names.slice(i, i + 2).join("");
        runGit(newest, ["multi-pack-index", "write", "--incremental", "--stdin-packs"], {
          cwd: repository.path,
          input,
        });
      }
      const report = runCompat(repository.path, git);
      assert.deepEqual(namesOf(report, "different"), []);
      const old = !isAtLeast(git, 2, 47);
      assert.deepEqual(
        namesOf(report, "not-compared").filter((name) => ["verify", "lookups", "objects"].includes(name)),
        old ? ["verify", "lookups"] : [],
      );
      const through = old
        ? "not through the multi-pack-index: a chain needs git 2.47"
        : /\d+ through the multi-pack-index/;
      assert.match(told(report, "objects").summary, new RegExp(through));
      if (!old) assert.match(told(report, "verify").summary, /^3 files, /);
    });

    test(`a multi-pack-index of version 2 by ${newest.label} does not trouble ${git.label}`, () => {
      const repository = makeRepository(manyPacks);
      runGit(newest, ["-c", "midx.version=2", "multi-pack-index", "write"], { cwd: repository.path });
      const report = runCompat(repository.path, git);
      assert.deepEqual(namesOf(report, "different"), []);
      assert.equal(told(report, "objects").outcome, "same");
      assert.equal(told(report, "lookups").outcome, isAtLeast(git, 2, 54) ? "same" : "not-compared");
    });
  }

  test("layers without objects of their own, at which git's verify complains, are no difference", () => {
    const repository = makeRepository({ packs: 4, objects: 12, duplicates: 1, copies: 4 });
    runGit(systemGit(), ["gc", "-q", "--prune=now"], { cwd: repository.path });
    const ids = runGit(systemGit(), ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], {
      cwd: repository.path,
    }).stdout.split("\n");
    for (const count of [3, 5]) {
      const input = ids.slice(0, count).join("\n");
      runGit(systemGit(), ["pack-objects", "-q", join(repository.packDir, "pack")], { cwd: repository.path, input });
    }
    const report = runCompat(repository.path, newest, "--full");
    assert.deepEqual(namesOf(report, "different"), []);
  });
});

test("core.multiPackIndex=false is compared as git then reads: by the packs alone", () => {
  const repository = makeRepository(manyPacks);
  writeMidx(repository, newestGit());
  const { stdout } = runGitmidx(["-c", "core.multiPackIndex=false", "compat", "--json", repository.path]);
  const report: CompatRun = { status: 0, ...JSON.parse(stdout) };
  assert.deepEqual(namesOf(report, "different"), []);
  assert.equal(told(report, "lookups").summary, "core.multiPackIndex is false");
});
