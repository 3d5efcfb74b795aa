/** `pack-objects` beside git's: the same bytes where git's are always the same, and packs that git finds sound everywhere. */

import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PackRepositoryOptions } from "../../src/ops/pack-objects/pack-repository-options.js";
import { type GitBinary, gitAtLeast, newestGit, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { seededRandom } from "../support/random.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";
import { gitPacks, type HistoryPlan, listObjects, makeHistory, packHere, wePack } from "./pack-twins.js";

const made = new Map<string, string>();

function historyOf(git: GitBinary, plan: HistoryPlan = {}): string {
  const key = JSON.stringify(plan);
  const path = made.get(key) ?? makeHistory(git, plan);
  made.set(key, path);
  return path;
}

const sameLines = (text: string) => text.split("\n").sort().join("\n");

/** The ids in a pack, by its index. */
function idsOf(git: GitBinary, idx: Uint8Array, format = "sha1"): string[] {
  const lines = runGit(git, ["show-index", `--object-format=${format}`], { input: idx })
    .stdout.trim()
    .split("\n");
  return lines.map((line) => line.split(" ")[1]!).sort();
}

/** Lets git index and check a pack as one that has come from somewhere else. */
function assertSound(git: GitBinary, pack: Uint8Array, format = "sha1"): void {
  const path = join(makeTempFolder("sound"), "r");
  runGit(git, ["init", "-q", "--bare", `--object-format=${format}`, path]);
  runGit(git, ["index-pack", "--strict", "--stdin"], { cwd: path, input: pack });
  runGit(git, ["fsck", "--full"], { cwd: path });
}

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("packs byte for byte: needs git 2.55 or newer");
else {
  const plans: readonly HistoryPlan[] = [
    {},
    { layout: "loose" },
    { layout: "several packs", commits: 60 },
    { format: "sha256", layout: "several packs", commits: 50 },
    { format: "sha256" },
  ];
  const manners: readonly (readonly [args: readonly string[], options: Partial<PackRepositoryOptions>])[] = [
    [["--delta-base-offset"], { deltaBaseOffset: true }],
    [["--window=0"], { window: 0 }],
    [["--no-reuse-object"], { reuseObjects: false }],
    [[], {}],
    [["--window=3", "--depth=4"], { window: 3, depth: 4 }],
    [["--no-reuse-delta", "--delta-base-offset"], { reuseDelta: false, deltaBaseOffset: true }],
    [["--no-reuse-delta", "--window=50", "--depth=1"], { reuseDelta: false, window: 50, depth: 1 }],
    [["--window-memory=20k", "--no-reuse-delta"], { reuseDelta: false, windowMemory: 20 << 10 }],
    [["--compression=0"], { compression: 0 }],
    [["--compression=9", "--no-reuse-object", "--window=0"], { compression: 9, reuseObjects: false, window: 0 }],
    [["--index-version=1"], { index: { version: 1 } }],
    [["--index-version=2,0x100"], { index: { version: 2, largeOffsetLimit: 0x100 } }],
    [["--name-hash-version=2", "--no-reuse-delta"], { nameHashVersion: 2, reuseDelta: false }],
  ];
  for (const plan of plans) {
    test(`listed objects give git's pack, index and reverse index: ${JSON.stringify(plan)}`, async () => {
      const cwd = historyOf(git, plan);
      const input = listObjects(git, cwd);
      for (const [args, options] of plan === plans[0] ? manners : manners.slice(0, scale(2, 3))) {
        const theirs = gitPacks(git, ["-q", "--threads=1", ...args], { cwd, input });
        const ours = await packHere(cwd, input, { deflate: "exact", ...options });
        assert.deepEqual([...ours.keys()], [...theirs.files.keys()], args.join(" "));
        for (const [name, bytes] of theirs.files) assert.deepEqual(ours.get(name), bytes, `${args.join(" ")}: ${name}`);
      }
    });
  }

  for (const args of [
    ["--all", "--revs"],
    ["--all", "--no-reuse-delta", "--delta-base-offset"],
    ["--revs", "--include-tag"],
    ["--revs", "--thin", "--delta-base-offset"],
    ["--revs", "--thin", "--no-reuse-delta"],
    ["--revs", "--filter=blob:none"],
    ["--revs", "--path-walk", "--no-reuse-delta"],
  ]) {
    test(`${args.join(" ")} to standard output gives git's pack`, () => {
      const cwd = historyOf(git, { layout: "several packs", commits: 60 });
      const input = args.includes("--all") ? "" : "main\n^main~8\n";
      const both = [...args, "-q", "--stdout", "--threads=1"];
      const theirs = runGit(git, ["pack-objects", ...both], { cwd, input });
      const ours = runGitmidx(["pack-objects", ...both, "--deflate=exact"], { cwd, input });
      assert.deepEqual(ours.bytes, theirs.bytes);
    });
  }

  test("the last line counts what git's does", () => {
    const cwd = historyOf(git, { layout: "several packs", commits: 60 });
    const input = listObjects(git, cwd);
    for (const manner of scale(["--no-reuse-object"], ["--no-reuse-object", "--window=0", "--no-reuse-delta"])) {
      const args = ["--progress", "--threads=1", manner];
      const last = (stderr: string) => stderr.trim().split("\n").at(-1);
      const wanted: string | undefined = last(gitPacks(git, args, { cwd, input }).result.stderr);
      assert.equal(last(wePack(args, { cwd, input }).result.stderr), wanted);
    }
  });

  test("what goes with what, and what git says of it", () => {
    const cwd = historyOf(git);
    const base = join(makeTempFolder("messages"), "p");
    const first = [
      [],
      ["--thin", base],
      ["--stdin-packs", "--filter=blob:none", base],
      ["--cruft", "--all", base],
      ["--exclude-promisor-objects", "--exclude-promisor-objects-best-effort", base],
      ["--compression=10", base],
      ["--depth=5000", "--stdout"],
    ];
    const further = [
      ["--stdout", base],
      ["--stdout", "--max-pack-size=2m"],
      ["--keep-unreachable", "--unpack-unreachable", base],
      ["--stdin-packs", "--revs", base],
      ["--stdin-packs", "--all", base],
      ["--cruft", "--stdin-packs", base],
      ["--compression=-2", base],
      ["--compression=x", base],
      ["--index-version=3", base],
      ["--index-version=2,0x80000000", base],
      ["--name-hash-version=3", base],
      ["--missing=what", base],
      ["--stdin-packs=what", base],
    ];
    for (const args of scale(first, [...first, ...further])) {
      const theirs = runGit(git, ["pack-objects", ...args], { cwd, status: "any" });
      const ours = runGitmidx(["pack-objects", ...args], { cwd, status: "any" });
      assert.equal(ours.status, theirs.status, args.join(" "));
      if (theirs.status === 129 && args.length < 3 && args[0] !== "--compression=x") continue;
      assert.equal(ours.stderr, theirs.stderr, args.join(" "));
    }
    const unknown = "1".repeat(40);
    for (const input of [`${unknown}\n`, ...scale([], ["nonsense\n", "-nonsense\n", `${unknown} a/path\n`])]) {
      const theirs = gitPacks(git, ["-q"], { cwd, input, status: "any" });
      const ours = wePack(["-q"], { cwd, input, status: "any" });
      assert.deepEqual([ours.result.status, ours.result.stderr], [theirs.result.status, theirs.result.stderr], input);
      assert.deepEqual([...ours.files.keys()], []);
    }
  });
}

for (const format of scale(["sha1"], ["sha1", "sha256"])) {
  test(`threads, and the fast way to deflate, make packs of the same ${format} objects that git finds sound`, () => {
    const newest = newestGit();
    const cwd = historyOf(newest, { format: format as "sha1" | "sha256", commits: 220, files: 9 });
    const input = listObjects(newest, cwd);
    const wanted = input.match(/^[0-9a-f]+/gm)!.sort();
    const packs: Uint8Array[] = [];
    for (const threads of ["1", "2", "2"]) {
      const { files } = wePack(["-q", "--no-reuse-delta", `--threads=${threads}`], { cwd, input });
      const find = (extension: string) => [...files].find(([name]) => name.endsWith(extension))![1];
      assert.deepEqual(idsOf(newest, find(".idx"), format), wanted);
      packs.push(find(".pack"));
    }
    assertSound(newest, packs[1]!, format);
    assert.deepEqual(packs[1], packs[2]);
    // Cutting the work loses a few deltas; if threads looked for none, the pack would be a multiple of this.
    assert.ok(packs[1]!.length < 1.1 * packs[0]!.length);
    assert.notDeepEqual(packs[1], packs[0]);
  });
}

test("a limit on the size of packs gives several that have all objects together, each but the first a second older", () => {
  const newest = newestGit();
  const blobs = makeTempFolder("blobs");
  runGit(newest, ["init", "-q", "--bare", blobs]);
  const random = seededRandom(9);
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const input = Uint8Array.from({ length: 400_000 }, random);
    ids.push(runGit(newest, ["hash-object", "-w", "--stdin"], { cwd: blobs, input }).stdout.trim());
  }
  const input = `${ids.join("\n")}\n`;
  const manner = ["-q", "--max-pack-size=1m", "--window=0", "--threads=1"];
  const theirs = gitPacks(newest, manner, { cwd: blobs, input });
  const ours = wePack([...manner, "--deflate=exact"], { cwd: blobs, input });
  assert.ok(ours.result.stdout.trim().split("\n").length > 2);
  assert.equal(sameLines(ours.result.stdout), sameLines(theirs.result.stdout));
  for (const [name, bytes] of theirs.files) assert.deepEqual(ours.files.get(name), bytes, name);
  const folder = join(blobs, "objects/pack");
  runGitmidx(["pack-objects", ...manner, join(folder, "pack")], { cwd: blobs, input });
  runGit(newest, ["prune-packed"], { cwd: blobs });
  runGit(newest, ["fsck", "--full", ...ids], { cwd: blobs });
  const times = readdirSync(folder)
    .filter((name) => name.endsWith(".pack"))
    .map((name) => Math.floor(statSync(join(folder, name)).mtimeMs / 1000))
    .sort();
  assert.deepEqual(
    times,
    Array.from(times, (_, i) => times[0]! + i),
  );
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("tmp")),
    [],
  );
});

