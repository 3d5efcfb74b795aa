/**
 * The first pass on several threads. Each begins somewhere in the pack where entries seem to begin, and goes on to where the next one has
 * begun. What a thread has read counts only if the one before it arrives exactly where it began; from where one does not, the rest is
 * read again by this thread.
 */

import { env } from "#env";
import type { ByteSource } from "../../bytes/source.js";
import { tickInterval } from "../../core/limits.js";
import { type ObjectFormat, type ObjectFormatName, objectFormatByName } from "../../core/oid.js";
import { checkAborted, Step, type TaskOptions } from "../../core/task.js";
import type { Hasher } from "../../env/contract.js";
import type { PackFs } from "../../store/pack-fs.js";
import { allocateColumns, type EntryColumns, EntryTable } from "./entry-table.js";
import { EntryFinder } from "./find-entry.js";
import { FirstPass, type FirstPassOptions } from "./first-pass.js";
import type { OpenedPack } from "./options.js";
import { PackInput, sourceFeed } from "./pack-input.js";
import type { HashedInput } from "./read-entries.js";
import type { WorkerTeam } from "./worker-team.js";

/** Below this many bytes for each thread, fewer are faster. */
const leastPartByteLength = 2.5e6;
/** A part of that many bytes is taken to have one entry at most; one that has more is read again. */
const usualEntryByteLength = 32;

/** How the threads know of each other. */
interface SharedProgress {
  /** Where each part begins, as far as {@link found} tells. */
  readonly starts: Float64Array;
  /** For each part: 0 while its beginning is looked for, 1 once it is known. One number more: not 0 to stop all. */
  readonly found: Int32Array;
}

/** What a worker is told. */
export interface ReadPartJob extends SharedProgress {
  readonly job: "index-pack-entries";
  readonly path: string;
  readonly format: ObjectFormatName;
  /** Which part, from 0 (the second of the pack; this thread reads the first). */
  readonly part: number;
  /** Where the beginning is looked for. */
  readonly from: number;
  /** Where the entries of the pack end. */
  readonly end: number;
  readonly columns: EntryColumns;
  readonly detectCollisions: boolean;
  readonly bigFileThreshold: number;
}

/** What comes of a part. */
interface ReadPart {
  readonly count: number;
  readonly ofsCount: number;
  readonly refBaseIds: Uint8Array;
  readonly refCount: number;
}

/** How many threads the first pass over a pack is worth. */
export function partsFor(packByteLength: number, team: WorkerTeam): number {
  if (!team.isPossible) return 1;
  return Math.max(1, Math.min(team.threads, Math.floor(packByteLength / leastPartByteLength)));
}

/** What the first pass is told beside the pack. */
export interface SplitRequest {
  /** Entries that there should be. */
  readonly count: number;
  readonly title: string;
  /** Threads to take, this one included. */
  readonly parts: number;
  readonly team: WorkerTeam;
}

/**
 * Reads the entries of a pack into `table` with several threads.
 * @returns the window with which the pack is read on: what it has passed is all up to where the entries end.
 * @throws GitmidxError as `FirstPass.run`
 */
export async function readEntriesSplit(
  pack: OpenedPack,
  hashed: HashedInput,
  table: EntryTable,
  request: SplitRequest,
  options: FirstPassOptions,
): Promise<HashedInput> {
  const { count, title } = request;
  const { source } = pack;
  const { input } = hashed;
  const end = source.size - table.format.byteLength;
  const step = new Step(options, title, count);
  const parts = new OtherParts(pack, end, table.format, request, options);
  try {
    await new FirstPass(input, table, options).run(step, (offset, rows) => rows < count && parts.startAt(offset) < 0);
    if (table.count === count) return hashed;
    await input.passOn();
    const met = input.offset;
    await hashRange(source, met, end, hashed.hasher, options);
    await parts.appendTo(table, step);
    checkAborted(options);
    const offset = endOf(table);
    if (table.count < count) {
      const rest = new PackInput(sourceFeed(source, offset, source.size), () => undefined, offset);
      await new FirstPass(rest, table, options).run(step, (_, rows) => rows < count);
    }
    return await inputFrom(source, table.format, endOf(table), end, hashed.hasher, options);
  } finally {
    await parts.stop();
    if (table.count === count) step.finish();
  }
}

/** Where the entries of a table end in the pack. */
function endOf({ columns, count }: EntryTable): number {
  return columns.offsets[count]!;
}

async function hashRange(
  source: ByteSource,
  start: number,
  end: number,
  hasher: Hasher,
  { signal }: TaskOptions,
): Promise<void> {
  const breath = new Step({ signal }, "");
  for (const window of source.windows(start, end)) {
    hasher.update(window);
    await breath.tick(tickInterval);
  }
}

