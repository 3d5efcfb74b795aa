/** What every part of the benchmark works with: the programs, the sizes, and made-up repositories in one folder. */

import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GitBinary, gitEnvironment } from "../test/support/gits.js";
import type { PackSpec } from "./make-packs.js";
import type { Contender } from "./measure.js";

/** How much work is measured. */
export interface Sizes {
  /** Repositories for whole-file work: few packs with many objects, many packs with few. */
  readonly whole: readonly PackSpec[];
  /** Objects in the chains that are appended to. */
  readonly bases: readonly number[];
  /** Objects in each pack below a chain. */
  readonly basePack: number;
  /** Objects in the pack that is appended. */
  readonly newPacks: readonly number[];
  /** Layers of the chains that objects are looked up in; each has as many objects as the largest base. */
  readonly layers: readonly number[];
  /** Random look-ups for a rate. */
  readonly lookups: number;
}

/** The sizes that figures are published for. */
export const fullSizes: Sizes = {
  whole: [
    { packs: 100, objectsPerPack: 50_000, duplicates: 0.1, firstObject: 0 },
    { packs: 1_000, objectsPerPack: 10_000, duplicates: 0.1, firstObject: 0 },
  ],
  bases: [1_000_000, 5_000_000, 10_000_000],
  basePack: 50_000,
  newPacks: [1_000, 10_000],
  layers: [1, 5, 20],
  lookups: 1_000_000,
};

/** Sizes with which everything runs in seconds: its figures mean nothing. */
export const quickSizes: Sizes = {
  whole: [
    { packs: 4, objectsPerPack: 500, duplicates: 0.1, firstObject: 0 },
    { packs: 20, objectsPerPack: 100, duplicates: 0.1, firstObject: 0 },
  ],
  bases: [2_000, 4_000],
  basePack: 200,
  newPacks: [100],
  layers: [1, 5],
  lookups: 2_000,
};

/** What a {@link Workbench} is made of. */
export interface WorkbenchParts {
  /** Where repositories are made; what is there already is used again. */
  readonly folder: string;
  readonly sizes: Sizes;
  readonly git: GitBinary;
  /** The `gitmidx.js` that is measured. */
  readonly program: string;
  /** Counted runs of quick work, and of work that takes seconds. */
  readonly runs: number;
  readonly slowRuns: number;
  /** Says what is going on. */
  readonly say: (text: string) => void;
}

/** The folder's repositories and the programs that run in them. */
export class Workbench {
  readonly parts: WorkbenchParts;

  constructor(parts: WorkbenchParts) {
    this.parts = parts;
  }

  /** The environment of everything measured: nothing of the machine's but PATH, so no NODE_EXTRA_CA_CERTS; and no fsync unless asked. */
  environment(fsync = false): Record<string, string> {
    return gitEnvironment({ GIT_TEST_FSYNC: fsync ? "1" : "0" });
  }

  /** The contender `gitmidx ARGS`. */
  gitmidx(args: readonly string[], cwd: string): Contender {
    const program = process.execPath;
    return { label: "gitmidx", program, args: [this.parts.program, ...args], cwd, env: this.environment() };
  }

  /** The contender `git ARGS`. */
  git(args: readonly string[], cwd: string): Contender {
    const { path, version } = this.parts.git;
    return { label: `git ${version.join(".")}`, program: path, args, cwd, env: this.environment() };
  }

  /** Runs a contender once, unmeasured, with `input` to read; returns what it printed. */
  run({ program, args, cwd, env }: Contender, input = ""): string {
    const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, env, input, maxBuffer: 1 << 30 });
    if (error) throw error;
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} (in ${cwd}) ended with ${status}\n${stderr}`);
    return stdout.toString();
  }

  /** A repository that `fill` makes ready, under that name; the one of an earlier run if it was finished. */
  repository(name: string, fill: (path: string) => void): string {
    const { folder, say } = this.parts;
    const path = join(folder, name);
    if (existsSync(path)) return path;
    say(`making ${name}`);
    const unfinished = `${path}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.run(this.git(["init", "--quiet", "--bare", unfinished], folder));
    fill(unfinished);
    renameSync(unfinished, path);
    return path;
  }

  /** A repository with made-up packs. They are made in a process of their own: starting others from a large one takes longer. */
  madeUp(name: string, spec: PackSpec): string {
    return this.repository(name, (path) => {
      const maker = fileURLToPath(new URL("make-packs-process.js", import.meta.url));
      const folder = packFolder(path);
      const env = this.environment();
      this.run({
        label: "maker",
        program: process.execPath,
        args: [maker, folder, JSON.stringify(spec)],
        cwd: path,
        env,
      });
    });
  }

  /** A repository whose packs are the first `packs` of another's, oldest first, without taking their room again. */
  sharing(name: string, from: string, packs: number, fill: (path: string) => void): string {
    return this.repository(name, (path) => {
      for (const idx of packNames(from).slice(0, packs)) sharePack(from, path, idx);
      fill(path);
    });
  }
}

/** Where the repository's packs are. */
export function packFolder(repository: string): string {
  return join(repository, "objects", "pack");
}

/** The names of the repository's `.idx` files, oldest pack first. */
export function packNames(repository: string): string[] {
  const folder = packFolder(repository);
  const names = readdirSync(folder).filter((name) => name.endsWith(".idx"));
  const ages = new Map(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
  return names.sort((a, b) => ages.get(a)! - ages.get(b)!);
}

/** Gives a second name, in the repository `to`, to a pack of `from` and its index. */
export function sharePack(from: string, to: string, idx: string): void {
  for (const name of [idx, idx.replace(/idx$/, "pack")])
    linkSync(join(packFolder(from), name), join(packFolder(to), name));
}

/** A chain's folder, and the file that lists its layers. */
export function chainFile(repository: string): string {
  return join(packFolder(repository), "multi-pack-index.d", "multi-pack-index-chain");
}

/** The layers' names, oldest first; none where there is no chain. */
export function chainLayers(repository: string): string[] {
  const file = chainFile(repository);
  return existsSync(file) ? readFileSync(file, "latin1").split("\n").slice(0, -1) : [];
}

/** Makes the chain what it was: these layers and no others. */
export function resetChain(repository: string, layers: readonly string[]): void {
  const folder = join(packFolder(repository), "multi-pack-index.d");
  const kept = new Set(layers.map((layer) => `multi-pack-index-${layer}.midx`));
  for (const name of readdirSync(folder)) if (name.endsWith(".midx") && !kept.has(name)) rmSync(join(folder, name));
  writeFileSync(chainFile(repository), layers.map((layer) => `${layer}\n`).join(""));
}

/** Removes the single multi-pack-index. */
export function removeSingle(repository: string): void {
  rmSync(join(packFolder(repository), "multi-pack-index"), { force: true });
}

/** The checksum at the end of the single multi-pack-index: if it is the same, so is the file. */
export function singleChecksum(repository: string): string {
  return readFileSync(join(packFolder(repository), "multi-pack-index"))
    .subarray(-20)
    .toString("hex");
}
