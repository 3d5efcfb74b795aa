/** Repositories with bitmaps of every kind, and packs that are made from them by git and by us side by side. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openRepository } from "../../src/node.js";
import type { PackObjectsResult } from "../../src/ops/pack-objects/pack-objects.js";
import type { PackRepositoryOptions } from "../../src/ops/pack-objects/pack-repository-options.js";
import { type GitBinary, gitEnvironment, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";
import { makeHistory } from "./pack-twins.js";

/** Of what there is a bitmap. */
export type BitmapKind = "pack" | "midx" | "chain";

/** What a repository with a bitmap is like. */
export interface BitmappedPlan {
  readonly kind: BitmapKind;
  readonly format?: "sha1" | "sha256";
  readonly commits?: number;
  readonly seed?: number;
  /** What is outside of the bitmap: nothing, loose objects, or a pack of its own. Default `loose`. */
  readonly outside?: "nothing" | "loose" | "pack";
  /** Whether some objects lie in several packs. */
  readonly duplicates?: boolean;
  readonly git: GitBinary;
  readonly config?: Readonly<Record<string, string>>;
}

const seconds = 1_700_000_000;

/** Adds commits to `main`, loose. */
function grow(git: GitBinary, path: string, name: string, count: number): void {
  const data = (body: string) => `data ${Buffer.byteLength(body)}\n${body}\n`;
  let stream = "";
  for (let n = 1; n <= count; n++) {
    const date = seconds + 100_000 + 60 * n;
    stream += `commit refs/heads/main\ncommitter C O Mitter <c@example.com> ${date} +0000\n${data(`${name} ${n}\n`)}`;
    if (n === 1) stream += "from refs/heads/main^0\n";
    const lines = Array.from({ length: 30 }, (_, i) => `${name} ${i} ${i % 7 === n % 7 ? n : ""}`);
    stream += `M 100644 inline ${name}/file${n % 3}.txt\n${data(lines.join("\n"))}`;
  }
  stream += `tag ${name}\nfrom refs/heads/main\ntagger C O Mitter <c@example.com> ${seconds} +0000\n${data(`${name}\n`)}`;
  const args = ["-c", "fastimport.unpackLimit=100000", "fast-import", "--quiet", "--date-format=raw"];
  runGit(git, args, { cwd: path, input: stream });
}

function packNew(git: GitBinary, path: string, revisions: readonly string[]): void {
  const target = join(path, "objects/pack/pack");
  const input = `${revisions.join("\n")}\n`;
  runGit(git, ["pack-objects", "-q", "--revs", "--delta-base-offset", "--threads=1", target], { cwd: path, input });
  runGit(git, ["prune-packed"], { cwd: path });
}

/** Makes one, bare. */
export function makeBitmapped(plan: BitmappedPlan): string {
  const {
    kind,
    git,
    format = "sha1",
    commits = 60,
    seed = 1,
    outside = "loose",
    duplicates = false,
    config = {},
  } = plan;
  const path = makeHistory(git, { format, commits, seed, layout: "one pack" });
  for (const [key, value] of Object.entries(config)) runGit(git, ["config", key, value], { cwd: path });
  const write = ["multi-pack-index", "write", "--bitmap", ...(kind === "chain" ? ["--incremental"] : [])];
  if (kind === "chain") runGit(git, write, { cwd: path });
  if (kind !== "pack") {
    for (const name of ["first", "second"]) {
      grow(git, path, name, 8);
      packNew(git, path, ["main", name, duplicates ? "^main~14" : "^main~8"]);
      if (kind === "chain") runGit(git, write, { cwd: path });
    }
    if (kind === "midx") runGit(git, write, { cwd: path });
  } else runGit(git, ["repack", "-adbq", "--threads=1"], { cwd: path });
  if (outside !== "nothing") {
    grow(git, path, "outside", 5);
    if (outside === "pack") packNew(git, path, ["main", "^main~5"]);
  }
  return path;
}

