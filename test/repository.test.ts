// portable
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../src/core/errors.js";
import { sha1, sha256 } from "../src/core/oid.js";
import type { ProgressEvent } from "../src/core/task.js";
import { type OpenRepositoryOptions, openRepository } from "../src/node.js";
import { Repository } from "../src/repository.js";
import { FetchedFs } from "../src/store/fetched-fs.js";
import type { PackedCopy } from "../src/store/packed-copy.js";
import { fakeIdx, randomTable } from "./support/fake-idx.js";
import { fixtureFiles } from "./support/fetched-files.js";
import { forEachGit, gitEnvironment, newestGit, runGit, systemGit } from "./support/gits.js";
import { fixtureNames, memoryDirectory, readFixture } from "./support/midx-fixtures.js";
import { copyRepository, type MadeRepository, makeRepository, withholdPacks } from "./support/repository-maker.js";
import { makeTempFolder } from "./support/temp.js";
import { watchFs } from "./support/watch-fs.js";

function open(path: string, options: OpenRepositoryOptions = {}): Promise<Repository> {
  return openRepository({ cwd: path, env: gitEnvironment(), ...options });
}

function allIds(repository: MadeRepository): string[] {
  const args = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
  return runGit(newestGit(), args, { cwd: repository.path }).stdout.trim().split("\n");
}

const made = makeRepository({ packs: 5, duplicates: 0.5 });

forEachGit(2, 47, "the library on git's chains", (git) => {
  test(`on a chain of ${git.label} the library finds, lists and verifies what git knows`, async () => {
    const repository = copyRepository(made, { git });
    const bringBack = withholdPacks(repository, repository.packs.slice(1));
    for (let i = 0; i < 5; i++) {
      runGit(git, ["multi-pack-index", "write", "--incremental"], { cwd: repository.path });
      bringBack(1);
    }
    const ids = allIds(repository);
    const opened = await open(repository.path);
    const listed: string[] = [];
    for await (const { oid, position, layer } of opened.objects()) {
      listed.push(oid);
      const copy = (await opened.find(oid))?.copy as PackedCopy;
      assert.deepEqual([copy.midx?.position, copy.midx?.layer.index], [position, layer.index]);
      assert.equal((await opened.find(oid.slice(0, 20)))?.oid, oid);
    }
    assert.deepEqual(listed, ids);
    const byBit: string[] = [];
    for await (const { oid } of opened.objects({ order: "pseudo-pack" })) byBit.push(oid);
    assert.deepEqual(byBit.toSorted(), ids);
    const midx = await opened.openMidx();
    assert.deepEqual([midx?.kind, midx?.layers.length, midx?.objectCount], ["chain", 5, ids.length]);
    midx?.close();
    const report = await opened.verifyMidx();
    assert.deepEqual([report.errors, report.kind, report.layers.length], [0, "chain", 5]);
    await opened.close();
  });
});

test("a file that the library writes is the one that git writes, and git reads it", async () => {
  for (const git of [systemGit(), newestGit()]) {
    const [ours, theirs] = [copyRepository(made), copyRepository(made)];
    runGit(git, ["multi-pack-index", "write", `--preferred-pack=${made.packs[1]!.name}.idx`], { cwd: theirs.path });
    const checksum = runGit(git, ["hash-object", "--no-filters", join(theirs.packDir, "multi-pack-index")]).stdout;
    const opened = await open(ours.path);
    const result = await opened.writeMidx({ preferredPack: `${made.packs[1]!.name}.pack` });
    assert.deepEqual([result.outcome, result.packs, result.objects], ["written", 5, allIds(ours).length]);
    const written = runGit(git, ["hash-object", "--no-filters", result.path!]).stdout;
    assert.equal(written, checksum);
    runGit(git, ["multi-pack-index", "verify"], { cwd: ours.path });
    assert.equal((await opened.writeMidx({ preferredPack: `${made.packs[1]!.name}.pack` })).outcome, "unchanged");
  }
});

test("what writes warn of is told to listeners, and so is progress, to the caller and to listeners alike", async () => {
  const repository = copyRepository(made);
  const opened = await open(repository.path);
  const warnings: string[] = [];
  const events: ProgressEvent[] = [];
  const own: ProgressEvent[] = [];
  opened.on("warning", (message) => warnings.push(message));
  opened.on("progress", (event) => events.push(event));
  await opened.writeMidx({ preferredPack: "pack-of-none.idx", progress: (event) => own.push(event) });
  assert.deepEqual(warnings, ["unknown preferred pack: 'pack-of-none.idx'"]);
  assert.deepEqual(events, own);
  assert.ok(events.some(({ finished, title }) => finished && title === "Adding packfiles to multi-pack-index"));
  opened.removeAllListeners();
  await opened.writeMidx({ preferredPack: "pack-of-none.idx", version: 2 });
  assert.equal(warnings.length, 1);
  assert.equal((await opened.verifyMidx({ progress: (event) => own.push(event) })).errors, 0);
  assert.ok(own.length > events.length);
});

