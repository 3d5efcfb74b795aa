/**
 * Takes entries over into a pack as they lie in others: runs of them are copied as they are, whatever is in them. Where something between a
 * delta and its base is left out, only the distance in the delta's header changes.
 */

import { withRanges } from "../../../bytes/source.js";
import { GitmidxError } from "../../../core/errors.js";
import { toHex } from "../../../core/oid.js";
import type { Step } from "../../../core/task.js";
import type { Deflater } from "../../../env/contract.js";
import {
  EntryHeader,
  maxEntryHeaderByteLength,
  ofsDeltaCode,
  refDeltaCode,
  writeBaseDistance,
  writeEntryHeader,
} from "../../../formats/pack/entry-header.js";
import type { PackStream } from "../../../formats/pack/write.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { ObjectReader } from "../object-reader.js";
import { now } from "../select/known-packs.js";
import { PackBlocks } from "./pack-blocks.js";
import type { ReusePlan } from "./reuse-plan.js";
import type { ReusedPack } from "./reused-pack.js";

/** What the writer goes by. */
export interface ReusedWriterOptions {
  readonly order: BitOrder;
  readonly plan: ReusePlan;
  /** Whether deltas name their bases by distance (`--delta-base-offset`). */
  readonly offsetDeltas: boolean;
  /** Whether the receiver will have an object that is not taken over, so that a delta may name it as its base. */
  readonly isThere: (oid: Uint8Array) => boolean;
  readonly reader: ObjectReader;
  readonly deflater: Deflater;
}

/**
 * Writes what the plan says.
 * @returns how many packs something was taken from.
 * @throws GitmidxError `bad-entry` for a damaged header, `missing-object`, what reading throws
 */
export async function writeReused(options: ReusedWriterOptions, stream: PackStream, step: Step): Promise<number> {
  let used = 0;
  for (const pack of options.plan.packs) if (await new PackCopy(pack, options, stream).run(step)) used++;
  return used;
}

/** The copy of one pack's entries. */
class PackCopy {
  readonly #pack: ReusedPack;
  readonly #options: ReusedWriterOptions;
  readonly #stream: PackStream;
  readonly #blocks: PackBlocks;
  readonly #header = new EntryHeader();
  readonly #scratch = new Uint8Array(maxEntryHeaderByteLength);
  /** Entries from an offset of the old pack on lie so many bytes further to the front in the new one; ascending. */
  readonly #origins: number[] = [];
  readonly #shifts: number[] = [];
  /** The bytes `[from, to)` of the old pack are still to be copied. */
  #from = 0;
  #to = 0;

  constructor(pack: ReusedPack, options: ReusedWriterOptions, stream: PackStream) {
    this.#pack = pack;
    this.#options = options;
    this.#stream = stream;
    this.#blocks = new PackBlocks(pack.source.view);
  }

