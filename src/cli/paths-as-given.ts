/** Paths in messages as git shows them: relative where git works with relative ones. */

import type { Repository } from "../repository.js";
import type { CommandContext } from "./command.js";

/** Replaces absolute paths in a text. */
export type ShowPaths = (text: string) => string;

/**
 * Paths below the git directory are shown relative to the working tree's top, or to a bare repository; those that begin with `given` as it
 * was given. Where a variable says where something is, and in linked worktrees, git shows them as they are.
 */
export function pathsAsGiven(
  { cwd, env, gitSettings }: Pick<CommandContext, "cwd" | "env" | "gitSettings">,
  { places }: Pick<Repository, "places">,
  given?: string,
): ShowPaths {
  const shown: [absolute: string, shown: string][] = [];
  if (given !== undefined && !given.startsWith("/")) shown.push([inDirectory(cwd, given), given]);
  const { gitDir, commonDir, workTree } = places;
  const named = env.GIT_DIR ?? gitSettings.gitDir ?? env.GIT_OBJECT_DIRECTORY;
  if (named === undefined && gitDir === commonDir) {
    if (workTree === undefined) shown.push([`${gitDir}/`, "./"]);
    else if (gitDir === `${workTree}/.git`) shown.push([`${gitDir}/`, ".git/"]);
  }
  return (text) => shown.reduce((changed, [absolute, relative]) => changed.replaceAll(absolute, relative), text);
}

/** The absolute path of what has that path in a directory, with every `..` and slash as it is given. */
export function inDirectory(directory: string, path: string): string {
  if (path.startsWith("/")) return path;
  return directory.endsWith("/") ? directory + path : `${directory}/${path}`;
}
