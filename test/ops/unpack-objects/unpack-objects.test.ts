/** `unpack-objects` compared with git's: the objects that it leaves, its messages and its status. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { inflateSync } from "node:zlib";
import { GitmidxError } from "../../../src/core/errors.js";
import { parseFsckSettings } from "../../../src/ops/fsck-objects/settings.js";
import { Repository } from "../../../src/repository.js";
import { GitConfig } from "../../../src/store/config/git-config.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { type GitBinary, gitAtLeast, newestGit, runGit } from "../../support/gits.js";
import { runGitmidx } from "../../support/program.js";
import { appendDelta, objectId } from "../../support/raw-pack.js";
import { makeRepository } from "../../support/repository-maker.js";
import { makeTempFolder } from "../../support/temp.js";
import { couldNotTest } from "../../support/untested.js";
import { linkCases, oddCases } from "../fsck-objects/odd-objects.js";
import type { OddCase } from "../fsck-objects/odd-parts.js";
import { base, baseId, type Call, calls, changed, packOf, withChain } from "./pack-calls.js";

/** What unpacking leaves and says. */
interface Outcome {
  readonly status: number;
  /** Standard error without empty lines. */
  readonly lines: readonly string[];
  /** Loose objects: id and inflated file. */
  readonly objects: Readonly<Record<string, string>>;
  readonly stdout: string;
}

function looseObjects(objectDir: string): Record<string, string> {
  const objects: Record<string, string> = {};
  for (const folder of readdirSync(objectDir).sort()) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of readdirSync(join(objectDir, folder)).sort()) {
      const bytes = inflateSync(readFileSync(join(objectDir, folder, name)));
      objects[folder + name] = createHash("sha1").update(bytes).digest("hex");
    }
  }
  return objects;
}

function clear(objectDir: string): void {
  for (const folder of readdirSync(objectDir)) {
    if (folder.length === 2) rmSync(join(objectDir, folder), { recursive: true });
  }
}

function outcomeOf(run: ReturnType<typeof runGit>, objectDir: string): Outcome {
  // What zlib itself says of a damaged stream, nobody else can.
  const lines = run.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("error: inflate: "));
  return { status: run.status, lines, objects: looseObjects(objectDir), stdout: run.stdout };
}

function prepare(repository: string, { there = [] }: Call): string {
  const objectDir = join(repository, "objects");
  clear(objectDir);
  for (const text of there) runGit(newestGit(), ["hash-object", "-w", "--stdin"], { cwd: repository, input: text });
  return objectDir;
}

function gitUnpacks(git: GitBinary, repository: string, call: Call): Outcome {
  const objectDir = prepare(repository, call);
  const config = (call.config ?? []).flatMap((setting) => ["-c", setting]);
  const args = [...config, "unpack-objects", ...(call.args ?? [])];
  return outcomeOf(runGit(git, args, { cwd: repository, input: call.pack, status: "any" }), objectDir);
}

