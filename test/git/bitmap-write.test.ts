/** What `write --bitmap` does besides the bytes of the bitmap: hashes, refusals, what is there afterwards. */

import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { toHex } from "../../src/core/oid.js";
import { nameHashV1 } from "../../src/ops/walk/name-hash.js";
import { openBitmapIndex } from "../../src/store/bitmaps/open-bitmap-index.js";
import { BitmapHistory } from "../support/bitmap-history.js";
import { newestGit, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { makeTempFolder } from "../support/temp.js";
import {
  assertBitmapsPass,
  assertSameFiles,
  assertTwins,
  copyOf,
  gitWritesBitmap,
  midxFiles,
  openBare,
  packsByAge,
  weWriteBitmap,
} from "./bitmap-twins.js";

const git = newestGit();
let history: BitmapHistory | undefined;

/** A copy of a history in four packs. */
function freshCopy(): string {
  if (history === undefined) {
    history = new BitmapHistory();
    history.grow(30);
    history.grow(110);
  }
  return copyOf(history.path);
}

function run(path: string, ...args: string[]): string {
  return runGit(git, args, { cwd: path }).stdout.trimEnd();
}

/** Runs both programs in copies and asserts that they end alike, say the same first lines, and leave the same files. */
function assertAlike(path: string, args: readonly string[], config: readonly string[] = []) {
  const theirs = copyOf(path);
  const options = { status: "any", input: "" } as const;
  const expected = runGit(git, [...config, "multi-pack-index", "write", ...args], { ...options, cwd: theirs });
  const actual = runGitmidx([...config, "write", "--name-hash=copy", ...args], { ...options, cwd: path });
  const firstLines = (text: string) => text.split("\n").filter((line) => /^(?:warning|error|fatal): /.test(line));
  assert.deepEqual(firstLines(actual.stderr), firstLines(expected.stderr));
  assert.equal(actual.status, expected.status);
  assertSameFiles(path, theirs);
  return expected;
}

/** The name hash of each object, in hex, as a bitmap has it; 0 for none. */
async function hashesOf(path: string): Promise<ReadonlyMap<string, number>> {
  const repository = await openBare(path);
  const index = (await openBitmapIndex(repository.directories))!;
  try {
    const { order } = index;
    const bits = Array.from({ length: order.bitCount }, (_, bit) => bit);
    return new Map(bits.map((bit) => [toHex(order.oidAt(bit)), index.nameHashOf(bit)]));
  } finally {
    index.close();
    await repository.close();
  }
}

test("computed hashes are those of a path at which git finds the object", async () => {
  const path = freshCopy();
  await weWriteBitmap(path);
  const hashes = await hashesOf(path);
  const bytes = (name: string) => new TextEncoder().encode(name);
  const paths = new Map<string, Set<number>>();
  const commits = run(path, "rev-list", "--all").split("\n");
  const add = (oid: string, name: string) => {
    const hash = nameHashV1(bytes(name), bytes(name).length);
    paths.set(oid, (paths.get(oid) ?? new Set()).add(hash));
  };
  for (const commit of commits) {
    for (const line of run(path, "ls-tree", "-rt", commit).split("\n")) {
      const [, , oid, name] = /^(\d+ \w+) (\w+)\t(.*)$/.exec(line)!;
      add(oid!, name!);
    }
  }
  let named = 0;
  for (const [oid, hash] of hashes) {
    const known = paths.get(oid);
    if (known === undefined) continue;
    named++;
    assert.ok(known.has(hash), `${oid} has ${hash}, not one of ${[...known]}`);
  }
  assert.ok(named > 300, `${named} objects have a path`);
});

test("hashes that an older bitmap has stay, and only the others are computed", async () => {
  const path = freshCopy();
  // git's pack has hashes of its own
  run(path, "repack", "-adbq");
  const before = await hashesOf(path);
  run(path, "commit-tree", "-m", "unborn", "main^{tree}");
  await weWriteBitmap(path);
  const after = await hashesOf(path);
  for (const [oid, hash] of before) if (hash !== 0) assert.equal(after.get(oid), hash);
  assert.equal(after.size, before.size);
});

test("a bitmap takes no more room than git's, computed hashes included", async () => {
  const path = freshCopy();
  const theirs = copyOf(path);
  gitWritesBitmap(git, theirs);
  const { result } = await weWriteBitmap(path);
  const [, bitmap] = [...midxFiles(theirs)].find(([name]) => name.endsWith(".bitmap"))!;
  assert.equal(result.bitmap?.byteLength, bitmap.length);
});

test("git finds every bitmapped commit right, a clone is whole, and fsck has nothing to say", async () => {
  const path = freshCopy();
  for (const incremental of [false, true]) {
    if (incremental) {
      history!.grow(5);
      rmSync(path, { recursive: true });
    }
    const copy = incremental ? freshCopy() : path;
    await weWriteBitmap(copy, { incremental: false });
    if (incremental) {
      run(copy, "commit-graph", "write", "--reachable");
      await weWriteBitmap(copy, { incremental });
    }
    const repository = await openBare(copy);
    const index = (await openBitmapIndex(repository.directories))!;
    const commits = index.layers
      .flatMap((view) => [...view.entries()])
      .map(({ position }) => {
        return toHex(index.order.oidAt(index.order.bitAt(position)));
      });
    index.close();
    await repository.close();
    assert.ok(commits.length > 100);
    assertBitmapsPass(git, copy, commits);
    run(copy, "fsck");
    const clone = join(makeTempFolder("clone"), "c.git");
    run(copy, "clone", "-q", "--mirror", "--no-local", copy, clone);
    run(clone, "fsck", "--connectivity-only");
  }
});

test("objects that nothing reaches are in the bitmaps of their types, as git has them", async () => {
  const path = freshCopy();
  for (const ref of run(path, "for-each-ref", "--format=%(refname)").split("\n")) {
    if (ref !== "refs/heads/side") run(path, "update-ref", "-d", ref);
  }
  await assertTwins(git, path);
});

test("where nothing is reached, every object still has its type", async () => {
  const path = freshCopy();
  for (const ref of run(path, "for-each-ref", "--format=%(refname)").split("\n")) run(path, "update-ref", "-d", ref);
  await assertTwins(git, path);
});

test("refs to what is not there are refused as by git, symbolic refs that lead nowhere are not", async () => {
  const path = freshCopy();
  writeFileSync(join(path, "refs/heads/nowhere"), "ref: refs/heads/unborn\n");
  await assertTwins(git, path);
  for (const text of ["1".repeat(40), "0".repeat(40), "garbage"]) {
    writeFileSync(join(path, "refs/heads/gone"), `${text}\n`);
    assert.equal(assertAlike(path, ["--bitmap"]).stderr, "fatal: unable to parse object: refs/heads/gone\n");
  }
});

test("objects that replace others do not count", async () => {
  const path = freshCopy();
  run(path, "replace", "main", "main~3");
  await assertTwins(git, path);
});

test("a shallow history ends where it is cut", async () => {
  const shallow = join(makeTempFolder("shallow"), "s.git");
  const path = freshCopy();
  run(path, "clone", "-q", "--bare", "--no-local", "--depth=9", `file://${path}`, shallow);
  await assertTwins(git, shallow);
});

test("in a partial clone what is promised is passed over", async () => {
  const path = freshCopy();
  run(path, "config", "uploadpack.allowFilter", "true");
  for (const filter of ["blob:none", "tree:0"]) {
    const partial = join(makeTempFolder("partial"), "p.git");
    run(path, "clone", "-q", "--bare", "--no-local", `--filter=${filter}`, `file://${path}`, partial);
    await assertTwins(git, partial);
  }
});

test("if something that is reached is in no pack, nothing is written and both say so", async () => {
  const path = freshCopy();
  const packs = packsByAge(path);
  await assertAlike(path, ["--bitmap"]);
  const before = midxFiles(path);
  const blob = runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: "loose" }).stdout.trim();
  const tree = runGit(git, ["mktree"], { cwd: path, input: `100644 blob ${blob}\tf\n` }).stdout.trim();
  run(path, "update-ref", "refs/heads/loose", run(path, "commit-tree", "-p", "main", "-m", "loose", tree));
  // The commit is packed, what is in its tree is not.
  runGit(git, ["pack-objects", "-q", join(path, "objects/pack/pack")], {
    cwd: path,
    input: `${run(path, "rev-parse", "loose")}\n`,
  });
  const expected = assertAlike(path, ["--bitmap"]);
  assert.equal(expected.status, 255);
  assert.match(expected.stderr, /^warning: Failed to write bitmap index\. Packfile doesn't have full closure/);
  assert.deepEqual(midxFiles(path), before);
  assert.ok(packs.length > 1);
});

