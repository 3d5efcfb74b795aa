/** Histories whose objects make deltas, and packs of them by git and by us side by side. */

import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { openRepository } from "../../src/node.js";
import type { PackRepositoryOptions } from "../../src/ops/pack-objects/pack-repository-options.js";
import { type GitBinary, gitEnvironment, type RunOptions, type RunResult, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { seededRandom } from "../support/random.js";
import { firstMtime } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

/** What a history is like. */
export interface HistoryPlan {
  readonly format?: "sha1" | "sha256";
  readonly commits?: number;
  readonly files?: number;
  readonly seed?: number;
  /** Whether everything stays loose, or goes to several packs that share objects, or to one. Default `one pack`. */
  readonly layout?: "loose" | "several packs" | "one pack";
}

function text(random: () => number, lines: number): string[] {
  return Array.from({ length: lines }, (_, i) => `line ${i} ${random().toString(36)} ${random().toString(36)}`);
}

/** Makes a repository whose files change line by line, with branches, merges, annotated and other tags. */
export function makeHistory(git: GitBinary, plan: HistoryPlan = {}): string {
  const { format = "sha1", commits = 40, files = 6, seed = 1, layout = "one pack" } = plan;
  const path = join(makeTempFolder("history"), "r");
  runGit(git, ["init", "-q", "--bare", `--object-format=${format}`, path]);
  const random = seededRandom(seed);
  const contents = Array.from({ length: files }, (_, i) => text(random, 20 + 40 * i));
  let stream = "";
  const who = (n: number) => `committer C O Mitter <c@example.com> ${1_700_000_000 + 60 * n} +0000\n`;
  const data = (body: string) => `data ${Buffer.byteLength(body)}\n${body}\n`;
  for (let n = 1; n <= commits; n++) {
    stream += `commit refs/heads/main\nmark :${n}\n${who(n)}${data(`commit ${n}\n`)}`;
    if (n > 5 && n % 7 === 0) stream += `merge :${n - 3}\n`;
    for (let edits = 1 + (random() % 3); edits > 0; edits--) {
      const file = random() % files;
      const lines = contents[file]!;
      lines[random() % lines.length] = `changed ${n} ${random().toString(36)}`;
      if (random() % 3 === 0) lines.splice(random() % lines.length, 0, ...text(random, 3));
      stream += `M 100644 inline dir${file % 3}/file${file}.txt\n${data(lines.join("\n"))}`;
    }
    if (n % 10 === 0) stream += `reset refs/tags/light${n}\nfrom :${n}\n\n`;
    if (n % 15 === 0) stream += `tag v${n}\nfrom :${n}\n${who(n).replace("committer", "tagger")}${data(`tag ${n}\n`)}`;
  }
  const limit = layout === "loose" ? 1_000_000 : 0;
  runGit(git, ["-c", `fastimport.unpackLimit=${limit}`, "fast-import", "--quiet", "--date-format=raw"], {
    cwd: path,
    input: stream,
  });
  if (layout === "one pack") runGit(git, ["repack", "-adfq", "--threads=1"], { cwd: path });
  if (layout === "several packs") splitPacks(git, path, commits);
  return path;
}

/** Packs older and younger halves of the history, and some objects twice. */
function splitPacks(git: GitBinary, path: string, commits: number): void {
  for (const range of [["main~20"], ["main", "^main~25"], ["main~10", "^main~15"]]) {
    if (commits <= 25) break;
    const input = `${range.join("\n")}\n`;
    const target = join(path, "objects/pack/pack");
    runGit(git, ["pack-objects", "-q", "--revs", "--delta-base-offset", "--threads=1", target], { cwd: path, input });
  }
  // Which of two packs is younger must not depend on how fast they were made.
  const names = readdirSync(join(path, "objects/pack")).sort();
  for (const [i, name] of names.entries())
    utimesSync(join(path, "objects/pack", name), firstMtime, firstMtime + 10 * i);
}

/** A run of `pack-objects` that writes files: what it said, and the files, without the part of their names that it was told. */
export interface PackRun {
  readonly result: RunResult;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly folder: string;
}

function filesOf(folder: string): Map<string, Uint8Array> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** Lets git pack to files. */
export function gitPacks(git: GitBinary, args: readonly string[], options: RunOptions): PackRun {
  const folder = makeTempFolder("git-packs");
  const result = runGit(git, ["pack-objects", ...args, join(folder, "p")], options);
  return { result, files: filesOf(folder), folder };
}

/** Packs to files ourselves. */
export function wePack(args: readonly string[], options: RunOptions): PackRun {
  const folder = makeTempFolder("our-packs");
  const result = runGitmidx(["pack-objects", ...args, join(folder, "p")], options);
  return { result, files: filesOf(folder), folder };
}

/** Packs listed objects to files, in this process and on one thread. */
export async function packHere(
  path: string,
  list: string,
  options: Partial<PackRepositoryOptions>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = makeTempFolder("our-packs");
  const repository = await openRepository({ cwd: path, env: gitEnvironment() });
  try {
    const lines = list
      .trimEnd()
      .split("\n")
      .map((line) => Buffer.from(line));
    const output = { kind: "files", base: join(folder, "p") } as const;
    await repository.packObjects({ select: { kind: "objects", lines }, output, threads: 1, ...options });
  } finally {
    await repository.close();
  }
  return filesOf(folder);
}

/** Every object of a repository that refs reach, as `rev-list --objects` lists them. */
export function listObjects(git: GitBinary, path: string): string {
  return runGit(git, ["rev-list", "--objects", "--all"], { cwd: path }).stdout;
}
