import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../src/core/errors.js";
import { openRepository } from "../src/node.js";
import type { RepositoryBitmap } from "../src/repository-bitmaps.js";
import { BitmapHistory } from "./support/bitmap-history.js";
import { gitEnvironment, newestGit, runGit } from "./support/gits.js";
import { seededRandom } from "./support/random.js";
import { makeTempFolder } from "./support/temp.js";

const history = new BitmapHistory({ seed: 61 });
history.grow(18);
history.run(["repack", "-a", "-d", "-b", "-q"]);
history.grow(8);

/** Opens the repository and its bitmap for as long as `use` takes. */
async function withBitmap(use: (bitmap: RepositoryBitmap) => Promise<void>, path = history.path): Promise<void> {
  const repository = await openRepository({ cwd: path, env: gitEnvironment() });
  const bitmap = await repository.openBitmap();
  assert.ok(bitmap !== undefined);
  await use(bitmap);
  bitmap.close();
  await repository.close();
}

function idOf(revision: string): string {
  return history.run(["rev-parse", revision]);
}

/** What git's plain walk finds, sorted. */
function walked(...args: readonly string[]): readonly string[] {
  const lines = history.run(["rev-list", "--objects", "--no-object-names", ...args]).split("\n");
  return lines.filter((line) => line !== "").sort();
}

test("what is reached is what git finds by walking, for commits and tags, with others left out", async () => {
  const names = history.run(["for-each-ref", "--format=%(refname)"]).split("\n");
  const random = seededRandom(8);
  await withBitmap(async (bitmap) => {
    assert.equal(bitmap.kind, "pack");
    const pick = (most: number) => names.filter(() => random() % names.length < most);
    for (let i = 0; i < 12; i++) {
      const wanted = pick(2);
      const not = i % 3 === 0 ? [] : pick(1);
      const reached = await bitmap.reachable(wanted.map(idOf), { not: not.map(idOf) });
      const ids: string[] = [];
      const counts = { commit: 0, tree: 0, blob: 0, tag: 0 };
      for await (const { oid, type } of reached.list()) {
        ids.push(oid);
        counts[type]++;
      }
      const revisions = [...wanted, ...not.map((name) => `^${name}`)];
      // Nothing but what is not wanted is, to git, no walk at all.
      const expected = wanted.length === 0 ? [] : walked(...revisions);
      // A bitmap may know that more of what is not wanted has an object than a walk looks at.
      const inBoth = ids.sort().every((id) => expected.includes(id));
      assert.ok(inBoth && (not.length > 0 || ids.length === expected.length), revisions.join(" "));
      assert.equal(await reached.count(), ids.length);
      const { commits, trees, blobs, tags } = await reached.counts();
      assert.deepEqual({ commit: commits, tree: trees, blob: blobs, tag: tags }, counts);
      for (const id of ids.slice(0, 5)) assert.ok(await reached.has(id));
      for (const id of history.reached("--all").slice(0, 20)) assert.equal(await reached.has(id), ids.includes(id));
    }
  });
});

test("commits alone, filters and sizes are git's too", async () => {
  await withBitmap(async (bitmap) => {
    const tips = ["main", "side"];
    const commits = await bitmap.reachable(tips.map(idOf), { objects: false });
    assert.equal(await commits.count(), Number(history.run(["rev-list", "--count", ...tips])));
    assert.equal(await commits.has(idOf("main^{tree}")), false);
    const all = await bitmap.reachable(tips.map(idOf));
    const size = history.run(["rev-list", "--objects", "--disk-usage", "--use-bitmap-index", ...tips]);
    assert.equal(await all.diskUsage(), Number(size));
    for (const filter of ["blob:none", "tree:0", "blob:limit=20", "object:type=tree"]) {
      const filtered = await bitmap.reachable(tips.map(idOf), { filter });
      const ids: string[] = [];
      for await (const { oid } of filtered.list()) ids.push(oid);
      assert.deepEqual(ids.sort(), walked(`--filter=${filter}`, ...tips), filter);
    }
    const isUnsupported = (error: unknown) => isGitmidxError(error, "unsupported");
    await assert.rejects(bitmap.reachable([idOf("main")], { filter: "tree:2" }), isUnsupported);
    await assert.rejects(bitmap.reachable(["1".repeat(40)]), (error) => isGitmidxError(error, "missing-object"));
    await assert.rejects(bitmap.reachable(["xyz"]), (error) => isGitmidxError(error, "bad-object-id"));
  });
});

test("the commits with a bitmap are listed, of the pack, of the multi-pack-index, and for a borrower", async () => {
  const commits = history.run(["rev-list", "--all"]).split("\n").sort();
  const list = async (bitmap: RepositoryBitmap | undefined) => {
    const ids: string[] = [];
    for await (const id of bitmap!.commits()) ids.push(id);
    return ids.sort();
  };
  history.run(["multi-pack-index", "write", "--bitmap"]);
  await withBitmap(async (bitmap) => {
    assert.equal(bitmap.kind, "single");
    assert.equal(bitmap.commitCount, commits.length);
    assert.deepEqual(await list(bitmap), commits);
  }, history.borrower());
  const repository = await openRepository({ cwd: history.path, env: gitEnvironment() });
  const pack = await repository.openBitmap({
    pack: history.files(".bitmap").find((name) => name.startsWith("pack-"))!,
  });
  assert.equal(pack?.kind, "pack");
  assert.ok((await list(pack)).every((id) => commits.includes(id)));
  pack?.close();
  const isMissing = (error: unknown) => isGitmidxError(error, "missing-pack");
  await assert.rejects(repository.openBitmap({ pack: "pack-1" }), isMissing);
  const path = makeTempFolder("empty");
  runGit(newestGit(), ["init", "-q", "--bare", path]);
  const empty = await openRepository({ cwd: path, env: gitEnvironment() });
  assert.equal(await empty.openBitmap(), undefined);
  assert.equal(await empty.openBitmap({ midx: true }), undefined);
});
