/** What every part of the pack benchmark works with: the programs, the histories, and room to work in. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type GitBinary, gitEnvironment } from "../test/support/gits.js";
import type { Contender } from "./measure.js";

/** A repository with one pack that holds everything. */
export interface History {
  readonly name: string;
  /** The bare repository. */
  readonly path: string;
}

/** What a {@link PackBench} is made of. */
export interface PackBenchParts {
  /** Where outputs go; emptied in the end. */
  readonly folder: string;
  readonly histories: readonly History[];
  /** What is compared with, the most important one first. */
  readonly gits: readonly GitBinary[];
  /** The `gitmidx.js` that is measured. */
  readonly program: string;
  /** Counted runs, and those of work that takes a minute. */
  readonly runs: number;
  readonly slowRuns: number;
  /** Threads of each program. */
  readonly threads: number;
  /** Says what is going on. */
  readonly say: (text: string) => void;
}

/** What a history has. */
export interface HistoryFacts {
  /** The pack, without `.pack`. */
  readonly base: string;
  readonly objects: number;
  readonly packByteLength: number;
}

/** The programs, and the histories they work on. */
export class PackBench {
  readonly parts: PackBenchParts;

  constructor(parts: PackBenchParts) {
    this.parts = parts;
  }

  environment(): Record<string, string> {
    return gitEnvironment();
  }

  /** The contender `gitmidx ARGS`. */
  gitmidx(args: readonly string[], cwd: string): Contender {
    const { program } = this.parts;
    return { label: "gitmidx", program: process.execPath, args: [program, ...args], cwd, env: this.environment() };
  }

  /** The contenders `git ARGS`, one for each git. */
  gits(args: readonly string[], cwd: string): Contender[] {
    return this.parts.gits.map(({ path, version }) => {
      return { label: `git ${version.join(".")}`, program: path, args, cwd, env: this.environment() };
    });
  }

  /** The contender `git ARGS` of the most important git. */
  git(args: readonly string[], cwd: string): Contender {
    return this.gits(args, cwd)[0]!;
  }

  /** What `git ARGS` prints. */
  ask(args: readonly string[], cwd: string, input = ""): string {
    const git = this.parts.gits[0]!.path;
    const run = spawnSync(git, args, { cwd, env: this.environment(), input, maxBuffer: 1 << 30 });
    if (run.status !== 0) throw new Error(`git ${args.join(" ")} (in ${cwd}) ended with ${run.status}\n${run.stderr}`);
    return run.stdout.toString();
  }

  facts({ path }: History): HistoryFacts {
    const folder = join(path, "objects", "pack");
    const packs = readdirSync(folder).filter((name) => name.endsWith(".pack"));
    if (packs.length !== 1) throw new Error(`${path} has ${packs.length} packs, not one`);
    const base = join(folder, packs[0]!.slice(0, -".pack".length));
    const head = readFileSync(`${base}.idx`).subarray(8 + 4 * 255);
    return { base, objects: head.readUInt32BE(0), packByteLength: statSync(`${base}.pack`).size };
  }

  /** The history in words. */
  describe(history: History): string {
    const { objects, packByteLength } = this.facts(history);
    return `${history.name}, ${objects.toLocaleString("en-US")} objects, ${(packByteLength / 1e6).toFixed(0)} MB`;
  }

  /** An empty folder of that name to work in. */
  emptyFolder(name: string): string {
    const path = join(this.parts.folder, name.replaceAll(/[^\w.-]/g, "-"));
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** An empty bare repository of that name. */
  emptyRepository(name: string): string {
    const path = this.emptyFolder(`${name}.git`);
    this.ask(["init", "--quiet", "--bare", "."], path);
    return path;
  }
}

/** Runs a contender once, unmeasured, with `input` to read; returns what it printed. */
export function runOnce({ program, args, cwd, env }: Contender, input: string | Uint8Array = ""): Uint8Array {
  const run = spawnSync(program, args, { cwd, env, input, maxBuffer: 2 ** 31 });
  if (run.error) throw run.error;
  if (run.status === 0) return run.stdout;
  throw new Error(`${program} ${args.join(" ")} (in ${cwd}) ended with ${run.status}\n${run.stderr}`);
}

/** Gives a file a second name, in a folder on the same or another disk. */
export function secondName(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    throw new Error(`${from} cannot be linked to ${to}: both must be on one disk (give --folder)`);
  }
}

/** The SHA-256 of a file. */
export function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
