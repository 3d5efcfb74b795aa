import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeRandomHistory } from "../ops/walk/random-history.js";
import { newestGit, runGit } from "../support/gits.js";
import { makeOddRepository } from "../support/odd-repository.js";
import { makeTempFolder } from "../support/temp.js";
import { assertSameRevList } from "./rev-list-run.js";

const git = newestGit();

function run(cwd: string, ...args: string[]): string {
  return runGit(git, args, { cwd }).stdout.trimEnd();
}

/** Makes every object of a history a loose one. */
function unpack(path: string): void {
  const pack = join(path, "objects/pack");
  for (const name of readdirSync(pack).filter((file) => file.endsWith(".pack"))) {
    runGit(git, ["unpack-objects", "-q"], { cwd: path, input: readFileOf(join(pack, name)) });
  }
}

function readFileOf(path: string): Uint8Array {
  const bytes = readFileSync(path);
  rmSync(path);
  rmSync(path.replace(/pack$/, "idx"), { force: true });
  rmSync(path.replace(/pack$/, "rev"), { force: true });
  return bytes;
}

function drop(path: string, id: string): void {
  rmSync(join(path, "objects", id.slice(0, 2), id.slice(2)));
}

async function assertSameAll(path: string, lines: readonly string[]): Promise<void> {
  for (const line of lines) await assertSameRevList(path, line.split(" "));
}

const missingLines = [
  "--all",
  "--objects --all",
  "--objects main",
  "--objects main b0",
  "main ^b0",
  "--objects main ^b0",
  "--objects --missing=print --all",
  "--objects --missing=print-info --all",
  "--objects --missing=allow-any --all",
  "--objects --missing=allow-promisor --all",
  "--missing=print main",
  "--missing=print-info -z --objects main",
  "--missing=print --count --objects main",
  "--missing=allow-any --boundary main ^b0",
  "--missing=print --objects --filter=blob:none main",
  "--missing=print --objects --filter=tree:1 --filter-print-omitted main",
  "--objects --filter=blob:limit=40 main",
  "--ignore-missing --objects --all",
  "--quiet --objects main",
  "--disk-usage --objects main",
  "--objects --exclude-promisor-objects main",
  "--missing=print --topo-order main",
  "--missing=print --reverse --parents main",
];

for (const [what, revision] of [
  ["blob", "blob"],
  ["tree", "tree"],
  ["commit", "main~3"],
  ["tip", "b0"],
  ["tag", "t0"],
  ["root tree", "main~1^{tree}"],
] as const) {
  test(`what a missing ${what} does to a walk is what it does to git's`, async () => {
    const { path } = makeRandomHistory({ seed: 5, commits: 40 });
    unpack(path);
    const entry = new RegExp(`^\\d+ ${revision} ([0-9a-f]+)\\t`, "m").exec(run(path, "ls-tree", "-r", "-t", "main"));
    const id = entry?.[1] ?? run(path, "rev-parse", revision);
    drop(path, id);
    await assertSameAll(path, missingLines);
    await assertSameAll(path, [
      `--missing=print main ${id}`,
      id,
      `main ^${id}`,
      `main..${id}`,
      `--objects ${id}^{tree}`,
    ]);
  });
}

test("shallow histories and grafts end where git's end", async () => {
  const { path, commits } = makeRandomHistory({ seed: 6, commits: 40 });
  const lines = [
    "--all",
    "--objects main ^b1",
    "--parents main",
    "--boundary main ^b0",
    "--count --all",
    "--children main",
  ];
  writeFileSync(join(path, "shallow"), `${commits[20]}\n${commits[30]}\n`);
  await assertSameAll(path, lines);
  rmSync(join(path, "shallow"));
  mkdirSync(join(path, "info"), { recursive: true });
  writeFileSync(join(path, "info/grafts"), `${commits[39]} ${commits[3]} ${commits[5]}\nnonsense\n${commits[10]}\n`);
  await assertSameRevList(path, ["--objects", "main"], { config: [["advice.graftFileDeprecated", "false"]] });
});

