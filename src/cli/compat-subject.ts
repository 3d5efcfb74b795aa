/** What `compat` compares: the repository of the command line, and gits that see the same. */

import { tmpdir } from "node:os";
import { startProcess } from "../env/node-process.js";
import type { CompatSubject } from "../ops/compat/check.js";
import { checks } from "../ops/compat/checks.js";
import { Git, GitFailed, type GitPlace } from "../ops/compat/git.js";
import type { Repository } from "../repository.js";
import { usesMidx } from "../settings.js";
import { NodeScratchFs } from "../store/node-scratch-fs.js";
import type { CommandContext, GitSettings } from "./command.js";
import { FatalError, UsageError } from "./complaint.js";
import { openContextRepository } from "./open-repository.js";

type Context = Pick<CommandContext, "args" | "cwd" | "env" | "gitSettings" | "stderr" | "resolve" | "task">;

/** The repository that the argument, or else the surroundings, mean. Close it when done. */
export async function openSubject(
  context: Context,
): Promise<{ readonly repository: Repository; readonly subject: CompatSubject }> {
  const fs = new NodeScratchFs();
  const [path] = context.args;
  const cwd = path === undefined ? context.cwd : await fs.realpath(context.resolve(path));
  if ((await fs.stat(cwd))?.kind !== "directory") throw new FatalError(`cannot change to '${path}': Not a directory`);
  const { repository } = await openContextRepository({ ...context, cwd }, undefined);
  const place: GitPlace = { cwd, env: readingEnvironment(context.env), args: gitOptions(context.gitSettings) };
  const { directories, config } = repository;
  return { repository, subject: { directories, usesMidx: usesMidx(config), place } };
}

/** The environment of a git that is to read the repository as it is: nothing fetched, nothing replaced, nothing written by the way. */
function readingEnvironment(env: GitPlace["env"]): GitPlace["env"] {
  return {
    ...env,
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
  };
}

/** Our options before the command, as git takes them. */
function gitOptions({ gitDir, workTree, bare, commandConfig }: GitSettings): readonly string[] {
  return [
    ...(gitDir === undefined ? [] : [`--git-dir=${gitDir}`]),
    ...(workTree === undefined ? [] : [`--work-tree=${workTree}`]),
    ...(bare ? ["--bare"] : []),
    ...commandConfig.flatMap(({ key, value }) => ["-c", value === undefined ? key : `${key}=${value}`]),
  ];
}

/**
 * The gits at those paths, `git` of the PATH unless there are any.
 * @throws FatalError if one cannot be run, or is no git.
 */
export async function openGits(context: Context, paths: readonly string[], place: GitPlace): Promise<readonly Git[]> {
  const gits: Git[] = [];
  for (const path of paths.length === 0 ? ["git"] : paths) {
    const program = path.includes("/") ? context.resolve(path) : path;
    try {
      gits.push(await Git.open(program, place, startProcess, context.task()));
    } catch (error) {
      if (error instanceof GitFailed) throw new FatalError(error.message);
      throw error;
    }
  }
  return gits;
}

/** Where both write: the folder given, else the system's for temporary files. */
export function scratchPlace(
  context: Context,
  directory: string | undefined,
): { readonly fs: NodeScratchFs; readonly parent: string } {
  return { fs: new NodeScratchFs(), parent: directory === undefined ? tmpdir() : context.resolve(directory) };
}

/** @throws UsageError for a name of no check. */
export function checkNames(names: readonly string[]): readonly string[] {
  const known = checks.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`no check '${unknown}': there are ${known.join(", ")}`);
  return names;
}
