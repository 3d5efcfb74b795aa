import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { objectTypeName } from "../../../../src/core/object-type.js";
import { oidFromHex, toHex } from "../../../../src/core/oid.js";
import { nameHashV1 } from "../../../../src/ops/walk/name-hash.js";
import { openMidxBitmap } from "../../../../src/store/bitmaps/open-bitmap.js";
import { MidxStack } from "../../../../src/store/midx-stack.js";
import { BitmapHistory } from "../../../support/bitmap-history.js";
import { newestGit, runGit } from "../../../support/gits.js";
import { scale } from "../../../support/scale.js";
import { makeTempFolder } from "../../../support/temp.js";
import { makeRandomHistory } from "../../walk/random-history.js";
import { OpenedHistory } from "./opened-history.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A history of chance in one pack, opened. */
async function openRandom(seed: number, commits: number, format?: "sha1" | "sha256") {
  const made = makeRandomHistory({ seed, commits, format });
  runGit(made.git, ["repack", "-adq"], { cwd: made.path });
  return { commits: made.commits, opened: await OpenedHistory.open(made.path, format) };
}

test("the bits of each commit are the objects that git's walk reaches from it", async () => {
  for (const seed of scale([1, 2], [1, 2, 3, 4, 5, 6])) {
    const { commits, opened } = await openRandom(seed, 50, seed === 2 ? "sha256" : "sha1");
    await opened.check({ commits });
  }
});

test("any choice of commits in any order gives the same bits, pseudo-merges too", async () => {
  const { commits, opened } = await openRandom(7, 60);
  const some = fc.uniqueArray(fc.constantFrom(...commits), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(some, fc.array(some, { maxLength: 3 }), async (wanted, merges) => {
      await opened.check({ commits: wanted, merges });
    }),
    { numRuns: scale(15, 200) },
  );
});

test("types are those of the objects that were reached, 0 elsewhere", async () => {
  const { opened } = await openRandom(3, 40);
  const { types } = await opened.build({ commits: ["main"] });
  const reached = opened.reachedBits(["main"]);
  const input = Array.from(types, (_, bit) => toHex(opened.order.oidAt(bit))).join("\n");
  const said = runGit(newestGit(), ["cat-file", "--batch-check=%(objecttype)"], { cwd: opened.path, input }).stdout;
  for (const [bit, type] of said.trimEnd().split("\n").entries()) {
    assert.equal(types[bit] === 0 ? undefined : objectTypeName(types[bit] as 1), reached.has(bit) ? type : undefined);
  }
});

test("every tree and blob but commits' own trees has the hash of one of its paths, tags that of their name", async () => {
  const { commits, opened } = await openRandom(5, 60);
  const { order } = opened;
  const hashes = new Uint32Array(order.bitCount);
  const graph = opened.graph();
  for (const tag of ["t0", "of-tag"]) {
    await graph.object(oidFromHex(opened.git(["rev-parse", tag]), opened.format));
  }
  await opened.build({ commits, nameHashes: hashes }, graph);
  const allowed = new Map<string, Set<number>>();
  const allow = (id: string, path: string) => {
    if (!allowed.has(id)) allowed.set(id, new Set());
    allowed.get(id)!.add(nameHashV1(bytesOf(path), bytesOf(path).length));
  };
  for (const commit of commits) {
    allow(opened.git(["rev-parse", `${commit}^{tree}`]), "");
    for (const line of opened.git(["ls-tree", "-rtz", commit]).split("\0")) {
      const [, , id, path] = /^(\S+ \S+) (\S+)\t(.*)$/s.exec(line) ?? [];
      if (id !== undefined) allow(id, path!);
    }
    allow(commit, "");
  }
  allow(opened.git(["rev-parse", "t0"]), "t0");
  allow(opened.git(["rev-parse", "of-tag"]), "of-tag");
  for (let bit = 0; bit < order.bitCount; bit++) {
    const id = toHex(order.oidAt(bit));
    const hash = hashes[order.positionAt(bit)]!;
    assert.ok(allowed.get(id)?.has(hash) ?? hash === 0, `${id} ${hash}`);
  }
});

