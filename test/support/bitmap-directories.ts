/** Pack directories with small bitmaps of every kind, made by real git, in memory. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ObjectFormat, sha1, sha256 } from "../../src/core/oid.js";
import { BitmapHistory } from "./bitmap-history.js";
import { type GitBinary, isAtLeast, newestGit, runGit } from "./gits.js";

/** A directory of packs with at least one bitmap. */
export interface BitmapDirectory {
  /** What kind it is: `pack-sha1`, `chain-sha256` and so on. */
  readonly name: string;
  readonly format: ObjectFormat;
  /** Every file by its path below the directory of packs. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Paths of the bitmaps. */
  readonly bitmaps: readonly string[];
}

const lookup = ["-c", "pack.writeBitmapLookupTable=true"];
const plain = ["-c", "pack.writeBitmapHashCache=false"];
/** Every ref is in one of two groups, those of `twice` in both, however young its commit is. */
const pseudoMerges = ["all", "twice"].flatMap((name, i) => [
  "-c",
  `bitmapPseudoMerge.${name}.pattern=refs/${i === 0 ? "(heads|twice)" : "twice"}/`,
  "-c",
  `bitmapPseudoMerge.${name}.threshold=now`,
  "-c",
  `bitmapPseudoMerge.${name}.stableThreshold=now`,
]);

/** The bitmaps that a git can write: of packs, of a multi-pack-index, of layers, with and without each extension. */
export function bitmapDirectories(git: GitBinary = newestGit()): readonly BitmapDirectory[] {
  const made: BitmapDirectory[] = [];
  const has = (major: number, minor: number) => isAtLeast(git, major, minor);
  for (const format of [sha1, sha256]) {
    const repack = ["repack", "-adbq"];
    const write = ["multi-pack-index", "write", "--bitmap", "--no-progress"];
    const add = (name: string, commits: readonly number[], ...args: string[]) =>
      made.push(directory(git, `${name}-${format.name}`, format, commits, args));
    add("pack", [5], ...repack);
    add("pack-plain", [5], ...plain, ...repack);
    add("midx", [4, 2], ...write);
    if (has(2, 38)) add("midx-lookup", [5], ...plain, ...lookup, ...write);
    if (has(2, 46)) add("pack-pseudo", [5], ...lookup, ...pseudoMerges, ...repack);
    if (has(2, 55)) add("chain", [4, 3, 2], ...lookup, ...write, "--incremental");
    if (has(2, 55)) add("chain-pseudo", [3, 2], ...plain, ...pseudoMerges, ...write, "--incremental");
  }
  return made;
}

/** @param growths commits of each growth; after each a chain gets a layer. */
function directory(
  git: GitBinary,
  name: string,
  format: ObjectFormat,
  growths: readonly number[],
  args: readonly string[],
): BitmapDirectory {
  const history = new BitmapHistory({ git, format: format.name });
  const isChain = args.includes("--incremental");
  for (const commits of growths) {
    history.grow(commits);
    history.run(["update-ref", `refs/twice/${commits}`, "main"]);
    if (isChain) runGit(git, args, { cwd: history.path });
  }
  if (!isChain) runGit(git, args, { cwd: history.path });
  const files = new Map<string, Uint8Array>();
  for (const file of readdirSync(history.packDir, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(history.packDir, file);
    if (statSync(path).isFile()) files.set(file, new Uint8Array(readFileSync(path)));
  }
  return { name, format, files, bitmaps: [...files.keys()].filter((file) => file.endsWith(".bitmap")) };
}