/** A window from where the entries end. `hasher` has taken the pack up to `hashedEnd`, which is there unless the pack is damaged. */
async function inputFrom(
  source: ByteSource,
  format: ObjectFormat,
  entriesEnd: number,
  hashedEnd: number,
  hasher: Hasher,
  task: TaskOptions,
): Promise<HashedInput> {
  const input = new PackInput(sourceFeed(source, entriesEnd, source.size), () => undefined, entriesEnd);
  if (entriesEnd === hashedEnd) return { input, hasher };
  const again = env.createHasher(format);
  await hashRange(source, 0, entriesEnd, again, task);
  return { input, hasher: again };
}

/** The parts of a pack that other threads read. */
class OtherParts {
  readonly #shared: SharedProgress;
  readonly #columns: readonly EntryColumns[];
  readonly #reads: readonly Promise<ReadPart>[];
  readonly #format: ObjectFormat;
  readonly #signal: AbortSignal | undefined;

  constructor(pack: OpenedPack, end: number, format: ObjectFormat, request: SplitRequest, options: FirstPassOptions) {
    const { count, parts, team } = request;
    const others = parts - 1;
    const shared: SharedProgress = {
      starts: new Float64Array(new SharedArrayBuffer(8 * others)),
      found: new Int32Array(new SharedArrayBuffer(4 * (others + 1))),
    };
    const length = end / parts;
    const rows = Math.min(count, Math.ceil((2 * length) / usualEntryByteLength));
    const columns = Array.from({ length: others }, () => allocateColumns(rows, format, "shared"));
    const message = (part: number): ReadPartJob => ({
      job: "index-pack-entries",
      path: pack.path,
      format: format.name,
      part,
      from: Math.floor((part + 1) * length),
      end,
      columns: columns[part]!,
      detectCollisions: options.detectCollisions,
      bigFileThreshold: options.bigFileThreshold,
      ...shared,
    });
    this.#shared = shared;
    this.#columns = columns;
    this.#reads = team.callEach(others, message) as readonly Promise<ReadPart>[];
    this.#format = format;
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#halt);
  }

  /** Which part begins at `offset`, as far as that is known; −1 if none does. */
  startAt(offset: number): number {
    const { starts, found } = this.#shared;
    for (let part = 0; part < starts.length; part++) {
      if (starts[part] === offset && Atomics.load(found, part) === 1) return part;
    }
    return -1;
  }

  /** Appends the parts that go on where the table ends, and those that go on where these end. */
  async appendTo(table: EntryTable, step: Step): Promise<void> {
    for (;;) {
      const part = this.startAt(endOf(table));
      const read = part < 0 ? undefined : await this.#reads[part]?.catch(() => undefined);
      if (read === undefined || read.count === 0) return;
      const other = new EntryTable(this.#format, 0, "shared", this.#columns[part]);
      Object.assign(other, read);
      table.append(other);
      await step.tick(read.count);
    }
  }

  /** Ends what is still under way. */
  async stop(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#halt);
    this.#halt();
    await Promise.allSettled(this.#reads);
  }

  readonly #halt = (): void => {
    const { found } = this.#shared;
    Atomics.store(found, found.length - 1, 1);
  };
}

/** What a worker does: finds where its part begins, and reads it. */
export async function readPartJob(fs: PackFs, message: ReadPartJob): Promise<ReadPart> {
  const { path, part, from, end, columns, starts, found, detectCollisions, bigFileThreshold } = message;
  const format = objectFormatByName(message.format)!;
  const table = new EntryTable(format, 0, "shared", columns);
  const capacity = table.capacity;
  const source = await fs.openSource(path);
  try {
    const start = new EntryFinder(source, format.byteLength).find(from, end);
    if (start === undefined) return resultOf(table);
    starts[part] = start;
    Atomics.store(found, part, 1);
    const stop = found.length - 1;
    const goOn = (offset: number, rows: number): boolean => {
      if (offset >= end || rows === capacity || Atomics.load(found, stop) !== 0) return false;
      return part + 1 === stop || starts[part + 1] !== offset || Atomics.load(found, part + 1) !== 1;
    };
    const input = new PackInput(sourceFeed(source, start, source.size), () => undefined, start);
    await new FirstPass(input, table, { detectCollisions, bigFileThreshold }).run(new Step({}, ""), goOn);
    return resultOf(table);
  } finally {
    source.close();
  }
}

function resultOf({ count, ofsCount, refBaseIds, refCount }: EntryTable): ReadPart {
  return { count, ofsCount, refBaseIds, refCount };
}
