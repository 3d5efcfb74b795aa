/** Published versions of npm packages, through npm and its own settings. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Which versions of a package are wanted. */
export interface PackageChoice {
  readonly name: string;
  /** At most so many, spread evenly over all releases. */
  readonly most: number;
}

/** A release of a package. */
export interface Release {
  readonly name: string;
  readonly version: string;
  /** A made-up date, in seconds since 1970: the releases of every package are spread over the same years. */
  readonly time: number;
}

function npm(args: readonly string[], cwd: string): string {
  const { error, status, stdout, stderr } = spawnSync("npm", args, { cwd, maxBuffer: 1 << 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}\n${stderr}`);
  return stdout.toString();
}

/** Dates that are given to the first release of a package and, but for one step, to its last, in seconds since 1970. */
const firstTime = 1_400_000_000;
const lastTime = 1_750_000_000;

function numbersOf(version: string): readonly number[] {
  return version.split(".").map(Number);
}

function compareVersions(a: string, b: string): number {
  const theirs = numbersOf(b);
  return (
    numbersOf(a)
      .map((part, i) => part - theirs[i]!)
      .find((difference) => difference !== 0) ?? 0
  );
}

/** The chosen releases, none of them a prerelease, in the order of their versions. */
export function chosenReleases({ name, most }: PackageChoice, folder: string): readonly Release[] {
  const all: readonly string[] = JSON.parse(npm(["view", name, "versions", "--json"], folder));
  const versions = all.filter((version) => /^\d+\.\d+\.\d+$/.test(version)).sort(compareVersions);
  const count = Math.min(most, versions.length);
  return Array.from({ length: count }, (_, i) => {
    const time = firstTime + Math.floor((i * (lastTime - firstTime)) / count);
    return { name, version: versions[Math.floor((i * versions.length) / count)]!, time };
  });
}

/** The packed releases, in the order of the list; one that cannot be had any more is left out. */
export function fetchReleases(releases: readonly Release[], folder: string): ReadonlyMap<Release, Uint8Array> {
  const target = join(folder, "packed");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  // A cache in the same folder, which is removed in the end: the lists of releases are long and asked for again and again.
  const cache = ["--prefer-offline", `--cache=${join(folder, "npm")}`];
  const options = ["--silent", "--ignore-scripts", ...cache, `--pack-destination=${target}`];
  const specs = releases.map(({ name, version }) => `${name}@${version}`);
  try {
    npm(["pack", ...options, ...specs], folder);
  } catch {
    for (const spec of specs) {
      try {
        npm(["pack", ...options, spec], folder);
      } catch {
        // Unpublished since, most likely: the history does without it.
      }
    }
  }
  const found = new Set(readdirSync(target));
  const packed = new Map<Release, Uint8Array>();
  for (const release of releases) {
    const file = `${release.name.replace("@", "").replace("/", "-")}-${release.version}.tgz`;
    if (found.has(file)) packed.set(release, readFileSync(join(target, file)));
  }
  rmSync(target, { recursive: true });
  return packed;
}
