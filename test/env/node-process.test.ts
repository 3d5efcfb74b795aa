import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startProcess } from "../../src/env/node-process.js";
import type { ProcessRequest } from "../../src/env/process.js";
import { makeTempFolder } from "../support/temp.js";

function request(script: string, more: Partial<ProcessRequest> = {}): ProcessRequest {
  return {
    command: process.execPath,
    args: ["-e", script],
    cwd: makeTempFolder("cwd"),
    env: {},
    output: "read",
    ...more,
  };
}

async function textOf(output: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of output) parts.push(part);
  return Buffer.concat(parts).toString();
}

test("a process has the environment, the folder and the input that it was given, and nothing else", async () => {
  const script =
    "console.log(JSON.stringify([process.env.A, process.env.HOME, process.cwd()])); process.stdin.pipe(process.stdout)";
  const input = [Buffer.from("one "), Buffer.from("two")];
  const asked = request(script, { env: { A: "1", B: undefined }, input });
  const { output, end } = startProcess(asked);
  assert.equal(await textOf(output), `${JSON.stringify(["1", null, asked.cwd])}\none two`);
  assert.deepEqual(await end, { status: 0, endedBy: undefined, errorText: "" });
});

test("a file as input is read from its path", async () => {
  const path = join(makeTempFolder("input"), "file");
  writeFileSync(path, "x".repeat(300_000));
  const { output, end } = startProcess(request("process.stdin.pipe(process.stdout)", { input: path }));
  assert.equal((await textOf(output)).length, 300_000);
  assert.equal((await end).status, 0);
});

test("the status, the signal and the first 64 KiB of what it complains of are told", async () => {
  const failing = startProcess(
    request("process.stderr.write('e'.repeat(100_000)); process.exitCode = 3", { output: "discard" }),
  );
  const { status, errorText } = await failing.end;
  assert.deepEqual([status, errorText], [3, "e".repeat(65_536)]);
  const killed = startProcess(request("process.kill(process.pid, 'SIGKILL')", { output: "discard" }));
  assert.deepEqual(await killed.end, { status: undefined, endedBy: "SIGKILL", errorText: "" });
});

test("a process that does not read its input ends as it likes", async () => {
  const input = (async function* () {
    for (let i = 0; i < 100; i++) yield new Uint8Array(65_536);
  })();
  const { output, end } = startProcess(request("process.exit(4)", { input }));
  await textOf(output);
  assert.equal((await end).status, 4);
});

test("what cannot be started is told by its end, with a code", async () => {
  const folder = makeTempFolder("programs");
  writeFileSync(join(folder, "plain"), "");
  const failures: readonly (readonly [Partial<ProcessRequest>, string, RegExp])[] = [
    [{ command: "/nonexistent" }, "not-found", /^cannot run '\/nonexistent': No such file or directory$/],
    [{ command: join(folder, "plain") }, "permission-denied", /: Permission denied$/],
    [{ input: "/nonexistent" }, "not-found", /^unable to open '\/nonexistent': No such file or directory$/],
  ];
  for (const [more, code, message] of failures) {
    const { output, end } = startProcess(request("", more));
    assert.equal(await textOf(output), "");
    await assert.rejects(end, { name: "GitmidxError", code, message });
  }
});

test("a signal ends the process, before it has begun too", async () => {
  for (const when of ["before", "after"]) {
    const controller = new AbortController();
    if (when === "before") controller.abort();
    const asked = request("console.log('up'); setTimeout(() => {}, 60_000)", { signal: controller.signal });
    const { output, end } = startProcess(asked);
    for await (const _ of output) controller.abort();
    assert.equal((await end).endedBy, "SIGTERM", when);
  }
});

test("a process that is stopped while it prints ends", async () => {
  const running = startProcess(request("setInterval(() => console.log('x'), 1)"));
  for await (const _ of running.output) break;
  running.stop();
  assert.equal((await running.end).endedBy, "SIGTERM");
});
