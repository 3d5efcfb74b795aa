import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Measure } from "../../bench/report.js";
import { gitsFolder, isAtLeast, newestGit, runProgram } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

const program = fileURLToPath(new URL("../../bench/bitmap.js", import.meta.url));
const env = { GITMIDX_GITS: gitsFolder(), TMPDIR: makeTempFolder("bench-test") };

function bench(args: readonly string[], status = 0): string {
  const { stdout, stderr } = runProgram(process.execPath, [program, "--quick", ...args], { env, status });
  return status === 0 ? stdout : stderr;
}

test("the benchmark measures writing, appending, transfers and counting on a small history beside git", () => {
  const only = isAtLeast(newestGit(), 2, 55) ? "write,append,transfer,count" : "write,transfer,count";
  const { measures } = JSON.parse(bench(["--json", `--only=${only}`])) as { measures: readonly Measure[] };
  const works = measures.map(({ work }) => work);
  for (const part of [
    /^write --bitmap from scratch: /,
    /^clone, bitmap of the pack: /,
    /^clone, partial bitmap, /,
    /^fetch, /,
    /^rev-list --count /,
  ]) {
    const found = measures.filter(({ work }) => part.test(work));
    assert.ok(
      found.some((measure) => measure.kind === "comparison" && measure.timings.length >= 2),
      works.join("\n"),
    );
  }
  for (const measure of measures) {
    if (measure.kind === "figure" && measure.work.startsWith("size of the bitmap"))
      assert.ok(measure.value <= 1, measure.work);
  }
});

test("the benchmark names the parts that there are if asked for another", () => {
  assert.match(bench(["--only=read"], 1), /--only=read: it is one of write, append, transfer, count, classic/);
});
