// portable
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { discoverRepository } from "../../src/store/discover.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { NodeFs } from "../../src/store/node-fs.js";
import type { FileStat } from "../../src/store/pack-fs.js";
import { type GitBinary, gitAtLeast, newestGit, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";
import { discover, factsOf, messageLines } from "./discovered.js";

function newRepository(...args: readonly string[]): string {
  const path = makeTempFolder("discovery");
  runGit(newestGit(), ["init", "-q", ...args, "."], { cwd: path });
  return path;
}

test("a SHA-256 repository is known as one", async () => {
  const found = await discover(newRepository("--object-format=sha256"));
  assert.ok(typeof found !== "string");
  assert.equal(found.format.name, "sha256");
  assert.equal(found.repositoryFormat.version, 1);
});

const reftableGit = gitAtLeast(2, 45);
if (reftableGit === undefined) couldNotTest("repositories with reftables: needs git 2.45 or newer");
else {
  test("a repository with reftables is found by its placeholder of a HEAD", async () => {
    const path = makeTempFolder("reftable");
    runGit(reftableGit, ["init", "-q", "--ref-format=reftable", "."], { cwd: path });
    runGit(reftableGit, ["config", "includeIf.onbranch:main.path", "nowhere"], { cwd: path });
    const found = await discover(path);
    assert.ok(typeof found !== "string");
    assert.equal(found.repositoryFormat.refStorage, "reftable");
    assert.deepEqual(found.warnings, [
      "includeIf.onbranch conditions are not evaluated where refs are kept in reftables",
    ]);
  });
}

test("extensions are told", async () => {
  const path = newRepository();
  for (const [key, value] of [
    ["core.repositoryFormatVersion", "1"],
    ["extensions.preciousObjects", "true"],
    ["extensions.partialClone", "origin"],
    ["extensions.worktreeConfig", "yes"],
  ] as const) {
    runGit(newestGit(), ["config", key, value], { cwd: path });
  }
  const found = await discover(path);
  assert.ok(typeof found !== "string");
  const { preciousObjects, partialClone, worktreeConfig, refStorage } = found.repositoryFormat;
  assert.deepEqual([preciousObjects, partialClone, worktreeConfig, refStorage], [true, "origin", true, "files"]);
});

test("a way of keeping refs that nobody knows is refused in git's words", async () => {
  const path = newRepository();
  const ours = await discover(path, { GIT_REFERENCE_BACKEND: "stone://tablet" });
  assert.equal(ours, "unknown ref storage format: 'stone'");
  const git = gitAtLeast(2, 54);
  if (git === undefined) return;
  const theirs = runGit(git, ["rev-parse"], {
    cwd: path,
    env: { GIT_REFERENCE_BACKEND: "stone://tablet" },
    status: 128,
  });
  assert.deepEqual(messageLines(theirs.stderr), [ours]);
});

test("a .git that is too large for a .git file is refused in git's words", async () => {
  const cwd = makeTempFolder("large");
  writeFileSync(join(cwd, ".git"), `gitdir: ${" ".repeat(1 << 20)}`);
  const { stderr } = runGit(newestGit(), ["rev-parse"], { cwd, status: 128 });
  assert.equal(`fatal: ${await discover(cwd)}\n`, stderr);
});

const strictGit = gitAtLeast(2, 55);
if (strictGit === undefined) couldNotTest("a .git that is a pipe: older gits than 2.55 may look further up");
else {
  test("a .git that is a pipe is refused in git's words", async () => {
    const cwd = makeTempFolder("pipe");
    execFileSync("mkfifo", [join(cwd, ".git")]);
    const { stderr } = runGit(strictGit, ["rev-parse"], { cwd, status: 128 });
    assert.equal(`fatal: ${await discover(cwd)}\n`, stderr);
  });
}

if (!existsSync("/proc/sys")) couldNotTest("the search's end at a mount point: needs /proc");
else {
  test("the search ends at a mount point, unless it is told to cross it", async () => {
    for (const env of [{}, { GIT_DISCOVERY_ACROSS_FILESYSTEM: "1" }]) {
      const { stderr } = runGit(newestGit(), ["rev-parse"], { cwd: "/proc/sys", env, status: 128 });
      assert.equal(`fatal: ${await discover("/proc/sys", env)}\n`, stderr);
    }
  });
}

test("the search does not cross to a file system that holds a repository", async () => {
  const path = newRepository();
  mkdirSync(join(path, "mounted"));
  class OtherDevice extends NodeFs {
    override async stat(at: string): Promise<FileStat | undefined> {
      const stat = await super.stat(at);
      return at.endsWith("/mounted") && stat !== undefined ? { ...stat, device: "other" } : stat;
    }
  }
  const process = factsOf(join(path, "mounted"));
  await assert.rejects(discoverRepository(new OtherDevice(), { process }), {
    code: "not-a-repository",
    message: `not a git repository (or any parent up to mount point ${path})\nStopping at filesystem boundary (GIT_DISCOVERY_ACROSS_FILESYSTEM not set).`,
  });
  const across = factsOf(join(path, "mounted"), { GIT_DISCOVERY_ACROSS_FILESYSTEM: "true" });
  assert.equal((await discoverRepository(new OtherDevice(), { process: across })).gitDir, join(path, ".git"));
});

/** Compares what `safe.directory` does with each list of values, in repositories of every kind. */
async function assertSameTrust(git: GitBinary): Promise<void> {
  const home = makeTempFolder("home");
  const place = makeTempFolder("someone's");
  for (const args of [["repository"], ["--bare", "bare"], ["--separate-git-dir=separate.git", "separate"]]) {
    runGit(git, ["init", "-q", ...args], { cwd: place });
  }
  mkdirSync(join(place, "repository/sub"));
  symlinkSync(place, join(home, "link"));
  const values = [
    [],
    ["*"],
    ["*", ""],
    ["", `${place}/repository`],
    [`${place}/repository/`],
    [`${place}/repository/.git`],
    [`${place}/*`],
    [`${place}*`],
    ["~/link/repository", "~/link/bare"],
    ["~/link/*"],
    ["."],
    ["relative", "../x"],
    ["~nosuchuser/x"],
    ["%(prefix)/x"],
    [`${place}/separate`],
    [`${place}/separate.git`],
    [`${place}/missing`, `${place}/missing/also`],
  ];
  const different: unknown[] = [];
  for (const directories of values) {
    const lines = directories.map((value) => `directory = ${value}\n`).join("");
    writeFileSync(join(home, ".gitconfig"), `[safe]\n${lines}`);
    const env = { HOME: home, GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" };
    for (const name of ["repository", "repository/sub", "repository/.git", "bare", "separate"]) {
      const cwd = join(place, name);
      const run = runGit(git, ["rev-parse", "--absolute-git-dir"], { cwd, env, status: "any" });
      const ours = await discover(cwd, env);
      const found = typeof ours === "string" ? messageLines(ours) : [...ours.warnings, ours.gitDir].sort();
      const wanted = messageLines(run.stdout + run.stderr);
      if (found.join("\n") !== wanted.join("\n")) different.push({ directories, name, found, wanted });
    }
  }
  assert.deepEqual(different, []);
}

const trustingGit = gitAtLeast(2, 47);
if (trustingGit === undefined) couldNotTest("safe.directory: needs git 2.47 or newer");
else {
  test("a repository of someone else is refused or trusted as git does it, by safe.directory", async () => {
    await assertSameTrust(trustingGit);
  });
}

/** A repository in memory that belongs to user 7. */
function memoryRepository(): MemoryFs {
  const fs = new MemoryFs({ uid: 7 });
  for (const path of ["/r/.git/objects", "/r/.git/refs"]) fs.makeDirectories(path);
  fs.put("/r/.git/HEAD", new TextEncoder().encode("ref: refs/heads/main\n"));
  fs.put("/r/.git/config", new TextEncoder().encode("[core]\nrepositoryformatversion = 0\nbare = false\n"));
  return fs;
}

test("a repository in memory is found; root is trusted with what is its own or belongs to whom sudo names", async () => {
  const fs = memoryRepository();
  const cases: readonly (readonly [euid: number | undefined, sudo: string | undefined, trusted: boolean])[] = [
    [undefined, undefined, true],
    [7, undefined, true],
    [8, undefined, false],
    [8, "7", false],
    [0, undefined, false],
    [0, "7", true],
    [0, "8", false],
    [0, "", false],
    [0, "7x", false],
  ];
  for (const [euid, sudo, trusted] of cases) {
    const request = { process: { cwd: "/r", env: { SUDO_UID: sudo }, euid } };
    if (trusted) {
      const found = await discoverRepository(fs, request);
      assert.deepEqual([found.gitDir, found.workTree, found.objectDirectory], ["/r/.git", "/r", "/r/.git/objects"]);
    } else {
      const message =
        "detected dubious ownership in repository at '/r'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /r";
      await assert.rejects(discoverRepository(fs, request), { code: "dubious-ownership", message });
    }
  }
});

test("relative paths in the environment mean what they mean where git works", async () => {
  const path = newRepository();
  mkdirSync(join(path, "sub"));
  for (const cwd of [path, join(path, "sub")]) {
    const found = await discover(cwd, { GIT_ALTERNATE_OBJECT_DIRECTORIES: "a:b" });
    assert.ok(typeof found !== "string");
    assert.deepEqual([found.baseDirectory, found.alternates], [path, "a:b"]);
  }
  const named = await discover(join(path, "sub"), { GIT_DIR: "../.git" });
  assert.ok(typeof named !== "string");
  assert.equal(named.baseDirectory, join(path, "sub"));
});

test("options count as the variables of the environment that git makes of them", async () => {
  const path = newRepository();
  const elsewhere = makeTempFolder("elsewhere");
  const gitDir = join(path, ".git");
  const viaOption = await discover(elsewhere, {}, { gitDir, workTree: path });
  const viaEnvironment = await discover(elsewhere, { GIT_DIR: gitDir, GIT_WORK_TREE: path });
  assert.ok(typeof viaOption !== "string" && typeof viaEnvironment !== "string");
  assert.equal(viaOption.gitDir, viaEnvironment.gitDir);
  assert.equal(viaOption.workTree, path);
  const bare = await discover(gitDir, {}, { bare: true });
  assert.ok(typeof bare !== "string");
  assert.deepEqual([bare.gitDir, bare.workTree], [gitDir, undefined]);
});

test("a directory that is no repository is told as git tells it, and one whose config cannot be read too", async () => {
  const path = makeTempFolder("nothing");
  const env = { GIT_CEILING_DIRECTORIES: join(path, "..") };
  const { stderr } = runGit(newestGit(), ["rev-parse"], { cwd: path, env, status: 128 });
  assert.equal(`fatal: ${await discover(path, env)}\n`, stderr);
  const fs = memoryRepository();
  await fs.chmod("/r/.git/config", 0);
  await assert.rejects(discoverRepository(fs, { process: { cwd: "/r", env: {} } }), {
    code: "permission-denied",
    message: "unable to access '/r/.git/config': Permission denied",
  });
});
