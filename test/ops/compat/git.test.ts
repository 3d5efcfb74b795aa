// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { GitmidxError } from "../../../src/core/errors.js";
import type { ProcessEnd, ProcessRequest, StartProcess } from "../../../src/env/process.js";
import { Git, GitFailed } from "../../../src/ops/compat/git.js";

const place = { cwd: "/", env: { A: "1" }, args: ["--git-dir=x"] };

/** Processes that print and end as told, without there being any. */
function acted(output: string, end: Partial<ProcessEnd> = {}): { start: StartProcess; requests: ProcessRequest[] } {
  const requests: ProcessRequest[] = [];
  const start: StartProcess = (request) => {
    requests.push(request);
    async function* bytes() {
      yield new TextEncoder().encode(output);
    }
    const ended = { status: 0, endedBy: undefined, errorText: "", ...end };
    return { output: bytes(), end: Promise.resolve(ended), stop: () => undefined };
  };
  return { start, requests };
}

test("versions are told apart as numbers, whoever built the git", async () => {
  const versions: readonly (readonly [string, string, boolean, boolean])[] = [
    ["git version 2.9.1\n", "2.9.1", false, false],
    ["git version 2.47.0\n", "2.47.0", true, false],
    ["git version 2.39.5 (Apple Git-154)\n", "2.39.5", false, false],
    ["git version 2.55.0.windows.1\n", "2.55.0.windows.1", true, true],
    ["git version 2.56.0.rc1-12-gabcdef\n", "2.56.0.rc1-12-gabcdef", true, true],
    ["git version 3.0.0\n", "3.0.0", true, true],
  ];
  for (const [output, text, chains, version2] of versions) {
    const git = await Git.open("git", place, acted(output).start, {});
    assert.equal(git.versionText, text);
    assert.deepEqual([git.isAtLeast([2, 47]), git.isAtLeast([2, 54])], [chains, version2], text);
  }
});

test("what does not answer like git is refused with what it said", async () => {
  await assert.rejects(Git.open("x", place, acted("hello\nthere\n").start, {}), (error: unknown) => {
    assert.ok(error instanceof GitFailed);
    assert.equal(error.message, "'x version' does not answer like git: status 0, hello");
    return true;
  });
});

test("the place's arguments and environment come with each request", async () => {
  const { start, requests } = acted("git version 2.50.0\n");
  const git = await Git.open("git", place, start, {});
  await git.run(place, { args: ["fsck"], env: { B: "2" } }, {});
  assert.deepEqual(requests[1]!.args, ["--git-dir=x", "fsck"]);
  assert.deepEqual(requests[1]!.env, { A: "1", B: "2" });
});

test("lines of a git that fails end with its status and its words, or the signal that ended it", async () => {
  const ends: readonly (readonly [Partial<ProcessEnd>, string])[] = [
    [{ status: 128, errorText: "fatal: no\n" }, "git show-index ended with status 128: fatal: no"],
    [{ status: undefined, endedBy: "SIGSEGV" }, "git show-index was ended by SIGSEGV"],
  ];
  for (const [end, message] of ends) {
    const version = acted("git version 2.50.0\n");
    const failing = acted("12 ab\n", end);
    const start: StartProcess = (request) => (request.args.includes("version") ? version : failing).start(request);
    const git = await Git.open("git", place, start, {});
    const lines = git.lines(place, { args: ["show-index"] }, {});
    assert.equal(new TextDecoder().decode(await lines.next()), "12 ab");
    await assert.rejects(lines.next(), { name: "GitFailed", message });
  }
});

test("an aborted task is reported as such, not as a failure of git", async () => {
  const controller = new AbortController();
  const git = await Git.open("git", place, acted("git version 2.50.0\n").start, {});
  controller.abort();
  const aborted = (error: unknown) => error instanceof GitmidxError && error.code === "aborted";
  await assert.rejects(git.run(place, { args: ["fsck"] }, { signal: controller.signal }), aborted);
});
