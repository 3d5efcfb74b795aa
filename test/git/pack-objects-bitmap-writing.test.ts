/** `pack-objects --write-bitmap-index` beside git's: the same files, the same warnings. */

import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gitAtLeast, runGit } from "../support/gits.js";
import { scale } from "../support/scale.js";
import { couldNotTest } from "../support/untested.js";
import { gitPacks, type HistoryPlan, makeHistory, wePack } from "./pack-twins.js";

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("bitmaps of packs byte for byte: needs git 2.55 or newer");
else {
  /** Fails unless git and we write the same files, say the same and end with the same status. @returns the names of the files */
  const assertSameFiles = (cwd: string, given: readonly string[], input = "", status = 0): readonly string[] => {
    const args = ["-q", "--threads=1", "--delta-base-offset", ...given];
    const theirs = gitPacks(git, args, { cwd, input, status });
    const ours = wePack(["--deflate=exact", ...args], { cwd, input, status });
    const what = given.join(" ");
    assert.equal(ours.result.stderr, theirs.result.stderr, what);
    assert.equal(ours.result.stdout, theirs.result.stdout, what);
    if (status !== 0) return [];
    assert.deepEqual([...ours.files.keys()], [...theirs.files.keys()], what);
    for (const [name, bytes] of theirs.files) {
      assert.ok(Buffer.compare(bytes, ours.files.get(name)!) === 0, `${what}: ${name}`);
    }
    return [...theirs.files.keys()];
  };
  const bitmaps = (names: readonly string[]) => names.filter((name) => name.endsWith(".bitmap")).length;

  const plans: readonly HistoryPlan[] = [
    { commits: 150 },
    { layout: "several packs", format: "sha256" },
    ...scale<HistoryPlan[]>(
      [],
      [
        { layout: "loose", commits: 400, seed: 2 },
        { commits: 30, seed: 3 },
      ],
    ),
  ];
  for (const plan of plans) {
    test(`the bitmap is git's, byte for byte: ${JSON.stringify(plan)}`, () => {
      const cwd = makeHistory(git, plan);
      assert.equal(bitmaps(assertSameFiles(cwd, ["--all", "--write-bitmap-index"])), 1);
      for (const [key, value] of [
        ["pack.writeBitmapHashCache", "false"],
        ["pack.writeBitmapLookupTable", "true"],
        ["pack.preferBitmapTips", "refs/tags/"],
      ] as const) {
        runGit(git, ["config", key, value], { cwd });
        assert.equal(bitmaps(assertSameFiles(cwd, ["--all", "--write-bitmap-index"])), 1, key);
      }
    });
  }

  test("pseudo-merges, and what an older bitmap knows, change nothing in that", () => {
    const cwd = makeHistory(git, { commits: 130 });
    const group = "bitmapPseudoMerge.tags";
    for (const [key, value] of [
      ["pattern", "refs/tags/"],
      ["threshold", "now"],
      ["stableThreshold", "never"],
      ["maxMerges", "3"],
    ]) {
      runGit(git, ["config", `${group}.${key}`, value!], { cwd });
    }
    assert.equal(bitmaps(assertSameFiles(cwd, ["--all", "--write-bitmap-index"])), 1);
    runGit(git, ["repack", "-adbq"], { cwd });
    assert.equal(bitmaps(assertSameFiles(cwd, ["--all", "--write-bitmap-index"])), 1);
  });

  test("where no bitmap can be, the reasons are git's", () => {
    const cwd = makeHistory(git, { layout: "several packs", commits: 60 });
    const none = (args: readonly string[], input = "", status = 0) =>
      assert.equal(bitmaps(assertSameFiles(cwd, args, input, status)), 0, args.join(" "));
    none(["--all", "--incremental", "--write-bitmap-index"]);
    none(["--all", "--incremental", "--write-bitmap-index-quiet"]);
    none(["--revs", "--write-bitmap-index"], "main\n");
    none(["--revs", "--all", "--write-bitmap-index"], "--not\nmain~20\n");
    none(["--all", "--write-bitmap-index", "--no-write-bitmap-index"]);
    none(["--all", "--write-bitmap-index", "--filter=blob:none"], "", 128);
    const names = assertSameFiles(cwd, ["--all", "--write-bitmap-index", "--name-hash-version=2"]);
    assert.equal(bitmaps(names), 1);
    const [pack] = readdirSync(join(cwd, "objects/pack")).filter((name) => name.endsWith(".pack"));
    writeFileSync(join(cwd, "objects/pack", pack!.replace(/pack$/, "keep")), "");
    none(["--all", "--honor-pack-keep", "--write-bitmap-index", "--window=0"]);
  });

  test("--write-bitmap-index=quiet is the short way to say it", () => {
    const cwd = makeHistory(git, { commits: 10 });
    const quiet = wePack(["-q", "--all", "--incremental", "--write-bitmap-index=quiet"], { cwd });
    assert.equal(quiet.result.stderr, "");
    const written = wePack(["-q", "--all", "--write-bitmap-index=quiet"], { cwd });
    assert.equal(bitmaps([...written.files.keys()]), 1);
    const wrong = wePack(["-q", "--all", "--write-bitmap-index=loud"], { cwd, status: 129 });
    assert.match(wrong.result.stderr, /^error: option `write-bitmap-index' takes no value/);
  });

  test("packs that are split have no bitmap", () => {
    const cwd = makeHistory(git, { commits: 5 });
    const random = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 7919 * (i >> 3)) & 255));
    for (const name of ["a", "b", "c"]) {
      const blob = runGit(git, ["hash-object", "-w", "--stdin"], {
        cwd,
        input: Buffer.concat([Buffer.from(name), random]),
      });
      runGit(git, ["tag", name, blob.stdout.trim()], { cwd });
    }
    const args = ["--all", "--write-bitmap-index", "--max-pack-size=1m", "--compression=0", "--window=0"];
    assert.equal(bitmaps(assertSameFiles(cwd, args)), 0);
  });

  test("a bitmap of a pack that was gathered path by path has commits too", () => {
    const cwd = makeHistory(git, { commits: 12 });
    const { files } = wePack(["-q", "--all", "--path-walk", "--write-bitmap-index"], { cwd });
    const [bitmap] = [...files].filter(([name]) => name.endsWith(".bitmap")).map(([, bytes]) => bytes);
    assert.equal(Buffer.from(bitmap!).readUInt32BE(8), 12);
  });
}
