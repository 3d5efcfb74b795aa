/** `index-pack`: makes the index of a pack, whether it lies on the disk or comes in by a stream. */

import { toHex } from "../../core/oid.js";
import { checkAborted } from "../../core/task.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { PackFs } from "../../store/pack-fs.js";
import { parentDirectory } from "../../store/paths.js";
import { type CheckedObjects, checkObjects } from "./check-objects.js";
import { completeThinPack, reserveForBases } from "./complete-thin-pack.js";
import { resolvePack } from "./index-entries.js";
import { PackFiles, withSuffix } from "./install.js";
import { openPackFile } from "./open-pack-file.js";
import type { IndexPackOptions, IndexPackResult, OpenedPack, PackStream } from "./options.js";
import { type ReadPackFile, readPackFile } from "./read-pack-file.js";
import { receivePack } from "./receive-pack.js";
import { refuseUnresolved } from "./second-pass.js";
import { WorkerTeam } from "./worker-team.js";
import { encodeIndexes, encodeMtimesOf, type PackIndexes } from "./write-indexes.js";

/** Which file is indexed, and where its index goes. */
export interface PackFilePaths {
  /** Absolute path of the pack; it ends in `.pack` if anything beside it is named after it. */
  readonly packPath: string;
  /** Where the index goes; beside the pack unless given. */
  readonly indexPath?: string | undefined;
  /** What messages call a path; the path itself unless given. */
  readonly shown?: ((path: string) => string) | undefined;
}

/** What came of a stream. */
export interface ReceivedPackResult extends IndexPackResult {
  /** What was read and stands behind the pack. */
  readonly rest: Uint8Array;
}

/**
 * Indexes a pack that lies on the disk.
 * @throws GitmidxError `truncated`, `bad-signature`, `bad-version`, `bad-entry`, `bad-zlib-stream`, `bad-delta`, `bad-checksum`,
 *   `trailing-garbage`, `unresolved-deltas`, `duplicate-object`, `hash-collision`, `bad-object`, `disconnected`, `too-large`,
 *   `bad-pack-name`, `aborted`, or what the file system says. Nothing is left behind then.
 */
export async function indexPackFile(
  fs: PackFs,
  { packPath, indexPath = withSuffix(packPath, "pack", "idx"), shown = (path) => path }: PackFilePaths,
  options: IndexPackOptions,
): Promise<IndexPackResult> {
  const files = new PackFiles(fs, options.settings);
  const team = new WorkerTeam(options.workers);
  const source = await openPackFile(fs, packPath, shown(packPath));
  try {
    const pack: OpenedPack = { path: packPath, source };
    const read = await readPackFile(pack, options, team);
    options.onInputEnd?.();
    const resolved = await resolvePack(pack, read, options, read.memory, team);
    refuseUnresolved(read.table, resolved.count);
    const checked = await checkObjects(packPath, read.table, resolved, options);
    const names: PackNames = { packPath, indexPath, install: false };
    return { ...(await putInPlace(files, names, read, options)), appended: 0, ...checked };
  } finally {
    source.close();
    await team.stop();
    await files.cleanUp();
  }
}

/**
 * Takes in a pack from a stream: writes it, indexes it, and puts both in place.
 * @throws GitmidxError as {@link indexPackFile}; `object-id-mismatch` for an object of the store that is damaged.
 */