/** Unpacks in this process, as the command does. */
async function weUnpack(path: string, call: Call): Promise<Outcome> {
  const objectDirectory = prepare(path, call);
  const entries = (call.config ?? []).map((setting) => {
    const [key, value] = setting.split("=");
    return { key: key!.toLowerCase(), value, origin: { scope: "command" as const, file: undefined, line: undefined } };
  });
  const repository = await Repository.open({ fs: new NodeFs(), objectDirectory, config: new GitConfig(entries) });
  const args = call.args ?? [];
  const lines: string[] = [];
  const strict = args.find((argument) => argument.startsWith("--strict"));
  const limit = args.find((argument) => argument.startsWith("--max-input-size="))?.split("=")[1];
  const reading = { fs: repository.fs, format: repository.format, resolve: (file: string) => file };
  let status = 0;
  let stdout = "";
  try {
    const { outcome, rest } = await repository.unpackObjects(piecesOf(call.pack, 100), {
      dryRun: args.includes("-n"),
      recover: args.includes("-r"),
      strict: strict === undefined ? undefined : await parseFsckSettings(strict.split(/=(.*)/s)[1] ?? "", reading),
      maxByteLength: Number(limit ?? 0),
      tell: (line) => lines.push(line),
    });
    status = outcome === "faulty" ? 1 : 0;
    stdout = Buffer.from(rest).toString();
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    lines.push(`fatal: ${error.message}`);
    status = 128;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git replaces them in what it prints
  const printed = lines.join("\n").replace(/[\0-\x08\x0b-\x1f\x7f]/g, "?");
  return {
    status,
    lines: printed.split("\n").filter((line) => line !== ""),
    objects: looseObjects(objectDirectory),
    stdout,
  };
}

async function* piecesOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function makeBare(format = "sha1"): string {
  const path = join(makeTempFolder("unpack"), "r.git");
  runGit(newestGit(), ["init", "-q", "--bare", `--object-format=${format}`, path]);
  return path;
}

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("unpack-objects beside git's: needs git 2.55 or newer");
else describe("unpack-objects beside git's", () => compareWith(git));

function compareWith(git: GitBinary): void {
  let repository: string;
  before(() => {
    repository = makeBare();
  });

  for (const [name, call] of Object.entries(calls)) {
    test(`${name}: same objects, messages and status`, async () => {
      assert.deepEqual(await weUnpack(repository, call), gitUnpacks(git, repository, call));
    });
  }

  test("--strict says what git says of objects with something wrong, and writes what git writes", async () => {
    // Of a missing object that is seen as two types, git tells the first thing that it meets, and so do we.
    const links = linkCases.filter(({ name }) => name !== "two views of a missing object");
    const cases: OddCase[] = [...links, ...oddCases.filter((_, i) => i % 7 === 0)];
    for (const odd of cases) {
      const pack = packOf((raw) => {
        for (const [type, content] of odd.objects) raw.add(type, content);
      });
      const option = odd.settings === undefined ? "--strict" : `--strict=${odd.settings}`;
      const call = { pack, args: [option] };
      assert.deepEqual(await weUnpack(repository, call), gitUnpacks(git, repository, call), odd.name);
    }
  });

  const onCommandLine: Readonly<Record<string, Call>> = {
    "a header given beforehand": { pack: withChain.subarray(12), args: ["--pack_header=2,42"] },
    "a header that is none": { pack: withChain.subarray(12), args: ["--pack_header=2,x"] },
    "bytes behind the pack": { pack: Buffer.concat([withChain, Buffer.from("and more")]), args: ["-q"] },
    "an unknown type": { pack: packOf((pack) => pack.addBytes(Buffer.from([0x50]))), args: ["-n", "-r", "--strict"] },
    "a wrong checksum of the pack": { pack: changed(withChain, -1, 0) },
    "a pack that is too large": { pack: withChain, args: ["--max-input-size=500"] },
    "an unknown message id": { pack: withChain, args: ["--strict=nonsense=warn"] },
  };
  for (const [name, call] of Object.entries(onCommandLine)) {
    test(`${name}: the command line says and returns what git's does`, () => {
      const objectDir = prepare(repository, call);
      const run = runGitmidx(["unpack-objects", ...(call.args ?? [])], {
        cwd: repository,
        input: call.pack,
        status: "any",
      });
      assert.deepEqual(outcomeOf(run, objectDir), gitUnpacks(git, repository, call));
    });
  }
}

for (const format of ["sha1", "sha256"] as const) {
  test(`a repository's whole history (${format}) comes out as git's unpack-objects makes it`, () => {
    const source = makeRepository({ format, packs: 2, objects: 60 });
    for (const { pack } of source.packs) {
      const target = makeBare(format);
      const input = readFileSync(pack);
      const [ours, theirs] = [makeBare(format), target];
      runGitmidx(["unpack-objects", "-q"], { cwd: ours, input });
      runGit(newestGit(), ["unpack-objects", "-q"], { cwd: theirs, input });
      assert.deepEqual(looseObjects(join(ours, "objects")), looseObjects(join(theirs, "objects")));
      runGit(newestGit(), ["fsck", "--no-dangling"], { cwd: ours });
    }
  });
}

test("an object that is there is left alone and marked as in use", () => {
  const repository = makeBare();
  const pack = packOf((raw) => raw.add("blob", base));
  runGitmidx(["unpack-objects", "-q"], { cwd: repository, input: pack });
  const hex = baseId.toString("hex");
  const path = join(repository, "objects", hex.slice(0, 2), hex.slice(2));
  const first = statSync(path);
  assert.equal(first.mode & 0o777, 0o444 & ~process.umask());
  utimesSync(path, 1, 1);
  runGitmidx(["unpack-objects", "-q"], { cwd: repository, input: pack });
  const second = statSync(path);
  assert.equal(second.ino, first.ino);
  assert.ok(second.mtimeMs > 1e12);
});

test("an object that a pack has is not written, and the pack is marked as in use", () => {
  const repository = makeRepository({ packs: 1, objects: 5, bare: true });
  const { pack } = repository.packs[0]!;
  runGitmidx(["unpack-objects", "-q"], { cwd: repository.path, input: readFileSync(pack) });
  assert.deepEqual(looseObjects(repository.objectDir), {});
  assert.ok(statSync(pack).mtimeMs / 1000 > 1_700_001_000);
});

test("a shared repository's objects and directories get its permissions", () => {
  const [ours, theirs] = [makeBare(), makeBare()];
  const pack = packOf((raw) => raw.add("blob", base));
  const modes = (repository: string) => {
    const folder = join(repository, "objects", baseId.toString("hex").slice(0, 2));
    return [statSync(folder).mode, statSync(join(folder, baseId.toString("hex").slice(2))).mode];
  };
  runGitmidx(["-c", "core.sharedRepository=0666", "unpack-objects"], { cwd: ours, input: pack });
  runGit(newestGit(), ["-c", "core.sharedRepository=0666", "unpack-objects"], { cwd: theirs, input: pack });
  assert.deepEqual(modes(ours), modes(theirs));
});

test("what an alternate has is not written", () => {
  const [repository, alternate] = [makeBare(), makeBare()];
  const pack = packOf((raw) => raw.add("blob", base));
  runGitmidx(["unpack-objects"], { cwd: alternate, input: pack });
  mkdirSync(join(repository, "objects/info"), { recursive: true });
  writeFileSync(join(repository, "objects/info/alternates"), `${join(alternate, "objects")}\n`);
  runGitmidx(["unpack-objects"], { cwd: repository, input: pack });
  assert.deepEqual(looseObjects(join(repository, "objects")), {});
});

test("objects above core.bigFileThreshold that are there already leave no temporary file", () => {
  const repository = makeBare();
  const pack = packOf((raw) => raw.add("blob", base));
  for (let i = 0; i < 2; i++) {
    runGitmidx(["-c", "core.bigFileThreshold=10", "unpack-objects"], { cwd: repository, input: pack });
  }
  assert.deepEqual(readdirSync(join(repository, "objects")).sort(), [
    baseId.toString("hex").slice(0, 2),
    "info",
    "pack",
  ]);
});

test("the library counts what it wrote", async () => {
  const path = makeBare();
  const repository = await Repository.open({
    fs: new NodeFs(),
    objectDirectory: join(path, "objects"),
    config: new GitConfig([]),
  });
  const pack = packOf((raw) => {
    raw.add("blob", base);
    raw.add("blob", base);
    raw.add("blob", "other");
  });
  const { outcome, objects } = await repository.unpackObjects(piecesOf(pack, 7), { trusted: true });
  assert.deepEqual([outcome, objects], ["complete", 3]);
  assert.equal((await repository.unpackObjects(piecesOf(pack, 7))).written, 0);
});

test("an aborted unpacking leaves no temporary file", async () => {
  const path = makeBare();
  const repository = await Repository.open({ fs: new NodeFs(), objectDirectory: join(path, "objects") });
  const abort = new AbortController();
  const pieces = async function* () {
    yield* piecesOf(withChain.subarray(0, 400), 50);
    abort.abort();
    throw new GitmidxError("aborted", "the operation was aborted");
  };
  await assert.rejects(repository.unpackObjects(pieces(), { signal: abort.signal }), { code: "aborted" });
  for (const folder of readdirSync(join(path, "objects"))) {
    for (const name of readdirSync(join(path, "objects", folder))) assert.doesNotMatch(name, /^tmp/);
  }
  assert.ok(existsSync(join(path, "objects")));
});

test("a delta before its large base is resolved, which git's streaming of large blobs loses", async () => {
  const pack = packOf((raw) => {
    raw.addRefDelta(baseId, appendDelta(base.length, "x"));
    raw.add("blob", base);
  });
  const { status, objects } = await weUnpack(makeBare(), { pack, config: ["core.bigFileThreshold=100"] });
  const derived = objectId("blob", `${base}x`).toString("hex");
  assert.deepEqual([status, Object.keys(objects)], [0, [baseId.toString("hex"), derived].sort()]);
});
