/** Two copies of one repository, in one of which git writes bitmaps, and in the other we do with the same wishes. */

import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { message } from "../../src/cli/exit-status.js";
import type { ProgressEvent } from "../../src/core/task.js";
import type { WriteMidxResult } from "../../src/ops/write-midx/options.js";
import { Repository } from "../../src/repository.js";
import type { WriteOptions } from "../../src/repository-options.js";
import { discoverRepository } from "../../src/store/discover.js";
import { NodeFs } from "../../src/store/node-fs.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { type GitBinary, gitEnvironment, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

/** What git says of each ref to a tree or blob where there are pseudo-merges, and goes on: nobody is helped by it. */
const needless = /^error: object \w+ is a (?:tree|blob), not a commit\n/gm;

/** What is wished of both. */
export interface BitmapWish extends Pick<WriteOptions, "incremental" | "preferredPack" | "stdinPacks" | "nameHash"> {
  /** Variables for both. */
  readonly config?: Readonly<Record<string, string>>;
  readonly snapshot?: string;
}

/** A bare repository opened as our command line opens it. */
export async function openBare(
  path: string,
  config: Readonly<Record<string, string>> = {},
  fs: PackFs = new NodeFs(),
): Promise<Repository> {
  const configParameters = Object.entries(config).map(([key, value]) => ({ key, value }));
  const facts = { cwd: path, env: gitEnvironment(), euid: process.geteuid?.() };
  const location = await discoverRepository(fs, { process: facts, bare: true, configParameters });
  return Repository.open({ fs, ...location, host: { env: facts.env } });
}

/** A copy of a repository with all its times, but that no two packs are of the same: git takes them as the directory lists them then. */
export function copyOf(path: string): string {
  const copy = join(makeTempFolder("twin"), "r.git");
  cpSync(path, copy, { recursive: true, preserveTimestamps: true });
  const folder = join(copy, "objects/pack");
  const packs = readdirSync(folder).filter((name) => name.endsWith(".pack"));
  const times = new Map(packs.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
  packs.sort((a, b) => times.get(a)! - times.get(b)! || (a < b ? -1 : 1));
  for (const [i, name] of packs.entries())
    utimesSync(join(folder, name), 1_700_000_000 + 10 * i, 1_700_000_000 + 10 * i);
  return copy;
}

/** All files of multi-pack-indexes and their bitmaps below a repository's packs, by name. */
export function midxFiles(path: string): ReadonlyMap<string, Buffer> {
  const packs = join(path, "objects/pack");
  const names = readdirSync(packs, { recursive: true, encoding: "utf8" }).filter((name) =>
    /multi-pack-index(?!\.d$)|tmp_/.test(name.replace(/^multi-pack-index\.d\//, "")),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(packs, name))]));
}

/** Names of the indexes of a repository's packs, oldest pack first. */
export function packsByAge(path: string): readonly string[] {
  const folder = join(path, "objects/pack");
  const packs = readdirSync(folder).filter((name) => name.endsWith(".pack"));
  const times = new Map(packs.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
  return packs.sort((a, b) => times.get(a)! - times.get(b)!).map((name) => name.replace(/pack$/, "idx"));
}

/** What we did, and what we said. */
export interface OurWrite {
  readonly result: WriteMidxResult;
  readonly said: string;
  readonly progress: readonly ProgressEvent[];
}

/** Has us write in a repository. */
export async function weWriteBitmap(path: string, wish: BitmapWish = {}): Promise<OurWrite> {
  const { config, snapshot: refsSnapshot, ...options } = wish;
  const repository = await openBare(path, config);
  const progress: ProgressEvent[] = [];
  let said = "";
  repository.on("warning", (text) => {
    said += message("warning", text);
  });
  repository.on("progress", (event) => void progress.push(event));
  try {
    const result = await repository.writeMidx({ ...options, bitmap: true, refsSnapshot });
    return { result, said, progress };
  } finally {
    await repository.close();
  }
}

/** Has git write in a repository; returns what it said. */
export function gitWritesBitmap(git: GitBinary, path: string, wish: BitmapWish = {}): string {
  const { config = {}, snapshot, incremental, preferredPack, stdinPacks } = wish;
  const args = Object.entries(config).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  args.push("multi-pack-index", "write", "--no-progress", "--bitmap");
  if (incremental === true) args.push("--incremental");
  if (preferredPack !== undefined) args.push(`--preferred-pack=${preferredPack}`);
  if (snapshot !== undefined) args.push(`--refs-snapshot=${snapshot}`);
  if (stdinPacks !== undefined) args.push("--stdin-packs");
  const input = (stdinPacks ?? []).map((name) => `${name}\n`).join("");
  return runGit(git, args, { cwd: path, input }).stderr;
}

/** Has both write in copies of a repository, and asserts that all files are the same. Returns our copy. */
export async function assertTwins(git: GitBinary, path: string, ...wishes: readonly BitmapWish[]): Promise<string> {
  const theirs = copyOf(path);
  const ours = copyOf(theirs);
  for (const wish of wishes.length === 0 ? [{}] : wishes) {
    const said = gitWritesBitmap(git, theirs, wish);
    const written = await weWriteBitmap(ours, { nameHash: "copy", ...wish });
    assert.equal(written.said, said.replaceAll(needless, ""));
    assertSameFiles(ours, theirs);
  }
  return ours;
}

/** Asserts that two repositories have the same files of multi-pack-indexes, byte for byte. */
export function assertSameFiles(ours: string, theirs: string): void {
  const expected = midxFiles(theirs);
  const actual = midxFiles(ours);
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, bytes] of actual) assert.ok(bytes.equals(expected.get(name)!), `${name} is not as git has it`);
}

/** Has git test the bitmap of each of these commits. */
export function assertBitmapsPass(git: GitBinary, path: string, commits: readonly string[]): void {
  for (const commit of commits) {
    const run = runGit(git, ["rev-list", "--test-bitmap", commit], { cwd: path });
    assert.match(run.stderr, /OK!/);
  }
}
