import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { errnoName } from "../../src/store/system-error.js";
import { FaultFs, type FaultPlan, Killed } from "./fault-fs.js";

const bytes = Uint8Array.from([1, 2, 3, 4, 5]);

function makeFaulty(plan?: FaultPlan): { memory: MemoryFs; fs: FaultFs } {
  const memory = new MemoryFs();
  memory.makeDirectories("/d");
  return { memory, fs: new FaultFs(memory, plan) };
}

async function work(fs: FaultFs): Promise<void> {
  const file = await fs.create("/d/tmp", 0o666);
  try {
    await file.write(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.stat("/d/tmp");
  await fs.rename("/d/tmp", "/d/f");
}

test("without a plan every call goes through and is in the log", async () => {
  const { memory, fs } = makeFaulty();
  await work(fs);
  assert.deepEqual(
    fs.log.map(({ number, name, path, target }) => [number, name, path, target]),
    [
      [1, "create", "/d/tmp", undefined],
      [2, "write", "/d/tmp", undefined],
      [3, "sync", "/d/tmp", undefined],
      [4, "close", "/d/tmp", undefined],
      [5, "stat", "/d/tmp", undefined],
      [6, "rename", "/d/tmp", "/d/f"],
    ],
  );
  assert.equal(fs.count, 6);
  assert.deepEqual(await memory.readFile("/d/f"), bytes);
  const changes = makeFaulty({ counts: "changes" }).fs;
  await work(changes);
  assert.equal(changes.count, 5);
  assert.equal(changes.log.length, 6);
});

test("a planned failure comes once, as the file system would tell of it, and half of a write is there", async () => {
  const { memory, fs } = makeFaulty({ failAt: 2, error: "no-space" });
  const error = await work(fs).catch((thrown: unknown) => thrown);
  assert.equal(errnoName(error), "ENOSPC");
  assert.equal((error as Error).message, "unable to write '/d/tmp': No space left on device");
  assert.equal((await memory.stat("/d/tmp"))?.size, 2);
  await fs.unlink("/d/tmp");
  await work(fs);
  assert.deepEqual(await memory.readFile("/d/f"), bytes);
});

test("a full disk stays full but lets names be removed", async () => {
  const { fs } = makeFaulty({ failFrom: 2, error: "no-space" });
  await assert.rejects(work(fs), { code: "no-space" });
  await fs.unlink("/d/tmp");
  await assert.rejects(fs.create("/d/x", 0o666), { code: "no-space" });
  const readOnly = makeFaulty({ failFrom: 5, error: "read-only" }).fs;
  await assert.rejects(work(readOnly), {
    code: "read-only",
    message: "unable to rename '/d/tmp' to '/d/f': Read-only file system",
  });
  await assert.rejects(readOnly.unlink("/d/tmp"), { code: "read-only" });
});

test("a killed process makes no call any more, and leaves as much of a write as planned", async () => {
  for (const [stoppedWrite, size] of [
    ["none", 0],
    ["half", 2],
    ["all", 5],
  ] as const) {
    const { memory, fs } = makeFaulty({ stopAt: 2, stoppedWrite });
    await assert.rejects(work(fs), Killed);
    assert.ok(fs.killed);
    assert.equal(fs.files.size, 0);
    assert.equal((await memory.stat("/d/tmp"))?.size, size);
    await assert.rejects(fs.unlink("/d/tmp"), Killed);
    await assert.rejects(fs.list("/d"), Killed);
    assert.equal(fs.log.length, 2);
  }
});

test("killed at any call, the process is dead from then on and the last call has not happened", async () => {
  for (let stopAt = 1; stopAt <= 6; stopAt++) {
    const { memory, fs } = makeFaulty({ stopAt });
    await assert.rejects(work(fs), Killed);
    assert.equal(fs.log.length, stopAt);
    assert.equal((await memory.stat("/d/f")) === undefined, true);
    assert.equal((await memory.stat("/d/tmp")) === undefined, stopAt === 1);
  }
});
