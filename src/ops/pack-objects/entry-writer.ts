/** Writes the entries of a pack: taken over as they are where that can be, else made anew. */

import { env } from "#env";
import { GitmidxError } from "../../core/errors.js";
import { blobCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import type { DeflateOptions, Deflater } from "../../env/contract.js";
import { createDeltaSources, type DeltaSource } from "../../formats/delta/delta-source.js";
import {
  maxEntryHeaderByteLength,
  ofsDeltaCode,
  refDeltaCode,
  writeBaseDistance,
  writeEntryHeader,
} from "../../formats/pack/entry-header.js";
import type { PackStream } from "../../formats/pack/write.js";
import { baseFirst, inEarlierPack, notWritten, outsideBase, type PackEntries } from "./entries.js";
import { EntryCopier } from "./entry-copier.js";
import type { FoundDeltas } from "./found-deltas.js";
import type { ObjectReader } from "./object-reader.js";

/** How entries are written. */
export interface EntryOptions {
  /** Whether deltas name their bases by distance where they can (`--delta-base-offset`). */
  readonly offsetDeltas: boolean;
  /** Whether entries of other packs are taken over (`--no-reuse-object`). */
  readonly reuseObjects: boolean;
  /** Whether what is taken over is checked first: where the pack stays in this repository. */
  readonly check: boolean;
  /** The most bytes of a pack, its trailer included; 0 for any number (`--max-pack-size`). */
  readonly sizeLimit: number;
  /** Blobs above this size are deflated piece by piece (`core.bigFileThreshold`). */
  readonly bigFileThreshold: number;
  readonly deflate: DeflateOptions;
  /** Told what git would call an error, though the work goes on. */
  readonly complain: (message: string) => void;
  readonly warn: (message: string) => void;
}

/** What became of the objects: what git's last line tells. */
export interface WriteTotals {
  written: number;
  deltas: number;
  reused: number;
  reusedDeltas: number;
  /** Objects that were taken over with what lies beside them, from how many packs. */
  packReused: number;
  reusedPacks: number;
}

export function emptyTotals(): WriteTotals {
  return { written: 0, deltas: 0, reused: 0, reusedDeltas: 0, packReused: 0, reusedPacks: 0 };
}

/** The size of an entry that would bust the limit, and was not written. */
const tooLarge = 0;

/** Writes entries to one pack after the other. */
export class EntryWriter {
  readonly totals: WriteTotals = emptyTotals();
  /** The rows of this pack in the order in which they were written. */
  written: number[] = [];
  readonly #entries: PackEntries;
  readonly #found: FoundDeltas;
  readonly #reader: ObjectReader;
  readonly #options: EntryOptions;
  readonly #deflater: Deflater;
  readonly #copier: EntryCopier;
  #delta: DeltaSource | undefined;
  readonly #header = new Uint8Array(maxEntryHeaderByteLength);
  #stream!: PackStream;

  constructor(entries: PackEntries, found: FoundDeltas, reader: ObjectReader, options: EntryOptions) {
    this.#entries = entries;
    this.#found = found;
    this.#reader = reader;
    this.#options = options;
    this.#deflater = env.createDeflater(options.deflate);
    this.#copier = new EntryCopier(entries, options);
  }

  /** Begins a pack. */
  begin(stream: PackStream): void {
    this.#stream = stream;
    this.written = [];
  }

  /** Tells that what was written is in a pack that is finished. */
  finishPack(): void {
    for (const row of this.written) this.#entries.offsets[row] = inEarlierPack;
  }

  /**
   * Writes an object unless it has been, the object that it is a delta of before it.
   * @returns false if it would bust the limit: it was not written then. A promise where something has to be waited for.
   * @throws GitmidxError `missing-object` if it cannot be read.
   */
  write(row: number): boolean | Promise<boolean> {
    if (this.#isSettled(row)) return true;
    return this.#writeChain(this.#unwrittenChain(row));
  }

  #isSettled(row: number): boolean {
    return this.#entries.offsets[row] !== notWritten || this.#entries.isPreferredBase(row);
  }

  /** The row, its base, the base's base and so on, as far as they are not written yet. */
  #unwrittenChain(row: number): number[] {
    const { base, offsets, list } = this.#entries;
    const chain = [row];
    offsets[row] = baseFirst;
    for (let last = row; base[last]! >= 0; ) {
      const next = base[last]!;
      if (offsets[next] === baseFirst) {
        this.#options.warn(`recursive delta detected for object ${toHex(list.idAt(next))}`);
        base[last] = -1;
        break;
      }
      if (this.#isSettled(next)) break;
      offsets[next] = baseFirst;
      chain.push(next);
      last = next;
    }
    return chain;
  }

  #writeChain(chain: number[]): boolean | Promise<boolean> {
    for (let row = chain.at(-1); row !== undefined; row = chain.at(-1)) {
      this.#entries.offsets[row] = this.#stream.length;
      const size = this.#writeEntry(row);
      if (typeof size !== "number") {
        return size.then((written) => (this.#settle(chain, written) ? this.#writeChain(chain) : false));
      }
      if (!this.#settle(chain, size)) return false;
    }
    return true;
  }

  #settle(chain: number[], size: number): boolean {
    if (size === tooLarge) {
      for (const row of chain) this.#entries.offsets[row] = notWritten;
      return false;
    }
    this.written.push(chain.pop()!);
    return true;
  }

  /** Bytes that are left for an entry and the trailer, 0 for any number: the first entry of a pack may be as large as it is. */
  #limit(): number {
    const { sizeLimit } = this.#options;
    if (sizeLimit === 0 || this.written.length === 0) return 0;
    return Math.max(1, sizeLimit - this.#stream.length);
  }

  #writeEntry(row: number): number | Promise<number> {
    const { base, offsets, source, type, sourceType } = this.#entries;
    const limit = this.#limit();
    const below = base[row]!;
    const isOutside = below === outsideBase;
    // Where packs are split, a base that is not written may end up in another one.
    const usable = isOutside || (below >= 0 && (this.#options.sizeLimit === 0 || offsets[below]! > notWritten));
    const isDelta = type[row]! >= ofsDeltaCode;
    const reusable =
      this.#options.reuseObjects &&
      source[row]! >= 0 &&
      (isDelta ? usable : type[row] === sourceType[row] && below === -1);
    if (reusable) {
      const headerLength = this.#writeHeader(
        row,
        below === -1 ? type[row]! : this.#deltaType(below),
        this.#entries.size[row]!,
      );
      const size = this.#copier.copy(row, this.#header, headerLength, this.#stream, limit);
      const settle = (copied: number) => this.#settleCopy(row, copied, usable, limit);
      return typeof size === "number" ? settle(size) : size.then(settle);
    }
    return this.#writeAnew(row, usable, limit);
  }

  /** What follows an attempt to take an entry over: where it was damaged, the object is written anew. */
  #settleCopy(row: number, size: number, usable: boolean, limit: number): number | Promise<number> {
    if (size < 0) return this.#writeAnew(row, usable, limit);
    if (size > 0) this.#count(usable, true, this.#entries.isDelta(row));
    return size;
  }

  #count(delta: boolean, reused: boolean, reusedDelta: boolean): void {
    const { totals } = this;
    totals.written++;
    if (delta) totals.deltas++;
    if (reused) totals.reused++;
    if (reused && reusedDelta) totals.reusedDeltas++;
  }

  #deltaType(base: number): number {
    return base >= 0 && this.#options.offsetDeltas && this.#entries.offsets[base]! > notWritten
      ? ofsDeltaCode
      : refDeltaCode;
  }

  /** Puts the header of an entry, its base included, into the scratch. @returns its length. */
  #writeHeader(row: number, type: number, size: number): number {
    const { base, offsets, list } = this.#entries;
    const end = writeEntryHeader(this.#header, 0, type, size);
    if (type === ofsDeltaCode) return writeBaseDistance(this.#header, end, offsets[row]! - offsets[base[row]!]!);
    if (type !== refDeltaCode) return end;
    this.#header.set(this.#entries.baseId(row), end);
    return end + list.format.byteLength;
  }

  async #writeAnew(row: number, usable: boolean, limit: number): Promise<number> {
    const size = usable ? await this.#writeDelta(row, limit) : await this.#writeWhole(row, limit);
    if (size !== tooLarge) this.#count(usable, false, false);
    return size;
  }

  async #writeDelta(row: number, limit: number): Promise<number> {
    const type = this.#deltaType(this.#entries.base[row]!);
    const kept = this.#found.get(row);
    const headerLength = (size: number) => this.#writeHeader(row, type, size);
    if (kept !== undefined) {
      return this.#put(row, headerLength(this.#entries.deltaSize[row]!), kept, limit);
    }
    const target = await this.#read(this.#entries.list.idAt(row));
    const base = await this.#read(this.#entries.baseId(row));
    this.#delta ??= createDeltaSources(1)[0]!;
    this.#delta.fill(base);
    const delta = this.#delta.encode(target, Number.POSITIVE_INFINITY)!;
    return this.#put(row, headerLength(delta.length), this.#deflater.deflate(delta, 0, delta.length), limit);
  }

  async #writeWhole(row: number, limit: number): Promise<number> {
    const { type, size } = this.#entries;
    if (type[row] === blobCode && size[row]! > this.#options.bigFileThreshold) return this.#writeBig(row, limit);
    const id = this.#entries.list.idAt(row);
    const object = await this.#reader.read(id);
    if (object === undefined) throw unreadable(id);
    const { bytes } = object;
    const headerLength = this.#writeHeader(row, object.type, bytes.length);
    return this.#put(row, headerLength, this.#deflater.deflate(bytes, 0, bytes.length), limit);
  }

  /** Writes a blob that is not to be in memory as a whole. As in git, the limit takes it for one that cannot be deflated. */
  async #writeBig(row: number, limit: number): Promise<number> {
    const { list, size, crc32s } = this.#entries;
    const stream = this.#stream;
    const headerLength = this.#writeHeader(row, blobCode, size[row]!);
    if (limit > 0 && headerLength + size[row]! + list.format.byteLength >= limit) return tooLarge;
    const start = stream.length;
    const id = list.idAt(row);
    const chunks = await this.#reader.openStream(id);
    if (chunks === undefined) throw unreadable(id);
    const deflate = env.createDeflateStream(this.#options.deflate);
    let crc = env.crc32(this.#header, 0, headerLength);
    stream.append(this.#header, 0, headerLength);
    const put = async (bytes: Uint8Array): Promise<void> => {
      crc = env.crc32(bytes, 0, bytes.length, crc);
      stream.append(bytes);
      await stream.drain();
    };
    for await (const chunk of chunks) await put(deflate.push(chunk));
    await put(deflate.finish());
    crc32s[row] = crc;
    return stream.length - start;
  }

  async #read(id: Uint8Array): Promise<Uint8Array> {
    const object = await this.#reader.read(id);
    if (object === undefined) throw unreadable(id);
    return object.bytes;
  }

  /** Appends header and body, if they fit. */
  #put(row: number, headerLength: number, body: Uint8Array, limit: number): number {
    const length = headerLength + body.length;
    if (limit > 0 && length + this.#entries.list.format.byteLength >= limit) return tooLarge;
    const crc = env.crc32(this.#header, 0, headerLength);
    this.#entries.crc32s[row] = env.crc32(body, 0, body.length, crc);
    this.#stream.append(this.#header, 0, headerLength);
    this.#stream.append(body);
    return length;
  }
}

function unreadable(id: Uint8Array): GitmidxError {
  return new GitmidxError("missing-object", `unable to read ${toHex(id)}`);
}
