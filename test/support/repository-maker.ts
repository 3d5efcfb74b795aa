/**
 * Real repositories, made by real git, fast: any number of packs with connected history, objects that several packs share, chosen
 * modification times and index versions. The same plan gives the same packs for the same git.
 */

import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type GitBinary, newestGit, runGit, systemGit } from "./gits.js";
import { seededRandom } from "./random.js";
import { makeTempFolder } from "./temp.js";

/** What a repository should be like; everything has a default. */
export interface RepositoryPlan {
  readonly format?: "sha1" | "sha256";
  /** Number of packs with objects; 3 by default. */
  readonly packs?: number;
  /** Objects in each pack, or of each pack in turn; 20 by default. From 3 on: a commit, two trees and blobs; below: blobs only. */
  readonly objects?: number | readonly number[];
  /** Share of each pack's blobs, 0 to 1, that `copies − 1` other packs hold too; 0 by default. */
  readonly duplicates?: number;
  /** In how many packs a shared blob is: 2 by default. It is also the number of separate branches of history. */
  readonly copies?: number;
  /** Adds a pack without objects, as the last of `packs`. */
  readonly emptyPack?: boolean;
  /** Ranks of the packs' modification times, oldest 0: 10 s lie between two ranks. In the order of `packs` by default. */
  readonly mtimeRanks?: readonly number[];
  /** Indexes every pack anew with `git index-pack --index-version=…`, as in `1`, `2` or `2,0x40`. */
  readonly indexVersion?: string;
  readonly bare?: boolean;
  readonly seed?: number;
  /** What makes it; the system's git by default, as the packs then look like those of the user's own repositories. */
  readonly git?: GitBinary;
  /** Where it goes: a folder that does not exist yet. A temporary folder by default. */
  readonly path?: string;
}

/** A pack of a made repository. */
export interface MadePack {
  /** `pack-…` without an extension. */
  readonly name: string;
  readonly pack: string;
  readonly idx: string;
  /** Modification time of its files, in seconds since 1970. */
  readonly mtime: number;
}

/** A repository on disk. */
export interface MadeRepository {
  /** The work tree, or the git directory of a bare repository: what `git -C` takes. */
  readonly path: string;
  readonly gitDir: string;
  readonly objectDir: string;
  readonly packDir: string;
  readonly format: "sha1" | "sha256";
  /** In the order in which they came to be: packs up to any one of them hold closed history. */
  readonly packs: readonly MadePack[];
}

/** Modification time of the pack of rank 0. */
export const firstMtime = 1_700_000_000;

function placesOf(path: string, bare: boolean): Pick<MadeRepository, "path" | "gitDir" | "objectDir" | "packDir"> {
  const gitDir = bare ? path : join(path, ".git");
  const objectDir = join(gitDir, "objects");
  return { path, gitDir, objectDir, packDir: join(objectDir, "pack") };
}

function initRepository(git: GitBinary, path: string, format: "sha1" | "sha256", bare: boolean): void {
  runGit(git, ["init", "-q", `--object-format=${format}`, ...(bare ? ["--bare"] : []), path]);
}

function objectsOf(plan: RepositoryPlan, pack: number): number {
  const { objects = 20 } = plan;
  return typeof objects === "number" ? objects : objects[pack % objects.length]!;
}

/** Text of 20 to some 300 bytes that no other label has. */
function blobText(label: string, random: () => number): string {
  let text = `${label}\n`;
  for (let lines = random() % 8; lines >= 0; lines--)
    text += `${random().toString(36)} ${random().toString(36)} line ${lines}\n`;
  return text;
}

