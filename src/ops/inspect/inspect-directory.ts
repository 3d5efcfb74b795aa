/** `show` of a directory: every file of packs and multi-pack-indexes in it. */

import { isGitmidxError } from "../../core/errors.js";
import { type ObjectFormat, sha1 } from "../../core/oid.js";
import { checkAborted, type TaskOptions } from "../../core/task.js";
import { parseChain } from "../../formats/midx/chain.js";
import { comparePackNames } from "../../formats/midx/pack-names.js";
import { listNames } from "../../store/object-directory.js";
import type { PackFs } from "../../store/pack-fs.js";
import { parentDirectory } from "../../store/paths.js";
import { type FileReport, problemOf } from "./file-report.js";
import { inspectFile } from "./inspect-file.js";
import { kindByName } from "./recognise.js";

/**
 * Where the packs are, if the directory is one that holds packs, an object directory, or that of a chain's layers.
 * @returns undefined for any other, such as a repository's.
 */
export async function packDirectoryOf(fs: PackFs, path: string): Promise<string | undefined> {
  const names = await listNames(fs, path);
  const kinds = names.map(kindByName);
  if (names.includes("multi-pack-index-chain") || names.some((name) => name.endsWith(".midx"))) {
    return parentDirectory(path);
  }
  if (names.includes("multi-pack-index.d") || kinds.some((kind) => kind !== undefined)) return path;
  if (!names.includes("pack") || names.includes("HEAD")) return undefined;
  return (await fs.stat(`${path}/pack`))?.kind === "directory" ? `${path}/pack` : undefined;
}

/**
 * Reports on every file: the multi-pack-index, the chain and its layers, oldest first, then layers that are in no chain, then each
 * pack's index, reverse index, modification times, bitmap and pack. What cannot be read, or is no file at all, is reported with that as its problem.
 * @param packDirectory where the packs are.
 * @throws GitmidxError `aborted`, or what the file system says of the directory.
 */
export async function* inspectDirectory(
  fs: PackFs,
  packDirectory: string,
  options: TaskOptions & { readonly format?: ObjectFormat | undefined } = {},
): AsyncGenerator<FileReport, void, undefined> {
  const paths = [
    `${packDirectory}/multi-pack-index`,
    ...(await chainPaths(fs, `${packDirectory}/multi-pack-index.d`, options.format ?? sha1)),
    ...(await listNames(fs, packDirectory)).toSorted(byPack).map((name) => `${packDirectory}/${name}`),
  ];
  for (const path of new Set(paths)) {
    checkAborted(options);
    const report = await inspectNamed(fs, path, options.format);
    if (report !== undefined) yield report;
  }
}

/** The chain file and the layers, those of the chain first. */
async function chainPaths(fs: PackFs, directory: string, format: ObjectFormat): Promise<readonly string[]> {
  const names = await listNames(fs, directory);
  const chain = `${directory}/multi-pack-index-chain`;
  const layers = names.includes("multi-pack-index-chain") ? await chainLines(fs, chain, format) : [];
  const inChain = layers.map((checksum) => `multi-pack-index-${checksum}.midx`).filter((name) => names.includes(name));
  return [chain, ...[...inChain, ...names.toSorted()].map((name) => `${directory}/${name}`)];
}

async function chainLines(fs: PackFs, path: string, format: ObjectFormat): Promise<readonly string[]> {
  try {
    // Reading a FIFO or a device could go on for ever.
    if ((await fs.stat(path))?.kind !== "file") return [];
    return parseChain(await fs.readFile(path), format).lines.map(({ checksum }) => checksum);
  } catch (error) {
    if (isGitmidxError(error)) return [];
    throw error;
  }
}

/** Files of one pack stand together: index, reverse index, modification times, bitmap, pack. */
function byPack(a: string, b: string): number {
  const stem = (name: string) => name.replace(/\.[^.]*$/, "");
  const rank = (name: string) =>
    [".idx", ".rev", ".mtimes", ".bitmap", ".pack"].findIndex((extension) => name.endsWith(extension));
  return comparePackNames(stem(a), stem(b)) || rank(a) - rank(b);
}

/** The report on a file that should be what its name says; undefined if it is none of ours, or not there. */
async function inspectNamed(
  fs: PackFs,
  path: string,
  format: ObjectFormat | undefined,
): Promise<FileReport | undefined> {
  const kind = kindByName(path);
  if (kind === undefined) return undefined;
  const entry = await fs.lstat(path);
  if (entry === undefined) return undefined;
  try {
    return await inspectFile(fs, path, { kind, format });
  } catch (error) {
    const problem = problemOf(error);
    // It was there a moment ago. A link that leads nowhere stays, and is told.
    if (problem.code === "not-found" && entry.kind !== "symlink") return undefined;
    const byteLength = entry.kind === "file" ? entry.size : 0;
    return { kind, path, byteLength, hash: (format ?? sha1).name, parts: [], problems: [problem] };
  }
}