test("what no commit with bits reaches gets hashes too, and changes no bits", async () => {
  const { opened } = await openRandom(5, 60);
  const all = opened.git(["rev-list", "--topo-order", "--all"]).split("\n");
  const oldest = all.slice(-3);
  const alone = new Uint32Array(opened.order.bitCount);
  const named = new Uint32Array(opened.order.bitCount);
  const plain = await opened.build({ commits: oldest, nameHashes: alone });
  const built = await opened.build({ commits: oldest, named: all, nameHashes: named });
  assert.deepEqual(built.ewahs, plain.ewahs);
  const ids = opened.git(["rev-list", "--objects", "--all"]).split("\n");
  let more = 0;
  for (const line of ids) {
    const [, id, path] = /^(\S+) (.+)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const oid = oidFromHex(id!, opened.format);
    const at = opened.order.positionOf(oid);
    if (opened.git(["cat-file", "-t", id!]) === "tag") continue;
    assert.notEqual(named[at], 0, line);
    if (alone[at] === 0) more++;
  }
  assert.ok(more > 0);
});

test("hashes that are known stay, and the walk fills in the others", async () => {
  const { opened } = await openRandom(5, 30);
  const computed = new Uint32Array(opened.order.bitCount);
  await opened.build({ commits: ["main"], nameHashes: computed });
  const given = computed.map((hash, i) => (i % 3 === 0 ? 0 : i % 3 === 1 ? 12345 : hash));
  const filled = given.slice();
  await opened.build({ commits: ["main"], nameHashes: filled });
  assert.deepEqual(
    filled,
    given.map((hash, i) => (hash === 0 ? computed[i]! : hash)),
  );
});

test("in a chain the layers below are used as they are, and what is new is found wherever it is", async () => {
  for (const format of ["sha1", "sha256"] as const) {
    const history = new BitmapHistory({ format, seed: 4 });
    for (let layer = 0; layer < 3; layer++) {
      history.grow(layer === 0 ? 40 : 12);
      history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
    }
    const opened = await OpenedHistory.open(history.path, format);
    const below = new MidxStack("chain", opened.stack!.layers.slice(0, -1));
    const existing = await openMidxBitmap(opened.directory, below);
    const commits = history.run(["rev-list", "--all"]).split("\n");
    const plan = { commits, existing, merges: [commits.slice(0, 5), commits.slice(-4)] };
    const { types } = await opened.check(plan);
    assert.equal(types.length, opened.order.bitCount - opened.order.objectsBelow);
    await opened.check({ commits: commits.slice(0, 9) });
  }
});

test("commits that the layers below have bits for are not looked into", async () => {
  const history = new BitmapHistory({ seed: 9 });
  history.grow(30);
  history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
  history.grow(10);
  history.run(["multi-pack-index", "write", "--incremental", "--bitmap"]);
  const opened = await OpenedHistory.open(history.path);
  const below = new MidxStack("chain", opened.stack!.layers.slice(0, -1));
  const existing = (await openMidxBitmap(opened.directory, below))!;
  const commits = history.run(["rev-list", "--all", "--not", "v0^0"]).split("\n");
  const graph = opened.graph();
  await opened.build({ commits, existing }, graph);
  const read = graph.commits.count;
  assert.ok(read < 30, `${read} commits were read`);
});

test("a bitmap in another order is put into the new one", async () => {
  const history = new BitmapHistory({ seed: 6 });
  history.grow(40);
  history.run(["multi-pack-index", "write", "--bitmap"]);
  const before = await OpenedHistory.open(history.path);
  const existing = (await openMidxBitmap(before.directory, before.stack!))!;
  history.grow(15);
  history.run(["repack", "-adq"]);
  history.run(["multi-pack-index", "write", "--bitmap"]);
  const opened = await OpenedHistory.open(history.path);
  const commits = history.run(["rev-list", "--all"]).split("\n");
  await opened.check({ commits, existing, merges: [commits.slice(0, 3)] });
  const tips = ["main", "side", "orphan-1"];
  await opened.check({ commits: tips, existing });
  // git's bitmaps of multi-pack-indexes have no hashes: the paths are looked for then
  const nameHashes = new Uint32Array(opened.order.bitCount);
  await opened.check({ commits, existing, nameHashes });
  const alone = new Uint32Array(opened.order.bitCount);
  await opened.build({ commits, nameHashes: alone });
  assert.deepEqual(nameHashes, alone);
});

