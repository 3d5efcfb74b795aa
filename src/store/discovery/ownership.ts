/** Whom git trusts: `safe.directory` and `safe.bareRepository`, which count only where no repository can set them. */

import { GitmidxError } from "../../core/errors.js";
import { badVariable, type GitConfig } from "../config/git-config.js";
import { expandPathname } from "../config/pathname.js";
import type { PackFs } from "../pack-fs.js";
import { realPathOrNothing } from "../paths.js";
import { environmentBool, type ProcessFacts } from "../process-facts.js";

/** What the ownership check looks at. All paths are absolute. */
export interface OwnedPaths {
  /** The `.git` file by which the repository was found. */
  readonly gitFile?: string | undefined;
  readonly workTree?: string | undefined;
  readonly gitDir: string;
}

/** What the check came to. */
export interface OwnershipVerdict {
  readonly trusted: boolean;
  readonly warnings: readonly string[];
}

/** Whether the repository belongs to the user, or to someone whom the protected configuration trusts with it. */
export async function checkOwnership(
  fs: PackFs,
  facts: ProcessFacts,
  paths: OwnedPaths,
  protectedConfig: () => Promise<GitConfig>,
): Promise<OwnershipVerdict> {
  const trusted = { trusted: true, warnings: [] };
  if (facts.euid === undefined) return trusted;
  if (!environmentBool(facts, "GIT_TEST_ASSUME_DIFFERENT_OWNER", false)) {
    const owned = [paths.gitFile, paths.workTree, paths.gitDir].filter((path) => path !== undefined);
    const answers = await Promise.all(owned.map((path) => isOwnedByUser(fs, facts, path)));
    if (answers.every((answer) => answer)) return trusted;
  }
  const path = await realPathOrNothing(fs, paths.workTree ?? paths.gitDir);
  if (path === undefined) return { trusted: false, warnings: [] };
  return safeDirectoryVerdict(fs, facts, path, await protectedConfig());
}

async function isOwnedByUser(fs: PackFs, facts: ProcessFacts, path: string): Promise<boolean> {
  const stat = await fs.lstat(path);
  if (stat === undefined) return false;
  if (stat.uid === undefined || stat.uid === facts.euid) return true;
  return facts.euid === 0 && stat.uid === sudoUser(facts);
}

/** The user who became root through sudo. */
function sudoUser(facts: ProcessFacts): number | undefined {
  const text = facts.env.SUDO_UID ?? "";
  return /^\+?[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Goes through `safe.directory` in order; an empty value takes back what came before it. */
async function safeDirectoryVerdict(
  fs: PackFs,
  facts: ProcessFacts,
  path: string,
  config: GitConfig,
): Promise<OwnershipVerdict> {
  let trusted = false;
  const warnings: string[] = [];
  for (const { value } of config.entriesOf("safe.directory")) {
    if (value === undefined || value === "") trusted = false;
    else if (value === "*") trusted = true;
    else if (await isAllowed(fs, facts, path, value, warnings)) trusted = true;
  }
  return { trusted, warnings };
}

/** Whether one value of `safe.directory` names the repository. */
async function isAllowed(
  fs: PackFs,
  facts: ProcessFacts,
  path: string,
  value: string,
  warnings: string[],
): Promise<boolean> {
  const optional = ":(optional)";
  const pathname = value.startsWith(optional) ? value.slice(optional.length) : value;
  const allowed = await expandPathname(fs, facts, pathname);
  if (allowed === undefined) throw new GitmidxError("bad-config", `failed to expand user dir in: '${pathname}'`);
  if (!allowed.startsWith("/") && allowed !== ".") {
    warnings.push(`safe.directory '${allowed}' not absolute`);
    return false;
  }
  const real = await realPathOrNothing(fs, allowed === "." ? facts.cwd : allowed);
  if (real === undefined) return false;
  return real.endsWith("/*") ? path.startsWith(real.slice(0, -1)) : path === real;
}

/** Whether a bare repository may be found without being named: `safe.bareRepository`. @throws GitmidxError `bad-config` */
export function allowsImplicitBare(config: GitConfig): boolean {
  let allowed = true;
  for (const entry of config.entriesOf("safe.bareRepository")) {
    if (entry.value !== "all" && entry.value !== "explicit") {
      throw badVariable(entry, `'${entry.value ?? ""}' is neither 'all' nor 'explicit'`);
    }
    allowed = entry.value === "all";
  }
  return allowed;
}

/** Whether a bare-looking directory is the git directory of something that is not bare: inside `.git`, of a worktree or a submodule. */
export function belongsToWorkTree(path: string): boolean {
  return /(?:^|\/)\.git\/*$/.test(path) || path.includes("/.git/worktrees/") || path.includes("/.git/modules/");
}
