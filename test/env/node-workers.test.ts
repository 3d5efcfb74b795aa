import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isGitmidxError } from "../../src/core/errors.js";
import type { WorkerThread } from "../../src/env/contract.js";
import { env } from "../../src/env/node.js";
import { threadsEnded } from "../../src/env/node-workers.js";
import { env as portableEnv } from "../../src/env/portable.js";
import type { ServedJob } from "../support/served-jobs.js";

const jobsUrl = new URL("../support/served-jobs.js", import.meta.url).href;

function start(url = jobsUrl): WorkerThread {
  const worker = env.startWorker(url);
  assert.ok(worker !== undefined);
  return worker;
}

function ask(worker: WorkerThread, job: ServedJob): Promise<unknown> {
  return worker.call(job);
}

test("a thread answers each message with what its handler returns, one after the other", async () => {
  const worker = start();
  const values = [1, "two", new Uint8Array([3]), { four: [4n, null] }, undefined];
  const answers = await Promise.all(values.map((value, i) => ask(worker, { what: i % 2 ? "wait" : "echo", value })));
  assert.deepEqual(answers, values);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  const back = await ask(worker, { what: "echo", value: shared });
  assert.ok(back instanceof Uint8Array);
  back[0] = 9;
  assert.equal(shared[0], 9, "shared memory stays shared");
  await worker.stop();
});

test("what a handler throws is thrown by the call, a GitmidxError with all that it says, and the thread goes on", async () => {
  const worker = start();
  const error = await ask(worker, { what: "throw-ours" }).catch((thrown: unknown) => thrown);
  assert.ok(isGitmidxError(error, "bad-offset"));
  const { message, path, offset, chunk, cause } = error;
  assert.deepEqual([message, path, offset, chunk], ["an offset is 7", "a/b", 7, "OIDF"]);
  assert.ok(cause instanceof RangeError && cause.message === "deeper");
  assert.match(error.stack ?? "", /served-jobs/);
  await assert.rejects(ask(worker, { what: "throw-type" }), TypeError);
  await assert.rejects(ask(worker, { what: "throw-text" }), { name: "Error", message: "just text" });
  await assert.rejects(ask(worker, { what: "function" }), { name: "DataCloneError" });
  await assert.rejects(
    worker.call(() => 1),
    { name: "DataCloneError" },
  );
  assert.equal(await ask(worker, { what: "echo", value: "still here" }), "still here");
  await worker.stop();
});

test("a thread that dies fails the calls that wait for it and all later ones", async () => {
  for (const [what, message] of [
    ["exit", /ended with status 3/],
    ["crash", /the thread broke down/],
  ] as const) {
    const worker = start();
    const calls = [ask(worker, { what }), ask(worker, { what: "echo" })];
    for (const call of calls) await assert.rejects(call, { message });
    await assert.rejects(ask(worker, { what: "echo" }), { message });
    await worker.stop();
  }
});

test("a module that is not there fails the calls", async () => {
  const worker = start(new URL("no-such-module.js", jobsUrl).href);
  await assert.rejects(ask(worker, { what: "echo" }), /Cannot find module/);
});

test("a thread is stopped whatever it does, and its calls are aborted", async () => {
  const worker = start();
  assert.equal(await ask(worker, { what: "echo", value: 1 }), 1);
  const call = ask(worker, { what: "spin" });
  const rejected = assert.rejects(call, { code: "aborted" });
  await worker.stop();
  await rejected;
  await assert.rejects(ask(worker, { what: "echo" }), { code: "aborted" });
});

test("an idle thread does not keep the process from ending, a busy one does", () => {
  const nodeEnv = new URL("../../src/env/node.js", import.meta.url).href;
  const script = `
    const { env } = await import(${JSON.stringify(nodeEnv)});
    const worker = env.startWorker(${JSON.stringify(jobsUrl)});
    env.startWorker(${JSON.stringify(jobsUrl)});
    worker.call({ what: "wait", value: "waited" }).then((value) => process.stdout.write(value));`;
  const args = ["--input-type=module", "--eval", script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { timeout: 30_000 });
  assert.deepEqual([status, stdout.toString(), stderr.toString()], [0, "waited", ""]);
});

test("the worker of the program refuses a job that there is not", async () => {
  const worker = start(new URL("../../src/node-worker.js", import.meta.url).href);
  await assert.rejects(worker.call({ job: "no-such-job" }), {
    name: "TypeError",
    message: "there is no job 'no-such-job'",
  });
  await worker.stop();
});

test("outside of a worker nothing is served, and the portable environment starts no threads", () => {
  const script = `
    const { env } = await import(${JSON.stringify(new URL("../../src/env/node.js", import.meta.url).href)});
    env.serve(() => 1);`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { timeout: 30_000 });
  assert.equal(status, 0);
  portableEnv.serve(() => 1);
  assert.equal(portableEnv.startWorker(jobsUrl), undefined);
  assert.ok(fileURLToPath(jobsUrl).endsWith("served-jobs.js"));
});

test("a thread that has nothing to do ends by itself when it is stopped, and can be waited for", async () => {
  await threadsEnded();
  const worker = start();
  assert.equal(await ask(worker, { what: "echo", value: 1 }), 1);
  await worker.stop();
  await assert.rejects(ask(worker, { what: "echo" }), { code: "aborted" });
  const threads = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  assert.equal(threads(), 1);
  await threadsEnded();
  assert.equal(threads(), 0);
});
