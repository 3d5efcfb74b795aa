import assert from "node:assert/strict";
import { copyFileSync, cpSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha1 } from "../../../src/core/oid.js";
import type { BitmapIndex } from "../../../src/store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../../src/store/bitmaps/open-bitmap-index.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { gitAtLeast, runGit } from "../../support/gits.js";
import { makeTempFolder } from "../../support/temp.js";
import { couldNotTest } from "../../support/untested.js";

/** What is opened in some object directories, and what is told on the way. */
async function open(
  paths: readonly string[],
  options: { readonly useMidx?: boolean } = {},
): Promise<{ index: BitmapIndex | undefined; told: readonly string[] }> {
  const told: string[] = [];
  const directories = paths.map((path) => new ObjectDirectory(new NodeFs(), path, sha1));
  const index = await openBitmapIndex(directories, {
    ...options,
    warn: (text) => told.push(`warning: ${text}`),
    complain: (text) => told.push(`error: ${text}`),
  });
  index?.close();
  return { index, told };
}

/** Two packs that each have a bitmap, and a multi-pack-index that has one. */
const made = (() => {
  const history = new BitmapHistory({ seed: 77 });
  history.grow(12);
  history.run(["repack", "-a", "-d", "-b", "-q"]);
  const first = history.files(".bitmap")[0]!;
  const kept = makeTempFolder("first");
  for (const name of history.files("")) {
    if (name.startsWith(first.slice(0, -7))) copyFileSync(join(history.packDir, name), join(kept, name));
  }
  history.grow(5);
  history.run(["repack", "-a", "-d", "-b", "-q"]);
  const second = history.files(".bitmap")[0]!;
  cpSync(kept, history.packDir, { recursive: true });
  history.run(["multi-pack-index", "write", "--bitmap"]);
  return { history, packs: [first, second].map((name) => name.slice(0, -7)) };
})();

/** A copy of the repository that may be damaged. */
function copy(): { readonly path: string; readonly objects: string; file(name: string): string } {
  const path = join(makeTempFolder("copy"), "r.git");
  cpSync(made.history.path, path, { recursive: true, preserveTimestamps: true });
  return { path, objects: join(path, "objects"), file: (name) => join(path, "objects/pack", name) };
}

const midxBitmap = made.history.files(".bitmap").find((name) => name.startsWith("multi-pack-index"))!;

function nameOf(index: BitmapIndex | undefined): string | undefined {
  return index?.path.slice(index.path.lastIndexOf("/") + 1);
}

/** Where git has the bitmap from that it uses. */
function chosenByGit(path: string): string | undefined {
  const git = gitAtLeast(2, 55);
  if (git === undefined) return undefined;
  const { stderr } = runGit(git, ["rev-list", "--test-bitmap", "main"], { cwd: path });
  return /Located via (?:MIDX|pack) '([^']+)'/.exec(stderr)?.[1];
}

test("the bitmap of the multi-pack-index comes first, then that of the youngest pack", async () => {
  const { objects, file, path } = copy();
  assert.equal(nameOf((await open([objects])).index), midxBitmap);
  for (const [older, younger] of [made.packs, made.packs.toReversed()]) {
    for (const extension of ["pack", "idx"]) {
      utimesSync(file(`${older}.${extension}`), 1_500_000_000, 1_500_000_000);
      utimesSync(file(`${younger}.${extension}`), 1_600_000_000, 1_600_000_000);
    }
    const { index, told } = await open([objects], { useMidx: false });
    assert.deepEqual([nameOf(index), index?.kind, told], [`${younger}.bitmap`, "pack", []]);
    const git = gitAtLeast(2, 55);
    if (git === undefined) continue;
    // A commit that both packs have: the pack from which it was read last comes first in newer versions of git.
    const args = ["-c", "core.multiPackIndex=false", "rev-list", "--test-bitmap", "v0^{commit}"];
    assert.match(runGit(git, args, { cwd: path }).stderr, new RegExp(`Located via pack '${younger.slice(5)}'`));
  }
});

test("the multi-pack-index of an alternate comes before a pack of the repository's own", async () => {
  const lender = copy();
  const borrower = copy();
  rmSync(borrower.file(midxBitmap));
  writeFileSync(join(borrower.objects, "info/alternates"), `${lender.objects}\n`);
  const { index, told } = await open([borrower.objects, lender.objects]);
  assert.equal(index?.path, join(lender.objects, "pack", midxBitmap));
  assert.deepEqual(told, []);
  const chosen = chosenByGit(borrower.path);
  if (chosen !== undefined) assert.ok(midxBitmap.includes(chosen), `git uses ${chosen}`);
});

