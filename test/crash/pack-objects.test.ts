/** Packing in which a call fails, or that is aborted, leaves no pack and no temporary file. */

import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import type { ProgressEvent, TaskOptions } from "../../src/core/task.js";
import { Repository } from "../../src/repository.js";
import { discoverRepository } from "../../src/store/discover.js";
import { NodeFs } from "../../src/store/node-fs.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { makeHistory } from "../git/pack-twins.js";
import { FaultFs } from "../support/fault-fs.js";
import { gitEnvironment, newestGit, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();
const path = makeHistory(git, { commits: 12, files: 3 });
const temporary = () => readdirSync(join(path, "objects/pack")).filter((name) => name.startsWith("tmp_"));

async function pack(fs: PackFs, base: string, task: TaskOptions = {}): Promise<readonly string[]> {
  const location = await discoverRepository(fs, {
    process: { cwd: path, env: gitEnvironment(), euid: process.geteuid?.() },
  });
  const repository = await Repository.open({ fs, ...location });
  try {
    const select = { kind: "revisions", all: true } as const;
    const manner = { threads: 1, reuseDelta: false, ...task };
    return (await repository.packObjects({ select, output: { kind: "files", base }, ...manner })).packs;
  } finally {
    await repository.close();
  }
}

for (const error of ["io", "no-space"] as const) {
  test(`whichever call fails with ${error}, one error says so, and nothing is left`, async () => {
    const folder = makeTempFolder("packs");
    const counting = new FaultFs(new NodeFs(), { counts: "changes" });
    assert.equal((await pack(counting, join(folder, "p"))).length, 1);
    assert.ok(counting.count > 10);
    for (let call = 1; call <= counting.count; call++) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
      const fs = new FaultFs(new NodeFs(), { counts: "changes", failAt: call, error });
      const what = counting.log.find(({ number }) => number === call)!;
      const where = `call ${call}, ${what.name} ${what.path}`;
      const thrown = await pack(fs, join(folder, "p")).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const left = readdirSync(folder);
      if (thrown === undefined) continue;
      assert.ok(isGitmidxError(thrown, error), `${where}: ${thrown}`);
      assert.deepEqual(temporary(), [], where);
      // All is in place before the directory is synced: what fails then does not take it away.
      if (what.name === "syncDirectory" || what.path.endsWith(".idx")) assert.equal(left.length, 3, where);
      else assert.deepEqual(left, [], where);
    }
  });
}

test("an abort at any step leaves nothing", async () => {
  const folder = makeTempFolder("packs");
  const titles = ["Enumerating objects", "Counting objects", "Compressing objects", "Writing objects"];
  for (const title of titles) {
    const controller = new AbortController();
    const progress = (event: ProgressEvent) => {
      if (event.title === title) controller.abort();
    };
    await assert.rejects(
      pack(new NodeFs(), join(folder, "p"), { signal: controller.signal, progress }),
      (error: unknown) => isGitmidxError(error, "aborted"),
      title,
    );
    assert.deepEqual([readdirSync(folder), temporary()], [[], []], title);
  }
  runGit(git, ["fsck", "--full"], { cwd: path });
});
