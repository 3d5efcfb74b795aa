/** The library under Node: everything portable, and repositories on disk found as git finds them. */

import type { PageCache } from "./bytes/paged-source.js";
import { Repository } from "./repository.js";
import type { HostFacts } from "./settings.js";
import type { ConfigParameter } from "./store/config/parameters.js";
import { discoverRepository } from "./store/discover.js";
import { NodeFs } from "./store/node-fs.js";
import { isProcessAlive } from "./store/node-process-alive.js";
import type { ProcessFacts } from "./store/process-facts.js";

export * from "./index.js";
export { NodeFs, type NodeFsOptions } from "./store/node-fs.js";

/** Where to look for a repository: like git's options before the command and its environment. */
export interface OpenRepositoryOptions {
  /** The directory to start from; the current directory unless given. */
  readonly cwd?: string | undefined;
  /** The environment variables; those of the process unless given. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** `--git-dir`. */
  readonly gitDir?: string | undefined;
  /** `--work-tree`. */
  readonly workTree?: string | undefined;
  /** `--bare`. */
  readonly bare?: boolean | undefined;
  /** `-c key=value`, in order. */
  readonly configParameters?: readonly ConfigParameter[] | undefined;
  /** The cache through which files are read; one of the default size unless given. */
  readonly cache?: PageCache | undefined;
}

/** What this process tells of itself. */
export function nodeHost(env: ProcessFacts["env"] = process.env): HostFacts {
  const bsd = ["darwin", "freebsd", "netbsd", "openbsd", "dragonfly"].includes(process.platform);
  return { env, pid: process.pid, isAlive: isProcessAlive, directorySetGid: !bsd };
}

/**
 * Finds the repository that a directory is in, as git finds it, and opens it.
 * @throws GitmidxError `not-a-repository`, `dubious-ownership`, `unsupported-repository`, `bad-config`, or a file system code.
 */
export async function openRepository(options: OpenRepositoryOptions = {}): Promise<Repository> {
  const { cwd = process.cwd(), env = process.env, cache, ...request } = options;
  const fs = new NodeFs({ cache });
  const facts = { cwd, env, euid: process.geteuid?.() };
  const location = await discoverRepository(fs, { ...request, process: facts });
  return Repository.open({ fs, ...location, host: nodeHost(env) });
}
