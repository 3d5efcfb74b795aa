/** The types of all objects of a pack, told from the headers of its entries alone: a delta's type is its base's. */

import { type ByteSource, withRanges } from "../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { Step, type TaskOptions } from "../core/task.js";
import { EntryHeader, maxEntryHeaderByteLength } from "../formats/pack/entry-header.js";
import { EntryRun } from "./entry-run.js";
import type { OpenPack } from "./open-pack.js";

/** What the entries of a pack are, in the order of their offsets. */
export interface EntryTypes {
  /** Where each entry begins, ascending. */
  readonly offsets: Float64Array;
  /** The object's type as `ObjectTypeCode`; 0 where the entry, or one that it is made from, is damaged. */
  readonly types: Uint8Array;
  /** What is wrong with the first damaged entry. */
  readonly damage: GitmidxError | undefined;
}

const stretchByteLength = 1 << 18;
/** Entries looked at between two turns of the event loop. */
const blockEntries = 4096;

/**
 * Reads the header of every entry of a pack. Takes 13 bytes for each.
 * @throws GitmidxError `aborted`; as `OpenPack.openView`; a code of a damaged index
 */
export async function entryTypes(pack: OpenPack, task: TaskOptions = {}): Promise<EntryTypes> {
  const view = await pack.openView();
  const offsets = (await withRanges(() => pack.idx.offsets())).sort();
  const reader = new TypeReader(pack, view.source, offsets);
  const step = new Step({ signal: task.signal }, "");
  while (reader.next < offsets.length) {
    const before = reader.next;
    await withRanges(() => reader.block());
    await step.tick(reader.next - before);
  }
  reader.resolveLate();
  return reader;
}

class TypeReader implements EntryTypes {
  readonly offsets: Float64Array;
  readonly types: Uint8Array;
  damage: GitmidxError | undefined;
  /** The entry that is looked at next. */
  next = 0;
  readonly #pack: OpenPack;
  readonly #source: ByteSource;
  readonly #run: EntryRun;
  readonly #header = new EntryHeader();
  /** Of each entry whose base is not known before it: the base's number plus one. */
  readonly #lateBases: Uint32Array;
  readonly #late: number[] = [];

  constructor(pack: OpenPack, source: ByteSource, offsets: Float64Array) {
    this.offsets = offsets;
    this.types = new Uint8Array(offsets.length);
    this.#lateBases = new Uint32Array(offsets.length);
    this.#pack = pack;
    this.#source = source;
    this.#run = new EntryRun(source, stretchByteLength);
  }

  /** Looks at some entries from {@link next} on. Run again after a range was fetched, it goes on where it stopped. */
  block(): void {
    const end = Math.min(this.offsets.length, this.next + blockEntries);
    for (; this.next < end; this.next++) {
      try {
        this.#look(this.next);
      } catch (error) {
        if (!isGitmidxError(error)) throw error;
        this.damage ??= this.#placed(error, this.offsets[this.next]!);
      }
    }
  }

  #look(i: number): void {
    const offset = this.offsets[i]!;
    const { entriesEnd, format } = this.#pack.view;
    const end = Math.min(offset + maxEntryHeaderByteLength, entriesEnd);
    if (offset >= entriesEnd)
      throw new GitmidxError("bad-offset", `no entry can begin at offset ${offset}`, { offset });
    const at = this.#run.locate(offset, Math.min(offset + maxEntryHeaderByteLength, this.#source.size));
    const header = this.#header;
    header.parse(this.#run.bytes, at, at + end - offset, offset, format.byteLength);
    if (!header.isDelta) this.types[i] = header.type;
    else this.#inherit(i, this.#baseOf(i, offset));
  }

  /** The number of the entry that delta number `i` is made from, whose header was parsed last. */
  #baseOf(i: number, offset: number): number {
    const { baseDistance, baseIdAt } = this.#header;
    const { byteLength } = this.#pack.directory.format;
    const base =
      baseDistance > 0
        ? offset - baseDistance
        : this.#pack.find(this.#run.bytes.subarray(baseIdAt, baseIdAt + byteLength));
    const found = base === undefined ? -1 : this.#entryAt(base, i);
    if (found >= 0) return found;
    throw new GitmidxError("missing-base", `the base of the delta at offset ${offset} is not in the pack`, { offset });
  }

  #inherit(i: number, base: number): void {
    const type = this.types[base]!;
    if (type !== 0) this.types[i] = type;
    else {
      this.#lateBases[i] = base + 1;
      this.#late.push(i);
    }
  }

  /** The number of the entry that begins at `offset`, or −1; bases are mostly a little before their deltas. */
  #entryAt(offset: number, near: number): number {
    const { offsets } = this;
    let low = 0;
    let high = offsets.length - 1;
    if (offset < offsets[near]!) {
      high = near;
      for (let step = 1; near - step > 0 && offsets[near - step]! > offset; step *= 2) high = near - step;
      low = Math.max(0, near - 2 * (near - high) - 1);
    }
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = offsets[middle]!;
      if (found === offset) return middle;
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Gives the entries their types whose bases stand behind them; what is made from itself keeps none. */
  resolveLate(): void {
    const trail: number[] = [];
    for (const first of this.#late) {
      let at = first;
      while (this.types[at] === 0 && this.#lateBases[at] !== 0) {
        trail.push(at);
        const base = this.#lateBases[at]! - 1;
        // Taken off, a base is not followed again: neither in a circle nor for the next delta.
        this.#lateBases[at] = 0;
        at = base;
      }
      for (const i of trail) this.types[i] = this.types[at]!;
      trail.length = 0;
    }
  }

  #placed(error: GitmidxError, offset: number): GitmidxError {
    const { packPath, idxPath } = this.#pack.file;
    const isInside = offset < this.#source.size;
    const place = isInside ? { path: packPath, offset } : { path: idxPath };
    return new GitmidxError(error.code, `${packPath}: ${error.message}`, { ...place, cause: error });
  }
}
