/** What is measured of bitmaps beside git: writing them, and what they are good for. */

import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type BitmapHistories,
  type BitmapKind,
  bitmapsOf,
  named,
  packFolderOf,
  removeMidx,
  type Writer,
} from "./bitmap-repositories.js";
import { type Contender, median, race } from "./measure.js";
import type { Comparison, Measure } from "./report.js";

const writeTarget = 1;
const appendTarget = 0.2;
const transferTarget = 1;
const sizeTarget = 1;

/** Entries and size of the youngest bitmap: what it must come to for all. */
function outcomeOf(path: string): { entries: number; byteLength: number } {
  const bitmaps = bitmapsOf(path).toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  const bytes = readFileSync(bitmaps.at(-1)!);
  return { entries: bytes.readUInt32BE(8), byteLength: bytes.length };
}

/** Races writers of a bitmap, which must choose as many commits each; ours first. */
async function raceWriters(
  histories: BitmapHistories,
  work: string,
  target: number,
  contenders: readonly Contender[],
  reset: () => void,
): Promise<Measure[]> {
  const { bench } = histories;
  bench.parts.say(work);
  const sizes: number[] = [];
  const all = contenders.map((contender) => ({
    ...contender,
    prepare: reset,
    outcome: () => {
      const { entries, byteLength } = outcomeOf(contender.cwd);
      sizes.push(byteLength);
      return `${entries} entries`;
    },
  }));
  const timings = await race(all, bench.parts.slowRuns);
  const size = { value: sizes[0]! / sizes[1]!, unit: "times git's", target: { most: sizeTarget } } as const;
  return [
    { kind: "comparison", work, timings, target, boundsMemory: true },
    { kind: "figure", work: `size of the bitmap, ${work}`, ...size },
  ];
}

/** `write --bitmap` where there is no multi-pack-index yet. */
export async function measureWrite(histories: BitmapHistories): Promise<Measure[]> {
  const { bench } = histories;
  const path = histories.withBitmap("packed", "none", "git");
  const contenders = [
    bench.gitmidx(["write", "--bitmap"], path),
    bench.git(["multi-pack-index", "write", "--bitmap", "--no-progress"], path),
  ];
  const work = `write --bitmap from scratch: ${bench.describe(histories.history)}`;
  const measures = await raceWriters(histories, work, writeTarget, contenders, () => removeMidx(path));
  removeMidx(path);
  return measures;
}

/** The chain's folder, to be put back as it was. */
function keepChain(path: string): () => void {
  const folder = join(packFolderOf(path), "multi-pack-index.d");
  const kept = join(path, "kept-chain");
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept);
  for (const name of readdirSync(folder)) linkSync(join(folder, name), join(kept, name));
  return () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const name of readdirSync(kept)) linkSync(join(kept, name), join(folder, name));
  };
}

/** `write --split --bitmap` of a new pack onto two layers, a large one and a small one. */
export async function measureAppend(histories: BitmapHistories): Promise<Measure[]> {
  const { bench, history } = histories;
  const path = bench.emptyRepository(`${history.name}-chain`);
  mkdirSync(packFolderOf(path), { recursive: true });
  const tips = [histories.commitBefore(60), histories.commitBefore(20), histories.commitBefore(0)];
  const head = bench.ask(["symbolic-ref", "HEAD"], history.path).trim();
  bench.ask(["symbolic-ref", "HEAD", head], path);
  let objects = 0;
  for (const [i, tip] of tips.entries()) {
    const revisions = `${tip}\n${i === 0 ? "" : `^${tips[i - 1]}\n`}`;
    const prefix = join(packFolderOf(path), "pack");
    const name = bench.ask(["pack-objects", "-q", "--revs", "--delta-base-offset", prefix], history.path, revisions);
    objects = readFileSync(`${prefix}-${name.trim()}.idx`).readUInt32BE(8 + 4 * 255);
    bench.ask(["update-ref", head, tip], path);
    if (i + 1 === tips.length) break;
    bench.ask(["multi-pack-index", "write", "--incremental", "--bitmap", "--no-progress"], path);
  }
  const restore = keepChain(path);
  const contenders = [
    bench.gitmidx(["write", "--split", "--bitmap"], path),
    bench.git(["multi-pack-index", "write", "--incremental", "--bitmap", "--no-progress"], path),
  ];
  const work = `write --split --bitmap, ${objects.toLocaleString("en-US")} new objects onto the rest of ${bench.describe(history)}`;
  return raceWriters(histories, work, appendTarget, contenders, restore);
}

/** A transfer: what is asked of `pack-objects`, in which state, and what it reads. */
interface Transfer {
  readonly what: string;
  readonly state: "packed" | "past";
  readonly args: readonly string[];
  readonly input: string;
}

