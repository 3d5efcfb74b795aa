import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { type LockFile, type LockOptions, takeLock } from "../../src/store/lock.js";
import { inspectLock } from "../../src/store/lock-owner.js";
import type { MemoryFs } from "../../src/store/memory-fs.js";
import type { FileStat } from "../../src/store/pack-fs.js";
import { parseSharedRepository } from "../../src/store/permissions.js";
import { FaultFs } from "../support/fault-fs.js";
import { bytesOf, clock, contents, makeFs, makeStale, names, replace, stale } from "../support/locked-file.js";

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail("the lock is not refused"),
    (thrown: unknown) => thrown,
  );
  assert.ok(isGitmidxError(error, "locked"), String(error));
  assert.match(error.path ?? "", /\.lock$/);
  return error.message;
}

test("a lock keeps others out until it is committed, and then its contents are the file's", async () => {
  const fs = makeFs();
  const lock = await takeLock(fs, "/d/f");
  assert.deepEqual([lock.path, lock.lockPath, lock.file.path], ["/d/f", "/d/f.lock", "/d/f.lock"]);
  await assert.rejects(takeLock(fs, "/d/f"), { code: "locked", path: "/d/f.lock" });
  await lock.file.write(bytesOf("new"));
  assert.equal(await contents(fs), "old");
  await lock.commit({ sync: false });
  assert.equal(lock.held, false);
  assert.equal(await contents(fs), "new");
  assert.deepEqual(await names(fs), ["f"]);
  await lock.rollback();
  assert.equal(await contents(fs), "new", "a rollback after a commit does nothing");
  await assert.rejects(lock.commit({ sync: false }), /BUG: the lock \/d\/f\.lock is committed after it was released/);
});

test("a lock that is rolled back leaves the file alone", async () => {
  const fs = makeFs();
  const lock = await takeLock(fs, "/d/f", { pidFile: { pid: 12 } });
  await lock.file.write(bytesOf("new"));
  await lock.rollback();
  await lock.rollback();
  assert.equal(lock.held, false);
  assert.equal(await contents(fs), "old");
  assert.deepEqual(await names(fs), ["f"]);
  await replace(fs);
  assert.equal(await contents(fs), "new");
});

test("a commit with sync syncs the file before the rename and the directory after it; without, nothing is synced", async () => {
  const calls = async (sync: boolean) => {
    const fs = new FaultFs(makeFs(), { counts: "changes" });
    const lock = await takeLock(fs, "/d/f");
    await lock.commit({ sync });
    return fs.log.filter(({ name }) => name !== "lstat" && name !== "readlink").map(({ name, path }) => [name, path]);
  };
  const [create, removeLeftOver] = [
    ["create", "/d/f.lock"],
    ["unlink", "/d/f~pid.lock"],
  ];
  const [close, rename] = [
    ["close", "/d/f.lock"],
    ["rename", "/d/f.lock"],
  ];
  assert.deepEqual(await calls(false), [create, removeLeftOver, close, rename]);
  assert.deepEqual(await calls(true), [
    create,
    removeLeftOver,
    ["sync", "/d/f.lock"],
    close,
    rename,
    ["syncDirectory", "/d"],
  ]);
});

test("the lock has the mode asked for, less the umask and with the shared repository's bits", async () => {
  const fs = makeFs();
  fs.umask = 0o077;
  const modeWith = async (options: LockOptions) => {
    const lock = await takeLock(fs, "/d/f", options);
    const mode = (await fs.stat(lock.lockPath))?.mode;
    await lock.rollback();
    return mode;
  };
  assert.equal(await modeWith({}), 0o600);
  assert.equal(await modeWith({ mode: 0o444 }), 0o400);
  assert.equal(await modeWith({ shared: parseSharedRepository("group") }), 0o660);
  assert.equal(await modeWith({ shared: parseSharedRepository("all"), mode: 0o444 }), 0o444);
  assert.equal(await modeWith({ shared: parseSharedRepository("0640") }), 0o640);
});

test("the target of a symbolic link is locked and replaced, not the link, up to five links deep", async () => {
  const fs = makeFs();
  fs.symlink("../d/f", "/d/1");
  fs.symlink("/d/1", "/d/2");
  for (let i = 3; i <= 6; i++) fs.symlink(String(i - 1), `/d/${i}`);
  fs.symlink("nothing", "/d/dangling");
  const targetOf = async (path: string) => {
    const lock = await takeLock(fs, path);
    await lock.rollback();
    return lock.path;
  };
  assert.equal(await targetOf("/d/1"), "/d/../d/f");
  assert.equal(await targetOf("/d/5"), "/d/../d/f");
  assert.equal(await targetOf("/d/6"), "/d/1", "the sixth link is not followed");
  assert.equal(await targetOf("/d/dangling"), "/d/nothing");
  const lock = await takeLock(fs, "/d/2");
  await lock.file.write(bytesOf("new"));
  await lock.commit({ sync: true });
  assert.equal(await contents(fs, "/d/f"), "new");
  assert.equal(await fs.readlink("/d/1"), "../d/f");
});

