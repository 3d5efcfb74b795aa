import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha1, sha256, toHex } from "../../../src/core/oid.js";
import { discoverRepository } from "../../../src/store/discover.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { RefStore } from "../../../src/store/refs/ref-store.js";
import { type GitBinary, gitAtLeast, gitEnvironment, newestGit, runGit } from "../../support/gits.js";
import { makeTempFolder } from "../../support/temp.js";

interface RepositoryOptions {
  readonly storage?: "files" | "reftable";
  readonly format?: "sha1" | "sha256";
}

/** A repository with branches, tags of all kinds and a worktree. */
function makeRefs(git: GitBinary, options: RepositoryOptions = {}): string {
  const path = join(makeTempFolder("refs"), "r");
  const storage = options.storage === "reftable" ? ["--ref-format=reftable"] : [];
  runGit(git, ["init", "-q", ...storage, `--object-format=${options.format ?? "sha1"}`, path]);
  const run = (...args: string[]) => runGit(git, args, { cwd: path }).stdout.trim();
  for (const n of [1, 2, 3]) run("commit", "-q", "--allow-empty", "-m", `${n}`);
  for (const name of ["a", "a-b", "a.c", "a0", "d/e", "d-e", "d0", "ümlaut"]) run("branch", name);
  run("tag", "light");
  run("tag", "-a", "-m", "heavy", "heavy");
  run("tag", "-a", "-m", "nested", "nested", "heavy");
  run("tag", "-a", "-m", "tree", "of-tree", "HEAD^{tree}");
  run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/a");
  run("update-ref", "refs/notes/x", "HEAD~1");
  return path;
}

async function openRefs(cwd: string): Promise<RefStore> {
  const fs = new NodeFs();
  return RefStore.open(fs, await discoverRepository(fs, { process: { cwd, env: gitEnvironment() } }));
}

/** What for-each-ref prints of every ref that names an object, in our words. */
function gitList(git: GitBinary, cwd: string, prefix = "refs/"): string[] {
  const format = "%(refname) %(objectname) %(symref)";
  const { stdout } = runGit(git, ["for-each-ref", `--format=${format}`], { cwd });
  return stdout.split("\n").filter((line) => line.startsWith(prefix));
}

async function ourList(cwd: string, prefix = "refs/"): Promise<string[]> {
  const refs = await (await openRefs(cwd)).list(prefix);
  return refs.map(({ name, oid, target }) => `${name} ${toHex(oid!)} ${target ?? ""}`);
}

