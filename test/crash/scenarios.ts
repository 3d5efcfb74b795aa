/** The writes that are interrupted: each begins from a state of a real repository that git made, and does one thing. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { sha1 } from "../../src/core/oid.js";
import type { BitmapRepository } from "../../src/ops/write-bitmap/repository-bitmap.js";
import type { WriteMidxOptions, WriteMidxResult } from "../../src/ops/write-midx/options.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { GitConfig } from "../../src/store/config/git-config.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { RefStore } from "../../src/store/refs/ref-store.js";
import { type GitBinary, gitAtLeast, isAtLeast, runGit } from "../support/gits.js";
import { copyRepository, type MadeRepository, makeRepository, readFiles } from "../support/repository-maker.js";
import { couldNotTest } from "../support/untested.js";

/** One write from one state. */
export interface Scenario {
  readonly name: string;
  /** Has git make what is there before; the packs are those of the whole repository. */
  prepare(repository: MadeRepository): void;
  /** What is written. */
  readonly options: Partial<WriteMidxOptions>;
  /** Whether a bitmap is written, too. */
  readonly bitmap?: boolean;
}

/** Chains are what most of the scenarios are about. */
export const git = gitAtLeast(2, 47);

function chainGit(): GitBinary {
  if (git === undefined) throw new Error("no git that knows chains");
  return git;
}

/** Has git write a multi-pack-index of the repository's first `count` packs. */
function gitWrites(repository: MadeRepository, count: number, ...args: readonly string[]): void {
  const names = repository.packs.slice(0, count).map(({ name }) => `${name}.idx\n`);
  runGit(chainGit(), ["multi-pack-index", "write", "--stdin-packs", ...args], {
    cwd: repository.path,
    input: names.join(""),
  });
}

const all: readonly Scenario[] = [
  { name: "write where there is nothing", prepare: () => undefined, options: {} },
  { name: "write over a single file", prepare: (repository) => gitWrites(repository, 2), options: {} },
  {
    name: "write --split where there is nothing",
    prepare: () => undefined,
    options: { incremental: true },
  },
  {
    name: "write --split onto a single file",
    prepare: (repository) => gitWrites(repository, 2),
    options: { incremental: true },
  },
  {
    name: "write --split onto a single file with a bitmap",
    prepare: (repository) => gitWrites(repository, 2, "--bitmap"),
    options: { incremental: true },
  },
  {
    name: "write --split onto a chain",
    prepare(repository) {
      gitWrites(repository, 1, "--incremental");
      gitWrites(repository, 2, "--incremental");
    },
    options: { incremental: true },
  },
  {
    name: "write over a chain",
    prepare(repository) {
      gitWrites(repository, 1, "--incremental");
      gitWrites(repository, 2, "--incremental");
    },
    options: {},
  },
];

/** With bitmaps, of which older gits know no chains. */
const bitmapped: readonly Scenario[] = [
  { name: "write --bitmap where there is nothing", prepare: () => undefined, options: {}, bitmap: true },
  {
    name: "write --bitmap over a single file with a bitmap",
    prepare: (repository) => gitWrites(repository, 2, "--bitmap"),
    options: {},
    bitmap: true,
  },
  {
    name: "write --split --bitmap onto a chain with bitmaps",
    prepare(repository) {
      gitWrites(repository, 1, "--incremental", "--bitmap");
      gitWrites(repository, 2, "--incremental", "--bitmap");
    },
    options: { incremental: true },
    bitmap: true,
  },
];
const knowsBitmaps = git !== undefined && isAtLeast(git, 2, 55);
if (!knowsBitmaps) couldNotTest("interrupted writes of bitmaps: they need git 2.55 or newer");

/** The scenarios; none, and said so, where the machine has no git for them. */
export const scenarios = git === undefined ? [] : knowsBitmaps ? [...all, ...bitmapped] : all;
if (git === undefined) couldNotTest("interrupted writes: they need git 2.47 or newer");

const original = makeRepository({ packs: 4, objects: 12, duplicates: 0.3, seed: 7 });

/** A fresh repository in the state from which the scenario begins. */
export function begin(scenario: Scenario): MadeRepository {
  const repository = copyRepository(original);
  scenario.prepare(repository);
  return repository;
}

/** Ends the use of a repository: thousands of copies would fill the disk. */
export function discard(repository: MadeRepository): void {
  rmSync(join(repository.path, ".."), { recursive: true, force: true });
}

/** Which process holds the locks: none that lives. */
const writerPid = 999_999_999;

/** Does what the scenario does, over `fs`. */
export function act(
  scenario: Scenario,
  repository: MadeRepository,
  fs: PackFs = new NodeFs(),
  lock: WriteMidxOptions["settings"]["lock"] = { pidFile: { pid: writerPid }, isAlive: () => false },
): Promise<WriteMidxResult> {
  const directory = new ObjectDirectory(fs, repository.objectDir, sha1);
  const bitmap = scenario.bitmap === true ? { repository: bitmapRepository(repository, directory) } : undefined;
  const settings = { shared: privatePermissions, sync: true, lock };
  return writeMidx(directory, { settings, bitmap, ...scenario.options });
}

function bitmapRepository({ gitDir }: MadeRepository, directory: ObjectDirectory): BitmapRepository {
  const { fs, format } = directory;
  const refs = RefStore.open(fs, { gitDir, commonDir: gitDir, format });
  return { fs, format, config: new GitConfig([]), directories: [directory], refs, commonDir: gitDir };
}

/** The files of the multi-pack-index, whatever belongs to it, with their bytes. */
export function midxFiles(repository: MadeRepository): Map<string, Uint8Array> {
  return readFiles(repository.packDir, (name) => /midx|multi-pack-index|tmp_bitmap/.test(name));
}

/** The state that a reader sees: the single file's checksum, or the chain's lines; "none". */
export function effectiveState(files: ReadonlyMap<string, Uint8Array>): string {
  const single = files.get("multi-pack-index");
  if (single !== undefined) return Buffer.from(single.subarray(-20)).toString("hex");
  const chain = files.get("multi-pack-index.d/multi-pack-index-chain");
  return chain === undefined ? "none" : Buffer.from(chain).toString("latin1");
}

/** Every object as git reads it through whatever multi-pack-index is there. */
export function objectsSeenByGit(repository: MadeRepository): string {
  runGit(chainGit(), ["multi-pack-index", "verify"], { cwd: repository.path });
  const args = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)"];
  const { stdout, stderr } = runGit(chainGit(), args, { cwd: repository.path });
  return stdout + stderr;
}
