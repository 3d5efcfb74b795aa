/** What benchmarks over histories have in common: their arguments, the histories, and their reports. */

import { mkdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type GitBinary, gitAtLeast, gits, newestGit } from "../test/support/gits.js";
import { makeTempFolder } from "../test/support/temp.js";
import { cacheFolder, histories, madeUpHistory, realHistory } from "./make-histories.js";
import { type History, PackBench } from "./pack-bench.js";
import { type Measure, markdown, meetsTarget, ratiosOf } from "./report.js";

/** Threads of each program that takes a number of them. */
export const threads = 2;

/** What stands on the command line. */
export type HistoryBenchValues = ReturnType<typeof readHistoryArguments>;

/** Reads the arguments that `bench/pack.ts` and `bench/bitmap.ts` tell of. */
export function readHistoryArguments(args: string[]) {
  const options = {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    histories: { type: "string" },
    history: { type: "string", multiple: true, default: [] as string[] },
    json: { type: "boolean", default: false },
    folder: { type: "string" },
    runs: { type: "string" },
    program: { type: "string" },
  } as const;
  return parseArgs({ args, options }).values;
}

/** The newest git here and, if there is another, the oldest. */
export function comparedGits(): readonly GitBinary[] {
  const newest = gitAtLeast(2, 55) ?? newestGit();
  const byAge = gits().toSorted((a, b) => a.version.map((part, i) => part - b.version[i]!).find((d) => d !== 0) ?? 0);
  const oldest = byAge[0];
  return oldest === undefined || oldest.path === newest.path ? [newest] : [newest, oldest];
}

async function chosenHistories(values: HistoryBenchValues, folder: string): Promise<readonly History[]> {
  const given = values.history.map((path) => ({ name: basename(path).replace(/\.git$/, ""), path: resolve(path) }));
  if (given.length > 0 && values.histories === undefined) return given;
  if (values.quick) return [{ name: "made-up", path: await madeUpHistory(folder) }];
  const found: History[] = [...given];
  for (const name of values.histories?.split(",") ?? Object.keys(histories)) {
    if (!Object.hasOwn(histories, name)) {
      throw new TypeError(`--histories=${name}: it is one of ${Object.keys(histories).join(", ")}`);
    }
    found.push({ name, path: await realHistory(name) });
  }
  return found;
}

/** Opens the bench that the arguments describe. @param name of the folder that is worked in, unless one is given */
export async function openHistoryBench(
  values: HistoryBenchValues,
  name: string,
  compared: readonly GitBinary[],
): Promise<PackBench> {
  const runs = values.runs === undefined ? (values.quick ? 1 : 5) : Number(values.runs);
  if (!(runs >= 1)) throw new TypeError(`--runs=${values.runs}: it is a number from 1`);
  const ownFolder = values.quick ? makeTempFolder(name) : join(cacheFolder(), name);
  const folder = values.folder === undefined ? ownFolder : resolve(values.folder);
  mkdirSync(folder, { recursive: true });
  return new PackBench({
    folder,
    histories: await chosenHistories(values, folder),
    gits: compared,
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

function textReport(bench: PackBench, measures: readonly Measure[], remarks: readonly string[]): string {
  const { processors, processor, platform, node, gits: versions } = machine(bench);
  const wanted = measures.map(meetsTarget).filter((met) => met !== undefined);
  return [
    `${processors} × ${processor}, ${platform}, Node ${node}, git ${versions.join(" and ")}; ${threads} threads each.`,
    ...remarks,
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

/** Prints the report, and removes what was worked with. @param remarks lines on how it was measured */
export function reportHistoryBench(
  bench: PackBench,
  values: HistoryBenchValues,
  measures: readonly Measure[],
  remarks: readonly string[],
): void {
  const told = values.quick ? measures.map(withoutTarget) : measures;
  process.stdout.write(values.json ? jsonReport(bench, told) : textReport(bench, told, remarks));
  if (values.folder === undefined) rmSync(bench.parts.folder, { recursive: true, force: true });
}
