/** Bitmaps that are as they were written, but not right, or not right any more: none of it gets into new ones. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type GitBinary, gitAtLeast, newestGit, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();

function run(path: string, ...args: string[]): string {
  return runGit(git, args, { cwd: path }).stdout.trimEnd();
}

/** A repository without a working tree, with a line of commits. */
function makeLine(commits: number): string {
  const path = join(makeTempFolder(), "line.git");
  runGit(git, ["init", "-q", "--bare", "-b", "main", path], { cwd: makeTempFolder() });
  addLine(path, "main", commits);
  return path;
}

function addLine(path: string, branch: string, commits: number): void {
  const lines: string[] = [];
  for (let i = 0; i < commits; i++) {
    lines.push(`commit refs/heads/${branch}`, `committer A <a@b> ${1_700_000_000 + 60 * i} +0000`, "data 1", "c");
    const text = `${branch} ${i}`;
    lines.push(`M 100644 inline ${branch}-${i % 7}`, `data ${text.length}`, text);
  }
  runGit(git, ["fast-import", "--quiet", "--force"], { cwd: path, input: `${lines.join("\n")}\n` });
  run(path, "repack", "-dq");
}

/** Every commit that the youngest layer's bitmap has is right, in git's eyes and ours. */
function assertRight(path: string, judge: GitBinary = git): void {
  const shown = JSON.parse(runGitmidx(["bitmap", "show", "--json"], { cwd: path }).stdout);
  const commits: { readonly layer: number; readonly commit: string }[] = shown.commits;
  const last = Math.max(...shown.files.map(({ layer }: { readonly layer: number }) => layer));
  const entries = commits.filter(({ layer }) => layer === last);
  assert.ok(entries.length > 0);
  for (const { commit } of entries) {
    assert.match(runGit(judge, ["rev-list", "--test-bitmap", commit], { cwd: path }).stderr, /OK!$/m);
  }
}

function bitmapPaths(path: string, folder = "objects/pack"): readonly string[] {
  const names = readdirSync(join(path, folder)).filter((name) => name.endsWith(".bitmap"));
  return names.map((name) => join(path, folder, name));
}

function shallowClone(source: string, depth: number): string {
  const path = join(makeTempFolder(), "clone.git");
  run(source, "clone", "-q", "--bare", `--depth=${depth}`, `file://${source}`, path);
  return path;
}

test("what git's compaction writes wrong gets into no new layer", (t) => {
  const newest = gitAtLeast(2, 55);
  if (newest === undefined) return t.diagnostic("needs git 2.55");
  const path = makeLine(10);
  const midx = (...args: string[]) => runGit(newest, ["multi-pack-index", ...args], { cwd: path });
  midx("write", "--incremental", "--bitmap");
  for (const branch of ["one", "two", "three"]) {
    addLine(path, branch, 3);
    midx("write", "--incremental", "--bitmap");
  }
  const chain = readFileSync(join(path, "objects/pack/multi-pack-index.d/multi-pack-index-chain"), "utf8").split("\n");
  midx("compact", "--incremental", "--bitmap", chain[1]!, chain[3]!);
  const full = () => runGitmidx(["verify", "--no-notes", "--bitmaps=full"], { cwd: path, status: "any" }).status;
  // a git that does it right is no case for this test
  if (full() === 0) return;
  const tip = run(path, "rev-parse", "three");
  const count = run(path, "rev-list", "--objects", "--count", "three");
  assert.equal(
    runGitmidx(["rev-list", "--use-bitmap-index", "--objects", "--count", "three"], { cwd: path }).stdout.trim(),
    count,
  );
  const input = `commit refs/heads/three\ncommitter A <a@b> 1800000000 +0000\ndata 1\nc\nfrom ${tip}\n`;
  runGit(git, ["fast-import", "--quiet"], { cwd: path, input: `${input}M 100644 inline new\ndata 1\nn\n` });
  run(path, "repack", "-dq");
  const written = runGitmidx(["write", "--split", "--bitmap"], { cwd: path });
  assert.match(written.stderr, /ignoring existing bitmap .*the bitmap of commit [0-9a-f]+ does not have /);
  assertRight(path, newest);
});

test("a bitmap of a shallow clone is not taken over once the clone is whole", () => {
  const source = makeLine(300);
  for (const depth of [5, 150]) {
    const path = shallowClone(source, depth);
    run(path, "repack", "-adqb");
    run(path, "fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/heads/*");
    const written = runGitmidx(["write", "--bitmap"], { cwd: path });
    assert.match(written.stderr, /ignoring existing bitmap .* does not have its parents/);
    assert.equal(runGitmidx(["verify", "--bitmaps=none"], { cwd: path }).status, 0);
    for (const pack of bitmapPaths(path).filter((name) => name.includes("/pack-"))) rmSync(pack);
    runGitmidx(["verify", "--no-notes", "--bitmaps=full"], { cwd: path });
    assertRight(path);
    const clone = join(makeTempFolder(), "single.git");
    run(path, "clone", "-q", "--bare", "--single-branch", `file://${path}`, clone);
    assert.equal(run(clone, "rev-list", "--count", "main"), "300");
  }
});

test("a bitmap of the whole history is not taken over once it is cut short, and is no damage", () => {
  const source = makeLine(60);
  const path = join(makeTempFolder(), "cut.git");
  run(source, "clone", "-q", "--bare", `file://${source}`, path);
  run(path, "repack", "-adqb");
  run(path, "fetch", "-q", "--depth=5", `file://${source}`, "main");
  const old = runGitmidx(["verify", "--bitmaps=full"], { cwd: path });
  assert.match(old.stdout + old.stderr, /it has more than is reached since the history was cut short/);
  const elsewhere = runGitmidx(["verify", "--bitmaps=full", `--object-dir=${join(path, "objects")}`], { cwd: source });
  assert.equal(elsewhere.status, 0);
  runGitmidx(["write", "--bitmap"], { cwd: path });
  assertRight(path);
});

test("bitmaps of a repository with grafts are not told to be wrong, whoever wrote them", () => {
  const path = makeLine(60);
  const [from, to] = run(path, "rev-parse", "main~3", "main~30").split("\n");
  mkdirSync(join(path, "info"), { recursive: true });
  writeFileSync(join(path, "info/grafts"), `${from} ${to}\n`);
  run(path, "repack", "-adqb");
  for (const depth of ["structure", "full"]) runGitmidx(["verify", `--bitmaps=${depth}`], { cwd: path });
  runGitmidx(["write", "--bitmap"], { cwd: path });
  for (const depth of ["structure", "full"]) runGitmidx(["verify", `--bitmaps=${depth}`], { cwd: path });
  assertRight(path);
});

test("a directory in the place of a layer's bitmap is a finding", () => {
  const path = makeLine(10);
  runGitmidx(["write", "--split", "--bitmap"], { cwd: path });
  const [bitmap] = bitmapPaths(path, "objects/pack/multi-pack-index.d");
  rmSync(bitmap!);
  mkdirSync(bitmap!);
  const ran = runGitmidx(["verify", "--no-notes"], { cwd: path, status: "any" });
  assert.equal(ran.status, 1);
  assert.match(ran.stdout + ran.stderr, /\.bitmap/);
});