test("an up-to-date file without its bitmap gets one; one with it is left alone", async () => {
  const path = freshCopy();
  await assertAlike(path, ["--bitmap"]);
  const files = midxFiles(path);
  const { result } = await weWriteBitmap(path);
  assert.equal(result.outcome, "unchanged");
  const bitmap = [...files.keys()].find((name) => name.endsWith(".bitmap"))!;
  rmSync(join(path, "objects/pack", bitmap));
  await weWriteBitmap(path, { nameHash: "copy" });
  assert.deepEqual(midxFiles(path), files);
});

test("without --bitmap, bitmaps that are there are removed", async () => {
  const path = freshCopy();
  await assertAlike(path, ["--bitmap"]);
  await assertAlike(path, []);
  assert.deepEqual([...midxFiles(path).keys()], ["multi-pack-index"]);
});

test("a damaged bitmap is written anew, and nothing is taken from it", async () => {
  const path = freshCopy();
  await weWriteBitmap(path);
  const good = midxFiles(path);
  for (const at of [40, 300, -30]) {
    const [name, bytes] = [...good].find(([each]) => each.endsWith(".bitmap"))!;
    const bad = Buffer.from(bytes);
    bad[at < 0 ? bad.length + at : at]! ^= 0x55;
    rmSync(join(path, "objects/pack", name), { force: true });
    writeFileSync(join(path, "objects/pack", name), bad);
    rmSync(join(path, "objects/pack/multi-pack-index"));
    writeFileSync(join(path, "objects/pack/multi-pack-index"), good.get("multi-pack-index")!);
    const { said } = await weWriteBitmap(path, { preferredPack: packsByAge(path)[0]! });
    if (midxFiles(path).get(name)?.equals(bytes) !== true) {
      // Damage that opening does not see leaves the file as it is; a write that has to write does not use it.
      writeFileSync(join(path, "objects/pack/multi-pack-index"), good.get("multi-pack-index")!.subarray(0, 100));
      await weWriteBitmap(path);
    }
    assert.ok(midxFiles(path).get(name)?.equals(bytes), `the byte at ${at} is still wrong; ${said}`);
  }
});

