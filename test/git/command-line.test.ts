/** `gitmidx write` in the place of `git multi-pack-index write`: the same arguments, files, statuses and words. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit, type GitBinary, isAtLeast, type RunOptions, type RunResult, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { copyRepository, type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { addPack, assertSameState, midxFileNames, midxState, Twins } from "./twins.js";

const made = makeRepository({ packs: 6, duplicates: 0.6, copies: 3, mtimeRanks: [3, 1, 0, 5, 2, 4], emptyPack: true });
const full = made.packs.slice(0, 6);
const stranger = makeRepository({ packs: 1, seed: 77 }).packs[0]!;

/** Arguments before the command, and those of the command. */
interface CommandLine {
  readonly globals?: readonly string[];
  readonly args?: readonly string[];
}

function runTheirs(git: GitBinary, { globals = [], args = [] }: CommandLine, options: RunOptions): RunResult {
  return runGit(git, [...globals, "multi-pack-index", ...args], { status: "any", ...options });
}

function runOurs({ globals = [], args = [] }: CommandLine, options: RunOptions): RunResult {
  return runGitmidx([...globals, ...args], { status: "any", ...options });
}

/** What scripts match on: the lines that git begins with a prefix, without the repository's path. */
function complaints({ stderr }: RunResult, repository: MadeRepository): string[] {
  const lines = stderr.replaceAll(`${repository.path}/`, "").split("\n");
  return lines.filter((line) => /^(error|fatal|warning): /.test(line));
}

/** Runs both in their copies, which must end alike; returns what both complained of. */
function runBoth(twins: Twins, line: CommandLine, options: RunOptions = {}): { status: number; said: string[] } {
  const theirs = runTheirs(twins.git, line, { ...options, cwd: twins.theirs.path });
  const ours = runOurs(line, { ...options, cwd: twins.ours.path });
  const what = JSON.stringify(line);
  const said = complaints(theirs, twins.theirs);
  assert.deepEqual(complaints(ours, twins.ours), said, what);
  assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout], what);
  assertSameState(twins.ours, twins.theirs, what);
  return { status: ours.status, said };
}

const write = { args: ["write"] };

forEachGit(2, 55, "gitmidx write in the place of git's", (git) => {
  test(`a day's work through the command line leaves the files of ${git.label} after each step`, () => {
    const twins = new Twins(git, made, full);
    const bringBack = twins.withhold(1);
    runBoth(twins, write);
    runBoth(twins, write);
    bringBack(2);
    runBoth(twins, { args: ["write", "--incremental", "--no-progress"] });
    bringBack(1);
    const stdin = made.packs.map(({ name }) => `${name}.idx\r\n`).join("");
    runBoth(twins, { args: ["write", "--stdin-packs", "--incremental"] }, { input: stdin });
    bringBack(1);
    runBoth(twins, { args: ["write", "--no-write-chain-file", "--incremental"] });
    runBoth(twins, { args: ["write", "--incremental", `--preferred-pack=${made.packs[4]!.name}.pack`] });
    bringBack();
    runBoth(twins, { globals: ["-c", "midx.version=2"], args: ["write"] });
    // Options are abbreviated and negated as git allows it.
    twins.both((repository) => addPack(repository, stranger));
    runBoth(twins, {
      args: ["--no-progress", "write", "--no-incr", "--no-preferred-pack", "--pref", `${stranger.name}.idx`],
    });
    assert.deepEqual(midxFileNames(twins.ours), ["multi-pack-index", "multi-pack-index.d/"]);
  });

  test(`each refusal has the status and the words of ${git.label}`, () => {
    const refusals: readonly [number, CommandLine][] = [
      [129, { args: ["write", "more"] }],
      [129, { args: ["write", "--unknown"] }],
      [129, { args: ["write", "--preferred-pack"] }],
      [129, { args: ["write", "--stdin-packs=x"] }],
      [129, { args: ["write", "--no-write-chain-file"] }],
      [129, { args: ["write", "--base=none"] }],
      [129, { args: ["write", "--incremental", "--base=none"] }],
      [255, { args: ["write", "--stdin-packs"] }],
      [255, { args: ["write", "--incremental", "--no-write-chain-file", "--base=12ab", "--stdin-packs"] }],
      [255, { args: ["write", `--preferred-pack=${made.packs[6]!.name}.pack`] }],
      [128, { globals: ["-c", "midx.version=0"], args: ["write"] }],
      [128, { globals: ["-c", "midx.version=two"], args: ["write"] }],
      [128, { globals: ["-c", "core.multiPackIndex=perhaps"], args: ["write"] }],
      [128, { globals: ["-C", "nowhere"], args: ["write"] }],
      [128, { globals: ["--git-dir=nowhere"], args: ["write"] }],
    ];
    const twins = new Twins(git, made);
    for (const [status, line] of refusals) {
      const found = runBoth(twins, line);
      assert.equal(found.status, status, JSON.stringify(line));
      assert.ok(found.said.length > 0 || line.args![1] === "more");
    }
    assert.deepEqual(midxFileNames(twins.ours), []);
  });

  test(`what is warned of is written all the same, with the words of ${git.label}`, () => {
    const twins = new Twins(git, made, full);
    twins.both(({ packDir }) => writeFileSync(join(packDir, "pack-alone.idx"), ""));
    const { status, said } = runBoth(twins, { args: ["write", "--preferred-pack=pack-none"] });
    assert.equal(status, 0);
    assert.equal(said.length, 2);
    assert.ok(midxFileNames(twins.ours).includes("multi-pack-index"));
  });

  test(`a pack that is gone, and a file with a wrong checksum, are told with the words of ${git.label}`, () => {
    const twins = new Twins(git, made, full);
    runBoth(twins, write);
    twins.both((repository) => addPack(repository, stranger));
    twins.both((repository) => unlinkSync(repository.packs[2]!.pack));
    assert.equal(runBoth(twins, write).status, 255);
    twins.both(({ packDir }) => {
      const path = join(packDir, "multi-pack-index");
      const bytes = readFileSync(path);
      bytes[bytes.length - 1]! ^= 1;
      unlinkSync(path);
      writeFileSync(path, bytes);
    });
    const { status, said } = runBoth(twins, write);
    assert.deepEqual([status, said.length], [0, 2]);
  });

  test(`outside of a repository the status and the words are those of ${git.label}`, () => {
    const twins = new Twins(git, made);
    for (const repository of [twins.ours, twins.theirs]) mkdirSync(join(repository.path, "..", "empty"));
    const at = (repository: MadeRepository) => ({ cwd: join(repository.path, "..", "empty") });
    const [theirs, ours] = [runTheirs(git, write, at(twins.theirs)), runOurs(write, at(twins.ours))];
    assert.deepEqual([ours.status, ours.stderr], [theirs.status, theirs.stderr]);
    assert.equal(ours.status, 128);
  });

  for (const lock of ["multi-pack-index", "multi-pack-index.d/multi-pack-index-chain"]) {
    test(`while ${lock}.lock is held the status and the sentence are those of ${git.label}, and nothing changes`, () => {
      const twins = new Twins(git, made, full);
      const bringBack = twins.withhold(3);
      runBoth(twins, { args: ["write", "--incremental"] });
      bringBack();
      twins.both(({ packDir }) => writeFileSync(join(packDir, `${lock}.lock`), ""));
      const before = midxState(twins.ours);
      const line = { args: lock === "multi-pack-index" ? ["write"] : ["write", "--incremental"] };
      const { status, said } = runBoth(twins, line);
      assert.equal(status, 128);
      assert.deepEqual(said, [`fatal: Unable to create '${join(".git/objects/pack", lock)}.lock': File exists.`]);
      assert.deepEqual(midxState(twins.ours), before);
      twins.both(({ packDir }) => unlinkSync(join(packDir, `${lock}.lock`)));
      assert.equal(runBoth(twins, line).status, 0);
    });
  }

  test(`core.multiPackIndex=false writes what ${git.label} writes: nothing is taken from what is there`, () => {
    const globals = ["-c", "core.multiPackIndex=false"];
    for (const start of [["write"], ["write", "--incremental"]]) {
      for (const then of [["write"], ["write", "--incremental"]]) {
        const twins = new Twins(git, made, full);
        const bringBack = twins.withhold(3);
        runBoth(twins, { args: start });
        bringBack();
        runBoth(twins, { globals, args: then });
        runGit(git, ["multi-pack-index", "verify"], { cwd: twins.ours.path });
      }
    }
  });
});