test("configuration decides what is not said: midx.version, core.multiPackIndex", async () => {
  const repository = copyRepository(made);
  const configured = async (key: string, value: string) =>
    open(repository.path, { configParameters: [{ key, value }] });
  await (await configured("midx.version", "2")).writeMidx();
  const plain = await open(repository.path);
  assert.equal((await plain.openMidx())?.tip.view.version, 2);
  await assert.rejects((await configured("midx.version", "3")).writeMidx(), {
    code: "bad-config",
    message: "unknown MIDX version: 3",
  });
  const [oid] = allIds(repository) as [string];
  assert.notEqual(((await plain.find(oid))?.copy as PackedCopy | undefined)?.midx, undefined);
  const without = await configured("core.multiPackIndex", "false");
  assert.equal(((await without.find(oid))?.copy as PackedCopy | undefined)?.midx, undefined);
  await assert.rejects((await configured("core.multiPackIndex", "perhaps")).find(oid), { code: "bad-config" });
});

test("objects of alternates are found, and each directory can be worked on", async () => {
  const borrowed = copyRepository(made);
  const repository = makeRepository({ packs: 1, seed: 9 });
  writeFileSync(
    join(repository.objectDir, "info", "alternates"),
    `${borrowed.objectDir}\n${join(borrowed.gitDir, "gone")}\n`,
  );
  const opened = await open(repository.path);
  assert.deepEqual(
    opened.directories.map(({ path }) => path),
    [repository.objectDir, borrowed.objectDir],
  );
  assert.equal(opened.warnings.length, 1);
  assert.match(opened.warnings[0]!, /^object directory .*gone does not exist/);
  const [oid] = allIds(borrowed) as [string];
  const before = await opened.find(oid);
  assert.deepEqual(
    [before?.copy.directory, (before?.copy as PackedCopy | undefined)?.midx],
    [borrowed.objectDir, undefined],
  );
  const result = await opened.writeMidx({ directory: borrowed.objectDir });
  assert.equal(result.path, join(borrowed.packDir, "multi-pack-index"));
  // What was written counts at once.
  assert.notEqual(((await opened.find(oid))?.copy as PackedCopy | undefined)?.midx, undefined);
  assert.equal(await opened.openMidx(), undefined);
  assert.equal((await opened.openMidx({ directory: borrowed.objectDir }))?.packCount, 5);
  let count = 0;
  for await (const _ of opened.objects({ directory: borrowed.objectDir })) count++;
  assert.equal(count, allIds(borrowed).length);
});

test("packs that come while the repository is open are found, as git finds them", async () => {
  const repository = copyRepository(made);
  const bringBack = withholdPacks(repository, repository.packs.slice(2));
  const opened = await open(repository.path);
  const before = new Set(allIds(repository));
  assert.notEqual(await opened.find([...before][0]!), undefined);
  bringBack();
  const after = allIds(repository).filter((oid) => !before.has(oid));
  assert.ok(after.length > 0);
  for (const oid of after) assert.equal((await opened.find(oid))?.oid, oid);
  await opened.close();
});

test("a prefix of several objects is an error that names them, a text that is none is another", async () => {
  const repository = copyRepository(made);
  const opened = await open(repository.path);
  const oid = (digits: string) => digits.padEnd(40, "1");
  for (const id of [oid("abcd1"), oid("abcd2")]) {
    mkdirSync(join(repository.objectDir, "ab"), { recursive: true });
    writeFileSync(join(repository.objectDir, "ab", id.slice(2)), "");
  }
  await assert.rejects(opened.find("abcd"), {
    code: "ambiguous-object",
    message: `short object ID abcd is ambiguous\nThe candidates are:\n  ${oid("abcd1")}\n  ${oid("abcd2")}`,
  });
  await assert.rejects(opened.find("abc"), { code: "bad-object-id" });
  assert.equal(await opened.find("0".repeat(40)), undefined);
  assert.deepEqual(await opened.lookUpMany(["0".repeat(40), "abcd"]), [
    { outcome: "missing" },
    { outcome: "ambiguous", candidates: [oid("abcd1"), oid("abcd2")] },
  ]);
});

