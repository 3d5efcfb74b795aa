import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeRandomHistory, type RandomHistory } from "../ops/walk/random-history.js";
import { gitAtLeast, newestGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { scale } from "../support/scale.js";
import { assertSameRevList, runGitRevList, runRevList } from "./rev-list-run.js";

const git = newestGit();

/** A history in packs with a bitmap of one kind over most of it. */
function bitmapped(seed: number, kind: "pack" | "midx" | "chain", format?: "sha256"): RandomHistory {
  const history = makeRandomHistory({ seed, commits: 60, format });
  const { path, commits } = history;
  const run = (...args: string[]) => runGit(git, args, { cwd: path });
  const pack = (...revisions: string[]) =>
    runGit(git, ["pack-objects", "-q", "--revs", `${path}/objects/pack/pack`], {
      cwd: path,
      input: `${revisions.join("\n")}\n`,
    });
  if (kind === "pack") {
    run("repack", "-adbq");
    return history;
  }
  run("repack", "-adq");
  const [all] = runGit(git, ["rev-parse", "--all"], { cwd: path }).stdout.split("\n");
  assert.ok(all);
  const layer = ["-c", "pack.writeBitmapLookupTable=true", "multi-pack-index", "write", "--bitmap"];
  if (kind === "midx") run(...layer);
  else {
    run(...layer, "--incremental");
    pack(commits[10]!, `^${commits[5]}`);
    const tree = run("rev-parse", "main^{tree}").stdout.trim();
    for (let i = 0; i < 2; i++) {
      const id = run("commit-tree", "-m", `more ${i}`, "-p", "main", tree).stdout.trim();
      run("update-ref", "refs/heads/main", id);
      pack("main", "^main~1");
      run(...layer, "--incremental");
    }
  }
  return history;
}

const lines = [
  "--count --objects --all",
  "--count --all",
  "--count -n 3 --all",
  "--count --objects -n 3 main",
  "--count --objects main ^b0",
  "--objects --all",
  "--all",
  "--objects main ^b1",
  "--objects b0...b1",
  "--objects main --not b0 b1",
  "--objects of-blob main^{tree} ^b1:",
  "--objects --branches --not --tags",
  "--objects main --not --all",
  "--disk-usage --objects main",
  "--disk-usage=human --all",
  "--disk-usage --objects b0..main",
  "--unpacked --objects --all",
  "--objects --filter=blob:none --all",
  "--objects --filter=blob:limit=60 main ^b2",
  "--objects --filter=tree:0 --filter-provided-objects main main^{tree}",
  "--objects --filter=tree:1 main",
  "--objects --filter=object:type=tree b0...main",
  "--objects --filter=object:type=tag --all",
  "--objects --filter=combine:blob:none+tree:0 main",
  "--count --objects --filter=blob:none --all",
  "--objects -n 2 main",
  "--objects --no-object-names main",
];

for (const [kind, format] of [["pack"], ["midx"], ["midx", "sha256"], ["chain"]] as const) {
  if (kind === "chain" && gitAtLeast(2, 47) === undefined) continue;
  test(`bitmaps of a ${kind}${format === undefined ? "" : ` with ${format}`} give what they give git`, async () => {
    const { path } = bitmapped(21, kind, format);
    for (const line of lines) {
      const args = ["--use-bitmap-index", ...line.split(" ")];
      await assertSameRevList(path, args);
      if (line.includes("^")) {
        await assertSameRevList(path, args, { config: [["pack.useBitmapBoundaryTraversal", "true"]] });
      }
    }
    // and with something that is in no pack
    runGit(git, ["fast-import", "--quiet"], { cwd: path, input: "reset refs/heads/new\nfrom refs/heads/b0\n\n" });
    const tree = runGit(git, ["mktree"], { cwd: path, input: "" }).stdout.trim();
    const fresh = runGit(git, ["commit-tree", "-m", "new", "-p", "main", tree], { cwd: path }).stdout.trim();
    for (const line of ["--count --objects", "--objects", "--disk-usage --objects", "--unpacked --objects"]) {
      await assertSameRevList(path, ["--use-bitmap-index", ...line.split(" "), fresh, "^b0"]);
      await assertSameRevList(path, ["--use-bitmap-index", ...line.split(" "), "--all", fresh]);
    }
  });

  test(`the bitmap of every commit in a ${kind}${format === undefined ? "" : ` with ${format}`} is tested as by git`, async () => {
    const { path, commits } = bitmapped(22, kind, format);
    let tested = 0;
    for (const commit of commits.slice(-scale(15, 60))) {
      const { status } = await assertSameRevList(path, ["--test-bitmap", commit]);
      if (status === 0) tested++;
    }
    assert.ok(tested > 0);
    for (const line of [
      "--test-bitmap",
      "--test-bitmap main b0",
      "--test-bitmap main --bogus",
      "--test-bitmap main:",
    ]) {
      await assertSameRevList(path, line.split(" "));
    }
  });
}

test("a bitmap whose entries cannot be read is told of once, and the history is walked", async () => {
  const { path } = bitmapped(24, "pack");
  const folder = join(path, "objects/pack");
  const bitmap = join(folder, readdirSync(folder).find((name) => name.endsWith(".bitmap"))!);
  const sound = readFileSync(bitmap);
  chmodSync(bitmap, 0o644);
  // The first type's bitmap, longer than there are objects; and no entry that ends in the file.
  const tooLong = Buffer.from(sound);
  tooLong.writeUInt32BE(0xffff_fff0, 32);
  const cut = sound.subarray(0, Math.floor(sound.length * 0.6));
  for (const args of [
    ["--count", "--objects", "--all"],
    ["--count", "main", "^b0"],
    ["--disk-usage", "--objects", "main"],
  ]) {
    const plain = runGitRevList(path, args).stdout;
    for (const damaged of [tooLong, cut]) {
      writeFileSync(bitmap, damaged);
      const { status, stdout, stderr } = await runRevList(path, ["--use-bitmap-index", ...args]);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: plain }, stderr);
      assert.match(stderr, /^error: corrupt.*\n$/);
    }
  }
});

test("property: with bitmaps the same objects are listed as without, whatever the other options", async () => {
  const random = seededRandom(3);
  const history = bitmapped(23, "midx");
  const options = [
    "--reverse",
    "--first-parent",
    "--no-merges",
    "--skip=2",
    "--since=1700000500",
    "--until=1700000600",
  ];
  options.push(
    "--no-walk",
    "--filter=blob:none",
    "--filter=tree:1",
    "--boundary",
    "--max-count=4",
    "--topo-order",
    "--quiet",
  );
  for (let run = 0; run < scale(25, 2000); run++) {
    const pick = () => history.commits[random() % history.commits.length]!;
    const args = ["--objects", "--no-object-names", pick(), pick()];
    for (let count = random() % 3; count > 0; count--) args.push(options[random() % options.length]!);
    const plain = runGitRevList(history.path, args);
    const ours = await runRevList(history.path, ["--use-bitmap-index", ...args]);
    const sorted = (text: string) => text.split("\n").sort();
    assert.deepEqual(sorted(ours.stdout), sorted(plain.stdout), args.join(" "));
  }
});
