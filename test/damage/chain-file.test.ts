/** Chain files that are not what git writes: bounded work for readers, and nothing that a new layer is put on. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha1 } from "../../src/core/oid.js";
import { verifyMidx } from "../../src/ops/verify-midx/verify-midx.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { openMidxStack } from "../../src/store/midx-stack.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { gitAtLeast, runGit } from "../support/gits.js";
import { makeRepository, readFiles } from "../support/repository-maker.js";
import { couldNotTest } from "../support/untested.js";

const git = gitAtLeast(2, 50);

/** A repository with a chain of three layers that have reverse indexes, and a pack that is in none of them. */
function chained() {
  const repository = makeRepository({ packs: 4, objects: 12, seed: 5, ...(git === undefined ? {} : { git }) });
  for (let packs = 1; packs <= 3; packs++) {
    const input = repository.packs.slice(0, packs).map(({ name }) => `${name}.idx\n`);
    const args = ["multi-pack-index", "write", "--incremental", "--bitmap", "--stdin-packs"];
    runGit(git!, args, { cwd: repository.path, input: input.join("") });
  }
  const chain = join(repository.packDir, "multi-pack-index.d", "multi-pack-index-chain");
  chmodSync(chain, 0o644);
  const lines = readFileSync(chain, "utf8").trimEnd().split("\n");
  return { repository, chain, lines, directory: new ObjectDirectory(new NodeFs(), repository.objectDir, sha1) };
}

if (git === undefined) couldNotTest("chain files of layers with bitmaps: they need git 2.50 or newer");
else {
  test("a chain file with an endless line is read as far as it makes sense, by every reader", async () => {
    const { chain, lines, directory } = chained();
    writeFileSync(chain, Buffer.concat([readFileSync(chain), Buffer.alloc(30_000_000)]));
    const report = await verifyMidx(directory);
    const finding = report.findings.find(({ code }) => code === "bad-chain");
    assert.ok(finding !== undefined && finding.message.length < 1000, finding?.message.slice(0, 200));
    assert.equal(finding.offset, 41 * lines.length);
    const stack = await openMidxStack(directory);
    assert.equal(stack?.layers.length, lines.length);
    stack.close();
  });

  test("a layer that stands in the chain file a thousand times is tested once", async () => {
    const { chain, lines, directory } = chained();
    writeFileSync(chain, `${lines[0]}\n`.repeat(1000));
    const report = await verifyMidx(directory);
    assert.equal(report.layers.length, 1);
    assert.equal(report.errors, 999, "each repetition, and nothing else");
  });

  test("a chain file of more lines than a chain can have layers is refused at the line that is too much", async () => {
    const { chain, lines, directory } = chained();
    writeFileSync(chain, `${lines[0]}\n`.repeat(100_000));
    const report = await verifyMidx(directory, { keepFindings: 10_000 });
    assert.ok(report.findings.some(({ message }) => message === "line 4097: a chain has at most 4096 layers"));
  });

  const broken: Readonly<Record<string, (lines: readonly string[]) => string>> = {
    "without the last line feed": (lines) => lines.join("\n"),
    "with a layer twice": ([first, second]) => `${first}\n${first}\n${second}\n`,
    "with a layer left out": ([first, , third]) => `${first}\n${third}\n`,
    "with two layers exchanged": ([first, second, third]) => `${second}\n${first}\n${third}\n`,
    "with Windows line ends": (lines) => `${lines.join("\r\n")}\r\n`,
  };
  for (const [how, content] of Object.entries(broken)) {
    test(`write --split refuses to build on a chain file ${how}, and changes nothing`, async () => {
      const { repository, chain, lines, directory } = chained();
      writeFileSync(chain, content(lines));
      const before = readFiles(repository.packDir);
      const settings = { shared: privatePermissions, sync: false, lock: {} };
      await assert.rejects(writeMidx(directory, { settings, incremental: true }), { code: "bad-chain" });
      assert.deepEqual(readFiles(repository.packDir), before);
      assert.ok((await verifyMidx(directory)).errors > 0, "verify calls it broken too");
    });
  }

  test("a directory in place of the multi-pack-index is a finding, and nothing can be read", async () => {
    const { repository, directory } = chained();
    rmSync(join(repository.packDir, "multi-pack-index.d"), { recursive: true });
    mkdirSync(join(repository.packDir, "multi-pack-index"));
    const report = await verifyMidx(directory);
    assert.equal(report.readable, false);
    assert.equal(report.errors, 1);
  });
}
