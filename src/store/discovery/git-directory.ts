/** What makes a directory a git directory, and the small files that point from one to another: `.git`, `commondir`, `HEAD`. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { isHex } from "../../core/oid.js";
import { decodeCString, withoutLineEnds } from "../c-string.js";
import type { FileStat, PackFs } from "../pack-fs.js";
import { parentDirectory, realPath, resolveAgainst } from "../paths.js";
import type { ProcessFacts } from "../process-facts.js";
import { systemErrorText } from "../system-error.js";

/** Bytes of HEAD that git looks at. */
const headByteLength = 255;

const maxGitFileSize = 1 << 20;

/** The common directory of a git directory. */
export interface CommonDirectory {
  /** Absolute, and without symbolic links where a `commondir` file names it. */
  readonly path: string;
  /** Whether it is another one than the git directory by GIT_COMMON_DIR or a `commondir` file. */
  readonly shared: boolean;
}

/**
 * Finds the common directory: GIT_COMMON_DIR (relative to `directory`), what the file `commondir` names, or the git directory itself.
 * @throws GitmidxError with a file system code if `commondir` cannot be read.
 */
export async function commonDirectory(
  fs: PackFs,
  facts: ProcessFacts,
  gitDir: string,
  directory: string,
): Promise<CommonDirectory> {
  const named = facts.env.GIT_COMMON_DIR;
  if (named !== undefined) return { path: resolveAgainst(directory, named), shared: true };
  const file = `${gitDir}/commondir`;
  if ((await fs.lstat(file)) === undefined) return { path: gitDir, shared: false };
  const text = withoutLineEnds(await readSmallFile(fs, file));
  return { path: await realPath(fs, resolveAgainst(gitDir, text)), shared: true };
}

async function readSmallFile(fs: PackFs, file: string): Promise<string> {
  try {
    const bytes = await fs.readFile(file);
    if (bytes.length > 0) return decodeCString(bytes);
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    throw new GitmidxError(error.code, `failed to read ${file}: ${systemErrorText(error)}`, {
      path: file,
      cause: error,
    });
  }
  throw new GitmidxError("not-a-repository", `failed to read ${file}: it is empty`, { path: file });
}

/**
 * Whether a directory is a git directory: a valid HEAD, and in the common directory `refs` and `objects` (or GIT_OBJECT_DIRECTORY,
 * relative to `directory`).
 */
export async function isGitDirectory(
  fs: PackFs,
  facts: ProcessFacts,
  path: string,
  directory: string,
): Promise<boolean> {
  if (!(await isValidHead(fs, `${path}/HEAD`))) return false;
  const common = (await commonDirectory(fs, facts, path, directory)).path;
  const objects = facts.env.GIT_OBJECT_DIRECTORY;
  // Set but empty it names nothing, so that there is no repository; git has it so too.
  if (objects === "") return false;
  return (
    (await isSearchable(fs, objects === undefined ? `${common}/objects` : resolveAgainst(directory, objects))) &&
    (await isSearchable(fs, `${common}/refs`))
  );
}

/** What `stat` tells, or undefined for a path that we may not even look at. */
async function statOrNothing(stat: Promise<FileStat | undefined>): Promise<FileStat | undefined> {
  try {
    return await stat;
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    return undefined;
  }
}

/** What access(2) with X_OK says, as far as the permission bits tell it. */
async function isSearchable(fs: PackFs, path: string): Promise<boolean> {
  const stat = await statOrNothing(fs.stat(path));
  return stat !== undefined && (stat.mode & 0o111) !== 0;
}

/** Whether HEAD is a link to a ref, names a ref, or begins with an object id. */
async function isValidHead(fs: PackFs, path: string): Promise<boolean> {
  const stat = await statOrNothing(fs.lstat(path));
  if (stat === undefined) return false;
  if (stat.kind === "symlink") return (await fs.readlink(path)).startsWith("refs/");
  if (stat.kind !== "file") return false;
  const text = await readHead(fs, path);
  if (text === undefined) return false;
  return symbolicTarget(text)?.startsWith("refs/") === true || (text.length >= 40 && isHex(text.slice(0, 40)));
}

/** The beginning of a file that HEAD may be; undefined if it cannot be read. */
async function readHead(fs: PackFs, path: string): Promise<string | undefined> {
  try {
    const source = await fs.openSource(path);
    try {
      return decodeCString(await withRanges(() => source.copy(0, Math.min(headByteLength, source.size))));
    } finally {
      source.close();
    }
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    return undefined;
  }
}