test("packs without objects get no bitmap, and both warn", async () => {
  const path = join(makeTempFolder("empty"), "r.git");
  run(".", "init", "-q", "--bare", path);
  runGit(git, ["pack-objects", "-q", join(path, "objects/pack/pack")], { cwd: path, input: "" });
  const expected = assertAlike(path, ["--bitmap"]);
  assert.equal(expected.stderr, "warning: refusing to write multi-pack .bitmap without any objects\n");
});

test("snapshots that are none are refused in git's words", async () => {
  const path = freshCopy();
  const main = run(path, "rev-parse", "main");
  for (const text of ["main\n", `${main} main\n`, `+${main.slice(1)}\n`, `${"2".repeat(40)}\n`, "\n"]) {
    writeFileSync(join(path, "snapshot"), text);
    const expected = assertAlike(path, ["--bitmap", "--refs-snapshot=snapshot"]);
    assert.equal(expected.status, 128);
  }
});

test("groups that are not as they should be are refused in git's words", async () => {
  const path = freshCopy();
  const set = (...values: string[]) => values.flatMap((value) => ["-c", `bitmapPseudoMerge.g.${value}`]);
  const refused = [
    set("decay=1"),
    set("pattern=(", "decay=1"),
    set("pattern=refs", "threshold=1.month.ago", "stableThreshold=1.day.ago"),
    set("pattern=refs", "decay=much"),
    set("pattern=refs", "maxMerges=1x"),
  ];
  for (const config of refused) assert.equal(assertAlike(path, ["--bitmap"], config).status, 128, config.join(" "));
  const warned = set("pattern=refs", "decay=-1", "sampleRate=2", "maxMerges=-3", "stableSize=0");
  const { stderr } = runGitmidx([...warned, "write", "--bitmap"], { cwd: path });
  assert.equal(
    stderr,
    "warning: bitmappseudomerge.g.decay must be non-negative, using default\n" +
      "warning: bitmappseudomerge.g.samplerate must be between 0 (exclusive) and 1, using default\n" +
      "warning: bitmappseudomerge.g.maxmerges must be non-negative, using default\n" +
      "warning: bitmappseudomerge.g.stablesize must be positive, using default\n",
  );
});

