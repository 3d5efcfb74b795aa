/** From a repository that was found to where its work tree is and where git would work: git's setup, case by case. */

import { GitmidxError } from "../../core/errors.js";
import type { PackFs } from "../pack-fs.js";
import { realPath, resolveAgainst } from "../paths.js";
import { environmentBool, type ProcessFacts } from "../process-facts.js";
import { commonDirectory, isGitDirectory, readGitFile } from "./git-directory.js";
import { type RepositoryFormat, readRepositoryFormat, withWorktreeConfig } from "./repository-format.js";
import type { FoundRepository } from "./search.js";

/** Where everything is. */
export interface SettledRepository {
  /** The git directory, relative to `baseDirectory` or absolute. */
  readonly gitDirText: string;
  /** Absolute and without symbolic links; undefined where there is none. */
  readonly workTree: string | undefined;
  /** Where git would work from here on: the work tree if the working directory is inside it. */
  readonly baseDirectory: string;
  readonly repositoryFormat: RepositoryFormat;
  /** What `--bare` and the repository's own config say; undefined where neither says anything. */
  readonly bareSetting: boolean | undefined;
  readonly warnings: readonly string[];
}

/**
 * Reads the repository's format and decides on the work tree.
 * @throws GitmidxError `not-a-repository`, `unsupported-repository`, `bad-config`, or a file system code.
 */
export async function settle(
  fs: PackFs,
  facts: ProcessFacts,
  found: FoundRepository,
  bareOption: boolean,
): Promise<SettledRepository> {
  const setup = new Setup(fs, facts, bareOption);
  switch (found.kind) {
    case "named":
      return setup.named(found.gitDirText);
    case "worktree":
      return setup.worktree(found.directory, found.gitDirText);
    case "bare":
      return setup.bare(found.directory);
  }
}

type Outcome = Pick<SettledRepository, "gitDirText" | "workTree" | "baseDirectory">;

class Setup {
  readonly #fs: PackFs;
  readonly #facts: ProcessFacts;
  readonly #warnings: string[] = [];
  #bareSetting: boolean | undefined;
  /** `core.worktree`, as far as it counts. */
  #workTreeSetting: string | undefined;
  #implicitWorkTree: boolean;

  constructor(fs: PackFs, facts: ProcessFacts, bareOption: boolean) {
    this.#fs = fs;
    this.#facts = facts;
    this.#bareSetting = bareOption ? true : undefined;
    this.#implicitWorkTree = environmentBool(facts, "GIT_IMPLICIT_WORK_TREE", true);
  }

  /** A git directory that GIT_DIR, or one of the cases below, names. */
  async named(text: string): Promise<SettledRepository> {
    const { cwd } = this.#facts;
    const path = resolveAgainst(cwd, text);
    const gitFile = await readGitFile(this.#fs, this.#facts, path, cwd);
    if (gitFile.kind === "bad") throw gitFile.error;
    const gitDirText = gitFile.kind === "found" ? gitFile.gitDir : text;
    const gitDir = resolveAgainst(cwd, gitDirText);
    if (text === "" || !(await isGitDirectory(this.#fs, this.#facts, gitDir, cwd))) {
      throw new GitmidxError("not-a-repository", `not a git repository: '${gitDirText}'`, { path: gitDir });
    }
    const format = await this.#readFormat(gitDir, cwd);
    const workTree = await this.#workTreeOfNamed(gitDir);
    if (workTree === undefined || workTree === cwd || !isInside(cwd, workTree)) {
      return this.#outcome(format, { gitDirText, workTree, baseDirectory: cwd });
    }
    const real = await realPath(this.#fs, gitDir);
    return this.#outcome(format, { gitDirText: real, workTree, baseDirectory: workTree });
  }

  /** A `.git` in the working directory or above it. */
  async worktree(directory: string, text: string): Promise<SettledRepository> {
    const { cwd, env } = this.#facts;
    const isHere = directory === cwd;
    const gitDir = resolveAgainst(directory, text);
    const format = await this.#readFormat(gitDir, directory);
    if (env.GIT_WORK_TREE !== undefined || this.#workTreeSetting !== undefined) {
      return this.named(isHere ? text : await realPath(this.#fs, gitDir));
    }
    if (this.#bareSetting === true) {
      const gitDirText = isHere ? text : await realPath(this.#fs, gitDir);
      return this.#outcome(format, { gitDirText, workTree: undefined, baseDirectory: cwd });
    }
    return this.#outcome(format, { gitDirText: text, workTree: directory, baseDirectory: directory });
  }

  /** A directory that is a git directory itself. */
  async bare(directory: string): Promise<SettledRepository> {
    const { cwd, env } = this.#facts;
    const format = await this.#readFormat(directory, directory);
    this.#implicitWorkTree = false;
    const text = directory === cwd ? "." : directory;
    if (env.GIT_WORK_TREE !== undefined || this.#workTreeSetting !== undefined) return this.named(text);
    return this.#outcome(format, { gitDirText: text, workTree: undefined, baseDirectory: cwd });
  }

  #outcome(repositoryFormat: RepositoryFormat, outcome: Outcome): SettledRepository {
    return { ...outcome, repositoryFormat, bareSetting: this.#bareSetting, warnings: this.#warnings };
  }

  /** Reads the format, and takes `core.bare` and `core.worktree` from it where they are about this very worktree. */
  async #readFormat(gitDir: string, directory: string): Promise<RepositoryFormat> {
    const common = await commonDirectory(this.#fs, this.#facts, gitDir, directory);
    let format = await readRepositoryFormat(this.#fs, `${common.path}/config`);
    if (format.version < 0) return format;
    if (format.worktreeConfig) format = await withWorktreeConfig(this.#fs, format, `${gitDir}/config.worktree`);
    else if (common.shared) return format;
    this.#bareSetting = format.bare ?? this.#bareSetting;
    this.#workTreeSetting = format.workTree ?? this.#workTreeSetting;
    return format;
  }

  async #workTreeOfNamed(gitDir: string): Promise<string | undefined> {
    const { cwd, env } = this.#facts;
    const setting = this.#workTreeSetting;
    if (env.GIT_WORK_TREE !== undefined) return realPath(this.#fs, resolveAgainst(cwd, env.GIT_WORK_TREE));
    if (this.#bareSetting === true) {
      if (setting !== undefined) this.#warnings.push("core.bare and core.worktree do not make sense");
      return undefined;
    }
    if (setting !== undefined) return this.#configuredWorkTree(gitDir, setting);
    return this.#implicitWorkTree ? cwd : undefined;
  }

  /** `core.worktree`, which is relative to the git directory and must then be there. */
  async #configuredWorkTree(gitDir: string, setting: string): Promise<string> {
    const path = resolveAgainst(gitDir, setting);
    if (!setting.startsWith("/") && (await this.#fs.stat(path))?.kind !== "directory") {
      throw new GitmidxError("not-found", `cannot chdir to '${setting}': No such file or directory`, { path });
    }
    return realPath(this.#fs, path);
  }
}

function isInside(path: string, directory: string): boolean {
  return directory === "/" || path.startsWith(`${directory}/`);
}