test("a thin pack is completed by git's index-pack", () => {
  const newest = newestGit();
  const cwd = historyOf(newest, { commits: 60, layout: "several packs" });
  const pack = runGitmidx(["pack-objects", "--revs", "--thin", "--stdout", "-q"], {
    cwd,
    input: "main\n^main~5\n",
  }).bytes;
  const path = join(makeTempFolder("thin"), "r");
  runGit(newest, ["init", "-q", "--bare", path]);
  runGit(newest, ["fetch", "-q", cwd, "main~5:refs/heads/old"], { cwd: path, status: "any" });
  const older = runGit(newest, ["rev-parse", "main~5"], { cwd }).stdout.trim();
  const base = runGitmidx(["pack-objects", "--revs", "--stdout", "-q"], { cwd, input: `${older}\n` }).bytes;
  runGit(newest, ["index-pack", "--stdin", "--strict"], { cwd: path, input: base });
  runGit(newest, ["index-pack", "--stdin", "--fix-thin", "--strict"], { cwd: path, input: pack });
  runGit(newest, ["fsck", "--full"], { cwd: path });
});

test("without objects there is an empty pack, or none if none is wanted", () => {
  const newest = newestGit();
  const cwd = historyOf(newest);
  const theirs = gitPacks(newest, ["-q"], { cwd });
  assert.deepEqual(wePack(["-q"], { cwd }).files, theirs.files);
  assert.equal(wePack(["-q", "--non-empty"], { cwd }).files.size, 0);
});

test("a pack that is there already stays, and its name is printed", () => {
  const newest = newestGit();
  const cwd = historyOf(newest);
  const input = listObjects(newest, cwd);
  const folder = makeTempFolder("again");
  const run = () => runGitmidx(["pack-objects", "-q", join(folder, "p")], { cwd, input }).stdout;
  assert.equal(run(), run());
  assert.equal(readdirSync(folder).length, 3);
});
