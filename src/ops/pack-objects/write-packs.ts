/** Writes the objects to one pack, or to several where packs are not to grow beyond a size. */

import { env } from "#env";
import { checkAborted, Step, type TaskOptions } from "../../core/task.js";
import { PackStream, packHeader } from "../../formats/pack/write.js";
import type { WritableFile } from "../../store/pack-fs.js";
import { createTemporary, removeIfThere } from "../../store/temporary-file.js";
import type { PackBitmaps } from "./bitmap/pack-bitmap.js";
import type { PackEntries } from "./entries.js";
import type { EntryWriter } from "./entry-writer.js";
import { finishPackFiles, type StagedPack } from "./pack-files.js";
import type { PackOutput } from "./pack-output.js";

/** The objects that are still to be written. */
interface Queue {
  readonly order: Int32Array;
  next: number;
  /** Objects that the packs to come have together. */
  remaining: number;
  readonly step: Step;
  /** Whether the step has been told to be through. */
  isFinished: boolean;
}

/** Objects that are taken over before all others, to a stream only. */
export interface ReusedPart {
  readonly count: number;
  write(stream: PackStream, step: Step): Promise<void>;
}

/** What there may be beside the objects of the list. */
export interface WithPacks {
  readonly reused?: ReusedPart | undefined;
  readonly bitmaps?: PackBitmaps | undefined;
}

/** @returns the checksums of the packs in hex; none if they go to a stream. */
export async function writePacks(
  entries: PackEntries,
  order: Int32Array,
  writer: EntryWriter,
  output: PackOutput,
  task: TaskOptions,
  { reused, bitmaps }: WithPacks = {},
): Promise<string[]> {
  const remaining = entries.list.resultCount;
  const total = remaining + (reused?.count ?? 0);
  const step = new Step(task, "Writing objects", total);
  const queue: Queue = { order, next: 0, remaining, step, isFinished: false };
  const packs: string[] = [];
  if (output.kind === "stream") {
    const stream = new PackStream(entries.list.format, total, output.write);
    writer.begin(stream);
    await reused?.write(stream, queue.step);
    await writeEntries(writer, stream, queue);
    checkAborted(task);
    await stream.finish();
  } else {
    let mtime: number | undefined;
    do {
      const staged = await stagePack(entries, writer, output, queue, task);
      mtime = await stepBack(output, staged.path, mtime);
      if (staged.rows.length !== queue.remaining) {
        bitmaps?.pending.giveUp("packs are split due to pack.packSizeLimit");
      }
      // All is written then: what follows has steps of its own.
      if (bitmaps?.pending.isOn === true) finishStep(queue);
      const checksum = await finishPackFiles(entries, staged, output, task, bitmaps);
      packs.push(checksum);
      await output.finished?.(checksum);
      writer.finishPack();
      queue.remaining -= staged.rows.length;
    } while (queue.remaining > 0 && queue.next < order.length);
  }
  finishStep(queue);
  return packs;
}

function finishStep(queue: Queue): void {
  if (!queue.isFinished) queue.step.finish();
  queue.isFinished = true;
}

/** Writes objects until all are written, or one would make the pack too large. */
async function writeEntries(writer: EntryWriter, stream: PackStream, queue: Queue): Promise<void> {
  const { order, step } = queue;
  for (; queue.next < order.length; queue.next++) {
    const before = writer.totals.written;
    const written = writer.write(order[queue.next]!);
    if (!(typeof written === "boolean" ? written : await written)) return;
    const draining = stream.drain();
    if (draining !== undefined) await draining;
    const turn = step.tick(writer.totals.written - before);
    if (turn !== undefined) await turn;
  }
}

type FileOutput = PackOutput & { readonly kind: "files" };

/** Writes one pack to a temporary file. */
async function stagePack(
  entries: PackEntries,
  writer: EntryWriter,
  output: FileOutput,
  queue: Queue,
  task: TaskOptions,
): Promise<StagedPack> {
  const { directory, settings } = output;
  const { fs } = directory;
  const file = await createTemporary(fs, directory.inPackDirectory("tmp_pack_XXXXXX"), 0o444);
  try {
    let checksum: Uint8Array;
    try {
      const stream = new PackStream(entries.list.format, queue.remaining, (bytes) => file.write(bytes));
      writer.begin(stream);
      await writeEntries(writer, stream, queue);
      checkAborted(task);
      checksum = await stream.finish();
      if (writer.written.length !== queue.remaining) checksum = await correctCount(entries, file, writer, output);
      if (settings.syncPack) await file.sync();
    } finally {
      await file.close();
    }
    return { path: file.path, checksum, rows: writer.written };
  } catch (error) {
    await removeIfThere(fs, file.path);
    throw error;
  }
}

/** Rewrites the header of a pack that was ended early, and its checksum. */
async function correctCount(
  { list }: PackEntries,
  file: WritableFile,
  { written }: EntryWriter,
  { directory }: FileOutput,
): Promise<Uint8Array> {
  await file.writeAt(0, packHeader(written.length));
  const source = await directory.fs.openSource(file.path);
  try {
    const end = source.size - list.format.byteLength;
    const hasher = env.createHasher(list.format);
    for (const window of source.windows(0, end)) hasher.update(window);
    const checksum = hasher.digest();
    await file.writeAt(end, checksum);
    return checksum;
  } finally {
    source.close();
  }
}

/**
 * Makes each further pack a second older than the one before: git looks into younger packs first, and the first pack has the objects that
 * are most wanted.
 */
async function stepBack({ directory: { fs } }: FileOutput, path: string, before: number | undefined): Promise<number> {
  if (before === undefined) return (await fs.stat(path))!.mtime;
  await fs.touch(path, before - 1);
  return before - 1;
}
