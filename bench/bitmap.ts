/**
 * `npm run bench:bitmap`: bitmaps side by side with git 2.55, in one run.
 *
 *     --quick         a small made-up history: whether everything runs, in seconds
 *     --only=LIST     some of write, append, transfer, count, classic
 *     --histories=L   some of those that make-histories knows, which makes what is not there (some minutes and GB)
 *     --history=DIR   this bare repository, which has one pack, in place of those; may be given several times
 *     --json          the result as JSON
 *     --folder=DIR    works there, on the disk that the histories are on; beside them unless given
 *     --runs=N        counted runs; 5 unless given, and at most 3 of what takes long
 *     --program=JS    measures another gitmidx.js
 */

import { BitmapHistories } from "./bitmap-repositories.js";
import { measureAppend, measureClassic, measureCount, measureTransfer, measureWrite } from "./bitmap-work.js";
import { comparedGits, openHistoryBench, readHistoryArguments, reportHistoryBench } from "./history-bench.js";
import type { Measure } from "./report.js";

const parts = {
  write: measureWrite,
  append: measureAppend,
  transfer: measureTransfer,
  count: measureCount,
  classic: measureClassic,
} as const;
type PartName = keyof typeof parts;

function isPart(name: string): name is PartName {
  return Object.hasOwn(parts, name);
}

function chosenParts(only: string | undefined): readonly PartName[] {
  const names = only?.split(",") ?? Object.keys(parts);
  return names.map((name) => {
    if (isPart(name)) return name;
    throw new TypeError(`--only=${name}: it is one of ${Object.keys(parts).join(", ")}`);
  });
}

const remarks = [
  "Whole processes, wall time; contenders in turn after one warm-up run each, so the files are in the page cache; no fsync; nothing of",
  "the environment but PATH (NODE_EXTRA_CA_CERTS, which slows every start of Node, is not passed on).",
  "Ratio: the first one's median over that of each of the others; the target is for the first. Peak memory: in the warm-up run.",
];

async function main(args: string[]): Promise<void> {
  const values = readHistoryArguments(args);
  const names = chosenParts(values.only);
  const bench = await openHistoryBench(values, "bench-bitmap", comparedGits().slice(0, 1));
  const all = bench.parts.histories.map((history) => new BitmapHistories(bench, history));
  const measures: Measure[] = [];
  for (const name of names) for (const histories of all) measures.push(...(await parts[name](histories)));
  reportHistoryBench(bench, values, measures, remarks);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
