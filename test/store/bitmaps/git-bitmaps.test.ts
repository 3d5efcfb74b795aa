import assert from "node:assert/strict";
import { test } from "node:test";
import { withRanges } from "../../../src/bytes/source.js";
import { objectTypeName } from "../../../src/core/object-type.js";
import { oidFromHex, sha1, sha256, toHex } from "../../../src/core/oid.js";
import type { BitmapIndex } from "../../../src/store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../../src/store/bitmaps/open-bitmap-index.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { forEachGit, type GitBinary, isAtLeast, runGit } from "../../support/gits.js";

async function openBitmaps(history: BitmapHistory, directories = [`${history.path}/objects`]): Promise<BitmapIndex> {
  const format = history.format === "sha1" ? sha1 : sha256;
  const told: string[] = [];
  const objectDirectories = directories.map((path) => new ObjectDirectory(new NodeFs(), path, format));
  const index = await openBitmapIndex(objectDirectories, { warn: (message) => told.push(message) });
  assert.deepEqual(told, []);
  assert.ok(index !== undefined);
  return index;
}

/** Compares every bitmap, and every object's type, with what git finds by walking and reading. */
function compareAll(index: BitmapIndex, history: BitmapHistory): void {
  const { order } = index;
  const idOf = new Map<number, string>();
  for (let bit = 0; bit < order.bitCount; bit++) idOf.set(bit, toHex(order.oidAt(bit)));
  const commits = new Set<string>();
  for (const view of index.layers) {
    for (const entry of view.entries()) {
      const commit = idOf.get(order.bitAt(entry.position))!;
      commits.add(commit);
      const ids: string[] = [];
      index.bitsOf(oidFromHex(commit, index.format))!.forEach((bit) => void ids.push(idOf.get(bit)!));
      assert.deepEqual(ids.sort(), history.reached(commit), commit);
    }
  }
  assert.equal(commits.size, index.entryCount);
  for (const merge of index.pseudoMerges()) {
    const wanted = new Set<string>();
    merge.members().forEach((bit) => {
      for (const id of history.reached(idOf.get(bit)!)) wanted.add(id);
    });
    const ids: string[] = [];
    merge.objects().forEach((bit) => void ids.push(idOf.get(bit)!));
    assert.deepEqual(ids.sort(), [...wanted].sort());
  }
  const input = [...idOf.values()].join("\n");
  const types = runGit(history.git, ["cat-file", "--batch-check=%(objecttype)"], { cwd: history.path, input });
  for (const [bit, type] of types.stdout.trimEnd().split("\n").entries()) {
    const code = index.typeOf(bit);
    // The objects that no bitmapped commit reaches have their types too.
    assert.equal(code === 0 ? "none" : objectTypeName(code), type, idOf.get(bit)!);
  }
}

/** Sets up what git is to write with its bitmaps. */
function configure(history: BitmapHistory, git: GitBinary, seed: number): void {
  history.run(["config", "pack.writeBitmapLookupTable", String(seed % 2 === 1)]);
  history.run(["config", "pack.writeBitmapHashCache", String(seed % 3 !== 0)]);
  if (!isAtLeast(git, 2, 46)) return;
  history.run(["config", "bitmapPseudoMerge.all.pattern", "refs/(heads|tags)/"]);
  history.run(["config", "bitmapPseudoMerge.all.stableThreshold", "now"]);
  history.run(["config", "bitmapPseudoMerge.all.threshold", "now"]);
  history.run(["config", "bitmapPseudoMerge.all.stableSize", "2"]);
}

let seed = 0;
for (const format of ["sha1", "sha256"] as const) {
  const histories = new Map<string, BitmapHistory>();
  const historyOf = (git: GitBinary) => {
    const known = histories.get(git.label);
    if (known !== undefined) return known;
    const history = new BitmapHistory({ format, git, seed: ++seed });
    history.grow(22);
    history.grow(14);
    configure(history, git, seed);
    histories.set(git.label, history);
    return history;
  };

  forEachGit(2, 34, `bitmaps of multi-pack-indexes, ${format}`, (git) => {
    test(`each bitmap of a multi-pack-index has what git finds by walking: ${format}, ${git.label}`, async () => {
      const history = historyOf(git);
      history.run(["multi-pack-index", "write", "--bitmap"]);
      const index = await openBitmaps(history);
      assert.equal(index.kind, "single");
      await withRanges(() => compareAll(index, history));
      index.close();
      const borrowing = `${history.borrower()}/objects`;
      const borrowed = await openBitmaps(history, [borrowing, `${history.path}/objects`]);
      assert.equal(borrowed.path, index.path);
      borrowed.close();
    });
  });

  forEachGit(2, 39, `bitmaps of packs, ${format}`, (git) => {
    test(`each bitmap of a pack has what git finds by walking: ${format}, ${git.label}`, async () => {
      const history = historyOf(git);
      history.run(["repack", "-a", "-d", "-b", "-q"]);
      const index = await openBitmaps(history);
      assert.equal(index.kind, "pack");
      await withRanges(() => compareAll(index, history));
      index.close();
    });
  });

  forEachGit(2, 50, `bitmaps of chains, ${format}`, (git) => {
    test(`each bitmap of a chain's layers has what git finds by walking: ${format}, ${git.label}`, async () => {
      const history = historyOf(git);
      for (let layer = 0; layer < 4; layer++) {
        if (layer > 0) history.grow(9);
        history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
      }
      const index = await openBitmaps(history);
      assert.equal(index.kind, "chain");
      assert.equal(index.layers.length, 4);
      assert.ok(index.pseudoMerges().some(({ layer }) => layer === 3));
      await withRanges(() => compareAll(index, history));
      index.close();
    });
  });
}
