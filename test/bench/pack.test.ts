import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Comparison, type Measure, markdown, meetsMemoryBound } from "../../bench/report.js";
import { gitsFolder, runProgram } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

const program = fileURLToPath(new URL("../../bench/pack.js", import.meta.url));
const env = { GITMIDX_GITS: gitsFolder(), TMPDIR: makeTempFolder("bench-test") };

function bench(args: readonly string[], status = 0): string {
  const { stdout, stderr } = runProgram(process.execPath, [program, "--quick", ...args], { env, status });
  return status === 0 ? stdout : stderr;
}

test("the benchmark measures indexing, checking, reading and writing of a small history beside git", () => {
  const { measures } = JSON.parse(bench(["--json"])) as { measures: readonly Measure[] };
  const works = measures.map(({ work }) => work);
  for (const part of [
    /^index-pack, trusted: /,
    /^index-pack, with collision detection: /,
    /^verify-pack: /,
    /^cat-file --batch /,
    /^pack-objects --all: /,
    /^pack-objects --all --no-reuse-delta: /,
  ]) {
    const measure = measures.find(({ work }) => part.test(work));
    assert.ok(measure?.kind === "comparison" && measure.timings.length >= 2, `${part} in ${works.join("\n")}`);
  }
  const sizes = measures.filter((measure) => measure.kind === "figure");
  assert.deepEqual(
    sizes.map(({ unit }) => unit),
    ["times git's", "times git's"],
  );
  for (const { value, work } of sizes) assert.ok(value > 0.5 && value < 1.2, `${work}: ${value}`);
});

test("the benchmark names the parts and the histories that there are if asked for others", () => {
  assert.match(bench(["--only=fetch"], 1), /--only=fetch: it is one of index-pack, verify-pack, cat-file, /);
  const { stderr } = runProgram(process.execPath, [program, "--histories=linux"], { env, status: 1 });
  assert.match(stderr, /--histories=linux: it is one of libraries, tools/);
});

test("a report shows the ratio to each of the others, and whether time and memory are within their bounds", () => {
  const timing = (label: string, milliseconds: number, peakByteLength: number) => {
    return { label, milliseconds: [milliseconds], peakByteLength };
  };
  const others = [timing("new git", 100, 1e8), timing("old git", 200, 1e8)];
  const within: Comparison = {
    kind: "comparison",
    work: "w",
    timings: [timing("gitmidx", 50, 2.4e8), ...others],
    target: 0.5,
    boundsMemory: true,
  };
  assert.equal(meetsMemoryBound(within), true);
  assert.match(markdown([within]), /\| 0\.50 \/ 0\.25 ✓ \| ≤ 0\.5 +\| 229 MiB \/ 95 MiB \/ 95 MiB ✓ /);
  const beyond = { ...within, timings: [timing("gitmidx", 51, 2.6e8), ...others] };
  assert.match(markdown([beyond]), /\| 0\.51 \/ 0\.26 ✗ .* ✗ /);
});
