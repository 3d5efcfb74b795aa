/** Finds the repository that a process is in, as git finds it. */

import { GitmidxError } from "../core/errors.js";
import type { ObjectFormat } from "../core/oid.js";
import type { GitConfig } from "./config/git-config.js";
import { loadConfig } from "./config/load.js";
import type { ConfigParameter } from "./config/parameters.js";
import { commonDirectory, currentBranch } from "./discovery/git-directory.js";
import { parseRefStorage, type RefStorage, type RepositoryFormat } from "./discovery/repository-format.js";
import { searchRepository } from "./discovery/search.js";
import { settle } from "./discovery/settle.js";
import type { PackFs } from "./pack-fs.js";
import { realPath, resolveAgainst } from "./paths.js";
import type { ProcessFacts } from "./process-facts.js";

/**
 * What to look for, and from where: git's global options. Those that stand in the environment of `process` already, as git hands them
 * on to its child processes, need not be given again.
 */
export interface DiscoverRequest {
  readonly process: ProcessFacts;
  /** `--git-dir`. */
  readonly gitDir?: string | undefined;
  /** `--work-tree`. */
  readonly workTree?: string | undefined;
  /** `--bare`: the working directory is the repository, unless a git directory is given. */
  readonly bare?: boolean | undefined;
  /** `-c` and `--config-env`, in the order given; they come after those in the environment. */
  readonly configParameters?: readonly ConfigParameter[] | undefined;
}

/** A repository's places. All paths are absolute. */
export interface RepositoryLocation {
  /** `.git`, a bare repository, or a linked worktree's own directory. */
  readonly gitDir: string;
  /** What linked worktrees share: config, refs, objects. The same as `gitDir` elsewhere. */
  readonly commonDir: string;
  /** Undefined in a bare repository and where only GIT_DIR is known. */
  readonly workTree: string | undefined;
  /** `GIT_OBJECT_DIRECTORY`, or `objects` in the common directory. */
  readonly objectDirectory: string;
  /** The value of GIT_ALTERNATE_OBJECT_DIRECTORIES, for `objectDirectories`. */
  readonly alternates: string | undefined;
  /** The directory in which git works once it has found the repository: what relative paths in the environment are relative to. */
  readonly baseDirectory: string;
  readonly bare: boolean;
  readonly format: ObjectFormat;
  /** What the repository says of its own format: version and extensions. */
  readonly repositoryFormat: RepositoryFormat;
  readonly config: GitConfig;
  /** What git warns of on the way, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Finds the repository, checks that it is one we can read and that its owner is trusted, and reads its configuration.
 * @throws GitmidxError `not-a-repository`, `dubious-ownership`, `unsupported-repository`, `bad-config`, or a file system code.
 */
export async function discoverRepository(fs: PackFs, request: DiscoverRequest): Promise<RepositoryLocation> {
  const facts = await factsWithOptions(fs, request);
  const parameters = request.configParameters ?? [];
  const protectedConfig = once(() => loadConfig(fs, { process: facts, baseDirectory: facts.cwd, parameters }));
  const found = await searchRepository(fs, facts, protectedConfig);
  const settled = await settle(fs, facts, found, request.bare === true);
  const { baseDirectory, workTree, repositoryFormat } = settled;
  const gitDir = resolveAgainst(baseDirectory, settled.gitDirText);
  const commonDir = (await commonDirectory(fs, facts, gitDir, baseDirectory)).path;
  const branch = new BranchReader(fs, gitDir, commonDir, refStorageOf(facts, repositoryFormat));
  const config = await loadConfig(fs, {
    process: facts,
    baseDirectory,
    parameters,
    repository: {
      gitDir,
      commonDir,
      gitDirText: settled.gitDirText,
      baseDirectory,
      worktreeConfig: repositoryFormat.worktreeConfig,
      currentBranch: () => branch.read(),
    },
  });
  return {
    gitDir,
    commonDir,
    workTree,
    objectDirectory: resolveAgainst(baseDirectory, facts.env.GIT_OBJECT_DIRECTORY ?? `${commonDir}/objects`),
    alternates: facts.env.GIT_ALTERNATE_OBJECT_DIRECTORIES,
    baseDirectory,
    bare: workTree === undefined && (config.bool("core.bare") ?? settled.bareSetting !== false),
    format: repositoryFormat.objectFormat,
    repositoryFormat,
    config,
    warnings: [...found.warnings, ...settled.warnings, ...config.warnings, ...branch.warnings],
  };
}

/** Calls `make` when first asked, and remembers what came. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** The facts with the options in the environment, where git puts them too, and the working directory without symbolic links. */
async function factsWithOptions(fs: PackFs, request: DiscoverRequest): Promise<ProcessFacts> {
  const cwd = await realPath(fs, request.process.cwd);
  const env = { ...request.process.env };
  if (request.gitDir !== undefined) env.GIT_DIR = request.gitDir;
  if (request.workTree !== undefined) env.GIT_WORK_TREE = request.workTree;
  if (request.bare === true) {
    env.GIT_DIR ??= cwd;
    env.GIT_IMPLICIT_WORK_TREE = "0";
  }
  return { ...request.process, cwd, env };
}

/** How refs are kept: what GIT_REFERENCE_BACKEND says, or the repository itself. */
function refStorageOf(facts: ProcessFacts, format: RepositoryFormat): RefStorage {
  const named = facts.env.GIT_REFERENCE_BACKEND;
  if (named === undefined) return format.refStorage;
  const storage = parseRefStorage(named);
  if (storage === undefined) {
    throw new GitmidxError("unsupported-repository", `unknown ref storage format: '${named.replace(/:\/\/.*$/s, "")}'`);
  }
  return storage;
}

/** Tells conditions which branch is checked out. */
class BranchReader {
  readonly warnings: string[] = [];
  readonly #read: () => Promise<string | undefined>;

  constructor(fs: PackFs, gitDir: string, commonDir: string, storage: RefStorage) {
    this.#read = once(async () => {
      if (storage === "files") return currentBranch(fs, gitDir, commonDir);
      this.warnings.push("includeIf.onbranch conditions are not evaluated where refs are kept in reftables");
      return undefined;
    });
  }

  read(): Promise<string | undefined> {
    return this.#read();
  }
}
