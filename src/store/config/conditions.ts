/** The conditions of `includeIf`: `gitdir:`, `gitdir/i:`, `onbranch:` and `hasconfig:remote.*.url:`. */

import type { PackFs } from "../pack-fs.js";
import { parentDirectory, realPath, resolveAgainst } from "../paths.js";
import type { ProcessFacts } from "../process-facts.js";
import { asciiLowerCase } from "./key.js";
import { expandPathname } from "./pathname.js";
import { wildmatch } from "./wildmatch.js";

/** The repository that conditions ask about. */
export interface ConditionRepository {
  /** The git directory, absolute. */
  readonly gitDir: string;
  /** The same as git was told it, or as it found it: relative to `baseDirectory` where it is relative. */
  readonly gitDirText: string;
  /** Where git works. */
  readonly baseDirectory: string;
  /** The branch that is checked out, without `refs/heads/`; undefined where there is none, or it cannot be told. */
  currentBranch(): Promise<string | undefined>;
}

/** What a condition is judged by. */
export interface ConditionContext {
  readonly fs: PackFs;
  readonly process: ProcessFacts;
  /** Undefined while no repository is known, which makes conditions that ask for one false. */
  readonly repository: ConditionRepository | undefined;
  /** Every `remote.*.url` of the whole configuration; undefined while these are being collected, which makes the condition true. */
  remoteUrls(): Promise<readonly string[] | undefined>;
  /** Takes a sentence that git would print. */
  warn(sentence: string): void;
}

/**
 * Whether a condition holds in `file`, the file with the include (undefined: the command line). An unknown condition does not.
 */
export async function conditionHolds(
  context: ConditionContext,
  condition: string,
  file: string | undefined,
): Promise<boolean> {
  const colon = condition.startsWith("hasconfig:")
    ? condition.indexOf(":", "hasconfig:".length)
    : condition.indexOf(":");
  const pattern = condition.slice(colon + 1);
  switch (condition.slice(0, colon + 1)) {
    case "gitdir:":
      return gitDirMatches(context, pattern, file, false);
    case "gitdir/i:":
      return gitDirMatches(context, pattern, file, true);
    case "onbranch:":
      return branchMatches(context, pattern);
    case "hasconfig:remote.*.url:":
      return remoteUrlMatches(context, pattern);
    default:
      return false;
  }
}

function withDirectoryStars(pattern: string): string {
  return pattern.endsWith("/") ? `${pattern}**` : pattern;
}

async function branchMatches(context: ConditionContext, pattern: string): Promise<boolean> {
  const branch = await context.repository?.currentBranch();
  return branch !== undefined && wildmatch(withDirectoryStars(pattern), branch, { ignoreCase: false });
}

async function remoteUrlMatches(context: ConditionContext, pattern: string): Promise<boolean> {
  const urls = await context.remoteUrls();
  return urls === undefined || urls.some((url) => wildmatch(pattern, url, { ignoreCase: false }));
}

/** A path pattern: what is compared letter by letter, and the pattern behind that. */
interface PathPattern {
  readonly literal: string;
  readonly pattern: string;
}

async function gitDirMatches(
  context: ConditionContext,
  text: string,
  file: string | undefined,
  ignoreCase: boolean,
): Promise<boolean> {
  const { fs, repository } = context;
  if (repository === undefined) return false;
  const wanted = await pathPattern(context, text, file);
  if (wanted === undefined) return false;
  const real = await realPath(fs, repository.gitDir);
  if (!startsWith(real, wanted.literal, ignoreCase)) return false;
  if (restMatches(wanted, real, ignoreCase)) return true;
  // a pattern may name a directory by a symbolic link, so the path by which we came is tried too
  const path = await pathWeCameBy(context, repository);
  return startsWith(path, wanted.literal, ignoreCase) && restMatches(wanted, path, ignoreCase);
}

function startsWith(path: string, literal: string, ignoreCase: boolean): boolean {
  const start = path.slice(0, literal.length);
  return ignoreCase ? asciiLowerCase(start) === asciiLowerCase(literal) : start === literal;
}

function restMatches(wanted: PathPattern, path: string, ignoreCase: boolean): boolean {
  return wildmatch(wanted.pattern, path.slice(wanted.literal.length), { ignoreCase });
}

/** Undefined for a pattern beginning in `./` that does not stand in a file. */
async function pathPattern(
  context: ConditionContext,
  text: string,
  file: string | undefined,
): Promise<PathPattern | undefined> {
  const { fs, process } = context;
  const expanded = (await expandPathname(fs, process, text, "real")) ?? text;
  if (expanded.startsWith("./")) {
    if (file === undefined) {
      context.warn("relative config include conditionals must come from files");
      return undefined;
    }
    const directory = parentDirectory(await realPath(fs, file));
    return { literal: directory === "/" ? "/" : `${directory}/`, pattern: withDirectoryStars(expanded).slice(2) };
  }
  const anywhere = expanded.startsWith("/") ? expanded : `**/${expanded}`;
  return { literal: "", pattern: withDirectoryStars(anywhere) };
}

/** The git directory with the symbolic links that the shell's PWD goes through. */
async function pathWeCameBy({ fs, process }: ConditionContext, repository: ConditionRepository): Promise<string> {
  const { gitDirText, baseDirectory } = repository;
  const pwd = process.env.PWD;
  const logical =
    pwd?.startsWith("/") === true && pwd !== baseDirectory && (await isSameFile(fs, pwd, baseDirectory))
      ? pwd
      : baseDirectory;
  return resolveAgainst(logical, gitDirText);
}

async function isSameFile(fs: PackFs, a: string, b: string): Promise<boolean> {
  const [first, second] = [await fs.stat(a), await fs.stat(b)];
  return first?.identity !== undefined && first.identity === second?.identity;
}
