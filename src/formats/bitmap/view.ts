/** An opened bitmap file; the byte map is in layout.ts. */

import type { BitSet } from "../../bytes/bit-set.js";
import type { ByteSource } from "../../bytes/source.js";
import type { ObjectTypeCode } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import { xorEwah } from "../ewah/combine.js";
import type { Ewah } from "../ewah/ewah.js";
import { ewahByteLengthAt, readEwah } from "../ewah/read.js";
import { type BitmapEntry, EntryList, scanEntries } from "./entries.js";
import {
  type BitmapLayout,
  type BitmapPlace,
  bitLimitOf,
  bitmapHeaderByteLength,
  bitmapProblem,
  entryHeaderByteLength,
  readBitmapLayout,
} from "./layout.js";
import { LookupTable } from "./lookup-table.js";
import { PseudoMergeView } from "./pseudo-merges.js";

export type { BitmapEntry } from "./entries.js";
export type { BitmapPlace } from "./layout.js";

/** Bytes of resolved bitmaps that are kept for the entries XORed with them. */
const keptByteLength = 1 << 24;
/** In a long chain of XORs every so manieth bitmap is kept on the way. */
const keptStep = 8;

/**
 * Opens a bitmap file. Costs the header and the heads of the four bitmaps of types; no entry is read.
 * @param place what the file is for; that its checksum is that of {@link BitmapView.checksum} is the caller's business.
 * @throws GitmidxError `truncated`, `bad-signature`, `bad-version`, `bad-header`, `bad-ewah` or `bad-pseudo-merge`, in git's words
 *   where git has some.
 */
export function openBitmap(source: ByteSource, place: BitmapPlace): BitmapView {
  return new BitmapView(source, readBitmapLayout(source, place));
}

/** A file, of which parts are read and checked as they are asked for. Not the checksum at its end: that is `verify`'s business. */
export class BitmapView {
  readonly source: ByteSource;
  readonly layout: BitmapLayout;
  /** Where the bitmaps of the types begin, by type code − 1, and behind them the entries. */
  readonly #typeOffsets: readonly number[];
  readonly #types: (Ewah | undefined)[] = [];
  readonly #lookup: LookupTable | undefined;
  readonly #pseudoMerges: PseudoMergeView | undefined;
  #list: EntryList | undefined;
  /** Resolved bitmaps by the offset of their entries, the one used last at the end. */
  readonly #kept = new Map<number, BitSet>();

  /** See {@link openBitmap}. */
  constructor(source: ByteSource, layout: BitmapLayout) {
    this.source = source;
    this.layout = layout;
    const offsets = [layout.typesOffset];
    for (let i = 0; i < 4; i++) {
      const at = offsets[i]!;
      offsets.push(at + ewahByteLengthAt(source, at, layout.entriesEnd));
    }
    this.#typeOffsets = offsets;
    if (layout.lookupTable !== undefined) this.#lookup = new LookupTable(source, layout, layout.lookupTable);
    if (layout.pseudoMerges !== undefined)
      this.#pseudoMerges = new PseudoMergeView(source, layout.place, layout.pseudoMerges);
  }

  get format(): ObjectFormat {
    return this.layout.place.format;
  }

  /** The flags of the header. */
  get flags(): number {
    return this.layout.flags;
  }

  /** How many commits have a bitmap. */
  get entryCount(): number {
    return this.layout.entryCount;
  }

  get hasNameHashes(): boolean {
    return this.layout.nameHashes !== undefined;
  }

  get hasLookupTable(): boolean {
    return this.#lookup !== undefined;
  }

  get hasPseudoMerges(): boolean {
    return this.#pseudoMerges !== undefined;
  }

  /** Where the first entry begins. */
  get entriesOffset(): number {
    return this.#typeOffsets[4]!;
  }

  /** One bit more than the highest that may be set: objects of this pack or layer and of those below. */
  get bitLimit(): number {
    return bitLimitOf(this.layout.place);
  }

  /** The checksum of the pack or MIDX that the file is for, as the header has it: a copy. */
  get checksum(): Uint8Array {
    return this.source.copy(bitmapHeaderByteLength, this.format.byteLength);
  }

  /** The file's own checksum, as it stands at its end: a copy. */
  trailer(): Uint8Array {
    return this.source.copy(this.source.size - this.format.byteLength, this.format.byteLength);
  }

