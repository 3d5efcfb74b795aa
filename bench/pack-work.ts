/** What is measured of packs beside git: indexing, checking, reading everything, and writing. */

import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Contender, race } from "./measure.js";
import { digestOf, type History, type PackBench, secondName } from "./pack-bench.js";
import type { Comparison, Figure, Measure } from "./report.js";

const trustedTarget = 0.4;
const detectingTarget = 0.9;
const verifyTarget = 0.5;
const readTarget = 0.8;
const reuseTarget = 1;
const scratchTarget = 1.5;
const sizeTarget = 1.02;

/** A contender that indexes its own name of the history's pack. */
function indexing(bench: PackBench, pack: string, contender: Contender): Contender {
  const folder = bench.emptyFolder(`index-${contender.label}`);
  const own = join(folder, "bench.pack");
  secondName(pack, own);
  const made = ["bench.idx", "bench.rev"].map((name) => join(folder, name));
  return {
    ...contender,
    args: [...contender.args, own],
    prepare: () => {
      for (const path of made) rmSync(path, { force: true });
    },
    outcome: () => made.map(digestOf).join(" "),
  };
}

/** `index-pack` of the pack, in an empty repository; git hashes with detection of collisions, we with and without. */
export async function measureIndexPack(bench: PackBench, history: History): Promise<Measure[]> {
  const measures: Measure[] = [];
  const cwd = bench.emptyRepository("index");
  const pack = `${bench.facts(history).base}.pack`;
  const options = ["--rev-index", `--threads=${bench.parts.threads}`];
  for (const [how, more, target] of [
    ["trusted", ["--trusted"], trustedTarget],
    ["with collision detection", [], detectingTarget],
  ] as const) {
    const work = `index-pack, ${how}: ${bench.describe(history)}`;
    bench.parts.say(work);
    const contenders = [
      bench.gitmidx(["index-pack", ...options, ...more], cwd),
      ...bench.gits(["index-pack", ...options], cwd),
    ].map((contender) => indexing(bench, pack, contender));
    const timings = await race(contenders, bench.parts.runs);
    measures.push({ kind: "comparison", work, timings, target, boundsMemory: true });
  }
  return measures;
}

/** The same command of all, in the history's repository. */
async function compare(
  bench: PackBench,
  history: History,
  args: readonly string[],
  shown: string,
  target: number,
): Promise<Comparison> {
  const work = `${shown}: ${bench.describe(history)}`;
  bench.parts.say(work);
  const contenders = [bench.gitmidx(args, history.path), ...bench.gits(args, history.path)];
  const timings = await race(contenders, bench.parts.runs);
  return { kind: "comparison", work, timings, target, boundsMemory: true };
}

/** `verify-pack` of the pack. */
export async function measureVerifyPack(bench: PackBench, history: History): Promise<Measure[]> {
  const args = ["verify-pack", `${bench.facts(history).base}.idx`];
  return [await compare(bench, history, args, "verify-pack", verifyTarget)];
}

/** Everything read, in the order of the pack. */
export async function measureCatFile(bench: PackBench, history: History): Promise<Measure[]> {
  const args = ["cat-file", "--batch", "--batch-all-objects", "--unordered"];
  return [await compare(bench, history, args, args.join(" "), readTarget)];
}

/** A contender that writes packs of its own, and what they take in the end. */
function packing(bench: PackBench, contender: Contender): Contender & { size(): number } {
  const folder = bench.emptyFolder(`pack-${contender.label}`);
  const packs = (): string[] =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".pack")) : [];
  return {
    ...contender,
    args: [...contender.args, join(folder, "pack")],
    prepare: () => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
    },
    size: () => packs().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
  };
}

/** `pack-objects --all`, with what the pack has used again, and with deltas searched for anew. */
export async function measurePackObjects(bench: PackBench, history: History): Promise<Measure[]> {
  const measures: Measure[] = [];
  const { threads, runs, slowRuns } = bench.parts;
  const options = ["pack-objects", "--all", "-q", "--delta-base-offset", `--threads=${threads}`];
  for (const [more, target, count] of [
    [[], reuseTarget, runs],
    [["--no-reuse-delta"], scratchTarget, slowRuns],
  ] as const) {
    const args = [...options, ...more];
    const shown = ["pack-objects --all", ...more].join(" ");
    const work = `${shown}: ${bench.describe(history)}`;
    bench.parts.say(work);
    const contenders = [bench.gitmidx(args, history.path), ...bench.gits(args, history.path)].map((contender) =>
      packing(bench, contender),
    );
    const timings = await race(contenders, count);
    measures.push({ kind: "comparison", work, timings, target, boundsMemory: true });
    measures.push(sizeFigure(`size of the pack, ${shown}: ${history.name}`, contenders));
    for (const contender of contenders) contender.prepare?.();
  }
  return measures;
}

function sizeFigure(work: string, [ours, theirs]: readonly { size(): number }[]): Figure {
  const value = ours!.size() / theirs!.size();
  return { kind: "figure", work, value, unit: "times git's", target: { most: sizeTarget } };
}
