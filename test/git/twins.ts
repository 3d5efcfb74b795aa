/**
 * Two copies of one repository, one written by git and one by us with the same wishes: after each write they must hold the same files
 * with the same bytes and permissions, and both writers must have ended alike.
 */

import assert from "node:assert/strict";
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { failureOf, message } from "../../src/cli/exit-status.js";
import { sha1, sha256 } from "../../src/core/oid.js";
import type { WriteMidxOptions, WriteMidxResult } from "../../src/ops/write-midx/options.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { type GitBinary, isAtLeast, runGit } from "../support/gits.js";
import { copyRepository, type MadePack, type MadeRepository, withholdPacks } from "../support/repository-maker.js";

/** What is wished of one write, in the words of our options; {@link gitArguments} says it in git's. */
export interface Wish {
  readonly incremental?: boolean;
  readonly version?: number;
  readonly preferredPack?: string;
  readonly stdinPacks?: readonly string[];
  readonly writeChainFile?: boolean;
  readonly base?: string;
  /** Git writes the chunks only beside a bitmap, which is then left out of the comparison. */
  readonly reverseIndex?: boolean;
}

/** What came of one write. */
export interface Written {
  /** Exit status, git's or what our command line would end with. */
  readonly status: number;
  /** What was said on standard error, a line for each warning or error, with paths relative to the repository. */
  readonly said: readonly string[];
  /** The checksum that `--no-write-chain-file` prints; empty otherwise. */
  readonly printed: string;
}

/** The wish as arguments for git. */
export function gitArguments(wish: Wish): string[] {
  const args = wish.version === undefined ? [] : ["-c", `midx.version=${wish.version}`];
  args.push("multi-pack-index", "write", "--no-progress");
  if (wish.incremental) args.push("--incremental");
  if (wish.preferredPack !== undefined) args.push(`--preferred-pack=${wish.preferredPack}`);
  if (wish.stdinPacks !== undefined) args.push("--stdin-packs");
  if (wish.writeChainFile === false) args.push("--no-write-chain-file");
  if (wish.base !== undefined) args.push(`--base=${wish.base}`);
  if (wish.reverseIndex) args.push("--bitmap");
  return args;
}

function relativeLines(text: string, repository: MadeRepository): string[] {
  const lines = text.replaceAll(`${repository.path}/`, "").split("\n");
  return lines.filter((line) => line !== "");
}

/** Has git write; whatever status it ends with is taken. */
export function gitWrites(git: GitBinary, repository: MadeRepository, wish: Wish = {}): Written {
  const input = (wish.stdinPacks ?? []).map((name) => `${name}\n`).join("");
  const run = runGit(git, gitArguments(wish), { cwd: repository.path, input, status: "any" });
  // A refusal is 255 in git 2.55 and was 1 before.
  const status = run.status === 1 && !isAtLeast(git, 2, 55) ? 255 : run.status;
  return { status, said: relativeLines(run.stderr, repository), printed: run.stdout.trim() };
}

/** The object directory as the library opens it. */
export function openDirectory(repository: MadeRepository): ObjectDirectory {
  return new ObjectDirectory(new NodeFs(), repository.objectDir, repository.format === "sha1" ? sha1 : sha256);
}

/** Has us write, without waiting for the disk. */
export function weWrite(
  repository: MadeRepository,
  wish: Wish = {},
  warn?: (message: string) => void,
): Promise<WriteMidxResult> {
  const settings: WriteMidxOptions["settings"] = { shared: privatePermissions, sync: false, lock: {} };
  return writeMidx(openDirectory(repository), { settings, ...wish, ...(warn === undefined ? {} : { warn }) });
}

/** {@link weWrite}, with its end told as a process would: our explanations, which follow git's sentence on lines of their own, are left out. */
export async function weTell(repository: MadeRepository, wish: Wish = {}): Promise<Written> {
  const texts: string[] = [];
  const told = () => texts.map((text) => relativeLines(text, repository)[0]!);
  try {
    const result = await weWrite(repository, wish, (text) => texts.push(message("warning", text)));
    return { status: 0, said: told(), printed: wish.writeChainFile === false ? (result.checksum ?? "") : "" };
  } catch (error) {
    const { text, status } = failureOf(error);
    texts.push(text);
    return { status, said: told(), printed: "" };
  }
}

/** A file or folder that is neither a pack nor a pack's own index. */
export interface StateEntry {
  /** `0644 multi-pack-index`; a folder's name ends in a slash. */
  readonly title: string;
  readonly bytes: Uint8Array;
}

const notCompared = /\.(pack|idx|bitmap)$|^pack-.*\.rev$/;

