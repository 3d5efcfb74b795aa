/** Runs `gitmidx compat` for tests, and reads what it says. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import type { Difference } from "../../src/ops/compat/comparison.js";
import { type GitBinary, runGit } from "./gits.js";
import { runGitmidx } from "./program.js";
import type { MadeRepository, RepositoryPlan } from "./repository-maker.js";
import { makeTempFolder } from "./temp.js";
import { treeState } from "./tree-state.js";

/** A check as `--json` tells it. */
export interface Told {
  readonly check: string;
  readonly git: string;
  readonly outcome: string;
  readonly summary: string;
  readonly differenceCount: number;
  readonly differences: readonly Difference[];
}

/** What a run came to. */
export interface CompatRun {
  readonly status: number;
  readonly checks: readonly Told[];
  readonly same: number;
  readonly different: number;
  readonly notCompared: number;
}

/** Runs `compat --json`; its scratch copy must be gone and the repository as it was. */
export function runCompat(path: string, git: Pick<GitBinary, "path">, ...args: readonly string[]): CompatRun {
  const scratch = makeTempFolder("scratch");
  const before = treeState(path);
  const words = ["compat", "--json", `--git=${git.path}`, `--scratch=${scratch}`, ...args, path];
  const { stdout, stderr, status } = runGitmidx(words, { status: "any" });
  assert.deepEqual(treeState(path), before, "the repository was changed");
  assert.deepEqual(readdirSync(scratch), [], "the scratch copy is still there");
  assert.equal(stderr, "");
  return { status, ...JSON.parse(stdout) };
}

/** The checks of that outcome, in order. */
export function namesOf(report: CompatRun, outcome: string): readonly string[] {
  return report.checks.filter((told) => told.outcome === outcome).map(({ check }) => check);
}

/** What one check came to. */
export function told(report: CompatRun, check: string): Told {
  const found = report.checks.find((candidate) => candidate.check === check);
  assert.ok(found, `there is no check ${check}`);
  return found;
}

/** Has a git write a multi-pack-index. */
export function writeMidx(repository: MadeRepository, git: GitBinary, ...args: readonly string[]): void {
  runGit(git, ["multi-pack-index", "write", ...args], { cwd: repository.path });
}

/** Packs with copies of each other's objects, their times in no order. */
export const manyPacks: RepositoryPlan = {
  packs: 6,
  duplicates: 0.6,
  copies: 3,
  objects: 30,
  mtimeRanks: [3, 1, 5, 0, 4, 2],
};
