/** Locks of processes that are killed, and of file systems that fail, at any call. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import type { LockOptions } from "../../src/store/lock.js";
import type { MemoryFs } from "../../src/store/memory-fs.js";
import { parseSharedRepository } from "../../src/store/permissions.js";
import { FaultFs, Killed } from "../support/fault-fs.js";
import { contents, makeFs, makeStale, names, replace, stale } from "../support/locked-file.js";

/** Counts the calls of `work` when nothing goes wrong. */
async function countCalls(make: () => Promise<MemoryFs>, options: LockOptions): Promise<number> {
  const fs = new FaultFs(await make());
  await replace(fs, options);
  return fs.count;
}

const scenarios: readonly (readonly [string, () => Promise<MemoryFs>, LockOptions])[] = [
  ["a free lock", async () => makeFs(), {}],
  [
    "a free lock in a shared repository",
    async () => makeFs(),
    { pidFile: { pid: 12 }, shared: parseSharedRepository("all") },
  ],
  ["a stale lock", () => makeStale(), stale],
];

for (const [what, make, options] of scenarios) {
  test(`killed at any call of replacing a file under ${what}, the file is the old or the new one and the lock can be had again`, async () => {
    const calls = await countCalls(make, options);
    assert.ok(calls > 6);
    for (let stopAt = 1; stopAt <= calls; stopAt++) {
      for (const stoppedWrite of ["none", "half", "all"] as const) {
        const fs = await make();
        const dying = new FaultFs(fs, { stopAt, stoppedWrite });
        await assert.rejects(replace(dying, options), Killed);
        assert.ok(["old", "new"].includes(await contents(fs)), `killed at ${stopAt}`);
        const nobodyLives: LockOptions = { breakStale: true, isAlive: () => false };
        try {
          await replace(fs, nobodyLives);
        } catch (error) {
          // Between a lock and its owner's name, and inside the breaking of a lock, there is nobody to ask about.
          assert.ok(isGitmidxError(error, "locked"), `killed at ${stopAt}: ${error}`);
          assert.match(error.message, /its owner is not recorded|malformed lock pid file|if none is, remove/);
          for (const name of await names(fs)) if (name.endsWith(".lock")) await fs.unlink(`/d/${name}`);
          await replace(fs, nobodyLives);
        }
        assert.equal(await contents(fs), "new");
        assert.deepEqual(await names(fs), ["f"]);
      }
    }
  });

  test(`a call that fails while a file is replaced under ${what} leaves the old file or the new one and no lock`, async () => {
    const calls = await countCalls(make, options);
    for (let failAt = 1; failAt <= calls; failAt++) {
      const fs = await make();
      const before = await names(fs);
      const failing = new FaultFs(fs, { failAt, error: "no-space" });
      const error = await replace(failing, options).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const call = failing.log[failAt - 1];
      const at = `call ${failAt}, ${call?.name} ${call?.path}`;
      if (error !== undefined) assert.ok(isGitmidxError(error, "no-space", "locked"), `${at}: ${error}`);
      // What was there before it began, a stale lock say, may be there still; nothing may have come to it.
      // A name whose removal is the call that fails stays, of course.
      const kept = call?.name === "unlink" ? [...before, call.path.slice("/d/".length)] : before;
      const added = (await names(fs)).filter((name) => !kept.includes(name));
      assert.deepEqual(added, [], at);
      assert.ok(["old", "new"].includes(await contents(fs)), at);
      if (error === undefined) assert.equal(await contents(fs), "new", at);
    }
  });
}