for (const storage of ["files", "reftable"] as const) {
  const git = storage === "files" ? newestGit() : gitAtLeast(2, 45);
  if (git === undefined) continue;
  for (const format of ["sha1", "sha256"] as const) {
    test(`refs in ${storage} of a ${format} repository are those that git lists, in its order`, async () => {
      const path = makeRefs(git, { storage, format });
      assert.deepEqual(await ourList(path), gitList(git, path));
      runGit(git, ["pack-refs", "--all"], { cwd: path });
      runGit(git, ["branch", "-f", "a", "HEAD~2"], { cwd: path });
      runGit(git, ["branch", "-D", "a0"], { cwd: path });
      runGit(git, ["branch", "new"], { cwd: path });
      assert.deepEqual(await ourList(path), gitList(git, path));
      for (const prefix of ["refs/heads/", "refs/heads/a", "refs/heads/d", "refs/tags/", "refs/zzz"])
        assert.deepEqual(await ourList(path, prefix), gitList(git, path, prefix), prefix);
    });
  }

  test(`a linked worktree of a repository with ${storage} has its own HEAD and bisect refs`, async () => {
    const path = makeRefs(git, { storage });
    const tree = join(makeTempFolder("worktree"), "w");
    runGit(git, ["worktree", "add", "-q", "--detach", tree, "HEAD~1"], { cwd: path });
    runGit(git, ["update-ref", "refs/bisect/bad", "HEAD"], { cwd: path });
    runGit(git, ["update-ref", "refs/bisect/good", "HEAD"], { cwd: tree });
    runGit(git, ["update-ref", "refs/worktree/mine", "HEAD"], { cwd: tree });
    for (const cwd of [path, tree]) {
      assert.deepEqual(await ourList(cwd), gitList(git, cwd));
      const refs = await openRefs(cwd);
      for (const name of [
        "HEAD",
        "main-worktree/HEAD",
        "worktrees/w/HEAD",
        "worktrees/w/refs/bisect/good",
        "refs/bisect/bad",
        "ORIG_HEAD",
      ]) {
        const told = runGit(git, ["rev-parse", "-q", "--verify", name], { cwd, status: "any" }).stdout.trim();
        const found = await refs.resolve(name);
        assert.equal(found === undefined ? "" : toHex(found.oid), told, `${name} in ${cwd}`);
      }
    }
  });

  test(`what tags peel to is told where ${storage} know it`, async () => {
    const path = makeRefs(git, { storage });
    runGit(git, ["pack-refs", "--all"], { cwd: path });
    const refs = await openRefs(path);
    let peeled = 0;
    for (const ref of await refs.list("refs/")) {
      if (ref.peeled === undefined) continue;
      peeled++;
      const told = runGit(git, ["rev-parse", `${ref.name}^{}`], { cwd: path }).stdout.trim();
      assert.equal(toHex(ref.peeled), told, ref.name);
    }
    assert.ok(peeled > 10);
  });
}

test("damaged, dangling and ill-named refs are broken, and git lists none of them either", async () => {
  const git = newestGit();
  const path = makeRefs(git);
  const heads = join(path, ".git/refs/heads");
  const oid = readFileSync(join(heads, "a"), "utf8").trim();
  writeFileSync(join(heads, "empty"), "");
  writeFileSync(join(heads, "garbage"), "garbage\n");
  writeFileSync(join(heads, "short"), `${oid.slice(0, 39)}\n`);
  writeFileSync(join(heads, "long"), `${oid}0\n`);
  writeFileSync(join(heads, "null"), `${"0".repeat(40)}\n`);
  writeFileSync(join(heads, "trailing"), `${oid} and more\n`);
  writeFileSync(join(heads, "upper"), `${oid.toUpperCase()}\n`);
  writeFileSync(join(heads, "dangling"), "ref: refs/heads/nowhere\n");
  writeFileSync(join(heads, "loop"), "ref: refs/heads/loop\n");
  writeFileSync(join(heads, "spaced"), "ref:  \t refs/heads/a  \n");
  writeFileSync(join(heads, "escape"), "ref: ../../x\n");
  writeFileSync(join(heads, "bad..name"), `${oid}\n`);
  writeFileSync(join(heads, "ends.lock"), `${oid}\n`);
  writeFileSync(join(heads, ".hidden"), `${oid}\n`);
  symlinkSync("refs/heads/a", join(heads, "link"));
  symlinkSync("a", join(heads, "file-link"));
  symlinkSync("gone", join(heads, "gone-link"));
  for (let i = 0; i < 6; i++) writeFileSync(join(heads, `s${i}`), i === 0 ? `${oid}\n` : `ref: refs/heads/s${i - 1}\n`);
  assert.deepEqual(await ourList(path), gitList(git, path));
  const refs = await openRefs(path);
  const broken = (await refs.list("refs/", { broken: true }))
    .filter((ref) => ref.broken)
    .map(({ name }) => name.slice(11));
  assert.deepEqual(broken, [
    "bad..name",
    "dangling",
    "empty",
    "escape",
    "garbage",
    "long",
    "loop",
    "null",
    "s5",
    "short",
  ]);
});

