import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../../src/core/errors.js";
import { sha1 } from "../../../src/core/oid.js";
import { bitmapCommits, bitmapFiles, bitmapPseudoMerges } from "../../../src/ops/bitmap-show/show-bitmap.js";
import { shownIndex } from "../../../src/ops/bitmap-show/shown-bitmap.js";
import type { BitmapIndex } from "../../../src/store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../../src/store/bitmaps/open-bitmap-index.js";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { gitAtLeast, newestGit } from "../../support/gits.js";
import { memoryDirectory } from "../../support/midx-fixtures.js";
import { readFiles } from "../../support/repository-maker.js";
import { scale } from "../../support/scale.js";

/** The files of a small repository with a bitmap of each part there can be. */
function smallFiles(kind: "pack" | "midx" | "chain"): ReadonlyMap<string, Uint8Array> {
  const history = new BitmapHistory({ seed: 3, git: newestGit() });
  history.run(["config", "pack.writeBitmapLookupTable", "true"]);
  history.run(["config", "bitmapPseudoMerge.all.pattern", "refs/"]);
  history.run(["config", "bitmapPseudoMerge.all.stableThreshold", "now"]);
  history.run(["config", "bitmapPseudoMerge.all.threshold", "now"]);
  for (let layer = 0; layer < (kind === "chain" ? 2 : 1); layer++) {
    history.grow(4);
    if (kind === "pack") history.run(["repack", "-a", "-d", "-b", "-q"]);
    else history.run(["multi-pack-index", "write", "--bitmap", ...(kind === "chain" ? ["--incremental"] : [])]);
  }
  return readFiles(history.packDir);
}

/** Asks for everything there is. */
async function useAll(index: BitmapIndex): Promise<void> {
  const shown = await shownIndex(index, {});
  await bitmapFiles(shown);
  for await (const _ of bitmapCommits(shown)) void _;
  for await (const _ of bitmapPseudoMerges(shown)) void _;
  const { order } = index;
  for (let bit = 0; bit < order.bitCount; bit++) {
    assert.ok(index.nameHashOf(bit) >= 0);
    assert.ok(index.typeOf(bit) <= 4);
    assert.ok(order.offsetAt(bit) >= 0 && order.packAt(bit) >= 0);
    assert.ok(order.bitOf(order.oidAt(bit)) < order.bitCount);
  }
}

const kinds = ["pack", "midx", ...(gitAtLeast(2, 50) === undefined ? [] : (["chain"] as const))] as const;

for (const kind of kinds) {
  test(`whatever byte of the bitmap of a ${kind} is another, it is told or typed, and never a crash`, async () => {
    const files = smallFiles(kind);
    const sound = await openBitmapIndex([memoryDirectory(files, sha1).directory]);
    assert.equal(sound?.kind, { pack: "pack", midx: "single", chain: "chain" }[kind]);
    await useAll(sound!);
    const damaged = [...files].filter(([path]) => /\.bitmap$|multi-pack-index$|\.midx$|\.rev$/.test(path));
    let told = 0;
    let thrown = 0;
    for (const [path, bytes] of damaged) {
      // Indexes have a thousand bytes of fanout, which are damaged elsewhere.
      const step = scale(path.endsWith(".bitmap") ? 3 : 17, 1);
      for (let at = 0; at < bytes.length; at += step) {
        for (const change of scale([0xff], [0xff, 1, 0x80])) {
          const copy = Uint8Array.from(bytes);
          copy[at]! ^= change;
          const { directory } = memoryDirectory([...files, [path, copy]], sha1);
          try {
            const index = await openBitmapIndex([directory], { warn: () => told++ });
            if (index !== undefined) await useAll(index);
            index?.close();
          } catch (error) {
            assert.ok(isGitmidxError(error), `byte ${at} of ${path}: ${error instanceof Error ? error.stack : error}`);
            thrown++;
          }
        }
      }
    }
    assert.ok(told > 0 && thrown > 0, `${told} told, ${thrown} thrown`);
  });
}
