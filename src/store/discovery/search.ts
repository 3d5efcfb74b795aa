/** The search for a repository from the working directory upwards. */

import { GitmidxError } from "../../core/errors.js";
import type { GitConfig } from "../config/git-config.js";
import type { PackFs } from "../pack-fs.js";
import { parentDirectory, realPathOrNothing } from "../paths.js";
import { environmentBool, type ProcessFacts } from "../process-facts.js";
import { isGitDirectory, readGitFile } from "./git-directory.js";
import { allowsImplicitBare, belongsToWorkTree, checkOwnership, type OwnedPaths } from "./ownership.js";

/** What the search found. */
export interface FoundRepository {
  /** `named`: by GIT_DIR, not looked at yet; `worktree`: by a `.git` in a directory; `bare`: the directory itself. */
  readonly kind: "named" | "worktree" | "bare";
  /** Where it was found: the working directory, or one above it. Absolute. */
  readonly directory: string;
  /** The git directory as git writes it: relative to `directory` (`.git`, `.`) or absolute. */
  readonly gitDirText: string;
  readonly warnings: readonly string[];
}

/**
 * Looks for a repository, unless GIT_DIR names one.
 * @throws GitmidxError `not-a-repository`, `dubious-ownership`, `bad-config`, or a file system code.
 */
export async function searchRepository(
  fs: PackFs,
  facts: ProcessFacts,
  protectedConfig: () => Promise<GitConfig>,
): Promise<FoundRepository> {
  const { cwd, env } = facts;
  if (env.GIT_DIR !== undefined) return { kind: "named", directory: cwd, gitDirText: env.GIT_DIR, warnings: [] };
  const ceiling = await ceilingLength(fs, facts);
  const device = environmentBool(facts, "GIT_DISCOVERY_ACROSS_FILESYSTEM", false) ? undefined : await deviceOf(fs, cwd);
  for (let directory = cwd; ; ) {
    const found = await lookIn(fs, facts, directory, protectedConfig);
    if (found !== undefined) return found;
    const parent = parentDirectory(directory);
    if (directory === "/" || (parent === "/" ? 0 : parent.length) <= ceiling) throw notFound();
    directory = parent;
    if (device !== undefined && (await deviceOf(fs, directory)) !== device) throw notFoundUpTo(directory);
  }
}

function notFound(): GitmidxError {
  return new GitmidxError("not-a-repository", "not a git repository (or any of the parent directories): .git");
}

function notFoundUpTo(mountPoint: string): GitmidxError {
  const message = `not a git repository (or any parent up to mount point ${mountPoint})\nStopping at filesystem boundary (GIT_DISCOVERY_ACROSS_FILESYSTEM not set).`;
  return new GitmidxError("not-a-repository", message, { path: mountPoint });
}

async function deviceOf(fs: PackFs, directory: string): Promise<string | undefined> {
  return (await fs.stat(directory))?.device;
}

/** The length of the longest directory in GIT_CEILING_DIRECTORIES that is above the working directory (the root's is 0); −1 for none. */
async function ceilingLength(fs: PackFs, { cwd, env }: ProcessFacts): Promise<number> {
  let longest = -1;
  let resolveLinks = true;
  for (const entry of env.GIT_CEILING_DIRECTORIES?.split(":") ?? []) {
    // after an empty entry git takes the rest as they stand
    if (entry === "") resolveLinks = false;
    if (!entry.startsWith("/")) continue;
    const directory = resolveLinks ? await realPathOrNothing(fs, entry) : entry;
    if (directory === undefined) continue;
    const length = directory.endsWith("/") ? directory.length - 1 : directory.length;
    const isAbove = cwd.startsWith(`${directory.slice(0, length)}/`) && cwd.length > length + 1;
    if (isAbove && length > longest) longest = length;
  }
  return longest;
}

/** Looks at one directory: a `.git` file, a `.git` directory, or a bare repository. */
async function lookIn(
  fs: PackFs,
  facts: ProcessFacts,
  directory: string,
  protectedConfig: () => Promise<GitConfig>,
): Promise<FoundRepository | undefined> {
  const dotGit = directory === "/" ? "/.git" : `${directory}/.git`;
  const gitFile = await readGitFile(fs, facts, dotGit, facts.cwd);
  if (gitFile.kind === "bad" || gitFile.kind === "no-file") throw gitFile.error;
  if (gitFile.kind === "found") {
    const warnings = await requireTrust(fs, facts, protectedConfig, directory, {
      gitFile: dotGit,
      workTree: directory,
      gitDir: gitFile.gitDir,
    });
    return { kind: "worktree", directory, gitDirText: gitFile.gitDir, warnings };
  }
  if (gitFile.kind === "directory" && (await isGitDirectory(fs, facts, dotGit, facts.cwd))) {
    const warnings = await requireTrust(fs, facts, protectedConfig, directory, { workTree: directory, gitDir: dotGit });
    return { kind: "worktree", directory, gitDirText: ".git", warnings };
  }
  if (!(await isGitDirectory(fs, facts, directory, facts.cwd))) return undefined;
  if (!allowsImplicitBare(await protectedConfig()) && !belongsToWorkTree(directory)) {
    const message = `cannot use bare repository '${directory}' (safe.bareRepository is 'explicit')`;
    throw new GitmidxError("not-a-repository", message, { path: directory });
  }
  const warnings = await requireTrust(fs, facts, protectedConfig, directory, { gitDir: directory });
  return { kind: "bare", directory, gitDirText: ".", warnings };
}

/** @throws GitmidxError `dubious-ownership` */
async function requireTrust(
  fs: PackFs,
  facts: ProcessFacts,
  protectedConfig: () => Promise<GitConfig>,
  directory: string,
  paths: OwnedPaths,
): Promise<readonly string[]> {
  const verdict = await checkOwnership(fs, facts, paths, protectedConfig);
  if (verdict.trusted) return verdict.warnings;
  const message = [
    `detected dubious ownership in repository at '${directory}'`,
    "To add an exception for this directory, call:",
    "",
    `\tgit config --global --add safe.directory ${quoteForShell(directory)}`,
    ...verdict.warnings,
  ];
  throw new GitmidxError("dubious-ownership", message.join("\n"), { path: directory });
}

/** A word as a shell takes it, in quotes where it needs them. */
function quoteForShell(word: string): string {
  if (/^[A-Za-z0-9+,./:=@_^-]+$/.test(word)) return word;
  return `'${word.replace(/['!]/g, "'\\$&'")}'`;
}
