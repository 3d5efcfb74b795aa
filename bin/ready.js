// Makes a fresh clone ready to run: installs what package-lock.json names, where that is not there yet, and builds.
// `npm test` and `npm run try` begin with it. It needs Node and git, nothing else, and is quiet where nothing is to do.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function say(text) {
  process.stderr.write(`${text}\n`);
}

function stop(text) {
  say(text);
  process.exit(1);
}

function checkTools() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Node ${process.versions.node} is too old: 20.19 or newer is needed`);
  if (spawnSync("git", ["version"]).status !== 0) stop("git was not found on the PATH: it is needed");
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what package-lock.json names, by the list that npm leaves there. */
function isInstalled() {
  const wanted = readLock(join(root, "package-lock.json"));
  const present = readLock(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined || present === undefined) return false;
  // Optional packages are for other machines, or there already.
  return Object.entries(wanted).every(
    ([path, { version, optional, peer }]) =>
      path === "" || optional || peer || (present[path]?.version === version && existsSync(join(root, path))),
  );
}

function install() {
  say("installing packages (npm ci)");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const [command, before] = npm ? [process.execPath, [npm]] : ["npm", []];
  const { status } = spawnSync(command, [...before, ...args], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) stop("npm ci failed: see above");
}

/** Removes what was built from sources that are gone, so that no test or package holds it. */
function removeStale(folder, source) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const from = join(source, entry.name.replace(/(\.d\.ts|\.js)$/, ".ts"));
    if (!entry.isDirectory()) {
      if (!existsSync(from)) rmSync(path);
      continue;
    }
    removeStale(path, from);
    if (readdirSync(path).length === 0) rmdirSync(path);
  }
}

function build() {
  const kernels = spawnSync(process.execPath, [join(root, "bin", "kernels.js")], { stdio: ["ignore", 2, 2] });
  if (kernels.status !== 0) stop("the kernels could not be compiled: see above");
  for (const part of ["src", "test", "bench"]) removeStale(join(root, "dist", part), join(root, part));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", root], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) stop("the build failed: see above");
  const bundle = spawnSync(process.execPath, [join(root, "bin", "bundle.js")], { stdio: ["ignore", 2, 2] });
  if (bundle.status !== 0) stop("the command could not be bundled: see above");
}

checkTools();
if (!isInstalled()) install();
build();
