import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "./gits.js";
import type { SuiteResult } from "./suite.js";
import { makeTempFolder } from "./temp.js";

const suite = fileURLToPath(new URL("suite.js", import.meta.url));

/** Runs made-up test files, each given as its text, and returns what the runner wrote and printed. */
function runFiles(
  texts: readonly string[],
  conditions: readonly string[] = [],
): { result: SuiteResult; printed: string } {
  const folder = makeTempFolder("suite");
  const files = texts.map((text, i) => {
    const path = join(folder, `${i}.test.mjs`);
    writeFileSync(path, `import { describe, test } from "node:test";\n${text}`);
    return path;
  });
  const resultFile = join(folder, "result.json");
  const { stdout } = runProgram(process.execPath, [...conditions, suite, resultFile, ...files]);
  return { result: JSON.parse(readFileSync(resultFile, "utf8")), printed: stdout };
}

function failedNames({ failures }: SuiteResult): string[] {
  return failures.map((failure) => failure.replace(/^.*\/(\d)\.test\.mjs/, "$1"));
}

test("tests are counted, groups and parents of failed tests are not", () => {
  const { result, printed } = runFiles([
    'test("a", () => {});\ndescribe("g", () => { test("b", () => {}); });',
    'test("p", async (t) => { await t.test("c", () => { throw new Error("because"); }); await t.test("d", () => {}); });',
  ]);
  assert.equal(result.passed, 3);
  assert.deepEqual(failedNames(result), ["1: c"]);
  assert.match(printed, /because/);
});

test("a file that breaks off, ends itself or leaves a test hanging has failed, and what it printed is shown", () => {
  const { result, printed } = runFiles([
    'throw new Error("at load");',
    'console.log("last words");\nprocess.exit(3);',
    'test("e", () => new Promise(() => {}));',
  ]);
  assert.equal(result.passed, 0);
  assert.deepEqual(failedNames(result), ["0: the file as a whole", "1: the file as a whole", "2: e"]);
  assert.match(printed, /at load/);
  assert.match(printed, /last words/);
});

test("a skipped test and one left to do have failed, a file without a test is named", () => {
  const { result } = runFiles(['test("f", { skip: true }, () => {});\ntest("g", { todo: true }, () => {});', ""]);
  assert.deepEqual(failedNames(result), ["0: f", "0: g"]);
  assert.equal(result.empty.length, 1);
});

test("the environment is the one that the conditions ask for", () => {
  assert.equal(runFiles(['test("h", () => {});']).result.environment, "node");
  assert.equal(runFiles(['test("h", () => {});'], ["--conditions=portable"]).result.environment, "portable");
});