test("a bitmap that knows objects that have gone is used as far as it can be", async () => {
  const history = new BitmapHistory({ seed: 8 });
  history.grow(30);
  history.grow(30);
  history.run(["multi-pack-index", "write", "--bitmap"]);
  const before = await OpenedHistory.open(history.path);
  const existing = (await openMidxBitmap(before.directory, before.stack!))!;
  for (const name of ["topic-1", "orphan-1"]) history.run(["branch", "-D", name]);
  history.run(["branch", "-f", "side", "side~1"]);
  for (const tag of history.run(["tag"]).split("\n")) history.run(["tag", "-d", tag]);
  history.run(["repack", "-adq"]);
  history.run(["multi-pack-index", "write", "--bitmap"]);
  const opened = await OpenedHistory.open(history.path);
  assert.ok(opened.order.bitCount < before.order.bitCount);
  await opened.check({ commits: history.run(["rev-list", "--all"]).split("\n"), existing });
});

test("an object without a bit is refused in git's words", async () => {
  const path = `${makeTempFolder("open")}/r.git`;
  const git = newestGit();
  runGit(git, ["init", "-q", "--bare", path]);
  const stream = (parent: string, name: string) =>
    `commit refs/heads/${name}\nmark :1\ncommitter C <c@example.com> 1700000000 +0000\ndata 1\nx${parent}\nM 100644 inline ${name}\ndata 1\n${name[0]}\n\n`;
  const config = ["-c", "fastimport.unpackLimit=0"];
  runGit(git, [...config, "fast-import", "--quiet"], { cwd: path, input: stream("", "one") });
  const opened = await OpenedHistory.open(path);
  runGit(git, [...config, "fast-import", "--quiet"], { cwd: path, input: stream("\nfrom refs/heads/one^0", "two") });
  await opened.store.refresh();
  const tip = opened.git(["rev-parse", "two"]);
  const message = `Failed to write bitmap index. Packfile doesn't have full closure (object ${tip} is missing)`;
  await assert.rejects(opened.build({ commits: [tip] }), { code: "not-closed", message });
  opened.store.close();
});

test("histories and directories of any depth take no stack", async () => {
  const path = `${makeTempFolder("deep")}/r.git`;
  const git = newestGit();
  runGit(git, ["init", "-q", "--bare", path]);
  const count = scale(3000, 100_000);
  const lines: string[] = [];
  const deep = "d/".repeat(300);
  for (let i = 1; i <= count; i++) {
    lines.push("commit refs/heads/main", `mark :${i}`, `committer C <c@example.com> ${1_700_000_000 - i} +0000`);
    lines.push("data 1", "x", ...(i === 1 ? [`M 100644 inline ${deep}f`, "data 1", "a"] : [`from :${i - 1}`]), "");
  }
  runGit(git, ["fast-import", "--quiet", "--force"], { cwd: path, input: lines.join("\n") });
  runGit(git, ["repack", "-adq"], { cwd: path });
  const opened = await OpenedHistory.open(path);
  await opened.check({ commits: ["main", "main~1000"] });
});

test("threads that read ahead change nothing, nor does one that cannot find anything", async () => {
  const { commits, opened } = await openRandom(12, 100);
  const url = new URL("../../../../src/node-worker.js", import.meta.url).href;
  const hashesOf = () => new Uint32Array(opened.order.bitCount);
  const helpers = {
    url,
    threads: 3,
    directories: [opened.directory.path],
    format: "sha1",
    useMidx: true,
    deltaBaseCacheLimit: undefined,
    leastCommits: 64,
  } as const;
  const alone = hashesOf();
  const expected = await opened.check({ commits, nameHashes: alone });
  for (const directories of [helpers.directories, [`${makeTempFolder("empty")}/none`]]) {
    const nameHashes = hashesOf();
    const built = await opened.check({ commits, nameHashes, helpers: { ...helpers, directories } });
    assert.deepEqual(built.types, expected.types);
    assert.deepEqual(
      nameHashes.map((hash) => (hash === 0 ? 0 : 1)),
      alone.map((hash) => (hash === 0 ? 0 : 1)),
    );
  }
});

test("an abort is heeded", async () => {
  const { commits, opened } = await openRandom(11, 20);
  const { buildBits } = await import("../../../../src/ops/write-bitmap/build/build-bits.js");
  const graph = opened.graph();
  const row = await graph.object(oidFromHex(commits.at(-1)!, opened.format));
  const aborted = buildBits({ graph, order: opened.order, commits: [row], signal: AbortSignal.abort() });
  await assert.rejects(aborted, { code: "aborted" });
});
