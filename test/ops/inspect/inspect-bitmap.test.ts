import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FileReport } from "../../../src/ops/inspect/file-report.js";
import { inspectDirectory } from "../../../src/ops/inspect/inspect-directory.js";
import { inspectFile } from "../../../src/ops/inspect/inspect-file.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { forEachGit, isAtLeast } from "../../support/gits.js";
import { makeTempFolder } from "../../support/temp.js";

/** Checks that the parts are the whole file, one behind the other. */
function checkParts({ parts, byteLength }: FileReport): void {
  let end = 0;
  for (const part of parts) {
    assert.equal(part.offset, end);
    end += part.byteLength;
  }
  assert.equal(end, byteLength);
}

forEachGit(2, 39, "bitmap files shown", (git) => {
  test(`show knows the parts of git's bitmaps of packs, multi-pack-indexes and layers: ${git.label}`, async () => {
    const fs = new NodeFs();
    for (const format of ["sha1", "sha256"] as const) {
      const history = new BitmapHistory({ seed: 12, git, format });
      history.run(["config", "pack.writeBitmapLookupTable", "true"]);
      history.grow(6);
      history.run(["repack", "-a", "-d", "-b", "-q"]);
      history.run(["multi-pack-index", "write", "--bitmap"]);
      const check = async () => {
        const found: FileReport[] = [];
        for await (const report of inspectDirectory(fs, history.packDir)) {
          assert.deepEqual(report.problems, []);
          if (report.kind === "bitmap") found.push(report);
        }
        for (const report of found) {
          checkParts(report);
          const bytes = readFileSync(report.path);
          const length = format === "sha1" ? 20 : 32;
          assert.equal(report.hash, format);
          assert.equal(report.checksum, bytes.subarray(-length).toString("hex"));
          assert.equal(report.packChecksum, bytes.subarray(12, 12 + length).toString("hex"));
          assert.ok(report.commits! > 0);
          const names = report.parts.map(({ name }) => name);
          assert.deepEqual(names.slice(0, 6), ["header", "commits", "trees", "blobs", "tags", "entries"]);
          assert.deepEqual(names.slice(6), ["lookup table", "name hashes", "trailer"]);
        }
        return found;
      };
      assert.equal((await check()).length, 2);
      if (!isAtLeast(git, 2, 50)) continue;
      for (let layer = 0; layer < 2; layer++) {
        history.grow(4);
        history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
      }
      assert.ok((await check()).length >= 3);
    }
  });

  test(`a bitmap without its index is shown as far as it goes, one of another pack as that: ${git.label}`, async () => {
    const fs = new NodeFs();
    const history = new BitmapHistory({ seed: 13, git });
    history.grow(6);
    history.run(["repack", "-a", "-d", "-b", "-q"]);
    const name = history.files(".bitmap")[0]!;
    const alone = join(makeTempFolder("alone"), name);
    copyFileSync(join(history.packDir, name), alone);
    const report = await inspectFile(fs, alone);
    checkParts(report);
    assert.deepEqual(report.problems, []);
    assert.deepEqual(
      report.parts.map(({ name: part }) => part),
      ["header", "bitmaps", "trailer"],
    );
    assert.equal(report.objects, undefined);
    history.grow(3);
    history.run(["repack", "-a", "-d", "-b", "-q"]);
    const younger = history.files(".idx")[0]!;
    copyFileSync(join(history.packDir, younger), alone.replace(/bitmap$/, "idx"));
    const strange = await inspectFile(fs, alone);
    assert.ok(strange.problems.some(({ code }) => code === "wrong-bitmap"));
  });
});
