/** What no ref reaches, beside git: cruft packs byte for byte, and objects that are made loose. */

import assert from "node:assert/strict";
import { cpSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gitAtLeast, newestGit, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";
import { gitPacks, makeHistory, wePack } from "./pack-twins.js";

/** Paths of the loose objects, with their times in seconds. */
function looseObjects(path: string): [string, number][] {
  const objects = join(path, "objects");
  return readdirSync(objects)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((name) => readdirSync(join(objects, name)).map((rest) => join(name, rest)))
    .sort()
    .map((name) => [name, Math.floor(statSync(join(objects, name)).mtimeMs / 1000)]);
}

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("cruft packs byte for byte: needs git 2.55 or newer");
else {
  test("a cruft pack, its times included, is git's", () => {
    const cwd = makeHistory(git, { commits: 12 });
    const pack = readdirSync(join(cwd, "objects/pack")).find((name) => name.endsWith(".pack"))!;
    for (let i = 0; i < 6; i++) {
      const body = `line ${i}\n`.repeat(40 + i);
      const id = runGit(git, ["hash-object", "-w", "--stdin"], { cwd, input: body }).stdout.trim();
      const time = 1_500_000_000 + 1000 * ((7 * i) % 6);
      utimesSync(join(cwd, "objects", id.slice(0, 2), id.slice(2)), time, time);
    }
    for (const args of [["--cruft"], ["--cruft", "--cruft-expiration=2017-07-14 03:00:00 +0000"]]) {
      const options = { cwd, input: `${pack}\n` };
      const theirs = gitPacks(git, ["-q", "--threads=1", ...args], options);
      const ours = wePack(["-q", "--threads=1", "--deflate=exact", ...args], options);
      assert.ok([...theirs.files.keys()].some((name) => name.endsWith(".mtimes")));
      assert.deepEqual(ours.files, theirs.files, args.join(" "));
    }
  });
}

test("unreachable objects of packs are made the loose ones that git makes of them", () => {
  const newest = newestGit();
  const cwd = makeHistory(newest, { commits: 25 });
  const tip = runGit(newest, ["rev-parse", "main~15"], { cwd }).stdout.trim();
  runGit(newest, ["update-ref", "refs/heads/main", tip], { cwd });
  for (const tag of runGit(newest, ["tag"], { cwd }).stdout.trim().split("\n")) {
    runGit(newest, ["update-ref", "-d", `refs/tags/${tag}`], { cwd });
  }
  const twin = join(makeTempFolder("twin"), "r");
  cpSync(cwd, twin, { recursive: true, preserveTimestamps: true });
  const words = ["-q", "--all", "--reflog", "--indexed-objects", "--unpack-unreachable"];
  const theirs = gitPacks(newest, words, { cwd });
  const ours = wePack(words, { cwd: twin });
  assert.deepEqual(ours.result.stdout.length, theirs.result.stdout.length);
  const wanted = looseObjects(cwd);
  assert.ok(wanted.length > 20);
  assert.deepEqual(looseObjects(twin), wanted);
  runGit(newest, ["fsck", "--full"], { cwd: twin });
  const listed = runGitmidx(["pack-objects", ...words.slice(1, 4), "--unpack-unreachable=now", "--stdout", "-q"], {
    cwd: twin,
  });
  assert.ok(listed.bytes.length > 0);
  assert.deepEqual(looseObjects(twin), wanted);
});