/** What is packed to standard output. */
export interface StreamRun {
  readonly cwd: string;
  /** Lines of standard input. */
  readonly lines?: readonly string[];
  /** Options of git's command line, and ours that mean the same. */
  readonly args: readonly string[];
  readonly options: Partial<PackRepositoryOptions>;
  readonly select?: Omit<PackRepositoryOptions["select"] & { readonly kind: "revisions" }, "kind" | "lines">;
  /** Configuration for both. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A pack on standard output, and the counts of git's last line. */
export interface StreamedPack {
  readonly bytes: Uint8Array;
  /** `Total 3 (delta 0), reused …` */
  readonly totals: string;
}

function environmentOf({ config = {} }: StreamRun): Record<string, string> {
  const entries = Object.entries(config);
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) };
  for (const [i, [key, value]] of entries.entries()) {
    env[`GIT_CONFIG_KEY_${i}`] = key;
    env[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  return env;
}

/** Lets git pack. */
export function streamedByGit(git: GitBinary, run: StreamRun): StreamedPack {
  const args = ["pack-objects", "--stdout", "--progress", "--threads=1", "--revs", ...run.args];
  const input = (run.lines ?? []).map((line) => `${line}\n`).join("");
  const { bytes, stderr } = runGit(git, args, { cwd: run.cwd, input, env: environmentOf(run) });
  return { bytes, totals: /^Total .*$/m.exec(stderr)?.[0] ?? stderr };
}

/** Packs ourselves, in this process and on one thread. */
export async function streamedByUs(run: StreamRun): Promise<StreamedPack> {
  const chunks: Uint8Array[] = [];
  const repository = await openRepository({ cwd: run.cwd, env: gitEnvironment(environmentOf(run)) });
  let result: PackObjectsResult;
  try {
    result = await repository.packObjects({
      select: { kind: "revisions", lines: run.lines ?? [], ...run.select },
      output: { kind: "stream", write: async (bytes) => void chunks.push(bytes.slice()) },
      threads: 1,
      deflate: "exact",
      ...run.options,
    });
  } finally {
    await repository.close();
  }
  const { written, deltas, reused, reusedDeltas, packReused, reusedPacks } = result.totals;
  const taken = `reused ${reused} (delta ${reusedDeltas}), pack-reused ${packReused} (from ${reusedPacks})`;
  return { bytes: Buffer.concat(chunks), totals: `Total ${written} (delta ${deltas}), ${taken}` };
}

/**
 * The ids in a pack; git checks that it is sound: by itself, or where it may lack something, beside the objects that it was made from.
 * Objects that git adds to complete a thin pack are not among them.
 */
export function idsIn(git: GitBinary, run: StreamRun, pack: Uint8Array): readonly string[] {
  const { cwd, select } = run;
  const format = runGit(git, ["rev-parse", "--show-object-format"], { cwd }).stdout.trim();
  const path = join(makeTempFolder("indexed"), "r");
  runGit(git, ["init", "-q", "--bare", `--object-format=${format}`, path]);
  const isThin = select?.thin === true;
  const lacks =
    isThin ||
    select?.filter !== undefined ||
    select?.unpacked === true ||
    (run.lines ?? []).some((line) => line.startsWith("^"));
  const count = Buffer.from(pack).readUInt32BE(8);
  if (count === 0) return [];
  const env: Record<string, string> = lacks ? { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(cwd, "objects") } : {};
  const args = ["index-pack", "--stdin", ...(isThin ? ["--fix-thin"] : []), ...(lacks ? [] : ["--strict"])];
  runGit(git, args, { cwd: path, input: pack, env });
  const idx = readdirSync(join(path, "objects/pack")).find((name) => name.endsWith(".idx"))!;
  const shown = runGit(git, ["show-index", `--object-format=${format}`], {
    input: readFileSync(join(path, "objects/pack", idx)),
  }).stdout;
  // The bases that were missing come last.
  const byOffset = shown
    .trim()
    .split("\n")
    .map((line) => ({ offset: Number(line.split(" ")[0]), id: line.split(" ")[1]! }))
    .sort((a, b) => a.offset - b.offset);
  return byOffset
    .slice(0, count)
    .map(({ id }) => id)
    .sort();
}
