import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { openRepository } from "../../src/node.js";
import { type BatchContext, runBatch } from "../../src/ops/cat-file/batch.js";
import type { BatchRequest } from "../../src/ops/cat-file/batch-request.js";
import { openRevisions } from "../../src/ops/resolve-revision/open-revisions.js";
import { newestGit, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();
const workerUrl = new URL("../../src/node-worker.js", import.meta.url).href;
const batchArgs = ["cat-file", "--batch", "--batch-all-objects", "--unordered"];

/** A repository whose blobs grow into each other: deep chains, large and small objects, and one that no delta was made of. */
function makeHistory(format: "sha1" | "sha256"): string {
  const path = makeTempFolder("planned");
  runGit(git, ["init", "-q", "--bare", `--object-format=${format}`, path], { cwd: path });
  const parts: Buffer[] = [];
  let text = "";
  for (let i = 0; i < 240; i++) {
    text = `${text}line ${i} ${"x".repeat(i % 50)} ${i * 7919}\n`;
    const content = Buffer.from(i % 40 === 0 ? text.repeat(Math.min(30, i)) : i % 7 === 0 ? "" : text);
    parts.push(
      Buffer.from(`commit refs/heads/main\ncommitter A <a@b> ${1_600_000_000 + i} +0000\ndata 1\n${i % 10}\n`),
    );
    parts.push(Buffer.from(`M 100644 inline file${i % 3}\ndata ${content.length}\n`), content, Buffer.from("\n"));
  }
  runGit(git, ["fast-import", "--quiet"], { cwd: path, input: Buffer.concat(parts) });
  runGit(git, ["repack", "-adfq", "--depth=50"], { cwd: path });
  return path;
}

const repositories = { sha1: makeHistory("sha1"), sha256: makeHistory("sha256") };

type Threads = NonNullable<BatchContext["workers"]>;

const request: BatchRequest = {
  mode: "contents",
  format: "%(objectname) %(objecttype) %(objectsize)",
  allObjects: true,
  unordered: true,
  buffer: true,
  followSymlinks: false,
  filter: undefined,
  inputEnd: "LF",
  outputEnd: "LF",
};

/** Prints every object of a repository. */
async function printAll(
  path: string,
  workers: Threads | undefined,
  options: { config?: string[]; signal?: AbortSignal; write?: BatchContext["write"] } = {},
): Promise<Buffer> {
  const configParameters = (options.config ?? []).map((text) => {
    const [key = "", value = ""] = text.split("=");
    return { key, value };
  });
  const repository = await openRepository({ cwd: path, configParameters });
  const { fs, format, config, directories, refs } = repository;
  const places = { ...repository.places, cwd: path, indexFile: undefined };
  const revisions = await openRevisions({ fs, format, config, directories, refs, places }, { useReplaceRefs: false });
  const parts: Buffer[] = [];
  const keep = async (bytes: Uint8Array) => void parts.push(Buffer.from(bytes));
  try {
    const input = (async function* () {})();
    const task = { signal: options.signal };
    const write = options.write ?? keep;
    await runBatch({ revisions, directories, input, write, task, workers }, request);
  } finally {
    revisions.close();
    await repository.close();
  }
  return Buffer.concat(parts);
}

const alone = undefined;
const helped: Threads = { url: workerUrl, threads: 2, leastPackByteLength: 0 };
const helpedByTwo: Threads = { ...helped, threads: 3 };

for (const [format, path] of Object.entries(repositories)) {
  test(`objects made by plan are git's in git's order, on one thread and on several: ${format}`, async () => {
    const wanted = Buffer.from(runGit(git, batchArgs, { cwd: path }).bytes);
    for (const workers of [alone, helped, helpedByTwo]) {
      assert.ok((await printAll(path, workers)).equals(wanted), `${workers?.threads ?? 1} threads`);
    }
  });
}

test("with hardly any room for bases the bytes are the same", async () => {
  const wanted = Buffer.from(runGit(git, batchArgs, { cwd: repositories.sha1 }).bytes);
  for (const limit of ["0", "20k", "200k"]) {
    const config = [`core.deltaBaseCacheLimit=${limit}`];
    assert.ok((await printAll(repositories.sha1, alone, { config })).equals(wanted), limit);
    assert.ok((await printAll(repositories.sha1, helped, { config })).equals(wanted), limit);
  }
});

test("objects in several packs and loose ones come once", async () => {
  const path = makeHistory("sha1");
  runGit(git, ["update-ref", "refs/heads/half", "main~120"], { cwd: path });
  const half = runGit(git, ["rev-list", "--objects", "half"], { cwd: path }).bytes;
  runGit(git, ["pack-objects", "-q", join(path, "objects/pack/pack")], { cwd: path, input: half });
  runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: "loose" });
  const sorted = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1").split("\n").toSorted().join("\n");
  const wanted = sorted(runGit(git, batchArgs, { cwd: path }).bytes);
  for (const workers of [alone, helped]) assert.equal(sorted(await printAll(path, workers)), wanted);
});

test("a damaged entry is the same error on one thread and on two", async () => {
  const path = makeHistory("sha1");
  const folder = join(path, "objects/pack");
  const pack = join(folder, readdirSync(folder).find((name) => name.endsWith(".pack"))!);
  const bytes = readFileSync(pack);
  const copy = Buffer.from(bytes);
  copy.fill(0xee, bytes.length >> 1, (bytes.length >> 1) + 60);
  chmodSync(pack, 0o644);
  writeFileSync(pack, copy);
  const messages: string[] = [];
  for (const workers of [alone, helped]) {
    await assert.rejects(printAll(path, workers), (error) => {
      assert.ok(isGitmidxError(error), String(error));
      messages.push(error.message);
      return true;
    });
  }
  assert.equal(messages[0], messages[1]);
});

test("who stops reading or interrupts stops the threads at once", async () => {
  const path = repositories.sha1;
  const gone = new Error("nobody reads");
  const write = async () => {
    throw gone;
  };
  await assert.rejects(printAll(path, helped, { write }), gone);
  await assert.rejects(printAll(path, helped, { signal: AbortSignal.abort() }), { code: "aborted" });
});

test("a worker that fails is one clear error", async () => {
  const workers = { ...helped, url: new URL("./no-such-module.js", import.meta.url).href };
  await assert.rejects(printAll(repositories.sha1, workers), /no-such-module/);
});
