/** The bitmap of a pack: the one that `git repack -b` writes, for the same commits. */

import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { BitmapHistory } from "../support/bitmap-history.js";
import { forEachGit, runGit } from "../support/gits.js";
import { assertBitmapsPass, copyOf, openBare, packsByAge } from "./bitmap-twins.js";

/** Paths of the only pack's files with a bitmap that git has written. */
function repacked(history: BitmapHistory, git: BitmapHistory["git"], config: readonly string[]) {
  const path = copyOf(history.path);
  const options = config.flatMap((variable) => ["-c", variable]);
  runGit(git, [...options, "repack", "-adbq"], { cwd: path });
  const packs = packsByAge(path);
  assert.equal(packs.length, 1);
  return { path, name: packs[0]!, bitmap: join(path, "objects/pack", packs[0]!.replace(/idx$/, "bitmap")) };
}

forEachGit(2, 55, "bitmaps of packs byte for byte", (git) => {
  for (const format of ["sha1", "sha256"] as const) {
    test(`of a ${format} pack the bitmap is that of ${git.label}`, async () => {
      const history = new BitmapHistory({ format });
      history.grow(140);
      for (const table of ["true", "false"]) {
        const config = { "pack.writeBitmapHashCache": "false", "pack.writeBitmapLookupTable": table };
        const variables = Object.entries(config).map(([key, value]) => `${key}=${value}`);
        const { path, name, bitmap } = repacked(history, git, variables);
        const expected = readFileSync(bitmap);
        rmSync(bitmap);
        const repository = await openBare(path, config);
        const { byteLength, commits } = await repository.writePackBitmap(name);
        await repository.close();
        assert.ok(readFileSync(bitmap).equals(expected));
        assert.equal(byteLength, expected.length);
        assert.ok(commits > 100);
        assert.equal(statSync(bitmap).mode & 0o777, 0o444);
      }
    });
  }

  test(`hashes that git's bitmap has stay as ${git.label} wrote them`, async () => {
    const history = new BitmapHistory();
    history.grow(40);
    const { path, name, bitmap } = repacked(history, git, []);
    const before = readFileSync(bitmap);
    for (const nameHash of ["copy", "compute"] as const) {
      const repository = await openBare(path);
      await repository.writePackBitmap(name.replace(/idx$/, "pack"), { nameHash });
      await repository.close();
      const after = readFileSync(bitmap);
      assert.equal(after.length, before.length);
      if (nameHash === "copy") assert.ok(after.equals(before));
      assertBitmapsPass(git, path, [history.run(["rev-parse", "main"])]);
    }
  });

  test("a pack that is not closed gets no bitmap, and keeps the one that it has", async () => {
    const history = new BitmapHistory();
    history.grow(20);
    history.grow(20);
    const repository = await openBare(history.path);
    const warnings: string[] = [];
    repository.on("warning", (text) => void warnings.push(text));
    const open = packsByAge(history.path).at(-2)!;
    await assert.rejects(
      repository.writePackBitmap(open),
      (error) => isGitmidxError(error, "not-closed") && error.message === "failed to write bitmap index",
    );
    assert.match(
      warnings[0]!,
      /^Failed to write bitmap index\. Packfile doesn't have full closure \(object [0-9a-f]{40}/,
    );
    assert.deepEqual(history.files("bitmap"), []);
    await assert.rejects(repository.writePackBitmap("pack-1"), (error) => isGitmidxError(error, "missing-pack"));
    await assert.rejects(repository.writePackBitmap("../x"), (error) => isGitmidxError(error, "missing-pack"));
    await repository.close();
  });
});
