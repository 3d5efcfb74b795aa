import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Measure } from "../../bench/report.js";
import { gitsFolder, isAtLeast, newestGit, runProgram } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

const program = fileURLToPath(new URL("../../bench/midx.js", import.meta.url));
const env = { GITMIDX_GITS: gitsFolder(), TMPDIR: makeTempFolder("bench-test") };

function bench(args: readonly string[], status = 0): string {
  const { stdout, stderr } = runProgram(process.execPath, [program, "--quick", "--runs=1", ...args], { env, status });
  return status === 0 ? stdout : stderr;
}

test("the benchmark measures every part on small repositories, where gitmidx and git write the same bytes", () => {
  const { measures } = JSON.parse(bench(["--json"])) as { measures: readonly Measure[] };
  const works = measures.map(({ work }) => work);
  for (const part of [/--version/, /^write, /, /^verify, /, /^write --split, /, /^bytes read/, /^random look-ups, /]) {
    assert.ok(
      works.some((work) => part.test(work)),
      `${part} in ${works.join("\n")}`,
    );
  }
  const hasChains = isAtLeast(newestGit(), 2, 47);
  for (const measure of measures) {
    if (measure.kind === "figure") assert.ok(measure.value > 0, measure.work);
    else if (hasChains) assert.ok(measure.timings.length >= 2, `${measure.work}: nothing to compare with`);
  }
  const read = measures.filter(({ work }) => work.startsWith("bytes read"));
  for (const measure of read) assert.ok(measure.kind === "figure" && measure.value < 256 * 1024, measure.work);
});

test("the benchmark tells its result in tables, of the parts asked for", () => {
  const text = bench(["--only=verify"]);
  assert.match(text, /^\| work .* \| ratio .* \| runs \|$/m);
  assert.equal(text.match(/^\| verify, /gm)?.length, 2);
  assert.doesNotMatch(text, /^\| write/m);
});

test("the benchmark names the parts that there are if asked for another", () => {
  assert.match(bench(["--only=read"], 1), /--only=read: it is one of start, write, verify, append, lookup/);
});
