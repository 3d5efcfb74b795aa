/**
 * The files of a finished pack: `.pack`, `.rev`, `.mtimes`, `.bitmap` and last `.idx`, which makes the pack one. All are written under
 * temporary names in the object directory and renamed in that order; what fails on the way leaves nothing.
 */

import { env } from "#env";
import { radixSortPermutation } from "../../bytes/radix-sort.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import type { TaskOptions } from "../../core/task.js";
import { encodeIdx, type IdxEncoding } from "../../formats/idx/encode.js";
import { encodeMtimes } from "../../formats/mtimes.js";
import { encodeRev } from "../../formats/rev.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { PackFs } from "../../store/pack-fs.js";
import { adjustSharedPermissions, type SharedPermissions } from "../../store/permissions.js";
import { systemErrorText } from "../../store/system-error.js";
import { createTemporary, removeIfThere } from "../../store/temporary-file.js";
import { installBitmap, stageBitmap } from "../write-bitmap/stage-bitmap.js";
import type { PackBitmaps } from "./bitmap/pack-bitmap.js";
import type { PackEntries } from "./entries.js";

/** How the files of packs come to be in this repository. */
export interface FileSettings {
  readonly shared: SharedPermissions;
  /** Whether `core.fsync` covers the components `pack` and `pack-metadata`. */
  readonly syncPack: boolean;
  readonly syncMetadata: boolean;
  readonly index: IdxEncoding;
  /** Whether a `.rev` is written (`pack.writeReverseIndex`). */
  readonly reverseIndex: boolean;
  /** Told what git calls an error before it dies of it. */
  readonly complain?: ((message: string) => void) | undefined;
}

/** A written pack, still under its temporary name. */
export interface StagedPack {
  readonly path: string;
  readonly checksum: Uint8Array;
  /** Rows in the order in which they were written. */
  readonly rows: readonly number[];
}

/**
 * Writes what goes with a pack, and gives everything its name: `BASE-CHECKSUM.pack` and so on.
 * @returns the checksum in hex.
 * @throws GitmidxError what the file system says; as `PackBitmaps.contentFor`
 */
export async function finishPackFiles(
  entries: PackEntries,
  staged: StagedPack,
  { directory, base, settings }: FilePlace,
  task: TaskOptions,
  bitmaps: PackBitmaps | undefined,
): Promise<string> {
  const { fs } = directory;
  // What is to go if the rest cannot be done. Without an index beside it nobody has used a pack yet.
  const unfinished: string[] = [staged.path];
  const put = async (kind: string, bytes: Uint8Array): Promise<string> => {
    const path = await writeWhole(directory, `tmp_${kind}_XXXXXX`, bytes, settings);
    unfinished.push(path);
    return path;
  };
  try {
    await adjustSharedPermissions(fs, staged.path, settings.shared);
    const order = idOrder(entries, staged.rows);
    const index = idxBytes(entries, staged, order, settings.index);
    const idx = await put("idx", index);
    const rev = settings.reverseIndex ? await put("rev", revBytes(entries, staged, order)) : undefined;
    const { mtimes } = entries;
    const times = mtimes === undefined ? undefined : await put("mtimes", mtimesBytes(entries, staged, order, mtimes));
    const checksum = toHex(staged.checksum);
    const name = `${base}-${checksum}`;
    const move = async (from: string, extension: string): Promise<void> => {
      if (await moveInto(fs, from, `${name}.${extension}`, settings)) unfinished.push(`${name}.${extension}`);
    };
    await move(staged.path, "pack");
    if (rev !== undefined) await move(rev, "rev");
    if (times !== undefined) await move(times, "mtimes");
    const bitmap = await bitmaps?.contentFor(entries, { ...staged, order, idx: index });
    if (bitmap !== undefined) {
      const path = `${name}.bitmap`;
      const isNew = (await fs.stat(path)) === undefined;
      const { shared, syncMetadata: sync } = settings;
      await installBitmap(directory, await stageBitmap(directory, bitmap, { shared, sync, ...task }), path, { sync });
      if (isNew) unfinished.push(path);
    }
    await move(idx, "idx");
    unfinished.length = 0;
    if (settings.syncPack || settings.syncMetadata) await syncParent(fs, name);
    return checksum;
  } catch (error) {
    for (const path of unfinished.reverse()) await removeIfThere(fs, path);
    throw error;
  }
}

/** Where the files go. */
export interface FilePlace {
  /** Where files under temporary names go. */
  readonly directory: ObjectDirectory;
  /** Absolute path that the names begin with: `…/pack/pack` makes `…/pack/pack-CHECKSUM.pack`. */
  readonly base: string;
  readonly settings: FileSettings;
}

/** Writes a file under a temporary name beside the packs. */
async function writeWhole(
  directory: ObjectDirectory,
  template: string,
  bytes: Uint8Array,
  { shared, syncMetadata }: FileSettings,
): Promise<string> {
  const { fs } = directory;
  const file = await createTemporary(fs, directory.inPackDirectory(template), 0o444);
  try {
    try {
      await file.write(bytes);
      if (syncMetadata) await file.sync();
    } finally {
      await file.close();
    }
    await adjustSharedPermissions(fs, file.path, shared);
    return file.path;
  } catch (error) {
    await removeIfThere(fs, file.path);
    throw error;
  }
}

