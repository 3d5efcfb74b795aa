/** Reads the configuration from all its places in git's order, following includes. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { PackFs } from "../pack-fs.js";
import { parentDirectory, resolveAgainst } from "../paths.js";
import { environmentBool, type ProcessFacts } from "../process-facts.js";
import { systemErrorText } from "../system-error.js";
import { type ConditionContext, type ConditionRepository, conditionHolds } from "./conditions.js";
import { type ConfigEntry, type ConfigScope, GitConfig } from "./git-config.js";
import { splitKey } from "./key.js";
import { badCommandConfig, type ConfigParameter, commandEntries } from "./parameters.js";
import { badConfigLine, parseConfig } from "./parse.js";
import { expandPathname } from "./pathname.js";

/** The repository whose own configuration is read too. */
export interface ConfigRepository extends ConditionRepository {
  readonly commonDir: string;
  /** `extensions.worktreeConfig`: whether the git directory has a `config.worktree`. */
  readonly worktreeConfig: boolean;
}

/** What to read. */
export interface ConfigRequest {
  readonly process: ProcessFacts;
  /** What relative paths in the environment are relative to. */
  readonly baseDirectory: string;
  /** `-c` and `--config-env`, as far as they are not in the environment already. */
  readonly parameters: readonly ConfigParameter[];
  /** Undefined for git's protected configuration: system, global and command line, which no repository can change. */
  readonly repository?: ConfigRepository | undefined;
}

/** The system-wide configuration, unless the process facts or GIT_CONFIG_SYSTEM say otherwise. */
const defaultSystemConfig = "/etc/gitconfig";

const maxIncludeDepth = 10;

/**
 * Reads the configuration.
 * @throws GitmidxError `bad-config` with the file in `path` and git's message, or a file system code.
 */
export async function loadConfig(fs: PackFs, request: ConfigRequest): Promise<GitConfig> {
  const reading = new ConfigReading(fs, request, "all");
  await reading.run();
  return new GitConfig(reading.entries, reading.warnings);
}

/** `remote-urls`: a first pass over everything, for `hasconfig:remote.*.url:`, that takes every such include. */
type ReadingPurpose = "all" | "remote-urls";

function isRemoteUrl(entry: ConfigEntry): boolean {
  const key = splitKey(entry.key);
  return key?.section === "remote" && key.subsection !== undefined && key.name === "url";
}

class ConfigReading implements ConditionContext {
  readonly entries: ConfigEntry[] = [];
  readonly warnings: string[] = [];
  readonly fs: PackFs;
  readonly process: ProcessFacts;
  readonly repository: ConfigRepository | undefined;
  readonly #request: ConfigRequest;
  readonly #purpose: ReadingPurpose;
  #depth = 0;
  /** Whether we are in a file that a condition has included, where no remote URL may stand if one was asked for. */
  #conditional = false;
  #remoteUrls: readonly string[] | undefined;

  constructor(fs: PackFs, request: ConfigRequest, purpose: ReadingPurpose) {
    this.fs = fs;
    this.process = request.process;
    this.repository = request.repository;
    this.#request = request;
    this.#purpose = purpose;
  }