test("an aborted write leaves no lock and no temporary file, and says that it was aborted", async () => {
  const { fs, directory } = memoryDirectory([], sha1);
  fs.put("/objects/pack/pack-a.idx", fakeIdx(randomTable(50_000, 1)));
  fs.put("/objects/pack/pack-a.pack", new Uint8Array(32));
  const names = async () => (await fs.list(directory.packPath)).map(({ name }) => name);
  const before = await names();
  const repository = await Repository.open({ fs, objectDirectory: "/objects" });
  for (const title of ["Adding packfiles to multi-pack-index", "Writing multi-pack-index"]) {
    const controller = new AbortController();
    const stop = (event: ProgressEvent) => {
      if (event.title !== title) return;
      controller.abort();
      // The signal is looked at when it is time for the event loop to turn.
      for (const until = performance.now() + 50; performance.now() < until; );
    };
    const writing = repository.writeMidx({ signal: controller.signal, progress: stop });
    await assert.rejects(writing, (error) => isGitmidxError(error, "aborted"), title);
    assert.deepEqual(await names(), before, title);
  }
});

test("on a memory file system the library writes, verifies, lists and finds", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const packs = [...fixture.files].filter(([path]) => path.startsWith("pack-"));
    const { fs } = memoryDirectory(packs, fixture.format);
    const repository = await Repository.open({ fs, objectDirectory: "/objects", format: fixture.format });
    const ids = [...new Set(fixture.objects.map(({ oid }) => oid))].sort();
    assert.equal((await repository.find(ids[0]!))?.oid, ids[0]);
    const result = await repository.writeMidx({ reverseIndex: true });
    assert.equal(result.objects, ids.length);
    const listed: string[] = [];
    for await (const { oid } of repository.objects()) listed.push(oid);
    assert.deepEqual(listed, ids);
    const { findings } = await repository.verifyMidx();
    const errors = findings.filter(({ severity }) => severity === "error");
    // The large offset of that fixture lies behind the end of its small pack.
    assert.deepEqual(
      errors.map(({ code }) => code),
      name === "large-sha1" ? ["pack-index-mismatch"] : [],
    );
    assert.equal(((await repository.find(ids[0]!))?.copy as PackedCopy | undefined)?.midx?.position, 0);
  }
});

test("over fetched files the library finds and lists", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = new FetchedFs(fixtureFiles(fixture));
    const repository = await Repository.open({ fs, objectDirectory: "", format: fixture.format });
    const ids = [...new Set(fixture.objects.map(({ oid }) => oid))].sort();
    const listed: string[] = [];
    for await (const { oid } of repository.objects()) listed.push(oid);
    assert.deepEqual(listed, ids);
    for (const oid of ids) assert.equal((await repository.find(oid.slice(0, 16)))?.oid, oid);
    await assert.rejects(repository.writeMidx({ version: 2 }), { code: "read-only" });
  }
});

test("lookups that overlap share their files, which are closed when the repository is", async () => {
  const fixture = readFixture("chain-sha1");
  const memory = memoryDirectory(fixture.files, sha1).fs;
  const watched = watchFs(memory);
  const repository = await Repository.open({ fs: watched.fs, objectDirectory: "/objects" });
  const ids = [...new Set(fixture.objects.map(({ oid }) => oid))];
  const lookups = ids.map((oid) => repository.find(oid));
  await repository.close();
  const found = await Promise.all(lookups);
  assert.deepEqual(
    found.map((object) => object?.oid),
    ids,
  );
  assert.deepEqual(watched.open, []);
  for await (const _ of repository.objects()) break;
  assert.deepEqual(watched.open, []);
  await repository.find(ids[0]!);
  assert.equal(watched.open.length, 3);
  await repository.close();
  assert.deepEqual(watched.open, []);
});

test("opening fails where there is no repository, and a failed lookup does not spoil the next", async () => {
  await assert.rejects(open(makeTempFolder()), { code: "not-a-repository" });
  const repository = copyRepository(made);
  const opened = await open(repository.path);
  rmSync(join(repository.packDir), { recursive: true });
  writeFileSync(repository.packDir, "");
  const [oid] = allIds(made) as [string];
  await assert.rejects(opened.find(oid), (error) => isGitmidxError(error));
  rmSync(repository.packDir);
  assert.equal(await opened.find(oid), undefined);
});

test("a repository of SHA-256 is opened as such", async () => {
  const repository = makeRepository({ format: "sha256", packs: 2 });
  const opened = await open(repository.path);
  assert.equal(opened.format, sha256);
  await opened.writeMidx({ incremental: true });
  for (const oid of allIds(repository)) assert.equal((await opened.find(oid))?.oid, oid);
  runGit(newestGit(), ["multi-pack-index", "verify"], { cwd: repository.path });
});
