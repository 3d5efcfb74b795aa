// npm run try -- [REPOSITORY]: the main job of gitmidx on a repository, or on one made for the purpose.
//
// With a repository: writes its multi-pack-index as `git multi-pack-index write` would (a repository that has a chain of layers keeps
// it and gets a layer more), verifies it, shows it, and has git verify it. Packs and refs are not touched.
// Without one: a tour on a repository that real git makes in a temporary folder.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gits, isAtLeast } from "../dist/test/support/gits.js";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(top, "bin", "gitmidx.js");
let worstStatus = 0;

function say(text = "") {
  process.stdout.write(`${text}\n`);
}

/** Runs a command, its output going to ours, and returns its status. */
function show(shown, command, args, cwd) {
  say(`\n$ ${shown}`);
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (error) say(`could not be started: ${error.message}`);
  return status ?? 1;
}

function gitmidx(repository, ...args) {
  const status = show(`gitmidx ${args.join(" ")}`, process.execPath, [program, ...args], repository);
  if (status !== 0) say(`(status ${status})`);
  worstStatus = Math.max(worstStatus, status);
  return status;
}

/** Writes the multi-pack-index, which is silent as git's command is, and lists the files that are new. */
function write(repository, ...options) {
  const before = new Set(midxFiles(repository).map(({ key }) => key));
  const status = gitmidx(repository, "write", ...options);
  if (status !== 0) return status;
  const written = midxFiles(repository).filter(({ key }) => !before.has(key));
  for (const { path, size } of written) say(`wrote ${path}, ${size} bytes`);
  if (written.length === 0) say("nothing to write: every pack is in the multi-pack-index already");
  return status;
}

function verify(repository) {
  if (gitmidx(repository, "verify") === 0) say("gitmidx finds nothing wrong");
}

