/** Finds out of every object where it lies, what type and size it has, and whether the delta that it is can be used again. */

import { env } from "#env";
import { isGitmidxError } from "../../core/errors.js";
import { tagCode } from "../../core/object-type.js";
import type { Step } from "../../core/task.js";
import { readDeltaSizes } from "../../formats/delta/apply.js";
import { EntryHeader, ofsDeltaCode } from "../../formats/pack/entry-header.js";
import { breakChains } from "./break-chains.js";
import { outsideBase, type PackEntries } from "./entries.js";
import type { ListedPlaces } from "./listed-places.js";
import { locateObjects } from "./locate-objects.js";
import type { ObjectReader } from "./object-reader.js";
import { noTryDeltaFlag } from "./packing-list.js";
import type { SourcePack } from "./source-pack.js";

/** What is to be found out. */
export interface DetailOptions {
  /** Whether deltas are used again where their bases are listed too. */
  readonly reuseDelta: boolean;
  /** Longest chain of deltas that are used again. */
  readonly depth: number;
  /** For larger objects no delta is looked for. */
  readonly bigFileThreshold: number;
  /** Whether the receiver of a thin pack has an object that is not listed. */
  readonly isWithReceiver?: ((oid: Uint8Array) => boolean) | undefined;
  /** Where objects lie, as far as that is known. */
  readonly places?: ListedPlaces | undefined;
}

/** Fills the columns of `entries` that tell of what is there. Objects that are not found keep type 0. */
export async function gatherDetails(
  entries: PackEntries,
  reader: ObjectReader,
  options: DetailOptions,
  step: Step,
): Promise<void> {
  const order = await locateObjects(entries, reader, options.places);
  const check = new DetailCheck(entries, reader, options);
  for (const row of order) {
    const waiting = check.row(row);
    if (waiting !== undefined) await waiting;
    const turn = step.tick();
    if (turn !== undefined) await turn;
  }
  for (const row of breakChains(entries, options.depth)) await check.whole(row);
  for (let row = 0; row < entries.count; row++) {
    if (entries.type[row]! > 0 && entries.size[row]! > options.bigFileThreshold)
      entries.list.flags[row]! |= noTryDeltaFlag;
  }
}

/** Deltas of up to this many bytes are inflated whole to learn of their first bytes. */
const shortDelta = 4096;
/** Bytes of a delta that hold both sizes. */
const sizesByteLength = 20;

class DetailCheck {
  readonly #entries: PackEntries;
  readonly #reader: ObjectReader;
  readonly #options: DetailOptions;
  readonly #header = new EntryHeader();
  readonly #inflater = env.createInflater();
  readonly #scratch = new Uint8Array(shortDelta + 1);

  constructor(entries: PackEntries, reader: ObjectReader, options: DetailOptions) {
    this.#entries = entries;
    this.#reader = reader;
    this.#options = options;
  }

  /** Looks at one object; a promise where it must be waited for. */
  row(row: number): Promise<void> | undefined {
    const { source } = this.#entries;
    return source[row]! >= 0 && this.#packed(row) ? undefined : this.whole(row);
  }

  /** Finds type and size of the object as it is when it is no delta. */
  async whole(row: number): Promise<void> {
    const { list, type, size } = this.#entries;
    const found = await this.#reader.readHeader(list.idAt(row));
    type[row] = found?.type ?? 0;
    size[row] = found?.size ?? 0;
  }

  /** Whether all is known from the entry in the pack. */
  #packed(row: number): boolean {
    const { list, sources, source, sourceOffset, sourceType, sourceHeader, type, size } = this.#entries;
    const pack = sources[source[row]!]!;
    const offset = sourceOffset[row]!;
    const header = this.#header;
    let at: number;
    try {
      at = pack.view.headerAt(offset, header);
    } catch (error) {
      // Another copy may be sound.
      if (isGitmidxError(error)) return this.#leave(row);
      throw error;
    }
    sourceType[row] = header.type;
    sourceHeader[row] = header.byteLength;
    if (!header.isDelta) {
      type[row] = header.type;
      size[row] = header.size;
      return header.type <= tagCode;
    }
    const deltaSize = header.size;
    const bodyAt = at + header.byteLength;
    if (this.#options.reuseDelta && !this.#entries.isPreferredBase(row)) {
      const base = this.#baseRow(row, pack, offset);
      if (base !== -1) {
        this.#reuse(row, base, deltaSize);
        return true;
      }
    }
    const resultSize = list.types[row] === 0 ? 0 : this.#resultSize(pack, bodyAt, deltaSize);
    if (resultSize === 0) return false;
    type[row] = list.types[row]!;
    size[row] = resultSize;
    return true;
  }

  #leave(row: number): boolean {
    this.#entries.source[row] = -1;
    return false;
  }

  #reuse(row: number, base: number, deltaSize: number): void {
    const { type, sourceType, size, deltaSize: sizes, base: bases } = this.#entries;
    type[row] = sourceType[row]!;
    size[row] = deltaSize;
    sizes[row] = deltaSize;
    bases[row] = base;
  }

  /** The row of the delta's base; `outsideBase` if the receiver has that; −1 if it is not listed either. */
  #baseRow(row: number, pack: SourcePack, offset: number): number {
    const { list } = this.#entries;
    const header = this.#header;
    if (header.type !== ofsDeltaCode) {
      const found = list.find(pack.view.bytes, header.baseIdAt);
      if (found >= 0) return found;
      const { bytes } = pack.view;
      return this.#outsideBase(row, () => bytes.slice(header.baseIdAt, header.baseIdAt + list.format.byteLength));
    }
    const entry = pack.entryAt(offset - header.baseDistance);
    if (entry < 0) return -1;
    const found = pack.rowOfEntry === undefined ? list.find(pack.idOf(entry)) : pack.rowOfEntry[entry]!;
    return found >= 0 ? found : this.#outsideBase(row, () => pack.idOf(entry));
  }

  #outsideBase(row: number, baseId: () => Uint8Array): number {
    const { isWithReceiver } = this.#options;
    if (isWithReceiver === undefined) return -1;
    const id = baseId();
    if (!isWithReceiver(id)) return -1;
    this.#entries.outsideBases.set(row, id);
    return outsideBase;
  }

  /** The size that the delta whose stream is at `bodyAt` says it makes; 0 if that cannot be read. */
  #resultSize(pack: SourcePack, bodyAt: number, deltaSize: number): number {
    const { bytes, end } = pack.view;
    let length = deltaSize;
    if (deltaSize <= shortDelta) {
      if (this.#inflater.inflate(bytes, bodyAt, end, this.#scratch, 0, deltaSize) < 0) return 0;
    } else {
      const stream = env.createInflateStream();
      const room = this.#scratch.subarray(0, sizesByteLength);
      if (stream.run(bytes, bodyAt, end, room) === "corrupt") return 0;
      length = stream.produced;
    }
    try {
      return readDeltaSizes(this.#scratch, 0, length).resultSize;
    } catch (error) {
      if (isGitmidxError(error)) return 0;
      throw error;
    }
  }
}