test("replaced objects are read as git reads them", async () => {
  const { path, commits } = makeRandomHistory({ seed: 8, commits: 40 });
  run(path, "replace", commits[39]!, commits[10]!);
  run(path, "replace", "--graft", commits[30]!, commits[2]!, commits[3]!);
  run(path, "replace", "-f", run(path, "rev-parse", "main^{tree}"), run(path, "rev-parse", `${commits[5]}^{tree}`));
  const lines = ["--all", "--objects --all", "--objects main", "--objects main ^b0", "--disk-usage --objects main"];
  await assertSameAll(path, lines);
  run(path, "repack", "-adbq");
  await assertSameAll(path, lines);
});

test("other repositories are listed as git lists them: SHA-256, reftables, worktrees, empty ones", async () => {
  const lines = [
    "--objects --all",
    "--objects --indexed-objects",
    "--all --not --remotes",
    "--objects --branches --tags --boundary",
    "--alternate-refs --objects",
    "--objects HEAD...side --left-right",
  ];
  const odd = makeOddRepository({ format: "sha256", storage: "reftable" });
  odd.run("branch", "logged");
  odd.run("branch", "-D", "logged");
  await assertSameAll(odd.path, [...lines, "--reflog", "--objects --reflog", "--reflog --single-worktree"]);
  const plain = makeOddRepository();
  plain.run("worktree", "add", "-q", "--detach", join(plain.path, "../w"), "HEAD~1");
  appendFileSync(join(plain.path, "../w/file"), "changed\n");
  runGit(git, ["commit", "-q", "-a", "-m", "in a worktree"], { cwd: join(plain.path, "../w") });
  await assertSameAll(plain.path, [
    ...lines,
    "--objects --reflog",
    "--reflog --single-worktree",
    "--single-worktree --all",
  ]);
  await assertSameAll(join(plain.path, "../w"), [...lines, "--single-worktree --all", "main-worktree/HEAD"]);
  const empty = join(makeTempFolder("empty"), "r");
  runGit(git, ["init", "-q", empty]);
  await assertSameAll(empty, [
    ...lines.slice(0, 5),
    "--all",
    "HEAD",
    "main",
    "--default HEAD",
    "--stdin",
    "--count --all",
    "--all main",
  ]);
  await assertSameAll(makeTempFolder("none"), ["--all"]);
});

test("a commit with the empty tree, which nobody stored, is listed", async () => {
  const path = join(makeTempFolder("hollow"), "r");
  for (const format of ["sha1", "sha256"]) {
    runGit(git, ["init", "-q", `--object-format=${format}`, `${path}-${format}`]);
    const own = `${path}-${format}`;
    const tree = runGit(git, ["hash-object", "-t", "tree", "--stdin"], { cwd: own, input: "" }).stdout.trim();
    run(own, "update-ref", "HEAD", run(own, "commit-tree", "-m", "nothing", tree));
    await assertSameAll(own, ["--objects HEAD", "--objects --disk-usage HEAD", "--objects --missing=print HEAD"]);
  }
});

test("partial clones are listed as git lists them, without fetching", async () => {
  const { path } = makeRandomHistory({ seed: 9, commits: 40 });
  run(path, "config", "uploadpack.allowFilter", "true");
  for (const filter of ["blob:none", "tree:1", "blob:limit=30"]) {
    const clone = join(makeTempFolder("partial"), "r.git");
    runGit(git, ["clone", "-q", "--bare", `--filter=${filter}`, `file://${path}`, clone]);
    await assertSameAll(clone, [
      "--objects --missing=print --all",
      "--objects --missing=allow-promisor --all",
      "--objects --exclude-promisor-objects --all",
      "--exclude-promisor-objects --all",
      "--objects --missing=allow-any --count --all",
      "--objects --missing=print-info main ^b0",
    ]);
    if (existsSync(join(clone, "objects/info/alternates"))) throw new Error("a clone that borrows is no test");
  }
});