/** What stands behind `ref:` in a symbolic ref's file, with whatever follows it. */
function symbolicTarget(text: string): string | undefined {
  return text.startsWith("ref:") ? text.slice(4).replace(/^[ \t\r\n]+/, "") : undefined;
}

/** What became of an attempt to read a `.git` file. */
export type GitFileResult =
  /** The git directory that it names, without symbolic links. */
  | { readonly kind: "found"; readonly gitDir: string }
  | { readonly kind: "missing" | "directory" }
  /** Something is there that is no file, or cannot be looked at; git's message, which counts only in a search for `.git`. */
  | { readonly kind: "no-file"; readonly error: GitmidxError }
  /** A file that does not lead to a git directory: git's message. */
  | { readonly kind: "bad"; readonly error: GitmidxError };

/** Reads a `.git` file: `gitdir: PATH`, relative to the file. */
export async function readGitFile(
  fs: PackFs,
  facts: ProcessFacts,
  path: string,
  directory: string,
): Promise<GitFileResult> {
  const failure = (kind: "bad" | "no-file", message: string, cause?: GitmidxError): GitFileResult => ({
    kind,
    error: new GitmidxError(cause?.code ?? "not-a-repository", message, { path, cause }),
  });
  let text: string;
  try {
    const stat = await fs.stat(path);
    if (stat === undefined) return { kind: "missing" };
    if (stat.kind === "directory") return { kind: "directory" };
    if (stat.kind !== "file") return failure("no-file", `not a regular file: '${path}'`);
    if (stat.size > maxGitFileSize) return failure("bad", `too large to be a .git file: '${path}'`);
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    return failure("no-file", `error reading '${path}'`, error);
  }
  try {
    text = decodeCString(await fs.readFile(path));
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    return failure("bad", `error opening '${path}': ${systemErrorText(error)}`, error);
  }
  const prefix = "gitdir: ";
  if (!text.startsWith(prefix)) return failure("bad", `invalid gitfile format: ${path}`);
  const target = withoutLineEnds(text).slice(prefix.length);
  if (target === "") return failure("bad", `no path in gitfile: ${path}`);
  const gitDir = resolveAgainst(parentDirectory(path), target);
  if (!(await isGitDirectory(fs, facts, gitDir, directory))) return failure("bad", `not a git repository: ${gitDir}`);
  return { kind: "found", gitDir: await realPath(fs, gitDir) };
}

const maxSymbolicRefs = 5;

/** A ref's name, at most as strict as git's, so that none leads out of the git directory. */
const refNameShape = /^refs(?:\/(?!\.)(?:(?!\.\.|@\{)[^\s~^:?*[\\/\p{Cc}])+(?<!\.lock|\.))+$/u;

/** Refs below these belong to one worktree. */
const worktreeRefs = /^refs\/(?:bisect|worktree|rewritten)\//;

/**
 * The branch that HEAD names in the end, without `refs/heads/`, whether or not it exists yet; undefined where HEAD is detached or
 * names something else. For refs kept in files.
 */
export async function currentBranch(fs: PackFs, gitDir: string, commonDir: string): Promise<string | undefined> {
  let path = `${gitDir}/HEAD`;
  let name: string | undefined;
  for (let hops = 0; hops <= maxSymbolicRefs; hops++) {
    const target = await targetOfRef(fs, path);
    if (target === "not-symbolic")
      return name?.startsWith("refs/heads/") ? name.slice("refs/heads/".length) : undefined;
    if (target === undefined || !refNameShape.test(target)) return undefined;
    name = target;
    path = `${worktreeRefs.test(name) ? gitDir : commonDir}/${name}`;
  }
  return undefined;
}

/** The ref that a ref's file names; undefined for a file that is neither a symbolic ref nor an object id. */
async function targetOfRef(fs: PackFs, path: string): Promise<string | "not-symbolic" | undefined> {
  const stat = await statOrNothing(fs.lstat(path));
  // a ref without a file is packed or not born yet
  if (stat === undefined || stat.kind === "directory") return "not-symbolic";
  if (stat.kind === "symlink") {
    const target = await fs.readlink(path);
    if (target.startsWith("refs/")) return target;
  }
  const text = await readHead(fs, path);
  if (text === undefined) return undefined;
  const target = symbolicTarget(text);
  if (target !== undefined) return target.replace(/[ \t\r\n]+$/, "");
  return text.length >= 40 && isHex(text.slice(0, 40)) ? "not-symbolic" : undefined;
}