/** The places in `rows` by ascending id. */
function idOrder({ list }: PackEntries, rows: readonly number[]): Uint32Array {
  const { ids } = list;
  const { byteLength } = list.format;
  const keys = new Float64Array(rows.length);
  for (let i = 0; i < keys.length; i++) {
    const at = rows[i]! * byteLength;
    const low = ((ids[at + 2]! << 24) | (ids[at + 3]! << 16) | (ids[at + 4]! << 8) | ids[at + 5]!) >>> 0;
    keys[i] = ((ids[at]! << 8) | ids[at + 1]!) * 0x1_0000_0000 + low;
  }
  const order = radixSortPermutation(keys);
  // Six bytes tell nearly all ids apart; the rest is put right one by one.
  for (let i = 1; i < order.length; i++) {
    const moving = order[i]!;
    let to = i;
    while (
      to > 0 &&
      keys[order[to - 1]!] === keys[moving] &&
      compare(ids, rows, byteLength, order[to - 1]!, moving) > 0
    ) {
      order[to] = order[to - 1]!;
      to--;
    }
    order[to] = moving;
  }
  return order;
}

function compare(ids: Uint8Array, rows: readonly number[], byteLength: number, a: number, b: number): number {
  const left = rows[a]! * byteLength;
  const right = rows[b]! * byteLength;
  for (let i = 0; i < byteLength; i++) {
    const difference = ids[left + i]! - ids[right + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function idxBytes(entries: PackEntries, staged: StagedPack, order: Uint32Array, encoding: IdxEncoding): Uint8Array {
  const { list, offsets, crc32s } = entries;
  const { format } = list;
  const count = order.length;
  const ids = new Uint8Array(count * format.byteLength);
  const rowAt = (i: number): number => staged.rows[order[i]!]!;
  for (let i = 0; i < count; i++) ids.set(list.idAt(rowAt(i)), i * format.byteLength);
  const content = {
    format,
    count,
    ids,
    offsets: Float64Array.from({ length: count }, (_, i) => offsets[rowAt(i)]!),
    crc32s: Uint32Array.from({ length: count }, (_, i) => crc32s[rowAt(i)]!),
    packChecksum: staged.checksum,
  };
  return encodeIdx(content, encoding, env.createHasher(format));
}

function revBytes({ list }: PackEntries, { checksum }: StagedPack, order: Uint32Array): Uint8Array {
  const positions = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) positions[order[i]!] = i;
  return encodeRev(list.format, positions, checksum, env.createHasher(list.format));
}

function mtimesBytes(
  { list }: PackEntries,
  { checksum, rows }: StagedPack,
  order: Uint32Array,
  mtimes: Uint32Array,
): Uint8Array {
  const sorted = order.map((i) => mtimes[rows[i]!]!);
  return encodeMtimes(list.format, sorted, checksum, env.createHasher(list.format));
}

/**
 * Gives a file its final name. A file that has it already must be the same, and stays.
 * @returns whether the file is new there.
 * @throws GitmidxError `exists` if it is another one; what the file system says, in git's words.
 */
async function moveInto(
  fs: PackFs,
  from: string,
  to: string,
  { shared, complain }: Pick<FileSettings, "shared" | "complain">,
): Promise<boolean> {
  const isNew = (await fs.stat(to)) === undefined;
  if (!isNew) {
    await checkSame(fs, from, to, complain);
    await removeIfThere(fs, from);
  } else {
    try {
      await fs.rename(from, to);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      complain?.(`unable to write file ${to}: ${systemErrorText(error)}`);
      throw new GitmidxError(error.code, unableToRename(to), { path: to, cause: error });
    }
  }
  await adjustSharedPermissions(fs, to, shared);
  return isNew;
}

async function checkSame(fs: PackFs, from: string, to: string, complain: FileSettings["complain"]): Promise<void> {
  const ours = await fs.openSource(from);
  try {
    const theirs = await fs.openSource(to);
    try {
      let same = ours.size === theirs.size;
      const others = same ? theirs.windows(0, theirs.size) : undefined;
      for (const window of same ? ours.windows(0, ours.size) : []) {
        const other = others!.next().value as Uint8Array;
        same &&= window.length === other.length && window.every((byte, i) => byte === other[i]);
      }
      if (same) return;
    } finally {
      theirs.close();
    }
  } finally {
    ours.close();
  }
  complain?.(`files '${from}' and '${to}' differ in contents`);
  throw new GitmidxError("exists", unableToRename(to), { path: to });
}

function unableToRename(to: string): string {
  return `unable to rename temporary file to '${to}'`;
}

async function syncParent(fs: PackFs, path: string): Promise<void> {
  await fs.syncDirectory(path.slice(0, Math.max(1, path.lastIndexOf("/"))));
}