test("a lock that cannot be created says so in git's words", async () => {
  const fs = makeFs();
  await assert.rejects(takeLock(fs, "/none/f"), {
    code: "not-found",
    path: "/none/f.lock",
    message: "Unable to create '/none/f.lock': No such file or directory",
  });
  await fs.chmod("/d", 0o555);
  await assert.rejects(takeLock(fs, "/d/f"), {
    code: "permission-denied",
    message: "Unable to create '/d/f.lock': Permission denied",
  });
});

test("whoever is refused learns the lock's age and its owner", async () => {
  const said = async (age: number, pidFile: string | undefined, isAlive?: (pid: number) => boolean) => {
    const fs = makeFs();
    fs.put("/d/f.lock", bytesOf("half"));
    fs.utimes("/d/f.lock", clock - age);
    if (pidFile !== undefined) fs.put("/d/f~pid.lock", bytesOf(pidFile));
    const lines = (await messageOf(takeLock(fs, "/d/f", { isAlive, now: () => clock }))).split("\n");
    assert.deepEqual(lines.slice(0, 2), ["Unable to create '/d/f.lock': File exists.", ""]);
    assert.equal(lines.length, 4);
    return lines.slice(2);
  };
  const unknown = "Another git process seems to be running in this repository, or the lock file may be stale";
  assert.deepEqual(await said(0, undefined), [
    unknown,
    "The lock was last written 0 seconds ago; its owner is not recorded.",
  ]);
  assert.deepEqual(await said(119, "pid 12\n", () => true), [
    "Lock may be held by process 12; if no git process is running, the lock file may be stale (PIDs can be reused)",
    "The lock was last written 1 minute ago; its owner, process 12, is running on this host.",
  ]);
  assert.deepEqual(await said(7200, "pid 12", () => false), [
    "Lock was held by process 12, which is no longer running; the lock file appears to be stale",
    "The lock was last written 2 hours ago; its owner, process 12, is not running on this host.",
  ]);
  assert.deepEqual(await said(86_400, "pid 12\n"), [
    unknown,
    "The lock was last written 1 day ago; its owner is process 12.",
  ]);
  assert.deepEqual(await said(-5, undefined), [
    unknown,
    "The lock was last written 0 seconds ago; its owner is not recorded.",
  ]);
  for (const broken of [
    "",
    "12\n",
    "pid\n",
    "pid 0\n",
    "pid -3\n",
    "pid 1x\n",
    "pid 99999999999\n",
    `pid ${"1".repeat(99)}`,
  ]) {
    assert.deepEqual(
      await said(1, broken, () => false),
      [
        unknown,
        "The lock was last written 1 second ago; its owner is not known: malformed lock pid file '/d/f~pid.lock'.",
      ],
      broken,
    );
  }
});

test("the holder is recorded where that is asked for, in place of a name that a killed process left", async () => {
  const fs = makeFs();
  fs.put("/d/f~pid.lock", bytesOf("pid 11\n"));
  const lock = await takeLock(fs, "/d/f", { pidFile: { pid: 12 } });
  assert.equal(await contents(fs, "/d/f~pid.lock"), "pid 12\n");
  await lock.commit({ sync: false });
  assert.deepEqual(await names(fs), ["f"]);
  fs.put("/d/f~pid.lock", bytesOf("pid 11\n"));
  const unnamed = await takeLock(fs, "/d/f");
  assert.deepEqual(await names(fs), ["f", "f.lock"], "a dead process's name must not stand beside a live lock");
  await unnamed.rollback();
});

test("a lock whose owner is recorded and dead is taken over if that is asked for", async () => {
  for (const content of ["", "half"]) {
    const fs = await makeStale(content);
    await assert.rejects(takeLock(fs, "/d/f", { ...stale, breakStale: false }), { code: "locked" });
    const lock = await takeLock(fs, "/d/f", stale);
    assert.equal(lock.file.path, "/d/f.lock");
    assert.deepEqual(await names(fs), ["f", "f.lock", "f~pid.lock"]);
    assert.equal(await contents(fs, "/d/f~pid.lock"), "pid 12\n");
    assert.equal(await contents(fs, "/d/f.lock"), "", "nothing of the dead process's contents is kept");
    await lock.file.write(bytesOf("new"));
    await lock.commit({ sync: true });
    assert.equal(await contents(fs), "new");
    assert.deepEqual(await names(fs), ["f"]);
  }
});