  /** @returns whether anything was taken. */
  async run(step: Step): Promise<boolean> {
    const { bits } = this.#options.plan;
    const { firstBit, endBit } = this.#pack;
    for (let bit = bits.next(firstBit); bit >= 0 && bit < endBit; bit = bits.next(bit + 1)) {
      const found = now(() => this.#pack.offsetOf(bit));
      const offset = typeof found === "number" ? found : await found;
      const until = now(() => this.#pack.endOf(bit, offset));
      const end = typeof until === "number" ? until : await until;
      const entering = this.#enter(bit, offset, end);
      if (entering !== undefined) await entering;
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
    await this.#flush();
    return this.#origins.length > 0;
  }

  /** Takes the entry `[offset, end)`, which begins where the one before ended or after a gap. */
  #enter(bit: number, offset: number, end: number): Promise<void> | undefined {
    if (end <= offset || end > this.#pack.source.view.entriesEnd) throw this.#badOffset(offset);
    if (offset !== this.#to || !this.#blocks.holdsHeader(offset)) return this.#enterLate(bit, offset, end);
    return this.#take(bit, offset, end);
  }

  /** The same where what was gathered goes first: bytes behind it are to be read. */
  async #enterLate(bit: number, offset: number, end: number): Promise<void> {
    await this.#flush();
    this.#from = offset;
    this.#to = offset;
    if (!this.#blocks.holdsHeader(offset)) await this.#blocks.turn(offset);
    await this.#take(bit, offset, end);
  }

  /** Takes the entry, whose header is at hand and before which nothing is missing. */
  #take(bit: number, offset: number, end: number): Promise<void> | undefined {
    const shift = offset - (this.#stream.length + this.#to - this.#from);
    if (this.#shifts.at(-1) !== shift) {
      this.#origins.push(offset);
      this.#shifts.push(shift);
    }
    const type = (this.#blocks.bytes[offset - this.#blocks.start]! >> 4) & 7;
    if (type === ofsDeltaCode && !(this.#options.offsetDeltas && this.#shifts.length === 1)) {
      return this.#takeOffsetDelta(offset, end, shift);
    }
    if (type === refDeltaCode) return this.#takeNamedDelta(bit, offset, end);
    this.#to = end;
    return undefined;
  }

  #takeOffsetDelta(offset: number, end: number, shift: number): Promise<void> | undefined {
    const header = this.#header;
    this.#blocks.headerAt(offset, header);
    const base = offset - header.baseDistance;
    const bodyAt = offset + header.byteLength;
    if (!this.#options.offsetDeltas) {
      const named = now(() => this.#writeNamed(header.size, base));
      return named instanceof Promise
        ? named.then((length) => this.#replace(length, bodyAt, end))
        : this.#replace(named, bodyAt, end);
    }
    const distance = header.baseDistance - shift + this.#shiftOf(base);
    if (distance !== header.baseDistance) {
      const at = writeEntryHeader(this.#scratch, 0, ofsDeltaCode, header.size);
      return this.#replace(writeBaseDistance(this.#scratch, at, distance), bodyAt, end);
    }
    this.#to = end;
    return undefined;
  }

  /** Puts the header of a delta into the scratch that names its base by its id. @returns its length. */
  #writeNamed(size: number, baseOffset: number): number {
    const { source } = this.#pack;
    const entry = source.entryAt(baseOffset);
    if (entry < 0) {
      const path = source.view.source.name;
      const message = `expected object at offset ${baseOffset} in pack ${path}`;
      throw new GitmidxError("pack-index-mismatch", message, { path, offset: baseOffset });
    }
    const at = writeEntryHeader(this.#scratch, 0, refDeltaCode, size);
    const id = source.idOf(entry);
    this.#scratch.set(id, at);
    return at + id.length;
  }

  /** Puts the first `length` bytes of the scratch in the place of an entry's header. */
  #replace(length: number, bodyAt: number, end: number): Promise<void> | undefined {
    const flushing = this.#flush();
    const finish = (): void => {
      this.#stream.append(this.#scratch, 0, length);
      this.#from = bodyAt;
      this.#to = end;
    };
    if (flushing !== undefined) return flushing.then(finish);
    finish();
    return undefined;
  }

  /** How far an entry of the old pack that was taken lies to the front. */
  #shiftOf(offset: number): number {
    let low = 0;
    let high = this.#origins.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#origins[middle]! <= offset) low = middle;
      else high = middle;
    }
    return this.#shifts[low]!;
  }

  /** Whether the receiver will have the base that the delta at `offset` names by its id. */
  #isBaseThere(offset: number): boolean | Promise<boolean> {
    const header = this.#header;
    this.#blocks.headerAt(offset, header);
    const id = this.#blocks.bytes.slice(header.baseIdAt, offset - this.#blocks.start + header.byteLength);
    return now(() => {
      const bit = this.#options.order.bitOf(id);
      return (bit >= 0 && this.#options.plan.bits.has(bit)) || this.#options.isThere(id);
    });
  }

  /** Takes a delta that names its base by its id: as it is if it can stand on that, else as a whole object. */
  async #takeNamedDelta(bit: number, offset: number, end: number): Promise<void> {
    if (await this.#isBaseThere(offset)) {
      this.#to = end;
      return;
    }
    await this.#flush();
    const { order, reader, deflater } = this.#options;
    const oid = await withRanges(() => order.oidAt(bit).slice());
    const object = await reader.read(oid);
    if (object === undefined) throw new GitmidxError("missing-object", `unable to read ${toHex(oid)}`);
    const { bytes, type } = object;
    this.#stream.append(this.#scratch, 0, writeEntryHeader(this.#scratch, 0, type, bytes.length));
    this.#stream.append(deflater.deflate(bytes, 0, bytes.length));
    this.#from = end;
    this.#to = end;
  }

  /** Copies what was gathered. */
  #flush(): Promise<void> | undefined {
    const blocks = this.#blocks;
    while (this.#from < this.#to) {
      if (this.#from < blocks.start || this.#from >= blocks.end) {
        const turning = blocks.turn(this.#from);
        if (turning !== undefined) return turning.then(() => this.#flush());
      }
      const until = Math.min(this.#to, blocks.end);
      this.#stream.append(blocks.bytes, this.#from - blocks.start, until - blocks.start);
      this.#from = until;
      const draining = this.#stream.drain();
      if (draining !== undefined) return draining.then(() => this.#flush());
    }
    return undefined;
  }

  #badOffset(offset: number): GitmidxError {
    const path = this.#pack.source.view.source.name;
    const message = `offset ${offset} is not between the header and the trailer of packfile ${path}`;
    return new GitmidxError("bad-offset", message, { path, offset });
  }
}