function ask(repository, ...args) {
  const { stdout, status } = spawnSync("git", args, { cwd: repository, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function packFolder(repository) {
  return resolve(repository, ask(repository, "rev-parse", "--git-path", "objects/pack") ?? "");
}

function chainFile(repository) {
  return join(packFolder(repository), "multi-pack-index.d", "multi-pack-index-chain");
}

/** Shows the single file, or the chain where there is one. */
function showMidx(repository) {
  const chain = chainFile(repository);
  const file = existsSync(chain) ? chain : join(packFolder(repository), "multi-pack-index");
  gitmidx(repository, "show", relative(repository, file));
}

/** The packs, relative to the repository. */
function packsOf(repository) {
  const folder = packFolder(repository);
  const names = readdirSync(folder).filter((name) => name.endsWith(".pack"));
  return names.map((name) => relative(repository, join(folder, name)));
}

/** The files of the multi-pack-index; a file that is replaced has another key. */
function midxFiles(repository) {
  const folder = packFolder(repository);
  const list = (below) =>
    existsSync(join(folder, below)) ? readdirSync(join(folder, below)).map((name) => join(below, name)) : [];
  return [...list(""), ...list("multi-pack-index.d")]
    .filter((name) => /(^|[/\\])multi-pack-index[^/\\]*$/.test(name) && name !== "multi-pack-index.d")
    .map((name) => {
      const { size, ino, mtimeMs } = statSync(join(folder, name));
      return { path: join("objects", "pack", name), size, key: `${name} ${ino} ${mtimeMs}` };
    });
}

/** Has every git on this machine that can read the state of the repository verify it. */
function gitVerify(repository) {
  const hasChain = existsSync(chainFile(repository));
  const suitable = gits().filter((git) => !hasChain || isAtLeast(git, 2, 47));
  if (suitable.length === 0)
    say(`\n(no git here can read a chain of layers: git 2.47 is the first; this one reads the packs without it)`);
  for (const { path, version } of suitable) {
    const name = `git multi-pack-index verify   # git ${version.join(".")}`;
    const status = show(name, path, ["multi-pack-index", "verify"], repository);
    say(status === 0 ? "git finds nothing wrong" : `git ended with status ${status}`);
    worstStatus = Math.max(worstStatus, status);
  }
}

function tryRepository(path) {
  const repository = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  if (ask(repository, "rev-parse", "--git-dir") === undefined) {
    say(`${repository} is not a git repository`);
    return 128;
  }
  const hasChain = existsSync(chainFile(repository));
  say(`In ${repository}${hasChain ? ", which has a chain of layers: what is new becomes a layer more" : ""}`);
  // A write without --bitmap would remove the bitmap of what it replaces, as git's does.
  const hasBitmap = midxFiles(repository).some((file) => file.path.endsWith(".bitmap"));
  const status = write(repository, ...(hasChain ? ["--split"] : []), ...(hasBitmap ? ["--bitmap"] : []));
  if (status === 255) say("A multi-pack-index needs packs: `git repack` makes some of what is loose.");
  if (status !== 0) return status;
  verify(repository);
  showMidx(repository);
  gitVerify(repository);
  say(
    "\nNext: `gitmidx lookup ID` finds an object, `gitmidx compat` compares gitmidx with git on this repository without touching it.",
  );
  return worstStatus;
}

function pushes(folder, count) {
  const script = join(top, "fixtures", "make", "demo.sh");
  const { status, error } = spawnSync("sh", [script, folder, String(count)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`${script} failed${error ? `: ${error.message}` : ""}`);
}

function tour() {
  const folder = mkdtempSync(join(tmpdir(), "gitmidx-try-"));
  const repository = join(folder, "repository.git");
  say(`A server's repository in ${repository}: three pushes, each of them one pack.`);
  pushes(folder, 3);
  show("ls objects/pack", "ls", [join(repository, "objects", "pack")], repository);

  say("\n--- One index for all packs");
  write(repository);
  verify(repository);
  showMidx(repository);
  gitVerify(repository);

  say("\n--- A push arrives, and one layer more says what is in it: what was indexed before is not written again");
  for (let push = 4; push <= 6; push++) {
    pushes(folder, 1);
    say(`\n(push ${push} arrives)`);
    write(repository, "--split");
  }
  const chain = chainFile(repository);
  show(`cat ${relative(repository, chain)}`, "cat", [chain], repository);
  verify(repository);
  gitmidx(repository, "show");
  gitVerify(repository);

  say("\n--- Where is an object?");
  gitmidx(repository, "lookup", ask(repository, "rev-parse", "HEAD"));
  gitmidx(repository, "lookup", ask(repository, "rev-parse", "HEAD~20").slice(0, 8));

  say("\n--- The packs themselves: what is in them, and one pack made of all of them, which git checks");
  gitmidx(repository, "cat-file", "-p", "HEAD");
  gitmidx(repository, "verify-pack", ...packsOf(repository));
  gitmidx(repository, "pack-objects", "-q", "--all", join(folder, "all"));
  for (const pack of readdirSync(folder).filter((name) => name.endsWith(".pack"))) {
    show(`git index-pack --strict ${pack}`, "git", ["index-pack", "--strict", join(folder, pack)], repository);
  }

  say("\n--- With the next push back to one file, and the same work done by git for comparison");
  pushes(folder, 1);
  write(repository);
  gitmidx(repository, "compat");
  gitVerify(repository);

  say("\n--- Reachability bitmaps: what a commit reaches without walking there, and proof of it");
  write(repository, "--bitmap");
  pushes(folder, 1);
  write(repository, "--split", "--bitmap");
  gitmidx(repository, "bitmap", "coverage");
  gitmidx(repository, "rev-list", "--use-bitmap-index", "--count", "--objects", "--all");
  gitmidx(repository, "verify", "--bitmaps=full");
  say(
    `\nThe repository stays in ${folder} to play with; remove that folder when done. For one of yours: npm run try -- REPOSITORY`,
  );
  return worstStatus;
}

const args = process.argv.slice(2);
if (args.length > 1 || args[0]?.startsWith("-")) {
  say(`usage: npm run try -- [REPOSITORY]   (${basename(program)} itself: node bin/gitmidx.js --help)`);
  process.exitCode = 129;
} else {
  process.exitCode = args[0] === undefined ? tour() : tryRepository(args[0]);
}