  /** Which objects of this pack or layer are of a type. Read once. @throws GitmidxError `bad-ewah` */
  typeBits(type: ObjectTypeCode): Ewah {
    const [at, end] = [this.#typeOffsets[type - 1]!, this.#typeOffsets[type]!];
    return (this.#types[type - 1] ??= readEwah(this.source, at, end, this.bitLimit));
  }

  /** Where the bitmap of a type stands in the file. */
  typePlace(type: ObjectTypeCode): number {
    return this.#typeOffsets[type - 1]!;
  }

  /** The lookup table; undefined if the file has none. */
  lookupTable(): LookupTable | undefined {
    return this.#lookup;
  }

  /** The pseudo-merges; undefined if the file has none. */
  pseudoMerges(): PseudoMergeView | undefined {
    return this.#pseudoMerges;
  }

  /**
   * The entry of the commit at an index position, which in a layer counts the objects below; undefined if it has none. Without a lookup
   * table the heads of all entries are read at the first call.
   * @throws GitmidxError `bad-lookup-table`, `bad-bitmap-entry`, `bad-ewah` or `bad-size`
   */
  find(position: number): BitmapEntry | undefined {
    if (this.#lookup === undefined) return this.#entries().entries[this.#entries().indexOf(position)];
    const row = this.#lookup.find(position);
    return row < 0 ? undefined : this.#lookup.entryAt(row);
  }

  /**
   * All entries in the order of the file. Reads their heads.
   * @throws GitmidxError `bad-bitmap-entry`, `bad-ewah` or `bad-size`, when it comes to the place.
   */
  entries(): Iterable<BitmapEntry> {
    return this.#list?.entries ?? scanEntries(this.source, this.layout, this.entriesOffset);
  }

  /** The bitmap of an entry as it is stored, thus XORed with that of its base if it has one. @throws GitmidxError `bad-ewah` */
  ewahOf(entry: BitmapEntry): Ewah {
    const at = entry.offset + entryHeaderByteLength;
    return readEwah(this.source, at, entry.offset + entry.byteLength, this.bitLimit);
  }

  /**
   * The entry that one is XORed with; undefined if it is with none. It stands before it in the file.
   * @throws GitmidxError `bad-lookup-table` or `bad-bitmap-entry`
   */
  xorBaseOf(entry: BitmapEntry): BitmapEntry | undefined {
    if (entry.xorOffset === 0) return undefined;
    if (this.#lookup === undefined) {
      const list = this.#entries();
      return list.entries[list.indexOf(entry.position) - entry.xorOffset];
    }
    const row = this.#lookup.find(entry.position);
    if (row >= 0) return this.#lookup.baseOf(row, entry);
    const message = `corrupt bitmap lookup table: commit index ${entry.position} has an entry, but no row is found for it`;
    throw bitmapProblem(this.source, "bad-lookup-table", this.#lookup.placeOf(0), message);
  }

  /**
   * What the commit of an entry reaches, its own bit included: a fresh set, the caller's own.
   * @throws GitmidxError as {@link ewahOf} and {@link xorBaseOf}.
   */
  bitsOf(entry: BitmapEntry): BitSet {
    const chain: BitmapEntry[] = [];
    let bits: BitSet | undefined;
    for (let next: BitmapEntry | undefined = entry; next !== undefined; next = this.xorBaseOf(next)) {
      bits = this.#take(next.offset);
      if (bits !== undefined) break;
      chain.push(next);
    }
    if (bits !== undefined) bits = bits.clone();
    for (let i = chain.length - 1; i >= 0; i--) {
      const next = chain[i]!;
      if (bits === undefined) bits = this.ewahOf(next).toBits();
      else this.ewahOf(next).xorInto(bits);
      if (i % keptStep === 0) this.#keep(next.offset, bits);
    }
    return bits!;
  }

  /**
   * What {@link bitsOf} gives, compressed as git has it in memory after taking the XORs apart: `rev-list --test-bitmap` shows the checksum
   * of this one. Other than `ewahOfBits` it may have literal words that could be runs.
   * @throws GitmidxError as {@link ewahOf} and {@link xorBaseOf}.
   */
  resolvedEwahOf(entry: BitmapEntry): Ewah {
    const chain: BitmapEntry[] = [];
    for (let next: BitmapEntry | undefined = entry; next !== undefined; next = this.xorBaseOf(next)) chain.push(next);
    let ewah = this.ewahOf(chain.pop()!);
    for (let next = chain.pop(); next !== undefined; next = chain.pop()) ewah = xorEwah(this.ewahOf(next), ewah);
    return ewah;
  }

  /** The name hash of an object of this pack or layer, by its index position there; 0 if it has none or the file has none. */
  nameHashAt(layerPosition: number): number {
    const section = this.layout.nameHashes;
    if (section === undefined) return 0;
    return this.source.u32(section.offset + 4 * layerPosition);
  }

  /** The name hashes of all objects of this pack or layer, by index position: a copy; undefined if the file has none. */
  copyNameHashes(): Uint32Array | undefined {
    const section = this.layout.nameHashes;
    if (section === undefined) return undefined;
    const bytes = this.source.copy(section.offset, section.byteLength);
    const view = new DataView(bytes.buffer);
    const hashes = new Uint32Array(bytes.buffer, 0, section.byteLength / 4);
    for (let i = 0; i < hashes.length; i++) hashes[i] = view.getUint32(4 * i);
    return hashes;
  }

  /** Gives back what the source holds open. */
  close(): void {
    this.#kept.clear();
    this.source.close();
  }

  #entries(): EntryList {
    return (this.#list ??= new EntryList(this.source, this.layout, this.entriesOffset));
  }

  #take(offset: number): BitSet | undefined {
    const bits = this.#kept.get(offset);
    if (bits === undefined) return undefined;
    this.#kept.delete(offset);
    this.#kept.set(offset, bits);
    return bits;
  }

  #keep(offset: number, bits: BitSet): void {
    const most = Math.max(2, Math.floor(keptByteLength / Math.ceil(this.bitLimit / 8 + 1)));
    if (this.#kept.size >= most)
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    this.#kept.set(offset, bits.clone());
  }
}
