import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { toHex } from "../../src/core/oid.js";
import { selectRevisions } from "../../src/ops/pack-objects/select/revisions.js";
import { makeRandomHistory, type RandomHistory } from "../ops/walk/random-history.js";
import { walked } from "../ops/walk/walked.js";
import { newestGit, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";
import { assertSameSelection, withSelection } from "./pack-objects-select.js";

const git = newestGit();
let history: RandomHistory;

before(() => {
  history = makeRandomHistory({ seed: 21, commits: 50 });
});

function run(path: string, ...args: readonly string[]): string {
  return runGit(git, args, { cwd: path }).stdout;
}

/** A clone with a worktree, and files that were added but not committed. */
function workedIn(): string {
  const path = join(makeTempFolder("worked"), "w");
  run(history.path, "clone", "-q", history.path, path);
  run(path, "checkout", "-q", "-B", "own", "HEAD~2");
  writeFileSync(join(path, "added"), "added\n");
  mkdirSync(join(path, "more/deep"), { recursive: true });
  writeFileSync(join(path, "more/deep/file"), "more\n");
  run(path, "add", "added", "more");
  run(path, "commit", "-q", "-m", "own");
  run(path, "reset", "-q", "--soft", "HEAD~1");
  writeFileSync(join(path, "more/deep/file"), "other\n");
  run(path, "add", "more");
  run(path, "worktree", "add", "-q", "--detach", join(path, "../second"), "HEAD~1");
  writeFileSync(join(path, "../second/there"), "there\n");
  run(join(path, "../second"), "add", "there");
  run(join(path, "../second"), "commit", "-q", "-m", "there");
  return path;
}

test("logs of refs, indexes and other worktrees' HEADs are reached", async () => {
  const path = workedIn();
  for (const place of [path, join(path, "../second")]) {
    await assertSameSelection(place, { args: ["--all"] });
    await assertSameSelection(place, { args: ["--all", "--reflog"] });
    await assertSameSelection(place, { args: ["--all", "--indexed-objects"] });
    await assertSameSelection(place, { args: ["--all", "--reflog", "--indexed-objects"] });
    await assertSameSelection(place, { args: ["--indexed-objects", "--path-walk"] });
  }
  run(path, "write-tree");
  await assertSameSelection(path, { args: ["--indexed-objects"] });
  run(path, "update-index", "--index-version=4");
  await assertSameSelection(path, { args: ["--indexed-objects"] });
});

test("history ends where the shallow file says", async () => {
  const path = join(makeTempFolder("shallow"), "r.git");
  run(history.path, "clone", "-q", "--bare", "--depth=5", "--no-single-branch", `file://${history.path}`, path);
  await assertSameSelection(path, { args: ["--all"] });
  await assertSameSelection(path, { args: ["--revs"], input: "main\n^b0\n" });
  const expected = runGit(git, ["rev-list", "--objects", "--all"], { cwd: path }).stdout;
  assert.equal(await walked(path, ["--all"]), expected);
});

test("grafts give commits other parents", async () => {
  const path = join(makeTempFolder("grafts"), "r.git");
  run(history.path, "clone", "-q", "--bare", history.path, path);
  const [first, second, third] = ["main", "main~1", "main~4"].map((name) => run(path, "rev-parse", name).trim());
  mkdirSync(join(path, "info"), { recursive: true });
  writeFileSync(join(path, "info/grafts"), `# comment\n${first} ${third}\n${second}\nnonsense\n`);
  const expected = runGit(git, ["rev-list", "--objects", "--all"], { cwd: path }).stdout;
  assert.equal(await walked(path, ["--all"]), expected);
});

test("missing objects are what git says they are", async () => {
  const path = join(makeTempFolder("missing"), "r.git");
  run(history.path, "clone", "-q", "--bare", history.path, path);
  const pack = readdirSync(join(path, "objects/pack")).find((name) => name.endsWith(".pack"))!;
  const folder = makeTempFolder("taken");
  for (const name of readdirSync(join(path, "objects/pack"))) {
    if (name.startsWith(pack.slice(0, -5)))
      runGit(git, ["-c", `alias.m=!mv '${join(path, "objects/pack", name)}' '${folder}'`, "m"]);
  }
  runGit(git, ["-c", `alias.u=!git unpack-objects -q < '${join(folder, pack)}'`, "u"], { cwd: path });
  const loose = (name: string) => {
    const id = run(path, "rev-parse", name).trim();
    return { id, file: join(path, "objects", id.slice(0, 2), id.slice(2)) };
  };
  const tree = loose("main^{tree}");
  const parent = loose("main~1");
  for (const [{ file }, input] of [
    [tree, "main\n"],
    [parent, "main\n"],
    [parent, "main\n^b0\n"],
  ] as const) {
    const bytes = run(path, "cat-file", "-s", "main");
    assert.ok(bytes.length > 0);
    const hidden = `${file}.hidden`;
    runGit(git, ["-c", `alias.m=!mv '${file}' '${hidden}'`, "m"]);
    const said = runGit(git, ["pack-objects", "-q", "--revs", "--stdout"], { cwd: path, input, status: "any" });
    assert.equal(said.status, 128);
    const fatal = said.stderr
      .split("\n")
      .find((line) => line.startsWith("fatal: "))!
      .slice("fatal: ".length);
    const lines = input.trim().split("\n");
    await assert.rejects(
      withSelection(path, {}, (source) => selectRevisions(source, { lines, window: 10 })),
      { name: "GitmidxError", message: fatal },
    );
    runGit(git, ["-c", `alias.m=!mv '${hidden}' '${file}'`, "m"]);
  }
});

test("what was promised may be missing, and is left out if wanted", async () => {
  const path = join(makeTempFolder("partial"), "r.git");
  run(history.path, "config", "uploadpack.allowFilter", "true");
  run(history.path, "config", "uploadpack.allowAnySHA1InWant", "true");
  run(history.path, "clone", "-q", "--bare", "--filter=blob:none", `file://${history.path}`, path);
  const blob = runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: "own\n" }).stdout.trim();
  const tree = runGit(git, ["mktree"], { cwd: path, input: `100644 blob ${blob}\town\n` }).stdout.trim();
  const commit = runGit(git, ["commit-tree", "-p", "main", "-m", "own", tree], { cwd: path }).stdout.trim();
  run(path, "update-ref", "refs/heads/own", commit);
  await assertSameSelection(path, { args: ["--all", "--exclude-promisor-objects"] });
  await assertSameSelection(path, { args: ["--all", "--missing=allow-any"] });
  await assertSameSelection(path, { args: ["--all", "--missing=allow-promisor"] });
});

