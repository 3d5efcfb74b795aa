/** What git says a configuration holds. */

import { nameOfBytes } from "../../../src/bytes/name-text.js";
import { type GitBinary, type RunOptions, type RunResult, runGit } from "../../support/gits.js";

/** One variable as git lists it. */
export interface ListedVariable {
  readonly key: string;
  readonly value: string | undefined;
}

/** One variable with where it comes from. */
export interface ListedEntry extends ListedVariable {
  readonly scope: string;
  /** An absolute path, or undefined for the command line. */
  readonly file: string | undefined;
}

function variable(text: string): ListedVariable {
  const lineEnd = text.indexOf("\n");
  return lineEnd < 0
    ? { key: text, value: undefined }
    : { key: text.slice(0, lineEnd), value: text.slice(lineEnd + 1) };
}

function fields(run: RunResult): string[] {
  return nameOfBytes(run.bytes).split("\0").slice(0, -1);
}

/** The variables of one file without its includes, or what git says against it. */
export function listFile(git: GitBinary, file: string): readonly ListedVariable[] | string {
  const run = runGit(git, ["config", "--file", file, "--list", "-z"], { status: "any" });
  return run.status === 0 ? fields(run).map(variable) : run.stderr;
}

/** The whole configuration as git sees it from a directory, or what git says against it. */
export function listAll(
  git: GitBinary,
  options: RunOptions,
  before: readonly string[] = [],
): readonly ListedEntry[] | string {
  const list = ["config", "--list", "--show-scope", "--show-origin", "--includes", "-z"];
  const run = runGit(git, [...before, ...list], { ...options, status: "any" });
  if (run.status !== 0) return run.stderr;
  const entries: ListedEntry[] = [];
  const all = fields(run);
  const top = runGit(git, [...before, "rev-parse", "--show-toplevel"], { ...options, status: "any" }).stdout.trim();
  for (let i = 0; i < all.length; i += 3) {
    const origin = all[i + 1]!;
    const path = origin.startsWith("file:") ? origin.slice("file:".length) : undefined;
    const base = top === "" ? (options.cwd ?? process.cwd()) : top;
    const file = path === undefined ? undefined : path.startsWith("/") ? path : `${base}/${path}`;
    entries.push({ scope: all[i]!, file, ...variable(all[i + 2]!) });
  }
  return entries;
}
