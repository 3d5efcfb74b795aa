/** Histories that are hard on bitmaps, made by real git, and what git says can be reached in them. */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GitBinary, newestGit, runGit } from "./gits.js";
import { seededRandom } from "./random.js";
import { makeTempFolder } from "./temp.js";

/** How a history is made. */
export interface HistoryPlan {
  readonly format?: "sha1" | "sha256";
  /** What makes it; the newest git by default. */
  readonly git?: GitBinary;
  readonly seed?: number;
}

/** A bare repository with merges of two and more parents, criss-cross ones too, orphan branches, submodules, and tags of everything. */
export class BitmapHistory {
  readonly path: string;
  readonly packDir: string;
  readonly git: GitBinary;
  readonly format: "sha1" | "sha256";
  readonly #random: () => number;
  readonly #branches: string[] = [];
  /** How the tip of each branch that there is is called in a stream of fast-import. */
  readonly #tips = new Map<string, string>();
  readonly #reached = new Map<string, readonly string[]>();
  #growths = 0;
  #time = 1_600_000_000;

  constructor({ format = "sha1", git = newestGit(), seed = 1 }: HistoryPlan = {}) {
    this.git = git;
    this.format = format;
    this.path = join(makeTempFolder("history"), "r.git");
    this.packDir = join(this.path, "objects/pack");
    this.#random = seededRandom(seed);
    runGit(git, ["init", "-q", "--bare", `--object-format=${format}`, this.path]);
    runGit(git, ["config", "fastimport.unpackLimit", "0"], { cwd: this.path });
  }

  /** Runs a git, the one that made it unless told otherwise, and gives what it prints without a line end. */
  run(args: readonly string[], git = this.git): string {
    return runGit(git, args, { cwd: this.path }).stdout.trimEnd();
  }

  /** Adds some commits, in a pack of their own, and tags of a commit, a tag, a tree and a blob, in another. */
  grow(commits: number): void {
    const growth = this.#growths++;
    if (growth === 0) this.#branches.push("main", "side");
    else this.#branches.push(`topic-${growth}`, `orphan-${growth}`);
    const input = Array.from({ length: commits }, (_, i) => this.#commit(growth, i)).join("");
    runGit(this.git, ["fast-import", "--quiet", "--force", "--date-format=raw"], { cwd: this.path, input });
    for (const branch of this.#tips.keys()) this.#tips.set(branch, `refs/heads/${branch}^0`);
    const tag = (name: string, target: string) => this.run(["tag", "-a", "-m", name, name, target]);
    tag(`v${growth}`, "main");
    tag(`v${growth}-nested`, `v${growth}`);
    tag(`v${growth}-tree`, "main^{tree}");
    tag(`v${growth}-blob`, "main:a/0");
    this.run(["repack", "-d", "-q"]);
  }

  /** Every object that a revision reaches, in hex and sorted, by git's plain walk. */
  reached(revision: string): readonly string[] {
    const known = this.#reached.get(revision);
    if (known !== undefined) return known;
    const lines = this.run(["rev-list", "--objects", "--no-object-names", revision]).split("\n");
    const ids = lines.filter((line) => line !== "").sort();
    // What a name stands for may change.
    if (/^[0-9a-f]{40,}$/.test(revision)) this.#reached.set(revision, ids);
    return ids;
  }

  /** A second bare repository that has nothing but refs of its own and borrows all objects. */
  borrower(): string {
    const path = join(makeTempFolder("borrower"), "r.git");
    runGit(this.git, ["init", "-q", "--bare", `--object-format=${this.format}`, path]);
    mkdirSync(join(path, "objects/info"), { recursive: true });
    writeFileSync(join(path, "objects/info/alternates"), `${join(this.path, "objects")}\n`);
    const refs = this.run(["for-each-ref", "--format=create %(refname) %(objectname)"]);
    runGit(this.git, ["update-ref", "--stdin"], { cwd: path, input: `${refs}\n` });
    return path;
  }

  /** Names of the files below the directory of packs that end so. */
  files(extension: string): readonly string[] {
    return readdirSync(this.packDir, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(extension))
      .sort();
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random() % items.length]!;
  }

  #commit(growth: number, i: number): string {
    const branch = i < this.#branches.length ? this.#branches[i]! : this.#pick(this.#branches);
    this.#time += 60 * (this.#random() % 5);
    let text = `commit refs/heads/${branch}\nmark :${i + 1}\ncommitter C O Mitter <c@example.com> ${this.#time} +0000\n`;
    text += data(`commit ${growth} ${i} on ${branch}\n`);
    // Orphans have no parent in common with anything, and are never merged.
    const isOrphan = branch.startsWith("orphan");
    const from = this.#tips.get(branch) ?? (isOrphan ? undefined : this.#tips.get("main"));
    if (from !== undefined) text += `from ${from}\n`;
    const others = [...this.#tips].filter(([name]) => name !== branch && !name.startsWith("orphan"));
    const merged = isOrphan || from === undefined ? 0 : i % 11 === 7 ? 3 : i % 3 === 1 ? 1 : 0;
    for (const [, tip] of others.slice(0, merged)) if (tip !== from) text += `merge ${tip}\n`;
    this.#tips.set(branch, `:${i + 1}`);
    const directory = this.#pick(["a", "b", "b/c", "b/c/d"]);
    text += `M 100644 inline ${directory}/${this.#random() % 6}\n${data(`${growth} ${i} ${this.#random()}\n`)}`;
    if (i === 0 || branch === "main") text += `M 100644 inline a/0\n${data(`zero ${growth} ${i}\n`)}`;
    if (i % 9 === 4) {
      const digits = (this.#random() % 2 ** 28).toString(16).padStart(8, "1");
      text += `M 160000 ${digits.repeat(this.format === "sha1" ? 5 : 8)} module\n`;
    }
    return `${text}\n`;
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