test("unreachable objects of packs that are to go are made loose unless they expired", async () => {
  const path = join(makeTempFolder("loosen"), "r.git");
  run(history.path, "clone", "-q", "--bare", history.path, path);
  for (const ref of run(path, "for-each-ref", "--format=%(refname)").trim().split("\n")) {
    if (ref !== "refs/heads/b0") run(path, "update-ref", "-d", ref);
  }
  run(path, "symbolic-ref", "HEAD", "refs/heads/b0");
  for (const time of [undefined, 1_600_000_000, 1_900_000_000]) {
    const pack = readdirSync(join(path, "objects/pack"))[0]!.replace(/\.[a-z]+$/, "");
    for (const extension of ["pack", "idx"])
      utimesSync(join(path, "objects/pack", `${pack}.${extension}`), 1_700_000_000, 1_700_000_000);
    const option = time === undefined ? "--unpack-unreachable" : `--unpack-unreachable=@${time}`;
    const ours = await withSelection(path, {}, async (source) => {
      const unreachable = { kind: "unpack", expiration: time } as const;
      return selectRevisions(source, { all: true, reflog: true, indexedObjects: true, window: 10, unreachable });
    });
    const all = ["--all", "--reflog", "--indexed-objects"];
    runGit(git, ["pack-objects", "-q", ...all, option, join(makeTempFolder("out"), "p")], { cwd: path });
    const loose: string[] = [];
    for (const first of readdirSync(join(path, "objects")).filter((name) => name.length === 2)) {
      for (const name of readdirSync(join(path, "objects", first))) loose.push(first + name);
      rmSync(join(path, "objects", first), { recursive: true });
    }
    assert.deepEqual(ours.loosening!.map(({ oid }) => toHex(oid)).sort(), loose.sort(), option);
  }
});
