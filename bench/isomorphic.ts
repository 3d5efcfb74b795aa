/** The same work with isomorphic-git, which npm puts into the cache folder: it is no dependency of ours. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { IsomorphicJob } from "./isomorphic-process.js";
import { cacheFolder } from "./make-histories.js";
import { type Contender, race } from "./measure.js";
import { digestOf, type History, type PackBench, secondName } from "./pack-bench.js";
import type { Measure } from "./report.js";

const version = "1.44.11";
/** Commits whose objects make the pack that is indexed: a whole history takes isomorphic-git too long. */
const indexedCommits = 100;

/** The module's URL, installed now if it is not there. */
function installed(): string {
  const folder = join(cacheFolder(), `isomorphic-git-${version}`);
  const entry = join(folder, "node_modules", "isomorphic-git", "index.cjs");
  if (!existsSync(entry)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}\n");
    const args = ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", `isomorphic-git@${version}`];
    const { status, stderr } = spawnSync("npm", args, { cwd: folder });
    if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}\n${stderr}`);
  }
  return pathToFileURL(entry).href;
}

function isomorphic(bench: PackBench, module: string, job: IsomorphicJob, cwd: string): Contender {
  const program = fileURLToPath(new URL("isomorphic-process.js", import.meta.url));
  const args = [program, module, JSON.stringify(job)];
  return { label: `isomorphic-git ${version}`, program: process.execPath, args, cwd, env: bench.environment() };
}

/** A pack of the objects of the oldest commits. */
function smallPack(bench: PackBench, history: History): string {
  const prefix = join(bench.emptyFolder("small"), "pack");
  const commits = bench.ask(["rev-list", "--reverse", "HEAD"], history.path).trim().split("\n");
  const tip = commits[Math.min(indexedCommits, commits.length) - 1];
  const args = ["pack-objects", "-q", "--revs", "--delta-base-offset", prefix];
  return `${prefix}-${bench.ask(args, history.path, `${tip}\n`).trim()}.pack`;
}

/** One object read, each time by a new process. */
async function measureRead(bench: PackBench, history: History, module: string): Promise<Measure> {
  const { path } = history;
  const oid = bench.ask(["rev-parse", "HEAD:"], path).trim();
  const work = `one object read: ${bench.describe(history)}`;
  bench.parts.say(work);
  const contenders = [
    bench.gitmidx(["cat-file", "tree", oid], path),
    isomorphic(bench, module, { what: "read", gitdir: path, oid }, path),
  ];
  return { kind: "comparison", work, timings: await race(contenders, bench.parts.runs) };
}

/** A pack of a part of the history indexed. */
async function measureIndex(bench: PackBench, history: History, module: string): Promise<Measure> {
  const pack = smallPack(bench, history);
  const work = `a pack indexed: ${history.name}, ${indexedCommits} commits, ${(statSync(pack).size / 1e6).toFixed(1)} MB`;
  bench.parts.say(work);
  const cwd = bench.emptyRepository("isomorphic");
  const own = (name: string): { path: string; prepare(): void; outcome(): string } => {
    const folder = bench.emptyFolder(`isomorphic-${name}`);
    const path = join(folder, "bench.pack");
    secondName(pack, path);
    const idx = join(folder, "bench.idx");
    return { path, prepare: () => rmSync(idx, { force: true }), outcome: () => digestOf(idx) };
  };
  const [ours, theirs] = [own("ours"), own("theirs")];
  const job: IsomorphicJob = { what: "index", gitdir: cwd, dir: dirname(theirs.path), filepath: "bench.pack" };
  const options = ["--trusted", "--no-rev-index", `--threads=${bench.parts.threads}`];
  const contenders = [
    { ...bench.gitmidx(["index-pack", ...options, ours.path], cwd), prepare: ours.prepare, outcome: ours.outcome },
    { ...isomorphic(bench, module, job, cwd), prepare: theirs.prepare, outcome: theirs.outcome },
  ];
  return { kind: "comparison", work, timings: await race(contenders, bench.parts.slowRuns) };
}

/** One object of a large pack read, and a pack indexed. */
export async function measureIsomorphic(bench: PackBench, history: History): Promise<Measure[]> {
  const module = installed();
  return [await measureRead(bench, history, module), await measureIndex(bench, history, module)];
}
