/** The repository that a command works on. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { nodeHost } from "../node.js";
import { Repository } from "../repository.js";
import type { RepositorySource } from "../repository-options.js";
import { isAlternatesError } from "../store/alternates.js";
import { loadConfig } from "../store/config/load.js";
import { type DiscoverRequest, discoverRepository, type RepositoryLocation } from "../store/discover.js";
import { NodeFs } from "../store/node-fs.js";
import { detectObjectFormat } from "../store/object-format.js";
import type { PackFs } from "../store/pack-fs.js";
import { parentDirectory, realPath, resolveAgainst } from "../store/paths.js";
import type { CommandContext } from "./command.js";
import { message } from "./exit-status.js";

/** A repository, opened for a command. */
export interface ContextRepository {
  /** Its own object directory is the chosen one. Its warnings go to standard error. */
  readonly repository: Repository;
  /** The path of the object directory to work on. */
  readonly directory: string;
}

/**
 * Opens the repository that the command line and the environment mean.
 *
 * With `objectDir`, the repository's own object directory is that one, whosever it is. A relative path there is, as in git, relative to
 * the top of the working tree. Unlike git's, our commands can do without a repository then.
 * @throws GitmidxError as `discoverRepository`; `not-found` where `objectDir` is no directory.
 */
export async function openContextRepository(
  context: Pick<CommandContext, "cwd" | "env" | "gitSettings" | "stderr">,
  objectDir: string | undefined,
): Promise<ContextRepository> {
  const { cwd, env, gitSettings, stderr } = context;
  const fs = new NodeFs();
  const { gitDir, workTree, bare, commandConfig: configParameters } = gitSettings;
  const facts = { cwd, env, euid: process.geteuid?.() };
  const request: DiscoverRequest = { process: facts, gitDir, workTree, bare, configParameters };
  const found = await findSource(fs, request, objectDir);
  const repository = await Repository.open({ ...found, host: nodeHost(env) });
  const warn = (text: string) => void stderr.write(message(kindOf(text), text)).catch(() => undefined);
  for (const warning of repository.warnings) warn(warning);
  repository.on("warning", warn);
  return { repository, directory: repository.objectDirectory.path };
}

function kindOf(warning: string): "warning" | "error" {
  return isAlternatesError(warning) ? "error" : "warning";
}

async function findSource(
  fs: PackFs,
  request: DiscoverRequest,
  objectDir: string | undefined,
): Promise<RepositorySource> {
  let location: RepositoryLocation;
  try {
    location = await discoverRepository(fs, request);
  } catch (error) {
    const named = request.gitDir ?? request.process.env.GIT_DIR;
    if (objectDir === undefined || named !== undefined || !isGitmidxError(error, "not-a-repository")) throw error;
    return withoutRepository(fs, request, await chosenDirectory(fs, request.process.cwd, objectDir));
  }
  if (objectDir === undefined) return { fs, ...location };
  const objectDirectory = await chosenDirectory(fs, location.baseDirectory, objectDir);
  return { fs, ...location, objectDirectory, alternates: undefined };
}

/** The absolute path of the directory, without links. */
async function chosenDirectory(fs: PackFs, base: string, objectDir: string): Promise<string> {
  if (objectDir === "") throw new GitmidxError("not-found", "The empty string is not a valid path");
  const path = await realPath(fs, resolveAgainst(base, objectDir));
  if ((await fs.stat(path))?.kind === "directory") return path;
  throw new GitmidxError("not-found", `object directory ${path} does not exist`, { path });
}

/** An object directory named from outside of any repository: that of the repository it lies in, or of none at all. */
async function withoutRepository(
  fs: PackFs,
  request: DiscoverRequest,
  objectDirectory: string,
): Promise<RepositorySource> {
  try {
    const location = await discoverRepository(fs, { ...request, gitDir: parentDirectory(objectDirectory) });
    return { fs, ...location, objectDirectory, alternates: undefined };
  } catch (error) {
    if (!isGitmidxError(error, "not-a-repository")) throw error;
    const { process, configParameters: parameters = [] } = request;
    const config = await loadConfig(fs, { process, baseDirectory: process.cwd, parameters });
    return {
      fs,
      objectDirectory,
      format: await detectObjectFormat(fs, objectDirectory),
      config,
      warnings: config.warnings,
    };
  }
}
