/** The gits that take part in the tests, and one way to run them that nothing on the machine can disturb. */

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { makeTempFolder } from "./temp.js";
import { couldNotTest } from "./untested.js";

/** A git to test against. */
export interface GitBinary {
  /** What to start: `git` for the system's, else a path. */
  readonly path: string;
  readonly version: readonly [major: number, minor: number, patch: number];
  /** Where it comes from and its version: `system git 2.39.5`. */
  readonly label: string;
}

/** The folder with `trixie/git` and `sid/git`: GITMIDX_GITS, else `gits` in the cache folder. It need not exist. */
export function gitsFolder(): string {
  const given = process.env.GITMIDX_GITS;
  if (given) return given;
  const cache = process.env.GITMIDX_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "gitmidx");
  return join(cache, "gits");
}

function readVersion(path: string): GitBinary["version"] | undefined {
  const { stdout } = spawnSync(path, ["version"], {
    encoding: "utf8",
    env: gitEnvironment(),
  });
  const match = /^git version (\d+)\.(\d+)(?:\.(\d+))?/.exec(stdout ?? "");
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

function compareVersions(a: GitBinary["version"], b: GitBinary["version"]): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

let found: readonly GitBinary[] | undefined;

/** Every git there is: the system's first, then the unpacked ones, oldest first. */
export function gits(): readonly GitBinary[] {
  if (found !== undefined) return found;
  const list: GitBinary[] = [];
  const add = (path: string, source: string) => {
    const version = readVersion(path);
    if (version !== undefined) list.push({ path, version, label: `${source} git ${version.join(".")}` });
  };
  add("git", "system");
  for (const suite of ["trixie", "sid"]) {
    const path = join(gitsFolder(), suite, "git");
    if (existsSync(path)) add(path, suite);
  }
  found = list;
  return list;
}

/** Whether `git` is of that version or newer. */
export function isAtLeast(git: GitBinary, major: number, minor: number): boolean {
  return compareVersions(git.version, [major, minor, 0]) >= 0;
}

/** The newest git that is at least that version. */
export function gitAtLeast(major: number, minor: number): GitBinary | undefined {
  return gits()
    .filter((git) => isAtLeast(git, major, minor))
    .sort((a, b) => compareVersions(a.version, b.version))
    .at(-1);
}

/**
 * Calls `define` for each git that is at least that version, the place to define tests in; if there is none, `what` is listed as not
 * tested.
 */
export function forEachGit(major: number, minor: number, what: string, define: (git: GitBinary) => void): void {
  const suitable = gits().filter((git) => isAtLeast(git, major, minor));
  if (suitable.length === 0) couldNotTest(`${what}: needs git ${major}.${minor} or newer`);
  for (const git of suitable) define(git);
}

/** The git on the PATH; every test needs one. */
export function systemGit(): GitBinary {
  const git = gits()[0];
  if (git?.path !== "git") throw new Error("no git on the PATH: the tests need one");
  return git;
}

/** The newest git there is. */
export function newestGit(): GitBinary {
  return gitAtLeast(0, 0) ?? systemGit();
}

let home: string | undefined;

function testHome(): string {
  if (home === undefined) {
    home = makeTempFolder("home");
    // A file rather than GIT_CONFIG_COUNT, so that tests of git's configuration find the environment free.
    writeFileSync(
      join(home, ".gitconfig"),
      "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n" +
        '[protocol "file"]\n\tallow = always\n[user]\n\tname = A U Thor\n\temail = author@example.com\n',
    );
  }
  return home;
}

const testDate = "1700000000 +0000";

/**
 * The environment for running a git, or anything that reads git's configuration, alone with itself: nothing of the machine's but PATH
 * and TMPDIR, a home of its own, fixed names and dates, no fsync (git's own switch for its tests).
 */
export function gitEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "TMPDIR"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return {
    ...kept,
    HOME: testHome(),
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_TEST_FSYNC: "0",
    GIT_AUTHOR_NAME: "A U Thor",
    GIT_AUTHOR_EMAIL: "author@example.com",
    GIT_AUTHOR_DATE: testDate,
    GIT_COMMITTER_NAME: "C O Mitter",
    GIT_COMMITTER_EMAIL: "committer@example.com",
    GIT_COMMITTER_DATE: testDate,
    ...extra,
  };
}

/** How to run a git. */
export interface RunOptions {
  readonly cwd?: string;
  /** Set on top of the isolated environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the process finds on its standard input; nothing by default. */
  readonly input?: string | Uint8Array;
  /** The exit status to expect, `any` to take whatever comes; 0 by default. */
  readonly status?: number | "any";
}

/** What a process said. */
export interface RunResult {
  /** Standard output as UTF-8 text. */
  readonly stdout: string;
  /** Standard output as it was. */
  readonly bytes: Uint8Array;
  readonly stderr: string;
  /** Exit status; 128 + the signal's number where one killed it is not made up: then this is −1. */
  readonly status: number;
}

function describeRun(
  command: string,
  args: readonly string[],
  cwd: string | undefined,
  run: SpawnSyncReturns<Buffer>,
): string {
  return (
    `${[command, ...args].join(" ")} (in ${cwd ?? process.cwd()}) ended with ${run.signal ?? `status ${run.status}`}` +
    `\n--- stdout\n${run.stdout}\n--- stderr\n${run.stderr}`
  );
}

/**
 * Runs any program in the isolated environment and waits for it.
 * @throws Error with the command and its whole output where the exit status is not the expected one.
 */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): RunResult {
  const run = spawnSync(command, args, {
    cwd: options.cwd,
    env: gitEnvironment(options.env),
    input: options.input ?? "",
    maxBuffer: 1 << 30,
  });
  // A program may end, for a reason that its status tells, before it has read what it was given.
  const endedEarly =
    run.error !== undefined && "code" in run.error && run.error.code === "EPIPE" && run.status !== null;
  if (run.error && !endedEarly) throw run.error;
  const wanted = options.status ?? 0;
  if (wanted !== "any" && run.status !== wanted) {
    throw new Error(`wanted status ${wanted}: ${describeRun(command, args, options.cwd, run)}`);
  }
  return {
    stdout: run.stdout.toString(),
    bytes: run.stdout,
    stderr: run.stderr.toString(),
    status: run.status ?? -1,
  };
}

/** {@link runProgram} for a git. */
export function runGit(git: GitBinary, args: readonly string[], options: RunOptions = {}): RunResult {
  return runProgram(git.path, args, options);
}
