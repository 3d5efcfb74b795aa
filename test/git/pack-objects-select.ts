/** What we select for a pack beside what git does. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../src/core/oid.js";
import { selectCruft } from "../../src/ops/pack-objects/select/cruft.js";
import { selectObjectList } from "../../src/ops/pack-objects/select/object-list.js";
import { selectRevisions } from "../../src/ops/pack-objects/select/revisions.js";
import type { Selection, SelectionSource } from "../../src/ops/pack-objects/select/selection.js";
import { selectStdinPacks } from "../../src/ops/pack-objects/select/stdin-packs.js";
import { openRevisions } from "../../src/ops/resolve-revision/open-revisions.js";
import { parseFilters } from "../../src/ops/walk/filter/parse-filter.js";
import { objectDirectories } from "../../src/store/alternates.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { RefStore } from "../../src/store/refs/ref-store.js";
import { discover } from "../store/discovered.js";
import { type GitBinary, newestGit, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

/** What is selected, in the words of the command line. */
export interface SelectionRun {
  /** Options of `git pack-objects`. */
  readonly args: readonly string[];
  /** Its standard input. */
  readonly input?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The ids that git packs, ascending, with their times behind them in cruft packs. */
export function packedByGit(path: string, run: SelectionRun, git: GitBinary = newestGit()): readonly string[] {
  const folder = makeTempFolder("packed");
  const base = join(folder, "pack");
  runGit(git, ["pack-objects", "-q", "--window=0", "--threads=1", ...run.args, base], {
    cwd: path,
    input: run.input ?? "",
    env: run.env ?? {},
  });
  const ids: string[] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".idx"))) {
    const idx = runGit(git, ["show-index"], { cwd: path, input: readFileSync(join(folder, name)) }).stdout;
    const own = idx
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[1]!)
      .filter((id) => id !== undefined);
    const hasTimes = run.args.includes("--cruft");
    const times = hasTimes ? readFileSync(join(folder, name.replace(/idx$/, "mtimes"))) : undefined;
    ids.push(...own.map((id, i) => (times === undefined ? id : `${id} ${times.readUInt32BE(12 + 4 * i)}`)));
  }
  return ids.sort();
}

/** Opens a repository for selecting, and closes it behind `work`. */
export async function withSelection<T>(
  path: string,
  env: Readonly<Record<string, string>>,
  work: (source: SelectionSource) => Promise<T>,
): Promise<T> {
  const fs = new NodeFs();
  const location = await discover(path, env);
  assert.ok(typeof location !== "string", String(location));
  const { format, config, objectDirectory, alternates, baseDirectory } = location;
  const found = await objectDirectories(fs, { objectDirectory, environment: alternates, baseDirectory });
  const directories = found.directories.map((directory) => new ObjectDirectory(fs, directory, format));
  const refs = RefStore.open(fs, location);
  const repository = { fs, format, config, directories, refs, places: location };
  const { resolver, store, close } = await openRevisions(repository, { useReplaceRefs: false });
  try {
    return await work({
      fs,
      format,
      store,
      directories,
      place: location,
      resolve: async (text, disambiguation) => {
        const one = await resolver.resolve(text, { disambiguation });
        return one.outcome === "found" ? one : undefined;
      },
      hasPromisorRemote: config.entries.some(({ key }) => /^remote\..*\.promisor$/.test(key)),
    });
  } finally {
    close();
  }
}

/** The ids that we select for the same options, ascending. */
export async function selectedByUs(path: string, run: SelectionRun): Promise<readonly string[]> {
  return withSelection(path, run.env ?? {}, async (source) => idsOf(await select(source, run)));
}

function idsOf({ list, mtimes }: Selection): readonly string[] {
  const ids: string[] = [];
  for (let row = 0; row < list.count; row++) {
    if (list.flags[row]! & 1) continue;
    ids.push(mtimes === undefined ? toHex(list.idAt(row)) : `${toHex(list.idAt(row))} ${mtimes[row]}`);
  }
  return ids.sort();
}

function select(source: SelectionSource, { args, input = "" }: SelectionRun): Promise<Selection> {
  const has = (option: string) => args.includes(option);
  const value = (option: string) => args.find((arg) => arg.startsWith(`${option}=`))?.slice(option.length + 1);
  const values = (option: string) =>
    args.filter((arg) => arg.startsWith(`${option}=`)).map((arg) => arg.slice(option.length + 1));
  const lines = input.replace(/\n$/, "").split("\n");
  const common = {
    window: 10,
    local: has("--local"),
    incremental: has("--incremental"),
    honorPackKeep: has("--honor-pack-keep"),
    keepPacks: values("--keep-pack"),
    includeTag: has("--include-tag"),
  };
  if (has("--stdin-packs") || value("--stdin-packs") !== undefined) {
    const mode = value("--stdin-packs") === "follow" ? "follow" : "standard";
    return selectStdinPacks(source, lines, { ...common, mode, unpacked: has("--unpacked") });
  }
  if (has("--cruft")) {
    const expiration = value("--cruft-expiration");
    return selectCruft(source, lines, {
      ...common,
      expiration: expiration === undefined ? undefined : Number(expiration),
    });
  }
  if (
    !args.some((arg) =>
      /^--(?:revs|all|thin|unpacked|reflog|indexed-objects|keep-unreachable|pack-loose-unreachable)$/.test(arg),
    )
  ) {
    const encoder = new TextEncoder();
    return selectObjectList(source, input === "" ? [] : lines.map((line) => encoder.encode(line)), common);
  }
  return selectRevisions(source, {
    ...common,
    lines,
    all: has("--all"),
    reflog: has("--reflog"),
    indexedObjects: has("--indexed-objects"),
    unpacked: has("--unpacked"),
    thin: has("--thin"),
    shallow: has("--shallow"),
    sparse: !has("--no-sparse"),
    filter: parseFilters(values("--filter")),
    missing: value("--missing") as "error" | undefined,
    promisorObjects: has("--exclude-promisor-objects") ? "exclude" : "pack",
    unreachable: { kind: has("--keep-unreachable") ? "keep" : "leave" },
    packLooseUnreachable: has("--pack-loose-unreachable"),
    pathWalk: has("--path-walk"),
  });
}

/** How many objects git looks at for a thin pack on standard output: those that it packs, and those that deltas may stand on. */
export function countedByGit(path: string, run: SelectionRun): number {
  const args = ["pack-objects", "--progress", "--stdout", "--threads=1", ...run.args];
  const said = runGit(newestGit(), args, { cwd: path, input: run.input ?? "" }).stderr;
  return Number(/Counting objects: 100% \((\d+)\//.exec(said)?.[1] ?? 0);
}

/** How many we look at. */
export async function countedByUs(path: string, run: SelectionRun): Promise<number> {
  return withSelection(path, run.env ?? {}, async (source) => (await select(source, run)).list.count);
}

/** Fails unless both select the same. */
export async function assertSameSelection(path: string, run: SelectionRun): Promise<void> {
  const expected = packedByGit(path, run);
  const selected = await selectedByUs(path, run);
  const missing = expected.filter((id) => !selected.includes(id));
  const more = selected.filter((id) => !expected.includes(id));
  const what = `git pack-objects ${run.args.join(" ")} <<< ${JSON.stringify(run.input ?? "")} in ${path}`;
  assert.equal(`missing ${missing.join(", ")}; more ${more.join(", ")}`, "missing ; more ", what);
  assert.equal(selected.length, expected.length, what);
}
