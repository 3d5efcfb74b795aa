/**
 * A write that dies at any of its file-system calls leaves the old state or the new to every reader, and the next write finishes the work
 * and leaves nothing behind.
 */

import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { sha1 } from "../../src/core/oid.js";
import { openMidxStack } from "../../src/store/midx-stack.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { FaultFs, Killed } from "../support/fault-fs.js";
import type { MadeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import {
  act,
  begin,
  discard,
  effectiveState,
  midxFiles,
  objectsSeenByGit,
  type Scenario,
  scenarios,
} from "./scenarios.js";

/** What a scenario leads from and to when nothing goes wrong, and in how many calls. */
async function undisturbed(scenario: Scenario) {
  const repository = begin(scenario);
  const before = effectiveState(midxFiles(repository));
  const fs = new FaultFs(new NodeFs(), { counts: "changes" });
  await act(scenario, repository, fs);
  const files = midxFiles(repository);
  const objects = objectsSeenByGit(repository);
  discard(repository);
  return { before, after: effectiveState(files), files, objects, calls: fs.count };
}

async function checkReaders(
  repository: MadeRepository,
  expected: Awaited<ReturnType<typeof undisturbed>>,
  call: number,
) {
  const state = effectiveState(midxFiles(repository));
  assert.ok(
    [expected.before, expected.after].includes(state),
    `call ${call}: neither the old state nor the new: ${state}`,
  );
  assert.equal(objectsSeenByGit(repository), expected.objects, `call ${call}: git sees other objects`);
  const stack = await openMidxStack(new ObjectDirectory(new NodeFs(), repository.objectDir, sha1));
  assert.deepEqual(stack?.problems ?? [], [], `call ${call}: the chain is incomplete`);
  assert.equal(stack === undefined, state === "none");
  stack?.close();
}

const own = { pidFile: { pid: process.pid }, isAlive: (pid: number) => pid === process.pid };

/**
 * The next write: refused while a lock is there, and taken over if the lock's owner is recorded. A lock without a record, and one that a
 * write with nothing to do did not meet, is removed by hand, as git's message says; the write after that cleans up.
 */
async function writeAgain(scenario: Scenario, repository: MadeRepository): Promise<void> {
  const refused = await isRefused(act(scenario, repository, new NodeFs(), own));
  if (refused) await isRefused(act(scenario, repository, new NodeFs(), { ...own, breakStale: true }));
  const locks = [...midxFiles(repository).keys()].filter((name) => name.endsWith(".lock"));
  if (locks.length === 0) return;
  for (const name of locks) unlinkSync(join(repository.packDir, name));
  await act(scenario, repository, new NodeFs(), own);
}

async function isRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (isGitmidxError(error, "locked")) return true;
    throw error;
  }
}

for (const scenario of scenarios) {
  test(`${scenario.name}: killed at any call, readers see the old state or the new, and the next write leaves the new one alone`, async () => {
    const expected = await undisturbed(scenario);
    assert.ok(expected.calls >= 8, `only ${expected.calls} calls`);
    for (const stoppedWrite of scale(["half"] as const, ["none", "half", "all"] as const)) {
      for (let call = 1; call <= expected.calls; call++) {
        const repository = begin(scenario);
        const fs = new FaultFs(new NodeFs(), { counts: "changes", stopAt: call, stoppedWrite });
        await assert.rejects(act(scenario, repository, fs), Killed);
        await checkReaders(repository, expected, call);
        await writeAgain(scenario, repository);
        const files = midxFiles(repository);
        const diedWhere = `killed at call ${call} (${fs.log.at(-1)!.name} ${fs.log.at(-1)!.path})`;
        assert.deepEqual([...files.keys()], [...expected.files.keys()], `${diedWhere}: other files`);
        assert.deepEqual(files, expected.files, `${diedWhere}: other bytes`);
        assert.equal(objectsSeenByGit(repository), expected.objects);
        discard(repository);
      }
    }
  });
}