  async run(): Promise<void> {
    const { env } = this.process;
    const { repository } = this;
    if (!environmentBool(this.process, "GIT_CONFIG_NOSYSTEM", false)) {
      const system = env.GIT_CONFIG_SYSTEM ?? this.process.systemConfig ?? defaultSystemConfig;
      await this.#place(system, "system", repository === undefined);
    }
    for (const file of this.#globalFiles()) await this.#place(file, "global", true);
    if (repository !== undefined) {
      await this.#place(`${repository.commonDir}/config`, "local", false);
      if (repository.worktreeConfig) await this.#place(`${repository.gitDir}/config.worktree`, "worktree", false);
    }
    for (const entry of commandEntries(env, this.#request.parameters)) await this.#take(entry);
  }

  warn(sentence: string): void {
    this.warnings.push(sentence);
  }

  async remoteUrls(): Promise<readonly string[] | undefined> {
    if (this.#purpose === "remote-urls") return undefined;
    if (this.#remoteUrls === undefined) {
      const first = new ConfigReading(this.fs, this.#request, "remote-urls");
      await first.run();
      this.#remoteUrls = first.entries.filter(isRemoteUrl).flatMap(({ value }) => value ?? []);
    }
    return this.#remoteUrls;
  }

  /** The user's files: the one that GIT_CONFIG_GLOBAL names, or the XDG one and the one at home. */
  #globalFiles(): readonly string[] {
    const { GIT_CONFIG_GLOBAL: named, XDG_CONFIG_HOME: xdg, HOME: home } = this.process.env;
    if (named !== undefined) return [named];
    const files: string[] = [];
    if (xdg !== undefined && xdg !== "") files.push(`${xdg}/git/config`);
    else if (home !== undefined) files.push(`${home}/.config/git/config`);
    if (home !== undefined) files.push(`${home}/.gitconfig`);
    return files;
  }

  /** Reads one of the places, if there is a file; `lenient`: if we may not read it, it is as if it were not there. */
  async #place(path: string, scope: ConfigScope, lenient: boolean): Promise<void> {
    if (path === "") return;
    const file = resolveAgainst(this.#request.baseDirectory, path);
    const bytes = await this.#contents(file, lenient);
    if (bytes === undefined) return;
    if (typeof bytes === "string") {
      const message = `unknown error occurred while reading the configuration files\n${bytes}`;
      throw new GitmidxError("bad-config", message, { path: file });
    }
    await this.#file(bytes, file, scope);
  }

  /** A file's bytes; undefined where there is none, git's complaint where it is a directory. */
  async #contents(file: string, lenient: boolean): Promise<Uint8Array | string | undefined> {
    try {
      return await this.fs.readFile(file);
    } catch (error) {
      if (isGitmidxError(error, "not-found") || (lenient && isGitmidxError(error, "permission-denied")))
        return undefined;
      if ((await this.fs.stat(file))?.kind === "directory") return `unable to access '${file}': Is a directory`;
      if (!isGitmidxError(error)) throw error;
      const message = `unable to access '${file}': ${systemErrorText(error)}`;
      throw new GitmidxError(error.code, message, { path: file, cause: error });
    }
  }

  async #file(bytes: Uint8Array, file: string, scope: ConfigScope): Promise<void> {
    for (const { key, value, line } of parseConfig(bytes, file)) {
      await this.#take({ key, value, origin: { scope, file, line } });
    }
  }

  /** Adds an entry, and follows it if it is an include. */
  async #take(entry: ConfigEntry): Promise<void> {
    const { file } = entry.origin;
    if (this.#conditional && isRemoteUrl(entry)) {
      const message =
        "remote URLs cannot be configured in file directly or indirectly included by includeIf.hasconfig:remote.*.url";
      throw new GitmidxError("bad-config", message, { path: file });
    }
    this.entries.push(entry);
    const key = splitKey(entry.key);
    if (key === undefined) this.warnings.push(keyWarning(entry.key));
    if (entry.key === "include.path") return this.#include(entry);
    if (key?.section !== "includeif" || key.subsection === undefined) return;
    if (!(await conditionHolds(this, key.subsection, file)) || key.name !== "path") return;
    const outside = this.#conditional;
    this.#conditional = outside || this.#purpose === "remote-urls";
    await this.#include(entry);
    this.#conditional = outside;
  }

  async #include(entry: ConfigEntry): Promise<void> {
    const from = entry.origin.file;
    if (entry.value === undefined) throw badEntry(entry, `missing value for 'include.path'`);
    const path = await expandPathname(this.fs, this.process, entry.value);
    if (path === undefined) throw badEntry(entry, `could not expand include path '${entry.value}'`);
    if (!path.startsWith("/") && from === undefined) {
      throw badEntry(entry, "relative config includes must come from files");
    }
    const file = from === undefined || path.startsWith("/") ? path : `${parentDirectory(from)}/${path}`;
    const bytes = await this.#contents(file, false);
    if (bytes === undefined) return;
    if (this.#depth >= maxIncludeDepth) throw tooDeep(file, from ?? "the command line");
    if (typeof bytes === "string") throw badEntry(entry, bytes);
    this.#depth++;
    await this.#file(bytes, file, entry.origin.scope);
    this.#depth--;
  }
}

/** What git says of a variable that no one can ask for, because its key has no section or no name. */
function keyWarning(key: string): string {
  const lacks = key.includes(".") ? "does not contain variable name" : "does not contain a section";
  return `key ${lacks}: ${key}`;
}

/** The error for an entry that was understood and cannot be followed. */
function badEntry(entry: ConfigEntry, reason: string): GitmidxError {
  const { file, line } = entry.origin;
  return file === undefined || line === undefined ? badCommandConfig(reason) : badConfigLine(file, line, reason);
}

function tooDeep(file: string, from: string): GitmidxError {
  const message = `exceeded maximum include depth (${maxIncludeDepth}) while including\n\t${file}\nfrom\n\t${from}\nThis might be due to circular includes.`;
  return new GitmidxError("bad-config", message, { path: file });
}