test("a layer on layers without bitmaps is refused, and says what to do", async () => {
  const path = freshCopy();
  const [first, second] = packsByAge(path);
  runGit(git, ["multi-pack-index", "write", "--incremental", "--stdin-packs"], { cwd: path, input: `${first}\n` });
  const before = midxFiles(path);
  const unordered = runGitmidx(["write", "--split", "--bitmap"], { cwd: path, status: 255 });
  assert.match(unordered.stderr, /^error: could not load reverse index for MIDX [0-9a-f]{40}\n.*--bitmap/);
  assert.deepEqual(midxFiles(path), before);
  const args = ["multi-pack-index", "write", "--bitmap", "--stdin-packs"];
  runGit(git, args, { cwd: path, input: `${first}\n${second}\n` });
  for (const name of readdirSync(join(path, "objects/pack"))) {
    if (name.endsWith(".bitmap")) rmSync(join(path, "objects/pack", name));
  }
  const left = midxFiles(path);
  const without = runGitmidx(["write", "--split", "--bitmap"], { cwd: path, status: 255 });
  assert.match(without.stderr, /^warning: could not open bitmap for base MIDX: .+\nerror: /);
  assert.match(without.stderr, /\nerror: could not write multi-pack bitmap\nall layers below must have bitmaps/);
  assert.deepEqual(midxFiles(path), left);
});

test("a new layer is told of without walking what the layers below know", async () => {
  const path = freshCopy();
  const packs = packsByAge(path);
  await weWriteBitmap(path, { stdinPacks: packs.slice(0, 4) });
  const blob = runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: "new" }).stdout.trim();
  const tree = runGit(git, ["mktree"], { cwd: path, input: `100644 blob ${blob}\tnew\n` }).stdout.trim();
  run(path, "update-ref", "refs/heads/main", run(path, "commit-tree", "-p", "main", "-m", "new", tree));
  run(path, "repack", "-dq");
  const { progress } = await weWriteBitmap(path, { incremental: true });
  const walked = progress.filter(({ title, finished }) => finished && title === "Finding commits for bitmaps");
  assert.ok(walked[0]!.done < 60, `${walked[0]!.done} commits were walked`);
});

test("an aborted write leaves what was there, and no temporary file", async () => {
  const path = freshCopy();
  await weWriteBitmap(path, { stdinPacks: packsByAge(path).slice(0, 2) });
  const before = midxFiles(path);
  const titles = ["Finding commits for bitmaps", "Building bitmaps", "Compressing bitmaps", "Writing bitmap"];
  for (const title of titles) {
    const repository = await openBare(path);
    const controller = new AbortController();
    repository.on("progress", (event) => {
      if (event.title === title) controller.abort();
    });
    const write = repository.writeMidx({ bitmap: true, signal: controller.signal });
    await assert.rejects(write, (error) => isGitmidxError(error, "aborted"), title);
    assert.deepEqual(midxFiles(path), before, title);
    await repository.close();
  }
});

test("a decay that is no whole number is what it says, not what is left of it without its fraction as in git", async () => {
  const path = freshCopy();
  const commits = run(path, "rev-list", "--all").split("\n");
  const lines = commits.map((commit, i) => `create refs/many/${i} ${commit}\n`);
  runGit(git, ["update-ref", "--stdin"], { cwd: path, input: lines.join("") });
  const sizes = async (decay: string) => {
    const copy = copyOf(path);
    const group = { pattern: "refs/many/", threshold: "now", stableThreshold: "never", maxMerges: "4", decay };
    const config = Object.fromEntries(
      Object.entries(group).map(([key, value]) => [`bitmapPseudoMerge.g.${key}`, value]),
    );
    await weWriteBitmap(copy, { config });
    const repository = await openBare(copy);
    const index = (await openBitmapIndex(repository.directories))!;
    const merges = index.layers[0]!.pseudoMerges();
    const counts = Array.from({ length: merges?.count ?? 0 }, (_, i) => merges!.members(i).count());
    index.close();
    await repository.close();
    return counts;
  };
  const [one, half, two] = [await sizes("1"), await sizes("1.5"), await sizes("2")];
  assert.ok(one[0]! < half[0]! && half[0]! < two[0]!, `${one} | ${half} | ${two}`);
});

test("a layer on one without an order of bits is refused in git's words, even where nothing is new", () => {
  const path = freshCopy();
  run(path, "multi-pack-index", "write", "--incremental");
  const theirs = assertAlike(path, ["--incremental", "--bitmap"]);
  assert.match(theirs.stderr, /^error: could not load reverse index for MIDX [0-9a-f]+$/m);
});

test("an empty path of a snapshot is none, and a variable that has no value is passed over", () => {
  assertAlike(freshCopy(), ["--bitmap", "--refs-snapshot="]);
  const path = freshCopy();
  const { stderr } = runGitmidx(["-c", "pack.preferBitmapTips", "write", "--bitmap"], { cwd: path });
  assert.match(stderr, /missing value for 'pack\.preferbitmaptips'/);
  assert.equal(
    [...midxFiles(path).keys()].some((name) => name.endsWith(".bitmap")),
    true,
  );
});