/** Clone, fetch, and a clone where the newest objects have no bitmap: as git's own performance test has them. */
function transfersOf(histories: BitmapHistories): readonly Transfer[] {
  const thin = ["pack-objects", "-q", "--revs", "--thin", "--stdout"];
  const past = histories.commitBefore(100);
  return [
    { what: "clone", state: "packed", args: ["pack-objects", "-q", "--all", "--stdout"], input: "" },
    { what: "fetch", state: "packed", args: thin, input: `HEAD\n^${past}\n` },
    { what: "clone, partial bitmap", state: "past", args: ["pack-objects", "-q", "--all", "--stdout"], input: "" },
  ];
}

/** The transfers by git with our bitmaps, and by us with ours, both against git with its own. */
export async function measureTransfer(histories: BitmapHistories): Promise<Measure[]> {
  const { bench, history } = histories;
  const withOurs: Measure[] = [];
  const byOurs: Measure[] = [];
  for (const { what, state, args, input } of transfersOf(histories)) {
    for (const kind of ["pack", "midx"] as const) {
      const work = `${what}, bitmap of ${kind === "pack" ? "the pack" : "the multi-pack-index"}: ${bench.describe(history)}`;
      bench.parts.say(work);
      const [ours, theirs] = [histories.withBitmap(state, kind, "gitmidx"), histories.withBitmap(state, kind, "git")];
      const git = { ...bench.git(args, theirs), input };
      const byGit = { ...named(bench.git(args, ours), "git, our bitmap"), input };
      const byUs = { ...bench.gitmidx(args, ours), input };
      const { slowRuns: runs } = bench.parts;
      withOurs.push({ kind: "comparison", work, timings: await race([byGit, git], runs), target: transferTarget });
      byOurs.push({ kind: "comparison", work, timings: await race([byUs, git], runs) });
    }
  }
  return [...withOurs, ...byOurs];
}

/** `rev-list --count --objects --all`: against git, and against git and the start of a process of ours. */
export async function measureCount(histories: BitmapHistories): Promise<Measure[]> {
  const { bench, history } = histories;
  const args = ["rev-list", "--count", "--objects", "--all", "--use-bitmap-index"];
  const path = histories.withBitmap("packed", "midx", "gitmidx");
  const work = `rev-list --count --objects --all, with bitmap: ${bench.describe(history)}`;
  bench.parts.say(work);
  const start = named({ ...bench.gitmidx([], path), args: ["-e", "0"] }, "start of node");
  const timings = await race([bench.gitmidx(args, path), bench.git(args, path), start], bench.parts.runs);
  const [ours, git, node] = timings.map(({ milliseconds }) => median(milliseconds));
  return [
    { kind: "comparison", work, timings },
    {
      kind: "figure",
      work: `${work}, to git's and the start of node`,
      value: ours! / (git! + node!),
      unit: "times git's",
      target: { most: 1 },
    },
  ];
}

/** The columns of the classic table. */
const classicKinds: readonly { readonly label: string; readonly kind: BitmapKind }[] = [
  { label: "no bitmap", kind: "none" },
  { label: "bitmap", kind: "pack-plain" },
  { label: "bitmap with name hashes", kind: "pack" },
];

/** Repack, clone, fetch and partial bitmap; without a bitmap, with one, and with one that has name hashes; each program with its own. */
export async function measureClassic(histories: BitmapHistories): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const writer of ["gitmidx", "git"] as const) {
    measures.push(await classicRepack(histories, writer));
    for (const { what, state, args, input } of transfersOf(histories)) {
      const contenders = classicKinds.map(({ label, kind }) => {
        const path = histories.withBitmap(state, kind, writer);
        const { bench } = histories;
        const contender = writer === "git" ? bench.git(args, path) : bench.gitmidx(args, path);
        return { ...named(contender, label), input };
      });
      measures.push(await classicRow(histories, `${writer}: ${what}`, contenders));
    }
  }
  return measures;
}

async function classicRow(
  { bench, history }: BitmapHistories,
  what: string,
  contenders: readonly Contender[],
): Promise<Comparison> {
  const work = `${what}: ${bench.describe(history)}`;
  bench.parts.say(work);
  return { kind: "comparison", work, timings: await race(contenders, bench.parts.slowRuns) };
}

/** Everything packed into a file, and what the bitmap costs on top. */
async function classicRepack(histories: BitmapHistories, writer: Writer): Promise<Comparison> {
  const { bench, history } = histories;
  const path = histories.withBitmap("packed", "none", "git");
  const contenders = classicKinds.map(({ label, kind }) => {
    const folder = bench.emptyFolder(`${history.name}-repack-${writer}-${kind}`);
    const hashes = ["-c", `pack.writeBitmapHashCache=${kind === "pack"}`];
    const more = kind === "none" ? [] : ["--write-bitmap-index"];
    const args = [...hashes, "pack-objects", "-q", "--all", "--delta-base-offset", ...more, join(folder, "pack")];
    const contender = writer === "git" ? bench.git(args, path) : bench.gitmidx(args, path);
    const prepare = () => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
    };
    return { ...named(contender, label), prepare };
  });
  const row = await classicRow(histories, `${writer}: repack`, contenders);
  for (const { args } of contenders) rmSync(dirname(args.at(-1)!), { recursive: true, force: true });
  return row;
}
