/** Git judges the bitmaps that we write: each by itself, by what is read through them, and by what is served with them. */

import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withRanges } from "../../src/bytes/source.js";
import { toHex } from "../../src/core/oid.js";
import type { WriteMidxResult } from "../../src/ops/write-midx/options.js";
import { openMidxBitmap } from "../../src/store/bitmaps/open-bitmap.js";
import { openMidxStack } from "../../src/store/midx-stack.js";
import { BitmapHistory } from "../support/bitmap-history.js";
import { forEachGit, type GitBinary, isAtLeast, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { assertBitmapsPass, type BitmapWish, copyOf, openBare, weWriteBitmap } from "./bitmap-twins.js";

/** Every commit that has a bitmap in any layer. */
async function bitmappedCommits(path: string): Promise<readonly string[]> {
  const repository = await openBare(path);
  const directory = repository.objectDirectory;
  const stack = await openMidxStack(directory);
  const index = await openMidxBitmap(directory, stack!, { closeStack: true });
  assert.ok(index !== undefined, "there is a bitmap");
  try {
    const { order } = index;
    return await withRanges(() =>
      index.layers.flatMap((view) =>
        [...view.entries()].map((entry) => toHex(order.oidAt(order.bitAt(entry.position)))),
      ),
    );
  } finally {
    index.close();
    await repository.close();
  }
}

function lines(text: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

function reached(git: GitBinary, path: string, ...args: readonly string[]): readonly string[] {
  return lines(runGit(git, ["rev-list", "--objects", "--no-object-names", ...args], { cwd: path }).stdout);
}

const filters = ["blob:none", "blob:limit=20", "tree:0", "object:type=blob", "object:type=tree", "object:type=commit"];

/** What git reads through bitmaps is what it finds by walking. */
function assertSameReads(git: GitBinary, path: string): void {
  const bitmapped = (...args: string[]) => reached(git, path, "--use-bitmap-index", ...args);
  const heads = lines(runGit(git, ["for-each-ref", "--format=%(refname)", "refs/heads"], { cwd: path }).stdout);
  for (const tip of ["--all", "--tags", ...heads.slice(0, scale(4, 40))]) {
    assert.deepEqual(bitmapped(tip), reached(git, path, tip), tip);
  }
  for (const not of heads.slice(0, scale(3, 20))) {
    const without = new Set(reached(git, path, not));
    const wanted = reached(git, path, "--all").filter((id) => !without.has(id));
    assert.deepEqual(bitmapped("--all", "--not", not), wanted, `all but ${not}`);
  }
  // Of tagged trees git has an own opinion where it filters by bitmaps.
  for (const filter of filters) {
    const args = [`--filter=${filter}`, "--branches"];
    assert.deepEqual(bitmapped(...args), reached(git, path, ...args), filter);
  }
}

/** What git serves with the bitmaps is whole. */
function assertServes(git: GitBinary, path: string): void {
  const folder = makeTempFolder("served");
  const run = (args: readonly string[], cwd = folder) => runGit(git, args, { cwd });
  const url = `file://${path}`;
  run(["clone", "-q", "--mirror", url, "whole.git"]);
  run(["clone", "-q", "--bare", "--single-branch", "--branch=side", url, "part.git"]);
  run(["fetch", "-q", "origin", "+refs/*:refs/*"], join(folder, "part.git"));
  const refs = (at: string) => run(["for-each-ref"], at).stdout;
  for (const name of ["whole.git", "part.git"]) {
    const at = join(folder, name);
    assert.equal(run(["fsck", "--full", "--no-dangling", "--no-progress"], at).stderr, "");
    assert.deepEqual(lines(refs(at)), lines(refs(path)));
    assert.deepEqual(reached(git, at, "--all"), reached(git, path, "--all"));
  }
  rmSync(folder, { recursive: true });
}

/** Git finds no fault with any bitmap of the repository, and neither does a full check of ours. */
async function assertAccepted(git: GitBinary, path: string): Promise<void> {
  const commits = await bitmappedCommits(path);
  assert.ok(commits.length > 0);
  assertBitmapsPass(git, path, commits);
  const fsck = runGit(git, ["fsck", "--full", "--strict", "--no-dangling", "--no-progress"], { cwd: path });
  assert.equal(fsck.stdout + fsck.stderr, "");
  assertSameReads(git, path);
  assertVerified(path);
}

/** The errors that `verify --bitmaps=full` finds. */
function verified(path: string): readonly { readonly code: string; readonly path: string; readonly object?: string }[] {
  const run = runGitmidx(["verify", "--bitmaps=full", "--no-notes", "--json"], { cwd: path, status: "any" });
  return JSON.parse(run.stdout).findings;
}

function assertVerified(path: string): void {
  assert.deepEqual(verified(path), []);
}

const groups = {
  "bitmapPseudoMerge.all.pattern": "refs/(heads|tags)/",
  "bitmapPseudoMerge.all.threshold": "now",
  "bitmapPseudoMerge.all.stableThreshold": "now",
  "bitmapPseudoMerge.all.stableSize": "3",
};

/** What is asked for, and from which git on it is read. */
const wishes: readonly { readonly wish: BitmapWish; readonly since: readonly [number, number] }[] = [
  { wish: {}, since: [2, 34] },
  { wish: { nameHash: "none" }, since: [2, 34] },
  { wish: { config: { "pack.writeBitmapLookupTable": "true" } }, since: [2, 38] },
  { wish: { config: { ...groups, "pack.writeBitmapLookupTable": "true" } }, since: [2, 55] },
];

for (const format of ["sha1", "sha256"] as const) {
  const history = new BitmapHistory({ format });
  history.grow(scale(14, 400));
  history.grow(scale(8, 150));

  forEachGit(2, 39, `our single ${format} bitmaps`, (git) => {
    const suitable = wishes.filter(({ since }) => isAtLeast(git, ...since));
    test(`${git.label} finds every bitmap of our single ${format} files right, reads through them and serves with them`, async () => {
      const path = copyOf(history.path);
      const tried = format === "sha1" ? suitable : suitable.slice(-1);
      for (const { wish } of tried) {
        for (const name of readdirSync(join(path, "objects/pack"))) {
          if (name.startsWith("multi-pack-index")) rmSync(join(path, "objects/pack", name));
        }
        await weWriteBitmap(path, wish);
        await assertAccepted(git, path);
        if (wish === tried.at(-1)?.wish) assertServes(git, path);
      }
    });
  });
}

/** A history in as many layers as asked for, each written by us. */
async function layered(git: GitBinary, layers: number, format: "sha1" | "sha256", wish: BitmapWish = {}) {
  const history = new BitmapHistory({ git, format, seed: layers });
  let result: WriteMidxResult | undefined;
  for (let layer = 0; layer < layers; layer++) {
    history.grow(layer === 0 ? 10 : 2 + (layer % 3));
    result = (await weWriteBitmap(history.path, { ...wish, incremental: true })).result;
  }
  return { path: history.path, layers: result!.layers };
}

forEachGit(2, 55, "our chains of bitmaps", (git) => {
  for (const layers of scale([1, 2, 6, 20], [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20])) {
    const format = layers % 4 === 2 ? "sha256" : "sha1";
    test(`${git.label} finds every bitmap of our chain of ${layers} ${format} layers right, reads through them and serves with them`, async () => {
      const wish: BitmapWish = layers === 6 ? { config: { "pack.writeBitmapLookupTable": "true" } } : {};
      const { path, layers: written } = await layered(git, layers, format, wish);
      assert.equal(written.length, layers);
      await assertAccepted(git, path);
      assertServes(git, path);
    });
  }

  test(`${git.label} compacts our layers from the oldest on to bitmaps that are right, and we write upon them`, async () => {
    const { path, layers } = await layered(git, 5, "sha1");
    const at = { cwd: path };
    const compact = (from: string, to: string) =>
      runGit(git, ["multi-pack-index", "compact", "--incremental", "--bitmap", from, to], at);
    compact(layers[0]!, layers[2]!);
    await assertAccepted(git, path);
    runGit(git, ["commit-tree", "-p", "main", "-m", "loose", "main^{tree}"], at);
    const commit = runGit(git, ["commit-tree", "-p", "main", "-m", "more", "main^{tree}"], at).stdout.trim();
    runGit(git, ["update-ref", "refs/heads/main", commit], at);
    runGit(git, ["repack", "-q"], at);
    const { result } = await weWriteBitmap(path, { incremental: true });
    assert.equal(result.layers.length, 4);
    await assertAccepted(git, path);
    assertServes(git, path);
  });

  test(`where ${git.label} compacts layers upon others and writes wrong bits, verify names the commits, which git's own checks do not`, async () => {
    const { path, layers } = await layered(git, 4, "sha1");
    const at = { cwd: path };
    runGit(git, ["multi-pack-index", "compact", "--incremental", "--bitmap", layers[2]!, layers[3]!], at);
    const wrong = verified(path);
    // A git that has mended it writes what is right.
    const mistaken = (await bitmappedCommits(path)).filter(
      (commit) => runGit(git, ["rev-list", "--test-bitmap", commit], { ...at, status: "any" }).status !== 0,
    );
    assert.equal(runGit(git, ["multi-pack-index", "verify"], at).stderr, "");
    assert.equal(wrong.length > 0, mistaken.length > 0);
    assert.ok(wrong.every(({ code, object }) => code === "wrong-bitmap" && object !== undefined));
    if (!isAtLeast(git, 2, 56)) assert.ok(wrong.length > 0, "git 2.55 is known to");
  });
});

forEachGit(2, 39, "bitmaps of odd repositories", (git) => {
  const history = () => {
    const made = new BitmapHistory({ git, seed: 7 });
    made.grow(20);
    return made;
  };

  test(`${git.label} takes our bitmap of a repository with replaced objects, which bitmaps know nothing of`, async () => {
    const { path } = history();
    runGit(git, ["replace", "main~1", "main~3"], { cwd: path });
    runGit(git, ["repack", "-adq"], { cwd: path });
    await weWriteBitmap(path);
    const commits = await bitmappedCommits(path);
    assert.ok(commits.length > 0);
    for (const commit of commits) {
      const args = ["-c", "core.useReplaceRefs=false", "rev-list", "--test-bitmap", commit];
      assert.match(runGit(git, args, { cwd: path }).stderr, /OK!/);
    }
    assertVerified(path);
    assertServesAll(git, path);
  });

  test(`with refs to objects that are missing we do as ${git.label} does, and what was there stays`, async () => {
    const made = history();
    await weWriteBitmap(made.path);
    const before = await bitmappedCommits(made.path);
    made.grow(3);
    writeFileSync(join(made.path, "refs/heads/broken"), `${"1".repeat(40)}\n`);
    const ours = runGitmidx(["write", "--bitmap"], { cwd: made.path, status: "any" });
    const files = made.files(".bitmap");
    if (ours.status === 0) assertBitmapsPass(git, made.path, await bitmappedCommits(made.path));
    else {
      assert.equal(files.length, 1);
      assert.deepEqual(await bitmappedCommits(made.path), before);
      assertBitmapsPass(git, made.path, before);
    }
    const theirs = runGit(git, ["multi-pack-index", "write", "--bitmap"], { cwd: made.path, status: "any" });
    assert.equal(ours.status === 0, theirs.status === 0, `${ours.stderr}${theirs.stderr}`);
    assertVerified(made.path);
  });

  test(`${git.label} takes our bitmap of a shallow clone, or we write none`, async () => {
    const { path } = history();
    const clone = join(makeTempFolder("shallow"), "r.git");
    runGit(git, ["clone", "-q", "--bare", "--depth=3", `file://${path}`, clone]);
    const { result } = await weWriteBitmap(clone);
    assert.ok(result.checksum !== undefined);
    assertVerified(clone);
    assert.equal(runGit(git, ["fsck", "--no-dangling", "--no-progress"], { cwd: clone }).stderr, "");
    const args = ["rev-list", "--objects", "--no-object-names", "--all"];
    const plain = lines(runGit(git, args, { cwd: clone }).stdout);
    assert.deepEqual(lines(runGit(git, [...args, "--use-bitmap-index"], { cwd: clone }).stdout), plain);
  });

  test(`in a partial clone no commit gets a bitmap from us, as from ${git.label}: what they reach is not all there`, async () => {
    const { path } = history();
    runGit(git, ["config", "uploadpack.allowFilter", "true"], { cwd: path });
    const clone = join(makeTempFolder("partial"), "r.git");
    runGit(git, ["clone", "-q", "--bare", "--filter=blob:none", `file://${path}`, clone]);
    await weWriteBitmap(clone);
    assert.deepEqual(await bitmappedCommits(clone), []);
    assertVerified(clone);
    assert.equal(runGit(git, ["fsck", "--no-dangling", "--no-progress"], { cwd: clone }).stderr, "");
  });
});

/** A clone has all that its refs name. */
function assertServesAll(git: GitBinary, path: string): void {
  const clone = join(makeTempFolder("clone"), "r.git");
  runGit(git, ["clone", "-q", "--bare", `file://${path}`, clone]);
  assert.equal(runGit(git, ["fsck", "--no-dangling", "--no-progress"], { cwd: clone }).stderr, "");
}