test("who takes a lock over without giving its own name leaves no name beside it", async () => {
  const fs = await makeStale();
  const lock = await takeLock(fs, "/d/f", { ...stale, pidFile: undefined });
  assert.deepEqual(await names(fs), ["f", "f.lock"]);
  await lock.rollback();
  assert.deepEqual(await names(fs), ["f"]);
});

test("a lock is not broken unless its owner is known to be dead", async () => {
  const refusal = async (fs: MemoryFs, options: LockOptions) => {
    const before = await names(fs);
    const message = await messageOf(takeLock(fs, "/d/f", { ...stale, ...options }));
    assert.deepEqual(await names(fs), before);
    return message.split("\n").at(-1);
  };
  const notRecorded = "The lock is not broken: its owner is not recorded.";
  const withoutPid = makeFs();
  withoutPid.put("/d/f.lock", bytesOf(""));
  assert.equal(await refusal(withoutPid, { isAlive: () => false }), notRecorded);
  withoutPid.put("/d/f~pid.lock", bytesOf("pid none\n"));
  assert.equal(await refusal(withoutPid, { isAlive: () => false }), notRecorded);
  assert.equal(
    await refusal(await makeStale(), { isAlive: () => true }),
    "The lock is not broken: its owner, process 11, is running.",
  );
  assert.equal(
    await refusal(await makeStale(), { isAlive: undefined }),
    "The lock is not broken: whether its owner, process 11, is running cannot be told here.",
  );
});

test("a pid file older than the empty lock beside it is an earlier holder's, and no reason to break the lock", async () => {
  const fs = makeFs();
  fs.put("/d/f~pid.lock", bytesOf("pid 11\n"));
  fs.utimes("/d/f~pid.lock", clock - 1);
  fs.put("/d/f.lock", bytesOf(""));
  const lines = (await messageOf(takeLock(fs, "/d/f", { ...stale, now: () => clock }))).split("\n");
  assert.deepEqual(lines.slice(-2), [
    "The lock was last written 0 seconds ago; its owner is not recorded: '/d/f~pid.lock' is older than the lock.",
    "The lock is not broken: its owner is not recorded.",
  ]);
});

test("an owner that finishes while it is looked at is not taken for one that died, though the next lock has its inode", async () => {
  for (const inodeIsReused of [false, true]) {
    const fs = makeFs();
    const first = await takeLock(fs, "/d/f", { pidFile: { pid: 11 } });
    let second: LockFile | undefined;
    class SlowFs extends FaultFs {
      override async readFile(path: string): Promise<Uint8Array> {
        const bytes = await super.readFile(path);
        if (second !== undefined) return bytes;
        // Process 11 finishes, another takes the lock, and only then is 11 looked for.
        await first.rollback();
        second = await takeLock(fs, "/d/f");
        return bytes;
      }

      override async lstat(path: string): Promise<FileStat | undefined> {
        const stat = await super.lstat(path);
        return stat === undefined || !inodeIsReused ? stat : { ...stat, identity: "the same" };
      }
    }
    let asked = false;
    const isAlive = (pid: number) => {
      asked = true;
      return pid !== 11;
    };
    const state = await inspectLock(new SlowFs(fs), "/d/f", isAlive);
    assert.ok(asked);
    assert.equal(state?.pid, undefined);
    assert.equal(state?.alive, undefined);
    assert.equal(second?.held, true);
    await second?.commit({ sync: false });
  }
});

test("a breaker that was killed stops the next one with the way out", async () => {
  const fs = await makeStale();
  fs.put("/d/f~break.lock", bytesOf(""));
  const lines = (await messageOf(takeLock(fs, "/d/f", stale))).split("\n");
  assert.equal(lines[0], "Unable to create '/d/f~break.lock': File exists.");
  assert.equal(
    lines.at(-1),
    "The lock '/d/f.lock' is being broken by another process; if none is, remove '/d/f~break.lock'.",
  );
  await fs.unlink("/d/f~break.lock");
  await replace(fs, stale);
  assert.deepEqual(await names(fs), ["f"]);
});

test("a lock that was taken away is neither committed nor removed from under its new holder", async () => {
  const fs = makeFs();
  const lock = await takeLock(fs, "/d/f", { pidFile: { pid: 12 } });
  await fs.unlink("/d/f.lock");
  const other = await takeLock(fs, "/d/f", { pidFile: { pid: 13 } });
  await other.file.write(bytesOf("half of the oth"));
  await assert.rejects(lock.commit({ sync: true }), {
    code: "vanished",
    path: "/d/f.lock",
    message: "'/d/f.lock' was removed or replaced while it was held; '/d/f' is left as it was",
  });
  assert.equal(lock.held, false);
  assert.equal(await contents(fs), "old");
  await other.file.write(bytesOf("er"));
  await other.commit({ sync: true });
  assert.equal(await contents(fs), "half of the other");
});
