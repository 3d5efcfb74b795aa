/**
 * `npm run bench:pack`: packs side by side with git's newest and oldest release here, and with isomorphic-git, in one run.
 *
 *     --quick         a small made-up history: whether everything runs, in seconds; without isomorphic-git unless asked for
 *     --only=LIST     some of index-pack, verify-pack, cat-file, pack-objects, isomorphic
 *     --histories=L   some of those that make-histories knows, which makes what is not there (some minutes and GB)
 *     --history=DIR   this bare repository, which has one pack, in place of those; may be given several times
 *     --json          the result as JSON
 *     --folder=DIR    works there, on the disk that the histories are on; beside them unless given
 *     --runs=N        counted runs; 5 unless given, and at most 3 of what takes long
 *     --program=JS    measures another gitmidx.js
 */

import {
  comparedGits,
  type HistoryBenchValues,
  openHistoryBench,
  readHistoryArguments,
  reportHistoryBench,
} from "./history-bench.js";
import { measureIsomorphic } from "./isomorphic.js";
import { measureCatFile, measureIndexPack, measurePackObjects, measureVerifyPack } from "./pack-work.js";
import type { Measure } from "./report.js";

const parts = {
  "index-pack": measureIndexPack,
  "verify-pack": measureVerifyPack,
  "cat-file": measureCatFile,
  "pack-objects": measurePackObjects,
  isomorphic: measureIsomorphic,
} as const;
type PartName = keyof typeof parts;

function isPart(name: string): name is PartName {
  return Object.hasOwn(parts, name);
}

/** What is measured: everything, but isomorphic-git, which is fetched, only where figures are wanted. */
function chosenParts({ only, quick }: HistoryBenchValues): readonly PartName[] {
  const all = Object.keys(parts);
  const names = only?.split(",") ?? all.filter((name) => !quick || name !== "isomorphic");
  return names.map((name) => {
    if (isPart(name)) return name;
    throw new TypeError(`--only=${name}: it is one of ${all.join(", ")}`);
  });
}

const remarks = [
  "Whole processes, wall time; contenders in turn after one warm-up run each, so the files are in the page cache; no fsync; nothing of",
  "the environment but PATH (NODE_EXTRA_CA_CERTS, which slows every start of Node, is not passed on).",
  "Ratio: gitmidx's median over that of each of the others; the target is for the first. Peak memory: in the warm-up run, of gitmidx",
  "and each of the others; wanted are at most 1.5 times the first one's and 100 MB. Git maps the pack, and what it has read counts.",
];

async function main(args: string[]): Promise<void> {
  const values = readHistoryArguments(args);
  const names = chosenParts(values);
  const bench = await openHistoryBench(values, "bench-pack", comparedGits());
  const measures: Measure[] = [];
  for (const name of names) {
    for (const history of bench.parts.histories) measures.push(...(await parts[name](bench, history)));
  }
  reportHistoryBench(bench, values, measures, remarks);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