function labelSeed(label: string): number {
  let seed = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) seed = Math.imul(seed ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return seed;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** The fast-import commands for one pack: `objects` objects, none of which an earlier pack of this branch has. */
function packCommands(plan: RepositoryPlan, branch: number, row: number, objects: number): string {
  const blobs = objects < 3 ? objects : objects - 3;
  const shared = Math.round(blobs * (plan.duplicates ?? 0));
  const texts = Array.from({ length: blobs }, (_, i) => {
    const label = `${plan.seed ?? 1} ${i < shared ? "shared" : `branch ${branch}`} ${row} ${i}`;
    return blobText(label, seededRandom(labelSeed(label)));
  });
  const mark = `mark :${row + 1}\n`;
  if (objects < 3) return texts.map((text, i) => `blob\n${i === 0 ? mark : ""}${data(text)}`).join("");
  const who = `committer C O Mitter <committer@example.com> ${firstMtime + row * 60 + branch} +0000\n`;
  let commands = `commit refs/heads/branch-${branch}\n${mark}${who}${data(`branch ${branch}, pack ${row}\n`)}deleteall\n`;
  for (const [i, text] of texts.entries()) commands += `M 100644 inline files/${i}.txt\n${data(text)}`;
  // Without a blob of its own there is nothing to make a tree of: name the last pack's work by a link to a commit.
  if (blobs === 0)
    commands += `M 160000 ${"1".repeat(38)}${(row % 90) + 10}${plan.format === "sha256" ? "0".repeat(24) : ""} files/link\n`;
  return commands;
}

/** The ids in an index of version 2, as hex. */
function* idsOf(idx: string, idLength: number): Generator<string> {
  const bytes = readFileSync(idx);
  const count = bytes.readUInt32BE(8 + 255 * 4);
  for (let i = 0; i < count; i++) yield bytes.toString("hex", 1032 + i * idLength, 1032 + (i + 1) * idLength);
}

/** The packs of a branch as paths without extension, each in the row whose marked object it holds. */
function orderPacks(packDir: string, rowOf: ReadonlyMap<string, number>, format: "sha1" | "sha256"): string[] {
  const packs: string[] = [];
  for (const name of readdirSync(packDir)) {
    if (!name.endsWith(".idx")) continue;
    for (const oid of idsOf(join(packDir, name), format === "sha1" ? 20 : 32)) {
      const row = rowOf.get(oid);
      if (row !== undefined) packs[row] = join(packDir, name.slice(0, -4));
    }
  }
  return packs;
}

/** Makes one branch of history in a repository of its own and returns its packs' paths, oldest first, and its tip. */
function makeBranch(
  plan: RepositoryPlan,
  git: GitBinary,
  branch: number,
  rows: readonly number[],
): { packs: string[]; tip: string | undefined } {
  const format = plan.format ?? "sha1";
  const { gitDir, packDir } = placesOf(makeTempFolder("branch"), true);
  initRepository(git, gitDir, format, true);
  const input = rows.map((objects, row) => `${packCommands(plan, branch, row, objects)}checkpoint\n`).join("");
  const marks = join(gitDir, "marks");
  // Without this, packs of less than 100 objects would become loose objects.
  const config = ["-c", "fastimport.unpackLimit=0"];
  runGit(git, [...config, "fast-import", "--quiet", `--export-marks=${marks}`, "--date-format=raw"], {
    cwd: gitDir,
    input,
  });
  const rowOf = new Map<string, number>();
  for (const line of readFileSync(marks, "utf8").split("\n")) {
    const [mark, oid] = line.split(" ");
    if (mark && oid) rowOf.set(oid, Number(mark.slice(1)) - 1);
  }
  const packs = orderPacks(packDir, rowOf, format);
  if (Object.keys(packs).length !== rows.length) throw new Error(`fast-import did not make ${rows.length} packs`);
  const tip = runGit(git, ["rev-parse", "-q", "--verify", `refs/heads/branch-${branch}`], {
    cwd: gitDir,
    status: "any",
  }).stdout.trim();
  return { packs, tip: tip === "" ? undefined : tip };
}

function setMtime(pack: MadePack): void {
  for (const extension of [".pack", ".idx", ".rev"]) {
    const path = pack.pack.slice(0, -5) + extension;
    if (existsSync(path)) utimesSync(path, pack.mtime, pack.mtime);
  }
}

function packAt(packDir: string, name: string, mtime: number): MadePack {
  return {
    name,
    pack: join(packDir, `${name}.pack`),
    idx: join(packDir, `${name}.idx`),
    mtime,
  };
}

/** Makes the branches and moves their packs to `packDir`; returns their names in the order of the plan. */
function makePacks(plan: RepositoryPlan, git: GitBinary, path: string, packDir: string): string[] {
  const count = plan.packs ?? 3;
  const branches = (plan.duplicates ?? 0) > 0 ? (plan.copies ?? 2) : 1;
  const names = new Array<string>(count);
  const refs: string[] = [];
  for (let branch = 0; branch < Math.min(branches, count); branch++) {
    const rows: number[] = [];
    for (let pack = branch; pack < count; pack += branches) rows.push(objectsOf(plan, pack));
    const made = makeBranch(plan, git, branch, rows);
    for (const [row, from] of made.packs.entries()) {
      const name = basename(from);
      names[branch + row * branches] = name;
      for (const extension of [".pack", ".idx"]) renameSync(from + extension, join(packDir, name + extension));
    }
    if (made.tip !== undefined)
      refs.push(`create refs/heads/${branch === 0 ? "main" : `branch-${branch}`} ${made.tip}\n`);
  }
  runGit(git, ["update-ref", "--stdin"], { cwd: path, input: refs.join("") });
  if (plan.emptyPack) {
    const hash = runGit(git, ["pack-objects", "-q", join(packDir, "pack")], {
      cwd: path,
    }).stdout.trim();
    names.push(`pack-${hash}`);
  }
  return names;
}

/** Makes a repository. 1,000 packs of 20 objects take some seconds. */
export function makeRepository(plan: RepositoryPlan = {}): MadeRepository {
  const git = plan.git ?? systemGit();
  const format = plan.format ?? "sha1";
  const bare = plan.bare ?? false;
  const places = placesOf(plan.path ?? join(makeTempFolder("repository"), "r"), bare);
  initRepository(git, places.path, format, bare);
  mkdirSync(places.packDir, { recursive: true });
  const names = makePacks(plan, git, places.path, places.packDir);
  const packs = names.map((name, i) => packAt(places.packDir, name, firstMtime + 10 * (plan.mtimeRanks?.[i] ?? i)));
  for (const pack of packs) {
    if (plan.indexVersion !== undefined) {
      runGit(git, ["index-pack", `--index-version=${plan.indexVersion}`, pack.pack], { cwd: places.path });
    }
    setMtime(pack);
  }
  return { ...places, format, packs };
}

/** How {@link copyRepository} copies. */
export interface CopyOptions {
  /** Gives each pack file its own bytes, for tests that damage them; by default the copies are hard links to the same file. */
  readonly ownBytes?: boolean;
  /** Only these packs, in this order; all by default. */
  readonly packs?: readonly MadePack[];
  /** What initialises the copy; the newest git by default. */
  readonly git?: GitBinary;
}

/** A second repository with the same packs and times (and refs, where all packs come along), but no multi-pack-index. */
export function copyRepository(from: MadeRepository, options: CopyOptions = {}): MadeRepository {
  const git = options.git ?? newestGit();
  const bare = from.path === from.gitDir;
  const places = placesOf(join(makeTempFolder("copy"), "r"), bare);
  initRepository(git, places.path, from.format, bare);
  mkdirSync(places.packDir, { recursive: true });
  const packs = (options.packs ?? from.packs).map((pack) => {
    for (const extension of [".pack", ".idx", ".rev"]) {
      const source = join(from.packDir, pack.name + extension);
      const target = join(places.packDir, pack.name + extension);
      if (!existsSync(source)) continue;
      if (options.ownBytes) copyFileSync(source, target);
      else linkSync(source, target);
    }
    const copied = packAt(places.packDir, pack.name, pack.mtime);
    if (options.ownBytes) setMtime(copied);
    return copied;
  });
  if (options.packs === undefined) {
    const refs = runGit(git, ["for-each-ref", "--format=create %(refname) %(objectname)"], { cwd: from.path }).stdout;
    runGit(git, ["update-ref", "--stdin"], { cwd: places.path, input: refs });
  }
  return { ...places, format: from.format, packs };
}

/**
 * Takes packs out of a repository, as if they had not been pushed yet. The returned function brings back the first `count` of them (all
 * by default) that are still away.
 */
export function withholdPacks(repository: MadeRepository, packs: readonly MadePack[]): (count?: number) => void {
  const shelf = join(repository.gitDir, "withheld");
  mkdirSync(shelf, { recursive: true });
  const move = (from: string, to: string, extensions: readonly string[], pack: MadePack) => {
    for (const extension of extensions) {
      const source = join(from, pack.name + extension);
      if (existsSync(source)) renameSync(source, join(to, pack.name + extension));
    }
  };
  // The index comes last and goes first: git takes a pack for present once its index is.
  for (const pack of packs) move(repository.packDir, shelf, [".idx", ".rev", ".pack"], pack);
  let back = 0;
  return (count = packs.length - back) => {
    for (const pack of packs.slice(back, back + count))
      move(shelf, repository.packDir, [".pack", ".rev", ".idx"], pack);
    back += count;
  };
}

/** Every file below `folder` that `wanted` accepts, with its bytes, by path relative to it: what identity tests compare. */
export function readFiles(folder: string, wanted: (name: string) => boolean = () => true): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    if (wanted(name) && statSync(path).isFile()) files.set(name, readFileSync(path));
  }
  return files;
}
