/**
 * `npm run bench:midx`: the multi-pack-index side by side with git, in one run.
 *
 *     --quick       small sizes: whether everything runs, in seconds
 *     --only=LIST   some of write, verify, append, lookup, start
 *     --json        the result as JSON
 *     --folder=DIR  makes the repositories there and keeps them for the next time (the full ones take 2.5 GB and some minutes)
 *     --runs=N      counted runs; 7 unless given, and 5 of what takes seconds
 *     --program=JS  measures another gitmidx.js
 */

import { cpus } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gitAtLeast, newestGit } from "../test/support/gits.js";
import { makeTempFolder } from "../test/support/temp.js";
import { measureAppend } from "./chains.js";
import { measureLookups } from "./lookups.js";
import { type Measure, markdown, meetsTarget, ratioOf } from "./report.js";
import { measureStartUp } from "./start-up.js";
import { measureVerify, measureWrite } from "./whole-files.js";
import { fullSizes, quickSizes, Workbench } from "./workbench.js";

const parts = {
  start: measureStartUp,
  write: measureWrite,
  verify: measureVerify,
  append: measureAppend,
  lookup: measureLookups,
} as const;
type PartName = keyof typeof parts;

function isPart(name: string): name is PartName {
  return Object.hasOwn(parts, name);
}

function chosenParts(only: string | undefined): readonly PartName[] {
  const names = only === undefined ? Object.keys(parts) : only.split(",");
  return names.map((name) => {
    if (isPart(name)) return name;
    throw new TypeError(`--only=${name}: it is one of ${Object.keys(parts).join(", ")}`);
  });
}

function workbench(values: ReturnType<typeof readArguments>): Workbench {
  const runs = values.runs === undefined ? (values.quick ? 2 : 7) : Number(values.runs);
  if (!(runs >= 1)) throw new TypeError(`--runs=${values.runs}: it is a number from 1`);
  return new Workbench({
    folder: values.folder === undefined ? makeTempFolder("bench") : resolve(values.folder),
    sizes: values.quick ? quickSizes : fullSizes,
    git: gitAtLeast(2, 55) ?? newestGit(),
    program: resolve(values.program ?? fileURLToPath(new URL("../../bin/gitmidx.js", import.meta.url))),
    runs,
    slowRuns: Math.min(runs, 5),
    say: (text) => process.stderr.write(`${text}\n`),
  });
}

function readArguments(args: string[]) {
  const options = {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    folder: { type: "string" },
    runs: { type: "string" },
    program: { type: "string" },
  } as const;
  return parseArgs({ args, options }).values;
}

/** What the figures were measured on and with. */
function machine(bench: Workbench) {
  const processors = cpus();
  return {
    processors: processors.length,
    processor: processors[0]?.model ?? "unknown",
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    git: bench.parts.git.version.join("."),
  };
}

function textReport(bench: Workbench, measures: readonly Measure[]): string {
  const { processors, processor, platform, node, git } = machine(bench);
  const wanted = measures.map(meetsTarget).filter((met) => met !== undefined);
  return [
    `${processors} × ${processor}, ${platform}, Node ${node}, git ${git}.`,
    "Whole processes, wall time; contenders in turn after one warm-up run each, so the files are in the page cache; no fsync except",
    "where it is named; nothing of the environment but PATH (NODE_EXTRA_CA_CERTS, which slows every start of Node, is not passed on).",
    "Ratio: gitmidx's median over git's. Peak memory: gitmidx / the other, in the warm-up run.",
    "",
    markdown(measures),
    ...(wanted.length === 0 ? [] : [`${wanted.filter((met) => met).length} of ${wanted.length} targets met`, ""]),
  ].join("\n");
}

function jsonReport(bench: Workbench, measures: readonly Measure[]): string {
  const rows = measures.map((measure) => ({
    ...measure,
    ...(measure.kind === "comparison" ? { ratio: ratioOf(measure) } : {}),
    met: meetsTarget(measure),
  }));
  return `${JSON.stringify({ machine: machine(bench), measures: rows }, undefined, 2)}\n`;
}

async function main(args: string[]): Promise<void> {
  const values = readArguments(args);
  const names = chosenParts(values.only);
  const bench = workbench(values);
  const { git, folder } = bench.parts;
  if (gitAtLeast(2, 55) === undefined) {
    bench.parts.say(`!! comparing with ${git.label}: there is no git 2.55 or newer, which \`npm test\` would fetch`);
  }
  const measures: Measure[] = [];
  for (const name of names) measures.push(...(await parts[name](bench)));
  if (values.quick) {
    bench.parts.say("quick sizes: these figures only show that everything runs, so no target is looked at");
    for (const [i, measure] of measures.entries()) measures[i] = { ...measure, target: undefined };
  }
  process.stdout.write(values.json ? jsonReport(bench, measures) : textReport(bench, measures));
  if (values.folder !== undefined) bench.parts.say(`the repositories are kept in ${folder}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
