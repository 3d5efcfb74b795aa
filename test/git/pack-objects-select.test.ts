import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { makeRandomHistory, type RandomHistory } from "../ops/walk/random-history.js";
import { newestGit, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";
import { assertSameSelection, countedByGit, countedByUs } from "./pack-objects-select.js";

const git = newestGit();
let history: RandomHistory;
/** Several packs, loose objects, unreachable ones; one pack kept. */
let mixed: string;
let packs: readonly string[];

function packNames(path: string): readonly string[] {
  return readdirSync(join(path, "objects/pack"))
    .filter((name) => name.endsWith(".pack"))
    .sort();
}

/** Packs what comes of revisions into a pack of its own. */
function pack(path: string, revisions: string, mtime: number, ...args: readonly string[]): string {
  const base = join(path, "objects/pack/pack");
  const hash = runGit(git, ["pack-objects", "-q", "--revs", ...args, base], {
    cwd: path,
    input: revisions,
  }).stdout.trim();
  for (const extension of ["pack", "idx"]) utimesSync(`${base}-${hash}.${extension}`, mtime, mtime);
  return `pack-${hash}.pack`;
}

before(() => {
  history = makeRandomHistory({ seed: 7, commits: 60 });
  const { commits } = history;
  mixed = join(makeTempFolder("mixed"), "r.git");
  runGit(git, ["init", "-q", "--bare", mixed]);
  runGit(git, ["fetch", "-q", history.path, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"], { cwd: mixed });
  const unpacked = packNames(mixed);
  const named = [
    pack(mixed, "b0\n", 1_700_000_100),
    pack(mixed, "b1\n^b0\n", 1_700_000_200),
    pack(mixed, "main\n^b1\n", 1_700_000_300),
  ];
  packs = named;
  for (const name of unpacked) {
    const fetched = join(mixed, "objects/pack", name);
    const bytes = readFileSync(fetched);
    for (const extension of ["pack", "idx", "rev"]) rmSync(fetched.replace(/pack$/, extension), { force: true });
    runGit(git, ["unpack-objects", "-q"], { cwd: mixed, input: bytes });
  }
  for (let i = 0; i < 5; i++) runGit(git, ["hash-object", "-w", "--stdin"], { cwd: mixed, input: `loose ${i}\n` });
  writeFileSync(join(mixed, "objects/pack", packs[0]!.replace(/pack$/, "keep")), "");
  assert.ok(commits.length > 0);
});

test("what revisions reach is what git packs", async () => {
  for (const args of [["--all"], ["--revs"], ["--revs", "--no-sparse"], ["--revs", "--include-tag"]]) {
    await assertSameSelection(history.path, { args, input: "main\n^b0\n" });
    await assertSameSelection(history.path, { args, input: "main\nb1\n--not\nb0\nb2\n" });
    await assertSameSelection(history.path, { args, input: "of-tag\nof-blob\nmain^{tree}\n" });
    await assertSameSelection(history.path, { args, input: `--shallow ${history.commits[30]}\nmain\n` });
  }
});

test("path by path the same objects are packed", async () => {
  for (const input of ["main\n", "main\n^b0\n", "main\nof-tag\nof-blob\nb1^{tree}\n--not\nb2\n"]) {
    await assertSameSelection(history.path, { args: ["--revs", "--path-walk"], input });
  }
  await assertSameSelection(history.path, { args: ["--all", "--path-walk"] });
});

test("filters choose for packs as they do for lists", async () => {
  for (const filter of [
    "blob:none",
    "blob:limit=60",
    "tree:0",
    "tree:2",
    "object:type=blob",
    "combine:tree:3+blob:none",
  ]) {
    await assertSameSelection(history.path, { args: ["--all", `--filter=${filter}`] });
    await assertSameSelection(history.path, {
      args: ["--revs", `--filter=${filter}`],
      input: "main\nof-blob\nmain^{tree}\n^b1\n",
    });
  }
});

test("objects are left out as the options say", async () => {
  for (const options of [
    ["--unpacked"],
    ["--incremental"],
    ["--local"],
    ["--honor-pack-keep"],
    [`--keep-pack=${packs[1]}`],
    ["--keep-unreachable"],
    ["--pack-loose-unreachable"],
    ["--keep-unreachable", "--honor-pack-keep"],
  ]) {
    await assertSameSelection(mixed, { args: ["--all", ...options] });
    await assertSameSelection(mixed, { args: ["--revs", ...options], input: "b2\n^b1\n" });
  }
});

test("objects borrowed from alternates are left out if wanted", async () => {
  const path = join(makeTempFolder("borrower"), "r.git");
  runGit(git, ["clone", "-q", "--bare", "--shared", mixed, path]);
  runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: "own\n" });
  for (const args of [
    ["--all"],
    ["--all", "--local"],
    ["--all", "--local", "--pack-loose-unreachable"],
    ["--all", "--unpacked"],
    ["--all", "--honor-pack-keep"],
  ]) {
    await assertSameSelection(path, { args });
  }
});

test("packs are taken by name, and left out", async () => {
  const [first, second, third] = packs;
  for (const [option, input] of [
    ["--stdin-packs", `${first}\n${second}\n`],
    ["--stdin-packs", `${second}\n${third}\n^${first}\n`],
    ["--stdin-packs=follow", `${second}\n${third}\n^${first}\n`],
    ["--stdin-packs=follow", `${first}\n^${third}\n`],
    ["--stdin-packs=follow", `${third}\n!${second}\n^${first}\n`],
  ] as const) {
    await assertSameSelection(mixed, { args: [option], input });
    await assertSameSelection(mixed, { args: [option, "--unpacked"], input });
  }
});

test("cruft is what no fresh pack holds, with its times", async () => {
  const [first, second, third] = packs;
  for (const input of [`${third}\n-${first}\n-${second}\n`, `${first}\n${second}\n${third}\n`, `-${first}\n`]) {
    await assertSameSelection(mixed, { args: ["--cruft"], input });
    for (const time of [1_700_000_150, 1_700_000_250, 1_900_000_000]) {
      await assertSameSelection(mixed, { args: ["--cruft", `--cruft-expiration=${time}`], input });
    }
  }
});

test("objects are taken from a list, once", async () => {
  const list = runGit(git, ["rev-list", "--objects", "main"], { cwd: history.path }).stdout;
  await assertSameSelection(history.path, { args: [], input: list + list });
  await assertSameSelection(mixed, { args: ["--incremental"], input: list });
});

test("thin packs have as many objects to stand on as git's", async () => {
  for (const input of ["main\n^b0\n", "main\n^b1\n", "b2\nb1\n^b0\n", "main\n^main~1\n^main~5\n"]) {
    for (const options of [[], ["--shallow"], ["--no-sparse"], ["--no-sparse", "--shallow"], ["--path-walk"]]) {
      const args = ["--revs", "--thin", ...options];
      const expected = countedByGit(history.path, { args, input });
      assert.equal(await countedByUs(history.path, { args, input }), expected, `${args.join(" ")} <<< ${input}`);
    }
  }
  const list = runGit(git, ["rev-list", "--objects-edge", "main", "^b1"], { cwd: history.path }).stdout;
  const listed = { args: [], input: list };
  assert.equal(await countedByUs(history.path, listed), countedByGit(history.path, listed));
});
