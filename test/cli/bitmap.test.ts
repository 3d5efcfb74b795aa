import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BitmapHistory } from "../support/bitmap-history.js";
import { forEachGit, newestGit, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { makeTempFolder } from "../support/temp.js";

interface ShownCommit {
  readonly layer: number;
  readonly commit: string;
  readonly objects: number;
  readonly byteLength: number;
  readonly xorBase?: string;
  readonly xorOffset: number;
  readonly chainLength: number;
}

interface Shown {
  readonly kind: string;
  readonly files: readonly Record<string, unknown>[];
  readonly commits: readonly ShownCommit[];
  readonly pseudoMerges: readonly { readonly commits: number; readonly objects: number }[];
}

function showJson(cwd: string, ...args: readonly string[]): Shown {
  return JSON.parse(runGitmidx(["bitmap", "show", "--json", ...args], { cwd }).stdout);
}

/** A history with a bitmap of a multi-pack-index, and of the pack in it. */
function bothBitmaps(): BitmapHistory {
  const history = new BitmapHistory({ seed: 31 });
  history.grow(16);
  history.run(["config", "pack.writeBitmapLookupTable", "true"]);
  history.run(["repack", "-a", "-d", "-b", "-q"]);
  history.run(["multi-pack-index", "write", "--bitmap"]);
  return history;
}

test("show tells what git says of the bitmap of a multi-pack-index and of a pack", () => {
  const history = bothBitmaps();
  const cwd = history.path;
  const shown = showJson(cwd);
  assert.equal(shown.kind, "single");
  for (const { commit, objects } of shown.commits) assert.equal(objects, history.reached(commit).length, commit);
  const commits = history.run(["rev-list", "--all"]).split("\n").sort();
  assert.deepEqual(shown.commits.map(({ commit }) => commit).sort(), commits);
  for (const { xorBase, xorOffset, chainLength } of shown.commits) {
    assert.equal(xorBase !== undefined, xorOffset > 0);
    assert.equal(chainLength > 0, xorOffset > 0);
  }
  const [file] = shown.files;
  const path = join(history.packDir, history.files(".bitmap").find((name) => name.startsWith("multi"))!);
  const bytes = readFileSync(path);
  assert.deepEqual(
    [file!.path, file!.byteLength, file!.checksum, file!.owner, file!.commits],
    [path, bytes.length, bytes.subarray(-20).toString("hex"), bytes.subarray(12, 32).toString("hex"), commits.length],
  );
  const lookup = file!.parts as { readonly name: string; readonly offset: number; readonly byteLength: number }[];
  let end = 0;
  for (const part of lookup) {
    assert.equal(part.offset, end);
    end += part.byteLength;
  }
  assert.equal(end, bytes.length);
  const pack = history.files(".pack")[0]!;
  for (const args of [[`--pack=${pack}`], [join(history.packDir, pack.replace(/pack$/, "bitmap"))]]) {
    const ofPack = showJson(cwd, ...args);
    assert.equal(ofPack.kind, "pack");
    assert.deepEqual(ofPack.commits.map(({ commit }) => commit).sort(), commits);
    const [{ flagNames, nameHashes }] = ofPack.files as [Record<string, unknown>];
    assert.deepEqual(flagNames, ["full-dag", "name-hashes", "lookup-table"]);
    // Everything in a tree has a name; a name of blanks alone would have the hash 0.
    const types = runGit(history.git, ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"], { cwd });
    const named = types.stdout.split("\n").filter((type) => type === "tree" || type === "blob").length;
    assert.ok((nameHashes as number) <= named && (nameHashes as number) > named / 2);
  }
  assert.deepEqual(showJson(cwd, "--midx"), shown);
  assert.deepEqual(showJson(makeTempFolder("outside"), path), shown);
  const { stdout } = runGitmidx(["bitmap", "show"], { cwd });
  assert.match(
    stdout,
    /^bitmap of a multi-pack-index .*\.bitmap\n {2}size .*\n(.+\n)* {2}types:\n(.+\n)*\n[0-9a-f]{40}, bit /,
  );
  assert.equal(stdout.split("\n\n")[1]!.trimEnd().split("\n").length, commits.length);
});

forEachGit(2, 50, "bitmap show of chains", (git) => {
  test(`show lists the layers of a chain, and one by its file: ${git.label}`, () => {
    const history = new BitmapHistory({ seed: 32, git });
    history.run(["config", "bitmapPseudoMerge.all.pattern", "refs/"]);
    history.run(["config", "bitmapPseudoMerge.all.stableThreshold", "now"]);
    history.run(["config", "bitmapPseudoMerge.all.threshold", "now"]);
    for (let layer = 0; layer < 3; layer++) {
      history.grow(7);
      history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
    }
    const shown = showJson(history.path);
    assert.deepEqual([shown.kind, shown.files.length], ["chain", 3]);
    assert.deepEqual(new Set(shown.commits.map(({ layer }) => layer)), new Set([0, 1, 2]));
    for (const { commit, objects } of shown.commits) assert.equal(objects, history.reached(commit).length);
    assert.ok(shown.pseudoMerges.length > 0);
    const middle = shown.files[1] as { readonly path: string; readonly firstBit: number };
    assert.ok(middle.firstBit > 0);
    const one = showJson(makeTempFolder("outside"), middle.path);
    assert.deepEqual(one.files, [middle]);
    assert.deepEqual(
      one.commits,
      shown.commits.filter(({ layer }) => layer === 1),
    );
  });
});

test("show tells what is wrong with a damaged file, and shows the rest", () => {
  const history = bothBitmaps();
  const shown = showJson(history.path, "--midx");
  const path = shown.files[0]!.path as string;
  const bytes = readFileSync(path);
  const parts = shown.files[0]!.parts as { readonly name: string; readonly offset: number }[];
  // More literal words behind the first marker than there are.
  bytes.writeUInt32BE(0xffff_ffff, parts.find(({ name }) => name === "blobs")!.offset + 8);
  rmSync(path);
  writeFileSync(path, bytes);
  const { status, stdout } = runGitmidx(["bitmap", "show", "--midx"], { cwd: history.path, status: "any" });
  assert.equal(status, 1);
  assert.match(stdout, /\n {2}problem: bad-ewah \(at \d+\): /);
  assert.equal(stdout.split("\n\n")[1]!.trimEnd().split("\n").length, shown.commits.length);
});

test("a damaged header, entry or trailer is a problem, and the rest is shown", () => {
  const history = bothBitmaps();
  const shown = showJson(history.path, "--midx");
  const { path, parts } = shown.files[0] as {
    readonly path: string;
    readonly parts: readonly { readonly name: string; readonly offset: number; readonly byteLength: number }[];
  };
  const sound = readFileSync(path);
  const entries = parts.find(({ name }) => name === "entries")!.offset;
  const cases: readonly (readonly [at: number, value: number, shown: number])[] = [
    [4, 9, 0],
    [entries + 4, 161, shown.commits.length],
    [12, sound[12]! ^ 1, shown.commits.length],
    [sound.length - 1, sound.at(-1)! ^ 1, shown.commits.length],
  ];
  for (const [at, value, commits] of cases) {
    const bytes = Uint8Array.from(sound);
    bytes[at] = value;
    rmSync(path);
    writeFileSync(path, bytes);
    const { status, stdout } = runGitmidx(["bitmap", "show", "--midx", "--json"], {
      cwd: history.path,
      status: "any",
    });
    const damaged = JSON.parse(stdout) as Shown & { readonly files: readonly { readonly problems: object[] }[] };
    assert.deepEqual([status, damaged.commits.length], [1, commits], `byte ${at}`);
    assert.ok(damaged.files[0]!.problems.length > 0, `byte ${at}`);
    const text = runGitmidx(["bitmap", "show", "--midx"], { cwd: history.path, status: "any" });
    assert.equal(text.status, 1);
    assert.match(text.stdout, /\n {2}problem: bad-/);
  }
});

test("what cannot be shown is said in a line, with git's statuses", () => {
  const history = bothBitmaps();
  const cwd = history.path;
  const stray = join(history.packDir, `multi-pack-index-${"1".repeat(40)}.bitmap`);
  copyFileSync(join(history.packDir, history.files(".bitmap")[0]!), stray);
  const bare = makeTempFolder("bare");
  runGit(newestGit(), ["init", "-q", "--bare", bare]);
  const cases: readonly (readonly [cwd: string, args: readonly string[], status: number, said: RegExp])[] = [
    [bare, ["show"], 128, /^fatal: there is no bitmap\n$/],
    [cwd, ["show", stray], 128, /^fatal: '.*' is the bitmap of no multi-pack-index that is in use\n$/],
    [
      cwd,
      ["show", "config"],
      128,
      /^fatal: '.*\/config' is no bitmap in the directory 'pack' of an object directory\n$/,
    ],
    [cwd, ["show", "--pack=pack-1"], 255, /^error: there is no pack 'pack-1' in /],
    [cwd, ["show", "--midx", "--pack=pack-1"], 129, /^error: a file, --pack and --midx cannot be given together\n/],
    [cwd, ["coverage", "nothing"], 128, /^fatal: bad revision 'nothing'\n$/],
    [cwd, ["coverage", "--midx"], 129, /^error: unknown option `midx'\n/],
    [cwd, [], 129, /^error: need a subcommand\n/],
    [cwd, ["list"], 129, /^error: unknown subcommand: `list'\n/],
  ];
  for (const [place, args, status, said] of cases) {
    const run = runGitmidx(["bitmap", ...args], { cwd: place, status: "any" });
    assert.match(run.stderr, said);
    assert.equal(run.status, status);
  }
});

interface Counts {
  readonly commits: number;
  readonly trees: number;
  readonly blobs: number;
  readonly tags: number;
}

interface Coverage {
  readonly bitmap: { readonly kind: string } | null;
  readonly tips: readonly {
    readonly name: string;
    readonly oid: string;
    readonly commit?: string;
    readonly inside: boolean;
    readonly nearest?: string;
    readonly distance?: number;
    readonly walked: Counts;
    readonly outside: Counts;
  }[];
  readonly totals: {
    readonly tips: number;
    readonly bitmapped: number;
    readonly answered: number;
    readonly walked: Counts;
    readonly outside: Counts;
  };
}

function sum(counts: Counts): number {
  return counts.commits + counts.trees + counts.blobs + counts.tags;
}

/** The shortest way from a commit to one of `ends`, by the parents that git tells. */
function distanceTo(ends: ReadonlySet<string>, from: string, parents: ReadonlyMap<string, readonly string[]>) {
  let level = new Set([from]);
  const seen = new Set(level);
  for (let distance = 0; level.size > 0; distance++) {
    if ([...level].some((commit) => ends.has(commit))) return distance;
    level = new Set([...level].flatMap((commit) => parents.get(commit)!).filter((commit) => !seen.has(commit)));
    for (const commit of level) seen.add(commit);
  }
  return undefined;
}

function checkCoverage(history: BitmapHistory, cwd = history.path): Coverage {
  const coverage: Coverage = JSON.parse(runGitmidx(["bitmap", "coverage", "--json"], { cwd }).stdout);
  const ends = new Set(coverage.bitmap === null ? [] : showJson(cwd).commits.map(({ commit }) => commit));
  const lines = history.run(["rev-list", "--all", "--parents"]).split("\n");
  const parents = new Map(lines.map((line) => [line.split(" ")[0]!, line.split(" ").slice(1)]));
  const refs = history.run(["for-each-ref", "--format=%(refname) %(objectname)"]).split("\n");
  assert.deepEqual(
    coverage.tips.map(({ name, oid }) => `${name} ${oid}`),
    refs,
  );
  for (const { commit, distance, nearest } of coverage.tips) {
    assert.equal(distance, commit === undefined ? undefined : distanceTo(ends, commit, parents));
    if (nearest !== undefined) assert.equal(distanceTo(new Set([nearest]), commit!, parents), distance);
  }
  const all = history.reached("--all").length;
  const { answered, walked, outside, bitmapped, tips } = coverage.totals;
  assert.equal(answered + sum(walked), all);
  assert.equal(tips, refs.length);
  assert.equal(bitmapped, coverage.tips.filter(({ distance }) => distance === 0).length);
  for (const [part, total] of [["walked", walked] as const, ["outside", outside] as const]) {
    for (const type of ["commits", "trees", "blobs", "tags"] as const) {
      assert.equal(
        coverage.tips.reduce((count, tip) => count + tip[part][type], 0),
        total[type],
      );
    }
  }
  return coverage;
}

test("coverage has each ref's distance to a bitmap, and all objects are answered for or walked to", () => {
  const history = new BitmapHistory({ seed: 41 });
  history.grow(15);
  const none = checkCoverage(history);
  assert.deepEqual([none.bitmap, none.totals.answered, none.totals.bitmapped], [null, 0, 0]);
  history.run(["multi-pack-index", "write", "--bitmap"]);
  const whole = checkCoverage(history);
  assert.deepEqual(whole.totals.outside, { commits: 0, trees: 0, blobs: 0, tags: 0 });
  assert.deepEqual([whole.totals.walked.commits, whole.totals.walked.trees], [0, 0]);
  const known = history.reached("--all").length;
  history.grow(9);
  const { totals, tips } = checkCoverage(history, history.borrower());
  // What came later is outside, and nothing else is: all tips from before are still reached.
  assert.equal(sum(totals.outside), history.reached("--all").length - known);
  assert.ok(totals.walked.commits >= totals.outside.commits && totals.outside.commits > 0);
  assert.deepEqual(new Set(tips.map(({ inside }) => inside)), new Set([true, false]));
  assert.ok(tips.some(({ distance }) => distance !== undefined && distance > 1));
  assert.ok(tips.some(({ commit, distance }) => commit !== undefined && distance === undefined));
  const { stdout } = runGitmidx(["bitmap", "coverage", "main", "v0"], { cwd: history.path });
  assert.match(stdout, /^main: .*\nv0: has a bitmap.*\n\nbitmap +\/.*\ntips +2, 1 with a bitmap\n/);
});

forEachGit(2, 50, "bitmap coverage of chains", (git) => {
  test(`coverage of a chain: ${git.label}`, () => {
    const history = new BitmapHistory({ seed: 42, git });
    for (let layer = 0; layer < 3; layer++) {
      history.grow(6);
      history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
    }
    history.grow(4);
    const { bitmap, totals } = checkCoverage(history);
    assert.equal(bitmap?.kind, "chain");
    assert.ok(totals.outside.commits > 0);
  });
});