/** The multi-pack-index files of a repository: what the two must have in common. */
export function midxState(repository: MadeRepository): StateEntry[] {
  const entries: StateEntry[] = [];
  for (const name of readdirSync(repository.packDir, { recursive: true, encoding: "utf8" }).sort()) {
    if (notCompared.test(name)) continue;
    const path = join(repository.packDir, name);
    const stat = lstatSync(path);
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
    const folder = stat.isDirectory();
    entries.push({
      title: `${mode} ${name}${folder ? "/" : ""}`,
      bytes: folder ? new Uint8Array(0) : readFileSync(path),
    });
  }
  return entries;
}

/** Names of the files and folders of {@link midxState}, without their modes. */
export function midxFileNames(repository: MadeRepository): string[] {
  return midxState(repository).map(({ title }) => title.slice(5));
}

/** @throws AssertionError with the first place where the two differ. */
export function assertSameBytes(ours: Uint8Array, theirs: Uint8Array, what: string): void {
  if (Buffer.compare(ours, theirs) === 0) return;
  let at = 0;
  while (at < ours.length && ours[at] === theirs[at]) at++;
  const around = (bytes: Uint8Array) => Buffer.from(bytes.subarray(Math.max(0, at - 8), at + 24)).toString("hex");
  const sizes = `${ours.length} bytes of ours, ${theirs.length} of git's`;
  assert.fail(`${what} differs from byte ${at} on (${sizes}): ours …${around(ours)}…, git's …${around(theirs)}…`);
}

/** @throws AssertionError unless both hold the same files. */
export function assertSameState(ours: MadeRepository, theirs: MadeRepository, what: string): void {
  const our = midxState(ours);
  const isEmptyFolder = (entry: StateEntry, i: number, all: readonly StateEntry[]) =>
    entry.title.endsWith(".d/") && !(all[i + 1]?.title.includes(".d/") ?? false);
  // Git makes the folder for layers before it knows whether there will be one; we do not where there is none.
  const weHaveFolder = our.some(({ title }) => title.endsWith(".d/"));
  const their = midxState(theirs).filter((entry, i, all) => weHaveFolder || !isEmptyFolder(entry, i, all));
  assert.deepEqual(
    our.map(({ title }) => title),
    their.map(({ title }) => title),
    `${what}: files`,
  );
  for (const [i, entry] of our.entries()) assertSameBytes(entry.bytes, their[i]!.bytes, `${what}: ${entry.title}`);
}

/** Gives a repository another one's pack, with its time. */
export function addPack(repository: MadeRepository, pack: MadePack): void {
  for (const path of [pack.pack, pack.idx]) linkSync(path, join(repository.packDir, basename(path)));
}

/** Takes away all refs: `--bitmap` then looks at no commit, so that it does not matter which packs are there. */
export function dropRefs(repository: MadeRepository): void {
  rmSync(join(repository.gitDir, "refs", "heads"), { recursive: true });
  mkdirSync(join(repository.gitDir, "refs", "heads"));
}

/** Ranks of modification times, all different, in an order that is neither that of names nor that in which packs came to be. */
export function shuffledRanks(count: number): number[] {
  const prime = 10_007;
  return Array.from({ length: count }, (_, i) => (i * prime + 3) % count);
}

/** The two copies. */
export class Twins {
  readonly git: GitBinary;
  readonly theirs: MadeRepository;
  readonly ours: MadeRepository;
  #steps = 0;

  /** Copies `repository` twice, with the packs of `packs` or all; what else is in its pack folder does not come along. */
  constructor(git: GitBinary, repository: MadeRepository, packs?: readonly MadePack[]) {
    this.git = git;
    const options = packs === undefined ? {} : { packs };
    this.theirs = copyRepository(repository, options);
    this.ours = copyRepository(repository, options);
  }

  /** Does the same to both. */
  both(change: (repository: MadeRepository) => void): void {
    change(this.theirs);
    change(this.ours);
  }

  /** Takes packs out of both; the returned function brings back the next `count`. */
  withhold(from: number): (count?: number) => void {
    const releases = [this.theirs, this.ours].map((repository) =>
      withholdPacks(repository, repository.packs.slice(from)),
    );
    return (count) => {
      for (const release of releases) release(count);
    };
  }

  /** Both write, and must end alike, say the same and leave the same. Returns what git said. */
  async write(wish: Wish = {}): Promise<Written> {
    this.#steps++;
    const theirs = gitWrites(this.git, this.theirs, wish);
    const ours = await weTell(this.ours, wish);
    const what = `write ${this.#steps} ${JSON.stringify(wish)}`;
    assert.deepEqual(ours, theirs, what);
    assertSameState(this.ours, this.theirs, what);
    return theirs;
  }
}
