/** What `gitmidx write` has and git has not; that it does what git does is tested in `git/command-line.test.ts`. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit, gitEnvironment, newestGit, runGit, systemGit } from "../support/gits.js";
import { gitmidxProgram, runGitmidx } from "../support/program.js";
import { copyRepository, makeRepository, readFiles, withholdPacks } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

const made = makeRepository({ packs: 4, duplicates: 0.4 });

function hashOf(path: string): string {
  return readFileSync(path).subarray(-20).toString("hex");
}

test("--json reports what was written, and that nothing was", () => {
  const repository = copyRepository(made);
  const report = (...args: string[]) =>
    JSON.parse(runGitmidx(["write", "--json", ...args], { cwd: repository.path }).stdout);
  const path = join(repository.packDir, "multi-pack-index");
  const first = report();
  const objects = new Set(
    repository.packs.flatMap(({ idx }) =>
      runGit(systemGit(), ["show-index"], { input: readFileSync(idx) })
        .stdout.trim()
        .split("\n")
        .map((line) => line.split(" ")[1]),
    ),
  );
  const byteLength = readFileSync(path).length;
  const written = { outcome: "written", path, checksum: hashOf(path), packs: 4, objects: objects.size, byteLength };
  assert.deepEqual(first, { ...written, bitmap: null, layers: [], removed: [] });
  const nothing = { outcome: "unchanged", path: null, checksum: null, packs: 0, objects: 0, byteLength: 0 };
  assert.deepEqual(report(), { ...nothing, bitmap: null, layers: [], removed: [] });
  const { bitmap } = report("--bitmap");
  assert.equal(bitmap.path, `${path}-${hashOf(path)}.bitmap`);
  const commits = readFileSync(bitmap.path).readUInt32BE(8);
  assert.deepEqual(bitmap, { ...bitmap, byteLength: readFileSync(bitmap.path).length, commits, pseudoMerges: 0 });
  assert.ok(commits > 0);
});

test("--json with --split lists the chain's layers and what was removed", () => {
  const repository = copyRepository(made);
  const bringBack = withholdPacks(repository, repository.packs.slice(2));
  runGitmidx(["write"], { cwd: repository.path });
  const single = hashOf(join(repository.packDir, "multi-pack-index"));
  bringBack();
  const report = JSON.parse(runGitmidx(["write", "--split", "--json"], { cwd: repository.path }).stdout);
  const chain = readFileSync(join(repository.packDir, "multi-pack-index.d", "multi-pack-index-chain"), "utf8");
  assert.deepEqual(report.layers, chain.trim().split("\n"));
  assert.deepEqual([report.layers[0], report.layers[1], report.packs], [single, report.checksum, 2]);
  assert.deepEqual(report.removed, [join(repository.packDir, "multi-pack-index")]);
});

test("with --no-write-chain-file the checksum is printed, but with --json only the report", () => {
  const repository = copyRepository(made);
  const args = ["write", "--split", "--no-write-chain-file"];
  const printed = runGitmidx(args, { cwd: repository.path }).stdout;
  assert.match(printed, /^[0-9a-f]{40}\n$/);
  const report = JSON.parse(runGitmidx([...args, "--json"], { cwd: repository.path }).stdout);
  assert.deepEqual([report.checksum, report.layers], [printed.trim(), []]);
});

test("--verbose says on standard error what was written and removed; without it nothing is said", () => {
  const repository = copyRepository(made);
  const run = (...args: string[]) => runGitmidx(["write", ...args], { cwd: repository.path });
  const path = join(repository.packDir, "multi-pack-index");
  const first = run("-v");
  assert.equal(first.stdout, "");
  assert.match(
    first.stderr,
    new RegExp(`^wrote ${path}: \\d+ objects of 4 packs, ${readFileSync(path).length} bytes\n$`),
  );
  assert.equal(run("--verbose").stderr, "the multi-pack-index is up to date\n");
  writeFileSync(`${path}-${"a".repeat(40)}.bitmap`, "");
  assert.match(run("-v").stderr, /^the multi-pack-index is up to date\nremoved .*\.bitmap\n$/);
  const silent = runGitmidx(["-c", "midx.version=2", "write"], { cwd: repository.path });
  assert.deepEqual([silent.stdout, silent.stderr], ["", ""]);
});

test("an object directory can be named where there is no repository: that of a repository, and one without", () => {
  const outside = makeTempFolder("outside");
  for (const format of ["sha1", "sha256"] as const) {
    const repository = format === "sha1" ? copyRepository(made) : makeRepository({ format, bare: true });
    const twin = copyRepository(repository);
    runGit(newestGit(), ["config", "core.sharedRepository", "0640"], { cwd: repository.path });
    runGitmidx(["write", `--object-dir=${repository.objectDir}`], { cwd: outside });
    runGit(newestGit(), ["multi-pack-index", "write"], { cwd: twin.path });
    const midx = (name: string) => name === "multi-pack-index";
    assert.deepEqual(readFiles(repository.packDir, midx), readFiles(twin.packDir, midx));
    // Relative paths are relative to where we are; the packs' names tell the hash where no repository does.
    const bare = makeTempFolder("bare");
    symlinkSync(twin.packDir, join(bare, "pack"));
    runGitmidx(["write", "--split", "--object-dir", "."], { cwd: bare });
    assert.equal(runGitmidx(["verify", "--no-notes", "--object-dir=."], { cwd: bare }).stdout, "");
    runGit(newestGit(), ["multi-pack-index", "verify"], { cwd: twin.path });
  }
});

test("an object directory that is none is a fatal error with the path, in and outside of a repository", () => {
  const folder = makeTempFolder("none");
  writeFileSync(join(folder, "file"), "");
  const complaint = (cwd: string, objectDir: string) => {
    const { status, stderr } = runGitmidx(["write", `--object-dir=${objectDir}`], { cwd, status: "any" });
    return `${status} ${stderr}`;
  };
  for (const cwd of [folder, made.path]) {
    for (const path of ["file", "nothing"].map((name) => join(folder, name))) {
      assert.equal(complaint(cwd, path), `128 fatal: object directory ${path} does not exist\n`);
    }
    assert.equal(complaint(cwd, ""), "128 fatal: The empty string is not a valid path\n");
    const missing = join(folder, "nothing", "at", "all");
    assert.equal(complaint(cwd, missing), `128 fatal: Invalid path '${missing}': No such file or directory\n`);
  }
});

forEachGit(2, 39, "--object-dir from a subdirectory", (git) => {
  test(`a relative object directory is, as for ${git.label}, relative to the top of the working tree`, () => {
    const repository = copyRepository(made, { git });
    const cwd = join(repository.path, "sub", "folder");
    mkdirSync(cwd, { recursive: true });
    for (const [path, status] of [
      [".git/objects", 0],
      ["../../.git/objects", 128],
      ["../r/.git/objects", 0],
    ] as const) {
      const objectDir = `--object-dir=${path}`;
      const theirs = runGit(git, ["multi-pack-index", objectDir, "write"], { cwd, status: "any" });
      const ours = runGitmidx([objectDir, "write"], { cwd, status: "any" });
      assert.deepEqual([theirs.status, ours.status], [status, status], path);
      if (status !== 0) assert.match(ours.stderr, /^fatal: Invalid path '/);
    }
  });
});

test("a repository that is named and is none is not made up for by an object directory", () => {
  const folder = makeTempFolder("none");
  const args = ["--git-dir=/nowhere", "write", `--object-dir=${made.objectDir}`];
  const { stderr } = runGitmidx(args, { cwd: folder, status: 128 });
  assert.equal(stderr, "fatal: not a git repository: '/nowhere'\n");
  const { stderr: alike } = runGitmidx(args.slice(1), { cwd: folder, status: 128, env: { GIT_DIR: "/nowhere" } });
  assert.equal(alike, stderr);
});

test("a lock is broken only if that is asked for and its recorded owner is dead", () => {
  const repository = copyRepository(made);
  const lock = join(repository.packDir, "multi-pack-index.lock");
  const pidFile = join(repository.packDir, "multi-pack-index~pid.lock");
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const run = (...args: string[]) => runGitmidx(["write", ...args], { cwd: repository.path, status: "any" });
  const held = `fatal: Unable to create '${lock}': File exists.\n`;
  writeFileSync(lock, "");
  for (const args of [[], ["--break-stale-lock"]]) {
    const { status, stderr } = run(...args);
    assert.deepEqual([status, stderr.startsWith(held)], [128, true], stderr);
  }
  writeFileSync(pidFile, `pid ${process.pid}\n`);
  assert.match(run("--break-stale-lock").stderr, /The lock is not broken: its owner, process \d+, is running\.\n$/);
  writeFileSync(pidFile, `pid ${dead}\n`);
  assert.equal(run().status, 128);
  assert.deepEqual([run("--break-stale-lock").status, existsSync(lock), existsSync(pidFile)], [0, false, false]);
  runGit(newestGit(), ["multi-pack-index", "verify"], { cwd: repository.path });
});

for (const args of [
  ["write", "--stdin-packs"],
  ["lookup", "--stdin"],
]) {
  test(`${args.join(" ")} that waits for its input ends at the first Ctrl-C with status 130`, async () => {
    const repository = copyRepository(made);
    const before = readFiles(repository.packDir).size;
    const child = spawn(process.execPath, [...process.execArgv, gitmidxProgram, ...args], {
      cwd: repository.path,
      env: gitEnvironment(),
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Once the first lines are taken, the command is up and listens for signals.
    await new Promise<void>((resolve) => child.stdin.write("0000\n".repeat(200_000), () => resolve()));
    child.kill("SIGINT");
    const status = await new Promise((resolve) => child.on("exit", resolve));
    assert.equal(status, 130);
    assert.equal(readFiles(repository.packDir).size, before);
  });
}
