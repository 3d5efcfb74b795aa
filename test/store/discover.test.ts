import assert from "node:assert/strict";
import { cpSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { isAtLeast, newestGit, runGit } from "../support/gits.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { discover, messageLines } from "./discovered.js";

type Environment = Readonly<Record<string, string>>;

const place = makeTempFolder("discover");

function at(...names: readonly string[]): string {
  return join(place, ...names);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

function git(cwd: string, ...args: readonly string[]): void {
  runGit(newestGit(), args, { cwd: at(cwd) });
}

/** A copy of the plain repository with another config. */
function withConfig(name: string, config: string): void {
  cpSync(at("plain"), at(name), { recursive: true });
  write(`${name}/.git/config`, config);
}

const version0 = "[core]\nrepositoryformatversion = 0\n";
const version1 = "[core]\nrepositoryformatversion = 1\n";

const configs: readonly (readonly [name: string, text: string])[] = [
  ["empty-config", ""],
  ["bare-without-version", "[core]\nbare = true\n"],
  ["bare-with-version", `${version0}bare = true\n`],
  ["bare-and-worktree", `${version0}bare = true\nworktree = ..\n`],
  ["not-bare", `${version0}bare = false\n`],
  ["worktree-relative", `${version0}worktree = ../../elsewhere\n`],
  ["worktree-inside", `${version0}worktree = ../sub\n`],
  ["worktree-absolute", `${version0}worktree = ${place}/elsewhere\n`],
  ["worktree-missing", `${version0}worktree = ../../nowhere\n`],
  ["worktree-without-value", `${version0}worktree\n`],
  ["version-2", "[core]\nrepositoryformatversion = 2\n"],
  ["version-negative", "[core]\nrepositoryformatversion = -2\nbare = true\n"],
  ["version-nonsense", "[core]\nrepositoryformatversion = x\n"],
  ["unknown-extension", `${version1}[extensions]\nfoo = 1\n`],
  ["unknown-extensions", `${version1}[extensions]\nfoo = 1\nBar\n[extensions "a"]\nb = c\n`],
  ["unknown-extension-version-0", `${version0}[extensions]\nfoo = 1\n`],
  ["known-extensions", `${version1}[extensions]\nnoop\nnoop-v1 = 1\npreciousObjects = true\npartialClone = origin\n`],
  ["objectformat-version-0", `${version0}[extensions]\nobjectFormat = sha1\n`],
  ["objectformat-twice-version-0", `${version0}[extensions]\nobjectFormat = sha1\nnoop-v1\n`],
  ["objectformat-without-version", "[extensions]\nobjectFormat = sha256\n"],
  ["objectformat-nonsense", `${version1}[extensions]\nobjectFormat = SHA1\n`],
  ["objectformat-without-value", `${version1}[extensions]\nobjectFormat\n`],
  ["precious-nonsense", `${version1}[extensions]\npreciousObjects = maybe\n`],
  ["bad-line", "[core]\nrepositoryformatversion = 0\n???\n"],
  ["included-version", "[include]\npath = more\n"],
  ["config-with-bom", `\ufeff${version0}`],
];

/** Every directory that git can be started in, by what there is to find. */
function makeLayouts(): readonly string[] {
  const made: string[] = [];
  const add = (name: string, make: () => void) => {
    make();
    made.push(name);
  };
  mkdirSync(at("elsewhere"));
  add("plain", () => git(".", "init", "-q", "plain"));
  mkdirSync(at("plain/sub/deeper"), { recursive: true });
  mkdirSync(at("plain/objects-of-mine"));
  git("plain", "commit", "-q", "--allow-empty", "-m", "x");
  made.push("plain/sub/deeper", "plain/.git", "plain/.git/refs/heads", "elsewhere");
  add("bare.git", () => git(".", "init", "-q", "--bare", "bare.git"));
  made.push("bare.git/refs");
  for (const [name, config] of configs) add(name, () => withConfig(name, config));
  write("included-version/.git/more", version1);
  made.push("bare-with-version/sub", "bare-with-version/.git", "worktree-inside/sub/deeper", "not-bare/.git/objects");
  add("separate", () => git(".", "init", "-q", "--separate-git-dir=separate.git", "separate"));
  add("linked", () => git("plain", "worktree", "add", "-q", "../linked"));
  mkdirSync(at("linked/sub"));
  made.push("linked/sub", "plain/.git/worktrees/linked");
  cpSync(at("bare-with-version"), at("common"), { recursive: true });
  add("linked-to-bare", () => git("common/.git", "worktree", "add", "-q", "-f", at("linked-to-bare"), "HEAD"));
  makeModule();
  made.push("module", "plain/.git/modules/module");
  makeOddities(made);
  return made;
}

function makeModule(): void {
  git(".", "init", "-q", "module");
  mkdirSync(at("plain/.git/modules"));
  renameSync(at("module/.git"), at("plain/.git/modules/module"));
  write("module/.git", "gitdir: ../plain/.git/modules/module\n");
  git("plain/.git/modules/module", "config", "core.worktree", "../../../../module");
}

function makeOddities(made: string[]): void {
  const broken = (name: string, damage: () => void) => {
    cpSync(at("plain"), at(name), { recursive: true });
    damage();
    made.push(name);
  };
  broken("no-head", () => rmSync(at("no-head/.git/HEAD")));
  broken("no-refs", () => rmSync(at("no-refs/.git/refs"), { recursive: true }));
  broken("no-objects", () => rmSync(at("no-objects/.git/objects"), { recursive: true }));
  broken("no-config", () => rmSync(at("no-config/.git/config")));
  const heads = ["", "nonsense\n", "ref: refs/heads/x", "ref:refs/x", "ref: heads/x", "a".repeat(40), "a".repeat(39)];
  for (const [i, head] of heads.entries()) broken(`head-${i}`, () => write(`head-${i}/.git/HEAD`, head));
  broken("head-link", () => {
    rmSync(at("head-link/.git/HEAD"));
    symlinkSync("refs/heads/nowhere", at("head-link/.git/HEAD"));
  });
  broken("head-odd-link", () => {
    rmSync(at("head-odd-link/.git/HEAD"));
    symlinkSync("ORIG_HEAD", at("head-odd-link/.git/HEAD"));
  });
  broken("refs-a-file", () => {
    rmSync(at("refs-a-file/.git/refs"), { recursive: true });
    write("refs-a-file/.git/refs", "");
  });
  const files = [
    "gitdir: ../plain/.git",
    "gitdir: ../plain/.git\r\n\n",
    `gitdir: ${at("bare.git")}\n`,
    "gitdir:../plain/.git\n",
    "gitdir: \n",
    "gitdir: ../elsewhere\n",
    "",
    "nonsense",
  ];
  for (const [i, text] of files.entries()) {
    write(`file-${i}/.git`, text);
    made.push(`file-${i}`);
  }
  symlinkSync("plain", at("link"));
  mkdirSync(at("dot-git-link"));
  symlinkSync("../plain/.git", at("dot-git-link/.git"));
  mkdirSync(at("file-link"));
  symlinkSync("../file-0/.git", at("file-link/.git"));
  write("empty-commondir/.git/HEAD", "ref: refs/heads/x\n");
  write("empty-commondir/.git/commondir", "");
  made.push("link", "link/sub", "dot-git-link", "file-link", "empty-commondir");
}

const layouts = makeLayouts();

interface Case {
  readonly env?: Environment;
  readonly options?: readonly string[];
}

/** Git's environment and options, one set for each row. */
const cases: readonly Case[] = [
  {},
  { env: { GIT_DIR: ".git" } },
  { env: { GIT_DIR: "." } },
  { env: { GIT_DIR: "" } },
  { env: { GIT_DIR: at("plain/.git") } },
  { env: { GIT_DIR: at("bare.git") } },
  { env: { GIT_DIR: at("worktree-relative/.git") } },
  { env: { GIT_WORK_TREE: at("elsewhere") } },
  { env: { GIT_WORK_TREE: "." } },
  { env: { GIT_WORK_TREE: at("plain") } },
  { env: { GIT_DIR: at("plain/.git"), GIT_WORK_TREE: at("plain") } },
  { env: { GIT_DIR: at("bare-and-worktree/.git") } },
  { env: { GIT_DIR: ".git", GIT_IMPLICIT_WORK_TREE: "0" } },
  { env: { GIT_COMMON_DIR: at("plain/.git") } },
  { env: { GIT_OBJECT_DIRECTORY: at("plain/objects-of-mine") } },
  { env: { GIT_OBJECT_DIRECTORY: "objects-of-mine" } },
  { env: { GIT_OBJECT_DIRECTORY: at("nowhere") } },
  { env: { GIT_CEILING_DIRECTORIES: place } },
  { env: { GIT_CEILING_DIRECTORIES: `relative:${at("plain")}/:${at("link")}:${at("bare-with-version")}` } },
  { env: { GIT_CEILING_DIRECTORIES: `:${at("link")}:/` } },
  { options: ["--bare"] },
  { options: ["-c", "safe.bareRepository=explicit"] },
  { options: ["-c", "safe.bareRepository=sometimes"] },
  { env: { GIT_DISCOVERY_ACROSS_FILESYSTEM: "1" } },
  { env: { GIT_DISCOVERY_ACROSS_FILESYSTEM: "maybe" } },
];

interface Found {
  readonly gitDir: string;
  readonly bare: string;
  readonly format: string;
  readonly commonDir: string;
  readonly objectDirectory: string;
  readonly workTree: string;
}

const noWorkTree = "this operation must be run in a work tree";

function foundByGit(cwd: string, { env = {}, options = [] }: Case): Found | string {
  const asked = ["--absolute-git-dir", "--is-bare-repository", "--show-object-format", "--path-format=absolute"];
  const paths = ["--git-common-dir", "--git-path", "objects", "--show-toplevel"];
  const args = [...options, "rev-parse", ...asked, ...paths];
  const { stdout, stderr } = runGit(newestGit(), args, { cwd: at(cwd), env, status: "any" });
  const [gitDir, bare, format, commonDir, objectDirectory, workTree] = stdout.split("\n");
  if (!workTree && !stderr.includes(noWorkTree)) return stderr;
  return {
    gitDir: gitDir!,
    bare: bare!,
    format: format!,
    commonDir: commonDir!,
    objectDirectory: objectDirectory!,
    workTree: workTree || noWorkTree,
  };
}

/** What is at a path, or the path itself where there is nothing. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

async function foundByUs(cwd: string, { env = {}, options = [] }: Case): Promise<Found | string> {
  const [option, parameter = ""] = options;
  const [key, value] = parameter.split("=");
  const found = await discover(at(cwd), env, {
    bare: option === "--bare",
    configParameters: option === "-c" ? [{ key: key!, value }] : [],
  });
  if (typeof found === "string") return found;
  return {
    gitDir: real(found.gitDir),
    bare: String(found.bare),
    format: found.format.name,
    commonDir: real(found.commonDir),
    objectDirectory: real(found.objectDirectory),
    workTree: found.workTree ?? noWorkTree,
  };
}

/**
 * A message as it can be compared. Ours names files by absolute paths where git's may be relative; it names the directory where git
 * says `(null)`, says that an empty `commondir` is empty where git gives the error of some earlier call, and why a value will not do.
 */
function comparable(message: string, cwd: string): readonly string[] {
  return messageLines(message)
    .filter((line) => !/^core\.bare and core\.worktree do not make sense$|is neither 'all' nor 'explicit'$/.test(line))
    .map((line) =>
      line
        .replace(/(?<=in file |gitfile format: |in gitfile: |failed to read )(?!\/)(?:\.\/)?/, `${at(cwd)}/`)
        .replace(/^bad boolean config (?=.* for 'GIT_)/, "bad boolean environment ")
        .replace(/^not a git repository: (?!').*/, "not a git repository: …")
        .replace(/(?<=^failed to read .*commondir): .*/, ""),
    );
}

/** Every so many of the directories are visited with each set of options, all of them with none. */
const stride = scale(6, 1);

/** Gits before 2.46 refused the git directory of a work tree too where bare repositories must be named. */
function isComparable(cwd: string, { options = [] }: Case): boolean {
  return isAtLeast(newestGit(), 2, 46) || !options.includes("safe.bareRepository=explicit") || !cwd.includes(".git");
}

for (const [i, one] of cases.entries()) {
  const shown = JSON.stringify(one).replaceAll(place, "");
  test(`git and we find the same repository, or say the same, from everywhere with ${shown} (${i})`, async () => {
    const different: unknown[] = [];
    const visited = i === 0 ? layouts : layouts.filter((_, k) => (k + i) % stride === 0);
    for (const cwd of visited.filter((name) => isComparable(name, one))) {
      const theirs = foundByGit(cwd, one);
      const ours = await foundByUs(cwd, one);
      const [wanted, found] =
        typeof theirs === "string" && typeof ours === "string"
          ? [comparable(theirs, cwd), comparable(ours, cwd)]
          : [theirs, ours];
      try {
        assert.deepEqual(found, wanted);
      } catch {
        different.push({ cwd, found, wanted });
      }
    }
    assert.deepEqual(different, []);
  });
}
