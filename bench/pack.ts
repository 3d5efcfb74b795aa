/**
 * `npm run bench:pack`: packs side by side with git's newest and oldest release here, and with isomorphic-git, in one run.
 *
 *     --quick         a small made-up history: whether everything runs, in seconds; without isomorphic-git unless asked for
 *     --only=LIST     some of index-pack, verify-pack, cat-file, pack-objects, isomorphic
 *     --histories=L   some of those that make-histories knows, which makes what is not there (some minutes and GB)
 *     --json          the result as JSON
 *     --folder=DIR    works there, on the disk that the histories are on; beside them unless given
 *     --runs=N        counted runs; 5 unless given, and at most 3 of what takes long
 *     --program=JS    measures another gitmidx.js
 */

import { mkdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type GitBinary, gitAtLeast, gits, newestGit } from "../test/support/gits.js";
import { makeTempFolder } from "../test/support/temp.js";
import { measureIsomorphic } from "./isomorphic.js";
import { cacheFolder, histories, madeUpHistory, realHistory } from "./make-histories.js";
import { type History, PackBench } from "./pack-bench.js";
import { measureCatFile, measureIndexPack, measurePackObjects, measureVerifyPack } from "./pack-work.js";
import { type Measure, markdown, meetsTarget, ratiosOf } from "./report.js";

const parts = {
  "index-pack": measureIndexPack,
  "verify-pack": measureVerifyPack,
  "cat-file": measureCatFile,
  "pack-objects": measurePackObjects,
  isomorphic: measureIsomorphic,
} as const;
type PartName = keyof typeof parts;

/** Threads of each program that takes a number of them. */
const threads = 2;

function isPart(name: string): name is PartName {
  return Object.hasOwn(parts, name);
}

type Values = ReturnType<typeof readArguments>;

function readArguments(args: string[]) {
  const options = {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    histories: { type: "string" },
    json: { type: "boolean", default: false },
    folder: { type: "string" },
    runs: { type: "string" },
    program: { type: "string" },
  } as const;
  return parseArgs({ args, options }).values;
}

/** What is measured: everything, but isomorphic-git, which is fetched, only where figures are wanted. */
function chosenParts({ only, quick }: Values): readonly PartName[] {
  const all = Object.keys(parts);
  const names = only?.split(",") ?? all.filter((name) => !quick || name !== "isomorphic");
  return names.map((name) => {
    if (isPart(name)) return name;
    throw new TypeError(`--only=${name}: it is one of ${all.join(", ")}`);
  });
}

/** The newest git here and, if there is another, the oldest. */
function comparedGits(): readonly GitBinary[] {
  const newest = gitAtLeast(2, 55) ?? newestGit();
  const byAge = gits().toSorted((a, b) => a.version.map((part, i) => part - b.version[i]!).find((d) => d !== 0) ?? 0);
  const oldest = byAge[0];
  return oldest === undefined || oldest.path === newest.path ? [newest] : [newest, oldest];
}

async function chosenHistories(values: Values, folder: string): Promise<readonly History[]> {
  if (values.quick) return [{ name: "made-up", path: await madeUpHistory(folder) }];
  const found: History[] = [];
  for (const name of values.histories?.split(",") ?? Object.keys(histories)) {
    if (!Object.hasOwn(histories, name)) {
      throw new TypeError(`--histories=${name}: it is one of ${Object.keys(histories).join(", ")}`);
    }
    found.push({ name, path: await realHistory(name) });
  }
  return found;
}

function workFolder({ quick, folder }: Values): string {
  if (folder !== undefined) return resolve(folder);
  return quick ? makeTempFolder("bench-pack") : join(cacheFolder(), "bench-pack");
}

async function openBench(values: Values): Promise<PackBench> {
  const runs = values.runs === undefined ? (values.quick ? 1 : 5) : Number(values.runs);
  if (!(runs >= 1)) throw new TypeError(`--runs=${values.runs}: it is a number from 1`);
  const folder = workFolder(values);
  mkdirSync(folder, { recursive: true });
  return new PackBench({
    folder,
    histories: await chosenHistories(values, folder),
    gits: comparedGits(),
    program: resolve(values.program ?? fileURLToPath(new URL("../../bin/gitmidx.js", import.meta.url))),
    runs,
    slowRuns: Math.min(runs, 3),
    threads,
    say: (text) => process.stderr.write(`${text}\n`),
  });
}

/** What the figures were measured on and with. */
function machine(bench: PackBench) {
  const processors = cpus();
  return {
    processors: processors.length,
    processor: processors[0]?.model ?? "unknown",
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    gits: bench.parts.gits.map(({ version }) => version.join(".")),
  };
}

function textReport(bench: PackBench, measures: readonly Measure[]): string {
  const { processors, processor, platform, node, gits: versions } = machine(bench);
  const wanted = measures.map(meetsTarget).filter((met) => met !== undefined);
  return [
    `${processors} × ${processor}, ${platform}, Node ${node}, git ${versions.join(" and ")}; ${threads} threads each.`,
    "Whole processes, wall time; contenders in turn after one warm-up run each, so the files are in the page cache; no fsync; nothing of",
    "the environment but PATH (NODE_EXTRA_CA_CERTS, which slows every start of Node, is not passed on).",
    "Ratio: gitmidx's median over that of each of the others; the target is for the first. Peak memory: in the warm-up run, of gitmidx",
    "and each of the others; wanted are at most 1.5 times the first one's and 100 MB. Git maps the pack, and what it has read counts.",
    "",
    markdown(measures),
    ...(wanted.length === 0 ? [] : [`${wanted.filter((met) => met).length} of ${wanted.length} targets met`, ""]),
  ].join("\n");
}

function jsonReport(bench: PackBench, measures: readonly Measure[]): string {
  const rows = measures.map((measure) => ({
    ...measure,
    ...(measure.kind === "comparison" ? { ratios: ratiosOf(measure) } : {}),
    met: meetsTarget(measure),
  }));
  return `${JSON.stringify({ machine: machine(bench), measures: rows }, undefined, 2)}\n`;
}

/** The figures of the small history say nothing, so nothing is wanted of them. */
function withoutTarget(measure: Measure): Measure {
  if (measure.kind === "figure") return { ...measure, target: undefined };
  return { ...measure, target: undefined, boundsMemory: undefined };
}

async function main(args: string[]): Promise<void> {
  const values = readArguments(args);
  const names = chosenParts(values);
  const bench = await openBench(values);
  const measures: Measure[] = [];
  for (const name of names) {
    for (const history of bench.parts.histories) measures.push(...(await parts[name](bench, history)));
  }
  const told = values.quick ? measures.map(withoutTarget) : measures;
  process.stdout.write(values.json ? jsonReport(bench, told) : textReport(bench, told));
  if (values.folder === undefined) rmSync(bench.parts.folder, { recursive: true, force: true });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
