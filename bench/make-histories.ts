/**
 * `node make-histories.js [NAME…]`: real histories for benchmarks, in the cache folder, each made once.
 *
 * Every commit is a release of an npm package, in a folder of the package's name; the packages take turns. They are fetched by npm, and
 * the pack is the one that `git fast-import` writes.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gitEnvironment, newestGit } from "../test/support/gits.js";
import { seededRandom } from "../test/support/random.js";
import { HistoryImport } from "./import-history.js";
import { chosenReleases, fetchReleases, type PackageChoice, type Release } from "./published-versions.js";
import { readTarball } from "./tarball.js";

/** The histories by name: packages of many small files, and packages with large generated ones. */
export const histories: Readonly<Record<string, readonly PackageChoice[]>> = {
  libraries: [
    { name: "core-js", most: 250 },
    { name: "date-fns", most: 150 },
    { name: "rxjs", most: 140 },
    { name: "lodash", most: 110 },
    { name: "antd", most: 80 },
    { name: "vuetify", most: 40 },
    { name: "element-plus", most: 40 },
  ],
  tools: [
    { name: "eslint", most: 150 },
    { name: "webpack", most: 150 },
    { name: "typescript", most: 12 },
    { name: "three", most: 40 },
    { name: "@babel/runtime", most: 60 },
    { name: "ant-design-vue", most: 60 },
    { name: "react-native", most: 80 },
    { name: "@mui/material", most: 60 },
  ],
};

/** Releases that are fetched by one run of npm. */
const batch = 20;

/** Where things fetched and made are kept. */
export function cacheFolder(): string {
  return process.env.GITMIDX_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "gitmidx");
}

/** Where the histories are kept. */
export function historiesFolder(): string {
  return join(cacheFolder(), "histories");
}

function git(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(newestGit().path, args, { cwd, env: gitEnvironment({}) });
  if (status !== 0) throw new Error(`git ${args.join(" ")} (in ${cwd}) ended with ${status}\n${stderr}`);
  return stdout.toString();
}

/** Makes a repository in a folder by itself first, so that what is there under its own name is finished. */
async function makeRepository(path: string, fill: (commits: HistoryImport) => Promise<void>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  git(["init", "--quiet", "--bare", "--initial-branch=main", unfinished], unfinished);
  const commits = new HistoryImport(newestGit().path, unfinished, gitEnvironment({}));
  await fill(commits);
  await commits.finish();
  renameSync(unfinished, path);
}

async function importReleases(commits: HistoryImport, releases: readonly Release[], folder: string): Promise<void> {
  for (let i = 0; i < releases.length; i += batch) {
    process.stderr.write(`${i} of ${releases.length} releases\n`);
    for (const [{ name, version, time }, packed] of fetchReleases(releases.slice(i, i + batch), folder)) {
      await commits.add({ folder: name, message: `${name} ${version}\n`, time, files: readTarball(packed) });
    }
  }
}

/** The bare repository of a history of {@link histories}, made now if it is not there. */
export async function realHistory(name: string): Promise<string> {
  const path = join(historiesFolder(), `${name}.git`);
  if (existsSync(path)) return path;
  const fetched = join(historiesFolder(), `${name}.fetched`);
  mkdirSync(fetched, { recursive: true });
  await makeRepository(path, async (commits) => {
    const releases = histories[name]!.flatMap((choice) => chosenReleases(choice, fetched));
    releases.sort((a, b) => a.time - b.time);
    await importReleases(commits, releases, fetched);
  });
  rmSync(fetched, { recursive: true });
  return path;
}

/** A small made-up history in `folder`: text that changes a little with every commit. */
export async function madeUpHistory(folder: string): Promise<string> {
  const path = join(folder, "made-up.git");
  if (existsSync(path)) return path;
  const random = seededRandom(1);
  const line = (): string => `line ${random() % 5000} of ${random() % 100}\n`;
  const texts = Array.from({ length: 40 }, () => Array.from({ length: 5 + (random() % 200) }, line));
  await makeRepository(path, async (commits) => {
    for (let commit = 0; commit < 50; commit++) {
      for (let change = 0; change < 6; change++) {
        const text = texts[random() % texts.length]!;
        text[random() % text.length] = line();
      }
      const files = texts.map((text, i) => ({ path: `${i % 7}/${i}.txt`, content: Buffer.from(text.join("")) }));
      await commits.add({ folder: "made-up", message: `commit ${commit}\n`, time: 1_700_000_000 + commit, files });
    }
  });
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(histories);
  for (const name of names) process.stdout.write(`${await realHistory(name)}\n`);
}
