/** `gitmidx compat` where something is wrong: it is found, and where it is. */

import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { manyPacks, runCompat, told, writeMidx } from "../../support/compat-run.js";
import { forEachGit, newestGit, runGit } from "../../support/gits.js";
import { gitThatFilters, gitThatFlips, scriptedGit } from "../../support/lying-git.js";
import { runGitmidx } from "../../support/program.js";
import { makeRepository } from "../../support/repository-maker.js";

/** Changes one byte of a file. */
function flipByte(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset]! ^= 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

/** Offset of a chunk of a multi-pack-index. */
function chunkOffset(path: string, name: string): number {
  const bytes = readFileSync(path);
  for (let at = 12; ; at += 12) {
    assert.notEqual(bytes.readUInt32BE(at), 0, `${path} has no chunk ${name}`);
    if (bytes.toString("latin1", at, at + 4) === name) return Number(bytes.readBigUInt64BE(at + 4));
  }
}

forEachGit(2, 31, "reverse index files in compat", (git) => {
  test(`a reverse index file that ${git.label} wrote agrees, and one byte less does not`, () => {
    const repository = makeRepository({ packs: 2, objects: 40 });
    const [pack] = repository.packs;
    runGit(git, ["index-pack", "--rev-index", pack!.pack], { cwd: repository.path });
    assert.match(told(runCompat(repository.path, git, "--only=packs"), "packs").summary, /, 1 reverse index file$/);
    const rev = pack!.pack.replace(/pack$/, "rev");
    flipByte(rev, 12 + 4 * 5 + 3);
    const { status, checks } = runCompat(repository.path, git, "--only=packs");
    assert.equal(status, 1);
    const [difference] = checks[0]!.differences;
    assert.deepEqual([difference?.path, difference?.offset, checks[0]!.differenceCount], [rev, 32, 1]);
    assert.equal(Number(difference?.ours) ^ 1, Number(difference?.git));
  });
});

forEachGit(2, 30, "damage in compat", (git) => {
  test(`a wrong offset in a multi-pack-index is placed: chunk, byte, object and both values, with ${git.label}`, () => {
    const repository = makeRepository(manyPacks);
    writeMidx(repository, git);
    const midx = join(repository.packDir, "multi-pack-index");
    const row = 17;
    const offset = chunkOffset(midx, "OOFF") + 8 * row;
    const right = readFileSync(midx).readUInt32BE(offset + 4);
    flipByte(midx, offset + 7);
    const report = runCompat(repository.path, git);
    assert.equal(report.status, 1);
    const ids = chunkOffset(midx, "OIDL");
    const object = readFileSync(midx).toString("hex", ids + 20 * row, ids + 20 * row + 20);
    const found = told(report, "objects").differences.find((difference) => difference.chunk === "OOFF");
    assert.deepEqual([found?.path, found?.offset, found?.object], [midx, offset, object]);
    assert.match(found?.ours ?? "", new RegExp(`^offset ${right ^ 1} of pack-`));
    assert.match(found?.git ?? "", new RegExp(`^offset ${right} of pack-`));
    assert.match(told(report, "verify").differences[0]?.what ?? "", /damaged/);
    // What is written anew has nothing of the damage.
    assert.equal(told(report, "write").outcome, "same");
  });

  test(`a multi-pack-index that cannot be read is a difference and no crash, with ${git.label}`, () => {
    const repository = makeRepository(manyPacks);
    writeMidx(repository, git);
    const midx = join(repository.packDir, "multi-pack-index");
    chmodSync(midx, 0o644);
    writeFileSync(midx, readFileSync(midx).subarray(0, 1500));
    const report = runCompat(repository.path, git);
    assert.equal(report.status, 1);
    assert.equal(told(report, "verify").outcome, "different");
    assert.equal(told(report, "write").outcome, "same");
  });
});

const git = newestGit();

test("one byte that git writes otherwise is found where it is, in every chunk", () => {
  const repository = makeRepository({ ...manyPacks, packs: 3 });
  const sample = makeRepository({ ...manyPacks, packs: 3 });
  writeMidx(sample, git);
  const midx = join(sample.packDir, "multi-pack-index");
  const size = readFileSync(midx).length;
  const places: readonly (readonly [string, number])[] = [
    ["header", 11],
    ["chunk table", 12 + 5],
    ["PNAM", chunkOffset(midx, "PNAM") + 9],
    ["OIDF", chunkOffset(midx, "OIDF") + 803],
    ["OIDL", chunkOffset(midx, "OIDL") + 20 * 11 + 19],
    ["OOFF", chunkOffset(midx, "OOFF") + 8 * 11 + 7],
    ["trailer", size - 3],
  ];
  for (const [chunk, offset] of places) {
    const report = runCompat(repository.path, { path: gitThatFlips(git, offset) }, "--only=write");
    const [difference] = told(report, "write").differences;
    const { path } = difference!;
    assert.deepEqual(
      { path, chunk: difference?.chunk, offset: difference?.offset, status: report.status },
      {
        path: "multi-pack-index",
        chunk,
        offset,
        status: 1,
      },
    );
    assert.equal(difference?.what, "write: 1 byte differs");
    assert.notEqual(difference?.ours, difference?.git);
    if (chunk === "OOFF") assert.match(`${difference?.ours} ${difference?.git}`, /(offset \d+ of pack \d.*){2}/);
  }
});

