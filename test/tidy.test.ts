import assert from "node:assert/strict";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runGit, systemGit } from "./support/gits.js";
import {
  cycleFaults,
  layerFaults,
  lockFaults,
  nameFaults,
  parseSources,
  placeFaults,
  type SourceText,
  sizeFaults,
  skippedTestFaults,
  textFaults,
  topFaults,
  undocumentedExports,
} from "./support/house-rules.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const paths = listFiles();
const files: readonly SourceText[] = paths.map((path) => ({ path, text: readFileSync(join(top, path), "utf8") }));
const code = files.filter(({ path }) => /^(src|test|bench|bin)\/.*\.(ts|js)$/.test(path));
const sources = parseSources(code);

/** The files that are or would be committed and are there, relative to the top. */
function listFiles(): string[] {
  const list = (...options: string[]) =>
    runGit(systemGit(), ["ls-files", "-z", "--exclude-standard", ...options], { cwd: top })
      .stdout.split("\0")
      .filter((path) => path !== "");
  const listed = [...new Set(list("--cached", "--others"))];
  return listed.filter((path) => lstatSync(join(top, path), { throwIfNoEntry: false })?.isFile() ?? false);
}

function sample(path: string, text: string): ReturnType<typeof parseSources> {
  return parseSources([{ path, text }]);
}

test("imports point down the layers", () => {
  const climbs = sample("src/bytes/a.ts", 'import type { X } from "../store/x.js";\nexport * from "#env";\n');
  assert.deepEqual(layerFaults(climbs), [
    "src/bytes/a.ts (bytes) imports src/store/x.ts (store): that climbs",
    "src/bytes/a.ts (bytes) imports src/env/portable.ts (env): that climbs",
  ]);
  assert.deepEqual(
    layerFaults(sample("src/cli/a.ts", 'await import("../ops/x.js"); await import("../../test/x.js");')),
    ["src/cli/a.ts imports ../../test/x.js: that is outside src"],
  );
  assert.ok(sources.some(({ path }) => path.startsWith("src/core/")));
  assert.deepEqual(layerFaults(sources), []);
});

test("no imports go in a circle", () => {
  const circle = parseSources([
    { path: "src/core/a.ts", text: 'import "./b.js";' },
    { path: "src/core/b.ts", text: 'import type { A } from "./a.js";' },
  ]);
  assert.deepEqual(cycleFaults(circle), ["a cycle of imports: src/core/a.ts -> src/core/b.ts -> src/core/a.ts"]);
  assert.deepEqual(cycleFaults(sources), []);
});

test("Node's modules and globals and npm packages are used only in their places", () => {
  const text =
    'import "node:fs";\nimport "pako";\nimport "@noble/hashes/legacy.js";\nimport "left-pad";\nBuffer.from(process.argv[0]);\n';
  assert.deepEqual(placeFaults(sample("src/formats/a.ts", text)), [
    "src/formats/a.ts imports node:fs: only env/node*, store/node-*, cli/ and node.ts may",
    "src/formats/a.ts imports pako: not the place for it",
    "src/formats/a.ts imports @noble/hashes/legacy.js: not the place for it",
    "src/formats/a.ts imports left-pad: not among the run-time packages",
    "src/formats/a.ts uses Buffer, which only Node has",
    "src/formats/a.ts uses process, which only Node has",
  ]);
  assert.deepEqual(placeFaults(sample("src/env/node.ts", 'import "node:zlib";\nBuffer.alloc(1);\n')), []);
  assert.deepEqual(placeFaults(sources), []);
});

test("files and functions are short", () => {
  const long = `function f() {\n${"  f();\n".repeat(399)}}\n`;
  assert.deepEqual(sizeFaults(sample("src/core/a.ts", long)), [
    "src/core/a.ts has 401 lines: 400 are the most",
    "src/core/a.ts:1 begins a function of 401 lines: 60 are the most",
  ]);
  const tests = `forEach((git) => {\n${`test("a", () => {\n${"\n".repeat(40)}});\n`.repeat(3)}});\n`;
  assert.deepEqual(sizeFaults(sample("test/a.test.ts", tests)), []);
  assert.deepEqual(sizeFaults(sample("src/cli/commands/a.ts", "\n".repeat(81))), [
    "src/cli/commands/a.ts has 81 lines: 80 are the most",
  ]);
  assert.deepEqual(sizeFaults(sources), []);
});

test("no file has a name that says nothing", () => {
  assert.deepEqual(nameFaults(["src/core/string-utils.ts", "test/common/a.ts", "src/core/uncommon.ts"]), [
    "src/core/string-utils.ts: 'utils' says nothing",
    "test/common/a.ts: 'common' says nothing",
  ]);
  assert.deepEqual(nameFaults(paths), []);
});

test("no test is skipped, left to do or singled out", () => {
  const text = 'test.skip("a", f);\ntest("b", { todo: true }, f);\ntest("c", (t) => t.skip());\nlist.only();\n';
  assert.deepEqual(skippedTestFaults(sample("test/a.test.ts", text)), [
    "test/a.test.ts:1: test.skip",
    "test/a.test.ts:2: a test with the option todo",
    "test/a.test.ts:3: t.skip",
  ]);
  assert.deepEqual(skippedTestFaults(sources), []);
});

test("no file holds work left to do, a path of one machine or a registry's host name", () => {
  const text = [`// ${"TO"}DO: more`, `"${"/wo"}rk/main"`, `https://registry.${"npm"}js.org/x`, "a network/root"].join(
    "\n",
  );
  assert.deepEqual(textFaults([{ path: "a.ts", text }]), [
    `a.ts:1: work left to do: ${"TO"}DO`,
    `a.ts:2: a path of one machine: "${"/wo"}rk/`,
    `a.ts:3: a registry's host name: registry.${"npm"}js`,
  ]);
  assert.deepEqual(textFaults(files), []);
});

test("the top holds what the design lists", () => {
  assert.deepEqual(topFaults(["notes.txt", ".gitignore", ...paths]), ["notes.txt does not belong at the top"]);
  assert.deepEqual(topFaults(paths), []);
});

test("the lock file does not say where packages were fetched", () => {
  const located = '{"packages":{"node_modules/a":{"version":"1.0.0","resolved":"https://example.com/a.tgz"}}}';
  assert.deepEqual(lockFaults(located), [
    'package-lock.json: node_modules/a says where it was fetched: take its line "resolved" out',
  ]);
  assert.deepEqual(lockFaults(readFileSync(join(top, "package-lock.json"), "utf8")), []);
});

test("everything that the library exports has a doc comment", () => {
  assert.deepEqual(undocumentedExports(join(top, "test/support/undocumented.ts")), [
    `${join(top, "test/support/undocumented.ts")}: undocumented has no doc comment`,
  ]);
  for (const entry of ["src/index.ts", "src/node.ts"]) assert.deepEqual(undocumentedExports(join(top, entry)), []);
});