export async function indexPackStream(
  directory: ObjectDirectory,
  request: PackStream,
  options: IndexPackOptions,
): Promise<ReceivedPackResult> {
  const { fs } = directory;
  const files = new PackFiles(fs, options.settings);
  const team = new WorkerTeam(options.workers);
  let source: OpenedPack["source"] | undefined;
  try {
    const received = await receivePack(directory, files, request, options, team);
    options.onInputEnd?.();
    const { file, read, rest } = received;
    if (request.fixThin === true) reserveForBases(read.table);
    source = await fs.openSource(file.path);
    const resolved = await resolvePack({ path: file.path, source }, read, options, read.memory, team);
    let { checksum } = read;
    let appended = 0;
    let { count } = resolved;
    if (count < read.table.ofsCount + read.table.refCount && request.fixThin === true) {
      ({ checksum, appended, resolved: count } = await completeThinPack(fs, file, read.table, resolved, options));
      source.close();
      source = await fs.openSource(file.path);
      resolved.reader.useSource(source);
    }
    refuseUnresolved(read.table, count);
    const checked = await checkObjects(file.path, read.table, resolved, options);
    await files.close(file, options.settings.syncPack);
    const hex = toHex(checksum);
    const { packPath = directory.inPackDirectory(`pack-${hex}.pack`) } = request;
    const { indexPath = withSuffix(packPath, "pack", "idx") } = request;
    const names: PackNames = { packPath, indexPath, install: request.packPath === undefined, temporary: file.path };
    const result = await putInPlace(files, names, { ...read, checksum }, options);
    return { ...result, appended, ...checked, rest };
  } finally {
    source?.close();
    await team.stop();
    await files.cleanUp();
  }
}

/** Where the files go. */
interface PackNames {
  readonly packPath: string;
  readonly indexPath: string;
  /** Whether the names come from the content, so that what is there already stays. */
  readonly install: boolean;
  /** Where a pack that came by a stream is. */
  readonly temporary?: string;
}

/** Makes what belongs to the pack, and names everything: the index last. */
async function putInPlace(
  files: PackFiles,
  { packPath, indexPath, install, temporary }: PackNames,
  { table, checksum }: ReadPackFile,
  options: IndexPackOptions,
): Promise<Omit<IndexPackResult, "appended" | keyof CheckedObjects>> {
  const indexes = encodeIndexes(table, checksum, options);
  const directory = parentDirectory(indexPath);
  const reverseIndexPath = indexes.rev === undefined ? undefined : withSuffix(indexPath, "idx", "rev");
  const put = (from: string, to: string) => (install ? files.install(from, to) : files.replace(from, to));
  const idx = await files.write(`${directory}/tmp_idx_XXXXXX`, indexes.idx);
  const rev = indexes.rev && (await files.write(`${directory}/tmp_rev_XXXXXX`, indexes.rev));
  const mtimes = await writeMtimes(files, directory, indexes, options);
  const kept = await writeMarkers(files, packPath, options);
  // From here on the pack has its name, and the work is brought to its end.
  checkAborted(options);
  if (temporary !== undefined && temporary !== packPath) await put(temporary, packPath);
  else if (temporary !== undefined) await files.finish(packPath);
  if (rev !== undefined) await put(rev, reverseIndexPath!);
  if (mtimes !== undefined) await put(mtimes, withSuffix(indexPath, "idx", "mtimes"));
  await put(idx, indexPath);
  await files.settle(directory);
  return {
    checksum: toHex(checksum),
    packPath,
    indexPath,
    reverseIndexPath,
    objects: table.count,
    deltas: table.ofsCount + table.refCount,
    kept,
  };
}

async function writeMtimes(
  files: PackFiles,
  directory: string,
  { content }: PackIndexes,
  { mtimeOf }: IndexPackOptions,
): Promise<string | undefined> {
  if (mtimeOf === undefined) return undefined;
  return files.write(`${directory}/tmp_mtimes_XXXXXX`, encodeMtimesOf(content, mtimeOf));
}

/** Makes `.keep` and `.promisor`. @returns whether there is a new `.keep` */
async function writeMarkers(
  files: PackFiles,
  packPath: string,
  { keep, promisor }: IndexPackOptions,
): Promise<boolean> {
  const kept = keep !== undefined && (await files.createMarker(withSuffix(packPath, "pack", "keep"), keep, "keep"));
  if (promisor !== undefined) await files.createMarker(withSuffix(packPath, "pack", "promisor"), promisor, "promisor");
  return kept;
}