const lies: readonly (readonly [check: string, word: string, filter: string, what: RegExp])[] = [
  ["packs", "show-index", "sed '5s/^[0-9]*/7/'", /^row 4 of the index differs$/],
  ["packs", "show-index", "sed '5s/)$/0)/;5s/(./(/'", /^row 4 of the index differs$/],
  ["packs", "show-index", "sed 5d", /^row 4 of the index differs$/],
  ["packs", "show-index", "sed '$d'", /^the numbers of objects differ$/],
  ["objects", "cat-file", "sed 5d", /^git does not list the object$/],
  ["objects", "cat-file", "sed '5s/$/0/'", /^git finds another copy of the object, or reads it elsewhere$/],
  ["objects", "cat-file", "sed '$d'", /^git does not list the object$/],
  ["objects", "cat-file", "{ echo 0000000000000000000000000000000000000000 1; cat; }", /^only git has the object$/],
  ["objects", "cat-file", "{ cat; echo ffffffffffffffffffffffffffffffffffffffff 1; }", /^only git has the object$/],
  ["repository", "rev-parse", "sed s/sha1/sha256/", /^the hash functions differ$/],
  ["repository", "rev-parse", "sed s/objects/refs/", /^the object directories differ$/],
  ["repository", "count-objects", "sed 's/^packs: 6/packs: 5/'", /^the numbers of packs differ$/],
];
test("what a git tells wrongly of what it reads is noticed", () => {
  const repository = makeRepository(manyPacks);
  writeMidx(repository, git);
  for (const [check, word, filter, what] of lies) {
    const report = runCompat(repository.path, { path: gitThatFilters(git, word, filter) }, `--only=${check}`);
    assert.equal(report.status, 1, filter);
    assert.match(told(report, check).differences[0]!.what, what, filter);
  }
});

test("an object that git reads from another pack is noticed", () => {
  const repository = makeRepository({ ...manyPacks, duplicates: 1 });
  writeMidx(repository, git);
  // It reads by a multi-pack-index which prefers another pack: the same objects elsewhere.
  const preferring = ["multi-pack-index", "write", `--preferred-pack=${repository.packs[3]!.name}.pack`];
  const other = makeRepository({ ...manyPacks, duplicates: 1 });
  runGit(newestGit(), preferring, { cwd: other.path });
  const liar = scriptedGit(git, `case " $* " in *" cat-file "*) cd '${other.path}';; esac`);
  const report = runCompat(repository.path, { path: liar }, "--only=lookups");
  assert.equal(report.status, 1);
  const { differences, differenceCount } = told(report, "lookups");
  assert.ok(differenceCount > 10, `${differenceCount}`);
  assert.match(differences[0]!.ours ?? "", /^offset \d+ of pack-[0-9a-f]+\.idx$/);
  assert.match(differences[0]!.git ?? "", /^offset \d+ of pack-[0-9a-f]+\.idx$/);
  assert.notEqual(differences[0]!.ours, differences[0]!.git);
});

test("a bitmap that says something else than git's walk finds is noticed, with the object", () => {
  const history = new BitmapHistory({ seed: 9 });
  history.grow(9);
  history.run(["repack", "-a", "-d", "-b", "-q"]);
  const path = join(history.packDir, history.files(".bitmap")[0]!);
  const { commits } = JSON.parse(runGitmidx(["bitmap", "show", "--json"], { cwd: history.path }).stdout);
  // The lowest bit of the last word of an entry's bitmap: one object.
  flipByte(path, commits[0].offset + commits[0].byteLength - 5);
  const report = runCompat(history.path, git, "--only=bitmaps");
  assert.equal(report.status, 1);
  const { differences } = told(report, "bitmaps");
  assert.deepEqual([differences[0]!.path, differences[0]!.offset], [path, commits[0].offset]);
  assert.match(differences[0]!.object ?? "", /^[0-9a-f]{40}$/);
  assert.notEqual(differences[0]!.ours, differences[0]!.git);
});

test("a failure of git is a difference in its own words", () => {
  const repository = makeRepository({ packs: 2 });
  const failing = scriptedGit(git, `case " $* " in *" cat-file "*) echo "fatal: no luck" >&2; exit 128;; esac`);
  const report = runCompat(repository.path, { path: failing }, "--only=objects");
  assert.equal(report.status, 1);
  assert.match(told(report, "objects").differences[0]?.git ?? "", /ended with status 128: fatal: no luck$/);
  const refusing = scriptedGit(
    git,
    `case " $* " in *" multi-pack-index write"*) echo "error: not today" >&2; exit 1;; esac`,
  );
  const [refusal] = told(runCompat(repository.path, { path: refusing }, "--only=write"), "write").differences;
  assert.deepEqual(refusal, {
    what: "write: only one of them writes",
    ours: "written",
    git: "refused: status 1, error: not today",
  });
});

forEachGit(2, 47, "a byte of a layer in compat", (git) => {
  test(`one byte that ${git.label} writes otherwise in a layer is found in that layer`, () => {
    const repository = makeRepository(manyPacks);
    const run = runCompat(repository.path, { path: gitThatFlips(git, 11) }, "--only=write-chain");
    const [difference] = told(run, "write-chain").differences;
    assert.match(difference?.path ?? "", /^multi-pack-index\.d\/multi-pack-index-[0-9a-f]{40}\.midx$/);
    assert.equal(difference?.what, "write --incremental --stdin-packs, layer 1 of 4: 1 byte differs");
    assert.deepEqual([difference?.chunk, difference?.offset, run.status], ["header", 11, 1]);
  });
});
