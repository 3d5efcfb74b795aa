/**
 * The test command: `node dist/test/run.js [--long] [PATTERN…]`, which is what `npm test` runs after installing and building.
 *
 * It fetches the gits to test against, runs every test file on Node's environment and then the files that carry the line
 * `// portable` near their top on the portable one, and ends with one summary. A PATTERN picks the files whose path contains it.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gitAtLeast, gits, gitsFolder } from "./support/gits.js";
import type { SuiteResult } from "./support/suite.js";
import { makeTempFolder } from "./support/temp.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const portableMark = "// portable";
const inCi = process.env.CI === "true";

function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** The test files as sources relative to the top, sorted; a source decides, so that nothing stale in dist runs. */
function testSources(): string[] {
  const names = readdirSync(join(top, "test"), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .sort();
}

function builtFrom(source: string): string {
  const path = join(top, "dist", source.replace(/\.ts$/, ".js"));
  if (!existsSync(path)) throw new Error(`${source} has not been built: run npm test, or npm run build first`);
  return path;
}

function isPortable(source: string): boolean {
  const lines = readFileSync(join(top, source), "utf8").split("\n", 5);
  return lines.includes(portableMark);
}

/** Fetches the gits unless a folder with them is given; what went wrong is said, and the summary then says what is missing. */
function fetchGits(): void {
  if (process.env.GITMIDX_GITS) return;
  const script = join(top, "test", "support", "unpack-gits.sh");
  const { error } = spawnSync("bash", [script, gitsFolder()], { stdio: ["ignore", "inherit", "inherit"] });
  if (error) say(`${script} could not be started: ${error.message}`);
}

function missingGits(): string[] {
  const missing: string[] = [];
  if (!gits().some(({ version }) => version[0] === 2 && version[1] === 47)) {
    missing.push("git 2.47: nothing was compared with the first git that has chains");
  }
  if (gitAtLeast(2, 55) === undefined) missing.push("git 2.55 or newer: nothing was compared with the newest git");
  return missing;
}

interface Untested {
  readonly file: string;
  readonly what: string;
}

function readUntested(path: string): Untested[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** One environment's part of the summary. */
interface Outcome {
  readonly environment: string;
  readonly files: number;
  readonly passed: number;
  readonly failures: readonly string[];
  readonly untested: readonly Untested[];
}

function runOn(environment: "node" | "portable", sources: readonly string[]): Outcome {
  const folder = makeTempFolder("run");
  const resultFile = join(folder, "result.json");
  const untestedFile = join(folder, "untested");
  const started = performance.now();
  say(`\n== ${sources.length} test files on the ${environment} environment`);
  const { status } = spawnSync(
    process.execPath,
    [
      ...(environment === "portable" ? ["--conditions=portable"] : []),
      fileURLToPath(new URL("support/suite.js", import.meta.url)),
      resultFile,
      ...sources.map(builtFrom),
    ],
    { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, GITMIDX_UNTESTED: untestedFile } },
  );
  const untested = readUntested(untestedFile);
  const outcome = { environment, files: sources.length, untested };
  if (!existsSync(resultFile)) {
    return {
      ...outcome,
      passed: 0,
      failures: [`the tests on ${environment} ended with status ${status} and no result`],
    };
  }
  const result: SuiteResult = JSON.parse(readFileSync(resultFile, "utf8"));
  const failures = [...result.failures];
  if (result.environment !== environment) failures.push(`the tests for ${environment} ran on ${result.environment}`);
  for (const source of result.empty) {
    const excused = untested.some(({ file }) => file === builtFrom(source));
    if (!excused) failures.push(`${source}: holds no test`);
  }
  say(`   ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return { ...outcome, passed: result.passed, failures };
}

/** Prints the summary and returns the number of failures. */
function summarize(outcomes: readonly Outcome[]): number {
  say("\n== Summary");
  for (const { environment, files, passed, failures } of outcomes) {
    say(`${environment.padEnd(8)}  ${files} files, ${passed} tests passed, ${failures.length} failed`);
  }
  say(`portable  means: the test files with the line "${portableMark}" near their top`);
  say(
    `gits      ${
      gits()
        .map(({ label }) => label)
        .join(", ") || "none"
    }`,
  );
  const missing = missingGits();
  const untested = new Set([...missing, ...outcomes.flatMap((outcome) => outcome.untested.map(({ what }) => what))]);
  if (untested.size > 0) {
    say(`\n${"!".repeat(100)}\n!! NOT TESTED, because this machine lacks something:`);
    for (const what of untested) say(`!! - ${what}`);
    say("!".repeat(100));
  }
  const failures = outcomes.flatMap((outcome) =>
    outcome.failures.map((failure) => `${outcome.environment}: ${failure}`),
  );
  if (inCi) failures.push(...missing.map((what) => `missing in CI: ${what}`));
  if (failures.length > 0) say(`\nFailures:\n${failures.map((failure) => `  ${failure}`).join("\n")}`);
  return failures.length;
}

function main(args: readonly string[]): number {
  const patterns = args.filter((arg) => arg !== "--long");
  if (patterns.length < args.length) process.env.GITMIDX_LONG = "1";
  const chosen = testSources().filter(
    (source) => patterns.length === 0 || patterns.some((pattern) => source.includes(pattern)),
  );
  if (chosen.length === 0) {
    say(`no test file's path contains ${patterns.join(" or ")}\n0 passed, 0 failed`);
    return 1;
  }
  fetchGits();
  const outcomes = [runOn("node", chosen)];
  const portable = chosen.filter(isPortable);
  if (portable.length > 0) outcomes.push(runOn("portable", portable));
  const failed = summarize(outcomes);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  if (passed === 0) say("\nno test passed");
  say(`\n${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