test("a packed-refs file without traits, unsorted and with CR is read as git reads it", async () => {
  const git = newestGit();
  const path = makeRefs(git);
  const lines = runGit(git, ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"], {
    cwd: path,
  }).stdout;
  rmSync(join(path, ".git/refs/heads"), { recursive: true });
  mkdirSync(join(path, ".git/refs/heads"));
  const reversed = lines.trim().split("\n").toReversed().join("\n");
  writeFileSync(join(path, ".git/packed-refs"), `${reversed}\n`);
  assert.deepEqual(await ourList(path), gitList(git, path));
  appendFileSync(join(path, ".git/packed-refs"), "junk\n");
  await assert.rejects(ourList(path), { code: "bad-ref", message: /^unexpected line in .*packed-refs: junk$/ });
  assert.match(
    runGit(git, ["for-each-ref"], { cwd: path, status: 128 }).stderr,
    /unexpected line in .*packed-refs: junk/,
  );
});

test("among many packed refs each is found", async () => {
  const git = newestGit();
  const path = makeRefs(git);
  const head = runGit(git, ["rev-parse", "HEAD"], { cwd: path }).stdout.trim();
  const names = Array.from({ length: 3000 }, (_, i) => `refs/heads/n/${(i * 7919) % 3001}`);
  runGit(git, ["update-ref", "--stdin"], {
    cwd: path,
    input: names.map((name) => `create ${name} ${head}\n`).join(""),
  });
  runGit(git, ["pack-refs", "--all"], { cwd: path });
  assert.ok(!existsSync(join(path, ".git/refs/heads/n")));
  const refs = await openRefs(path);
  for (const name of names.slice(0, 500)) assert.ok((await refs.resolve(name)) !== undefined, name);
  for (const name of ["refs/heads/n/", "refs/heads/n/3002", "refs/a", "refs/zzz"])
    assert.equal(await refs.resolve(name), undefined);
});

test("packed refs that change while a store is open are seen", async () => {
  const git = newestGit();
  const path = makeRefs(git);
  const refs = await openRefs(path);
  assert.equal(await refs.resolve("refs/heads/late"), undefined);
  runGit(git, ["branch", "late"], { cwd: path });
  runGit(git, ["pack-refs", "--all"], { cwd: path });
  assert.ok((await refs.resolve("refs/heads/late")) !== undefined);
});

test("the log of a ref is read, oldest entry first", async () => {
  const git = newestGit();
  const path = makeRefs(git);
  const refs = await openRefs(path);
  const told = runGit(git, ["log", "-g", "--format=%H %gs", "main"], { cwd: path }).stdout.trim().split("\n");
  const log = await refs.reflog("refs/heads/main");
  assert.deepEqual(log?.map(({ newOid, message }) => `${toHex(newOid)} ${message}`).toReversed(), told);
  assert.equal(await refs.reflog("refs/heads/none"), undefined);
  assert.ok(sha1.byteLength < sha256.byteLength);
});

test("names are checked as git check-ref-format does", async () => {
  const { isRefName } = await import("../../../src/store/refs/ref-name.js");
  const names = [
    "a",
    "a/b",
    "@",
    "a/@",
    "a@{b",
    "a..b/c",
    "a/b.",
    "a/.b",
    "a/b.lock",
    "a/b.lock/c",
    "a//b",
    "/a/b",
    "a/b/",
    "a b/c",
    "a/~",
    "a/^",
    "a/:",
    "a/?",
    "a/*",
    "a/[",
    "a/\\",
    "a/\x7f",
    "a/\x01",
    "ü/ß",
    "a./b",
    "",
    "a/b.c",
    "HEAD",
    "a/{b}",
  ];
  for (const name of names) {
    for (const levels of ["one", "two"] as const) {
      const args = ["check-ref-format", ...(levels === "one" ? ["--allow-onelevel"] : []), name];
      let good = true;
      try {
        execFileSync(newestGit().path, args, { env: gitEnvironment(), stdio: "ignore" });
      } catch {
        good = false;
      }
      assert.equal(isRefName(name, levels), good, `${JSON.stringify(name)} ${levels}`);
    }
  }
});
