/** Where a pack is that is worked on by itself: in a repository, or anywhere. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { type ObjectFormat, objectFormatByName, sha1 } from "../core/oid.js";
import { nodeHost } from "../node.js";
import { type IndexPackConfig, indexPackConfigOf } from "../ops/index-pack/settings.js";
import type { Repository } from "../repository.js";
import { loadConfig } from "../store/config/load.js";
import { NodeFs } from "../store/node-fs.js";
import type { PackFs } from "../store/pack-fs.js";
import type { CommandContext } from "./command.js";
import { FatalError } from "./complaint.js";
import { message } from "./exit-status.js";
import { openContextRepository } from "./open-repository.js";

/** What commands on single packs have to know. */
export interface PackPlace {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: IndexPackConfig;
  /** Undefined outside of any repository. */
  readonly repository: Repository | undefined;
}

/**
 * Finds the repository, if there is one; without it, the user's configuration counts.
 * @param formatName `--object-format`
 * @throws FatalError for a format that there is not; GitmidxError as `openContextRepository`
 */
export async function findPackPlace(
  context: Pick<CommandContext, "cwd" | "env" | "gitSettings" | "stderr">,
  formatName: string | undefined,
): Promise<PackPlace> {
  const { cwd, env, gitSettings, stderr } = context;
  const named = formatName === undefined ? undefined : objectFormatByName(formatName);
  if (formatName !== undefined && named === undefined) throw new FatalError(`unknown hash algorithm '${formatName}'`);
  const host = nodeHost(env);
  let place: PackPlace;
  try {
    const { repository } = await openContextRepository(context, undefined);
    const config = indexPackConfigOf(repository.config, host);
    place = { fs: repository.fs, format: named ?? repository.format, config, repository };
  } catch (error) {
    if (!isGitmidxError(error, "not-a-repository")) throw error;
    const fs = new NodeFs();
    const facts = { cwd, env, euid: process.geteuid?.() };
    const parameters = gitSettings.commandConfig;
    const config = await loadConfig(fs, { process: facts, baseDirectory: cwd, parameters });
    place = { fs, format: named ?? sha1, config: indexPackConfigOf(config, host), repository: undefined };
  }
  for (const warning of place.config.warnings) await stderr.write(message("warning", warning));
  return place;
}

/** The module that worker threads run. */
export const workerUrl = new URL("../node-worker.js", import.meta.url).href;

/** @throws GitmidxError `not-a-repository` where there is none, with git's sentence for the option that needs it. */
export function requireRepository(repository: Repository | undefined, option: string): Repository {
  if (repository === undefined) throw new GitmidxError("not-a-repository", `${option} requires a git repository`);
  return repository;
}
