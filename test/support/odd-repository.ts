/** A repository with objects and names of every kind, for commands that read objects. */

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GitBinary, newestGit, runGit } from "./gits.js";
import { makeTempFolder } from "./temp.js";

/** How {@link makeOddRepository} makes it. */
export interface OddOptions {
  readonly format?: "sha1" | "sha256";
  readonly storage?: "files" | "reftable";
  readonly git?: GitBinary;
}

/** The repository. */
export interface OddRepository {
  readonly path: string;
  readonly gitDir: string;
  /** Runs the git that made it, and gives what it prints without a line end. */
  run(...args: string[]): string;
}

/** Makes the repository: half of it packed, the rest loose, part of it in an alternate. */
export function makeOddRepository(options: OddOptions = {}): OddRepository {
  const git = options.git ?? newestGit();
  const folder = makeTempFolder("odd");
  const init = ["init", "-q", `--object-format=${options.format ?? "sha1"}`];
  if (options.storage !== undefined) init.push(`--ref-format=${options.storage}`);
  const lender = join(folder, "lender");
  const path = join(folder, "r");
  runGit(git, [...init, lender]);
  runGit(git, ["hash-object", "-w", "--stdin"], { cwd: lender, input: "lent\n" });
  runGit(git, [...init, path]);
  const gitDir = join(path, ".git");
  writeFileSync(join(gitDir, "objects/info/alternates"), `${join(lender, ".git/objects")}\n`);
  let time = 1_600_000_000;
  const run = (...args: string[]) => {
    time += 100;
    const env = { GIT_AUTHOR_DATE: `${time} +0130`, GIT_COMMITTER_DATE: `${time} -0700` };
    return runGit(git, args, { cwd: path, env }).stdout.trimEnd();
  };
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  mkdirSync(join(path, "dir/sub"), { recursive: true });
  write("file", "content\n");
  write("empty", "");
  write("dir/inner", `${"line of text\n".repeat(500)}`);
  write("dir/sub/deep", "deep\n");
  write('odd "name"\t\\', "odd\n");
  write("ümlaut", "high bytes\n");
  write("run", "#!/bin/sh\n");
  chmodSync(join(path, "run"), 0o755);
  for (const [name, target] of symlinks) symlinkSync(target, join(path, name));
  run("add", "-A");
  run("commit", "-q", "-m", "first\n\nbody");
  write("dir/inner", `${"line of text\n".repeat(500)}and more\n`);
  run("commit", "-q", "-a", "-m", "second");
  run("tag", "v1");
  run("tag", "-a", "-m", "annotated", "v1-annotated");
  run("tag", "-a", "-m", "nested", "nested", "v1-annotated");
  run("tag", "-a", "-m", "of a tree", "of-tree", "HEAD^{tree}");
  run("tag", "-a", "-m", "of a blob", "of-blob", "HEAD:file");
  run("repack", "-a", "-d", "-q", "-l");
  run("checkout", "-q", "-b", "side", "HEAD~1");
  write("file", "on the side\n");
  run("commit", "-q", "-a", "-m", "a subject\nof two lines\n\nbody");
  run("checkout", "-q", "main");
  run("merge", "-q", "--no-edit", "side", "-m", "merged");
  run("update-index", "--add", "--cacheinfo", `160000,${run("rev-parse", "HEAD")},module`);
  run("commit", "-q", "-m", "with a submodule");
  run("branch", "v1", "HEAD~2");
  run("branch", "describe-like-1-gabcd", "HEAD~1");
  run("update-ref", "refs/remotes/origin/main", "HEAD~1");
  run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
  run("config", "branch.main.remote", "origin");
  run("config", "branch.main.merge", "refs/heads/main");
  run("config", "remote.origin.url", "../lender");
  run("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
  return { path, gitDir, run };
}

const symlinks = [
  ["link", "file"],
  ["link-in", "dir/inner"],
  ["link-dir", "dir"],
  ["link-up", "dir/../file"],
  ["link-out", "../outside"],
  ["link-far", "dir/../../outside/x"],
  ["link-absolute", "/absolute"],
  ["link-gone", "nowhere"],
  ["link-loop", "link-loop"],
  ["link-dots", "dir/.."],
  ["dir/back", "../link-in"],
] as const;

/** Revisions of all kinds that mean something in it, or nothing. */
export const oddRevisions: readonly string[] = [
  ..."HEAD @ main refs/heads/main heads/main v1 tags/v1 heads/v1 v1-annotated nested of-tree of-blob origin".split(" "),
  ..."origin/main nope refs/nope HEAD~ HEAD^ HEAD~0 HEAD^0 HEAD~2 HEAD^2 HEAD^3 HEAD~100 HEAD~1^1~0 @~1 @^".split(" "),
  ..."HEAD~99999999999 HEAD^99999999999 nested^0 nested~1 of-tree^0 of-blob~1 HEAD^{} HEAD^{commit}".split(" "),
  ..."HEAD^{tree} HEAD^{blob} HEAD^{tag} HEAD^{object} HEAD^{nonsense} nested^{} nested^{tag} nested^{commit}".split(
    " ",
  ),
  ..."nested^{tree} of-tree^{} of-tree^{tree} of-tree^{commit} of-blob^{} of-blob^{blob} of-blob^{tree}".split(" "),
  ..."HEAD^{/} HEAD^{tree}^{commit} HEAD:file HEAD:dir HEAD:dir/ HEAD:dir/inner HEAD:dir/sub/deep HEAD: HEAD:nope".split(
    " ",
  ),
  ..."HEAD:file/x HEAD:dir//inner HEAD:/file HEAD:module HEAD:module/x HEAD:link HEAD:link-dir/inner HEAD:run".split(
    " ",
  ),
  ..."HEAD~1:file nested:file of-tree:file of-blob:file nope:file v1:file HEAD^{tree}:dir @:file main:./file".split(
    " ",
  ),
  ..."main:../file :file :0:file :1:file :nope :4:file :dir : :module @{0} @{1} @{2} @{3} @{100} HEAD@{0} HEAD@{1}".split(
    " ",
  ),
  ..."main@{0} main@{1} main@{2} main@{3} main@{9} side@{0} side@{1} side@{2} nope@{0} v1@{0} v1@{1}".split(" "),
  ..."@{-1} @{-2} @{-3} @{-9} @{-1}~1 @{-1}@{0} main@{-1} @{u} @{upstream} main@{U} main@{u}~1 @@{u}".split(" "),
  ..."main@{1600000300} main@{1500000000} side@{1600000450}".split(" "),
  ..."a..b .. a/ /a a//b ^HEAD ~ ^ ~1 ^{} ^{tree} {} @{} - -- 0 123 1234567 zzzz deadbeef".split(" "),
  ..."v1-1-g v1-1-gzz v1-1-gffff HEAD^- HEAD...main HEAD..main HEAD^@ HEAD^! refs heads".split(" "),
  'HEAD:odd "name"\t\\',
  "HEAD:ümlaut",
  "HEAD file",
  "  HEAD",
  "",
];
