/** Repositories of one history for the bitmap benchmark: packed once, with this or that bitmap, or none. */

import { existsSync, linkSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "./measure.js";
import { type History, type PackBench, runOnce } from "./pack-bench.js";

/** Which bitmap a repository has, and who wrote it. */
export type BitmapKind = "none" | "pack" | "pack-plain" | "midx";
export type Writer = "git" | "gitmidx";

/** A history in repositories of its own: packed, and as it was some time ago with what came since. */
export class BitmapHistories {
  readonly bench: PackBench;
  readonly history: History;
  readonly #made = new Map<string, string>();

  constructor(bench: PackBench, history: History) {
    this.bench = bench;
    this.history = history;
  }

  /** The commit `count` first parents before the tip; not so far in short histories. */
  commitBefore(count: number): string {
    const all = Number(this.bench.ask(["rev-list", "--count", "--first-parent", "HEAD"], this.history.path));
    const back = Math.min(count, Math.floor((all * count) / 300));
    return this.bench.ask(["rev-parse", `HEAD~${back}`], this.history.path).trim();
  }

  /** The history in one pack, all its refs, and nothing else. */
  packed(): string {
    return this.#repository("packed", (path) => this.#pack(path, ["--all"], ""));
  }

  /** A pack of everything up to a commit, and the rest as loose objects, as if it had been pushed piece by piece. */
  past(): string {
    return this.#repository("past", (path) => {
      const past = this.commitBefore(100);
      this.#pack(path, ["--revs"], `${past}\n`);
      const from = this.packed();
      const newer = runOnce(this.bench.git(["pack-objects", "-q", "--revs", "--stdout"], from), `HEAD\n^${past}\n`);
      runOnce(this.bench.git(["unpack-objects", "-q"], path), newer);
    });
  }

  /** A copy of {@link packed} or {@link past}, whose packs are links, with a bitmap of what was there in the past, or of all. */
  withBitmap(state: "packed" | "past", kind: BitmapKind, writer: Writer): string {
    return this.#repository(`${state}-${kind}-${writer}`, (path) => {
      shareObjects(state === "packed" ? this.packed() : this.past(), path);
      if (kind === "none") return;
      if (state === "packed") this.#setRefs(path);
      else this.bench.ask(["update-ref", this.#head(), this.commitBefore(100)], path);
      const config = ["-c", `pack.writeBitmapHashCache=${kind === "pack-plain" ? "false" : "true"}`];
      const prefix = join(packFolderOf(path), "pack");
      const pack = ["pack-objects", "-q", "--all", "--delta-base-offset", "--write-bitmap-index", prefix];
      if (kind === "midx") {
        if (writer === "git") this.bench.ask(["multi-pack-index", "write", "--bitmap"], path);
        else runOnce(this.bench.gitmidx(["write", "--bitmap"], path));
      } else if (writer === "git") this.bench.ask([...config, ...pack], path);
      else runOnce(this.bench.gitmidx([...config, ...pack], path));
      if (bitmapsOf(path).length === 0) throw new Error(`${writer} wrote no bitmap in ${path}`);
    });
  }

  #head(): string {
    return this.bench.ask(["symbolic-ref", "HEAD"], this.history.path).trim();
  }

  #setRefs(path: string): void {
    const refs = this.bench.ask(["for-each-ref", "--format=update %(refname) %(objectname)"], this.history.path);
    this.bench.ask(["symbolic-ref", "HEAD", this.#head()], path);
    this.bench.ask(["update-ref", "--stdin"], path, refs);
  }

  #pack(path: string, args: readonly string[], input: string): void {
    const prefix = join(path, "objects/pack/pack");
    this.bench.ask(["pack-objects", "-q", "--delta-base-offset", ...args, prefix], this.history.path, input);
  }

  /** A bare repository with the history's refs, filled once. */
  #repository(name: string, fill: (path: string) => void): string {
    const key = `${this.history.name}-${name}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const { bench } = this;
    const path = bench.emptyRepository(key);
    mkdirSync(join(path, "objects/pack"), { recursive: true });
    fill(path);
    this.#setRefs(path);
    this.#made.set(key, path);
    return path;
  }
}

/** Where the bitmaps and multi-pack-indexes of a repository are. */
export function packFolderOf(path: string): string {
  return join(path, "objects", "pack");
}

/** Gives second names to all files of objects, but for bitmaps and multi-pack-indexes. */
export function shareObjects(from: string, to: string): void {
  for (const name of readdirSync(join(from, "objects"), { recursive: true, encoding: "utf8" })) {
    if (/bitmap$|multi-pack-index|^info/.test(name)) continue;
    const target = join(to, "objects", name);
    if (/\/|\\/.test(name) && !existsSync(target)) {
      mkdirSync(join(target, ".."), { recursive: true });
      linkSync(join(from, "objects", name), target);
    }
  }
}

/** Removes the multi-pack-index, chain or single, with all bitmaps of it. */
export function removeMidx(path: string): void {
  for (const name of readdirSync(packFolderOf(path))) {
    if (name.startsWith("multi-pack-index")) rmSync(join(packFolderOf(path), name), { recursive: true });
  }
}

/** The bitmaps of a repository, of packs and of whatever multi-pack-index there is. */
export function bitmapsOf(path: string): readonly string[] {
  return readdirSync(packFolderOf(path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".bitmap"))
    .sort()
    .map((name) => join(packFolderOf(path), name));
}

/** The same contender under another name. */
export function named(contender: Contender, label: string): Contender {
  return { ...contender, label };
}