forEachGit(2, 39, "where files go and how", (git) => {
  test(`core.sharedRepository and the umask give files the permissions that ${git.label} gives them`, () => {
    const settings = scale(["group", "0640"], ["group", "0640", "all", "false", "0660", "0600"]);
    const incremental = isAtLeast(git, 2, 47) ? [["write", "--incremental"]] : [];
    for (const [i, shared] of settings.entries()) {
      for (const args of [["write"], ...incremental]) {
        const umask = i % 2 === 0 ? 0o077 : 0o022;
        const old = process.umask(umask);
        try {
          const twins = new Twins(git, made, full);
          runBoth(twins, { globals: ["-c", `core.sharedRepository=${shared}`], args });
          assert.ok(midxState(twins.ours).length > 0);
        } finally {
          process.umask(old);
        }
      }
    }
  });

  test(`the object directory is the one that ${git.label} finds, however it is named`, () => {
    const elsewhere = (repository: MadeRepository) =>
      copyRepository(repository, { packs: repository.packs.slice(0, 4) });
    const pairOf = () => {
      const twins = new Twins(git, made, full);
      return { twins, theirs: elsewhere(twins.theirs), ours: elsewhere(twins.ours) };
    };
    // Named by the environment, and from a folder inside the work tree.
    const named = pairOf();
    for (const [repository, other] of [
      [named.twins.theirs, named.theirs],
      [named.twins.ours, named.ours],
    ] as const) {
      const inside = join(repository.path, "a", "b");
      mkdirSync(inside, { recursive: true });
      const options = { cwd: inside, env: { GIT_OBJECT_DIRECTORY: other.objectDir }, status: 0 };
      if (other === named.ours) runOurs(write, options);
      else runTheirs(git, write, options);
    }
    assertSameState(named.ours, named.theirs, "GIT_OBJECT_DIRECTORY");
    assert.deepEqual(midxFileNames(named.ours), ["multi-pack-index"]);
    assert.deepEqual(midxFileNames(named.twins.ours), []);
    // An alternate, named by the option.
    const alternate = pairOf();
    for (const [repository, other] of [
      [alternate.twins.theirs, alternate.theirs],
      [alternate.twins.ours, alternate.ours],
    ] as const) {
      mkdirSync(join(repository.objectDir, "info"), { recursive: true });
      writeFileSync(join(repository.objectDir, "info", "alternates"), `${other.objectDir}\n`);
      const line = { args: ["write", `--object-dir=${other.objectDir}`] };
      if (other === alternate.ours) runOurs(line, { cwd: repository.path, status: 0 });
      else runTheirs(git, line, { cwd: repository.path, status: 0 });
    }
    assertSameState(alternate.ours, alternate.theirs, "--object-dir");
    assert.deepEqual(midxFileNames(alternate.ours), ["multi-pack-index"]);
  });
});