test("what cannot be used is told in git's words, and the next one is used", async () => {
  const changes: readonly (readonly [told: string, change: (bytes: Buffer) => Buffer])[] = [
    ["error: checksum doesn't match in MIDX and bitmap", (bytes) => bytes.fill(1, 20, 24)],
    ["error: corrupted bitmap index file (wrong header)", (bytes) => bytes.fill(1, 0, 2)],
    ["error: unsupported version '7' for bitmap index file", (bytes) => bytes.fill(7, 5, 6)],
    ["error: corrupted bitmap index (too small)", (bytes) => bytes.subarray(0, 40)],
    ["error: corrupted bitmap index file (too short to fit hash cache)", (bytes) => bytes.subarray(0, 400)],
  ];
  for (const [wanted, change] of changes) {
    const { objects, file } = copy();
    const bytes = change(readFileSync(file(midxBitmap)));
    rmSync(file(midxBitmap));
    writeFileSync(file(midxBitmap), bytes);
    const { index, told } = await open([objects]);
    assert.deepEqual(told, [wanted]);
    assert.equal(index?.kind, "pack");
  }
});

test("a pack's bitmap that is for another pack is not used, unlike in git", async () => {
  const { objects, file } = copy();
  const [first, second] = made.packs;
  rmSync(file(`${first}.bitmap`));
  copyFileSync(file(`${second}.bitmap`), file(`${first}.bitmap`));
  utimesSync(file(`${first}.pack`), 1_900_000_000, 1_900_000_000);
  const { index, told } = await open([objects], { useMidx: false });
  assert.deepEqual(told, ["error: checksum doesn't match in pack and bitmap"]);
  assert.equal(nameOf(index), `${second}.bitmap`);
});

test("without one of its packs, or without a reverse index, the multi-pack-index's bitmap is not used", async () => {
  const gone = copy();
  rmSync(gone.file(`${made.packs[0]}.pack`));
  assert.deepEqual((await open([gone.objects])).told, [`warning: could not open pack ${made.packs[0]}.idx`]);
  const blind = copy();
  const midx = readFileSync(blind.file("multi-pack-index"));
  midx.write("XXXX", midx.indexOf("RIDX"));
  rmSync(blind.file("multi-pack-index"));
  writeFileSync(blind.file("multi-pack-index"), midx);
  assert.deepEqual((await open([blind.objects])).told, [
    "warning: multi-pack bitmap is missing required reverse index",
  ]);
});

test("the order of bits is read from a .rev file where the multi-pack-index has none, as git 2.34 and 2.35 wrote it", async () => {
  const { objects, file, path } = copy();
  rmSync(file("multi-pack-index"));
  runGit(made.history.git, ["multi-pack-index", "write", "--bitmap"], {
    cwd: path,
    env: { GIT_TEST_MIDX_WRITE_REV: "1" },
  });
  const midx = readFileSync(file("multi-pack-index"));
  midx.write("XXXX", midx.indexOf("RIDX"));
  rmSync(file("multi-pack-index"));
  writeFileSync(file("multi-pack-index"), midx);
  const { index, told } = await open([objects]);
  assert.deepEqual([index?.kind, told], ["single", []]);
});

test("a chain in which a layer has no bitmap has none at all", async () => {
  const git = gitAtLeast(2, 50);
  if (git === undefined) return couldNotTest("bitmaps of chains with a layer without: needs git 2.50 or newer");
  const history = new BitmapHistory({ seed: 5, git });
  for (let layer = 0; layer < 3; layer++) {
    history.grow(6);
    history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
  }
  const objects = join(history.path, "objects");
  assert.equal((await open([objects])).index?.layers.length, 3);
  const chain = readFileSync(join(history.packDir, "multi-pack-index.d/multi-pack-index-chain"), "latin1");
  const [, middle, tip] = chain.split("\n");
  rmSync(join(history.packDir, `multi-pack-index.d/multi-pack-index-${middle}.bitmap`));
  assert.deepEqual(await open([objects]), { index: undefined, told: ["warning: could not open bitmap for base MIDX"] });
  rmSync(join(history.packDir, `multi-pack-index.d/multi-pack-index-${tip}.bitmap`));
  assert.deepEqual(await open([objects]), { index: undefined, told: [] });
});
