/**
 * The pseudo-merges of a bitmap file (gitformat-bitmap): for groups of commits, mostly tips of old branches, what all of a group reach.
 *
 *     pairs of compressed bitmaps: the members of the group, what they reach
 *     rows by ascending bit: u32 bit of a member of any group, u64 offset of its group's pair in the file; with the top bit set, of a list
 *     lists for members of more groups: u32 n, n × u64 offset of a pair
 *     u64 offset of each pair
 *     u32 number of pairs, u32 number of rows, u64 where the rows begin from the beginning of the section, u64 size of the section
 *
 * Git 2.46 to 2.54 sorted the rows by id, and gave lists as 4 bytes for each row before where they are. Such files are read too.
 */

import { radixSortPermutation } from "../../bytes/radix-sort.js";
import type { ByteSource } from "../../bytes/source.js";
import type { GitmidxError } from "../../core/errors.js";
import type { Ewah } from "../ewah/ewah.js";
import { ewahByteLengthAt, readEwah } from "../ewah/read.js";
import { type BitmapPlace, bitLimitOf, bitmapProblem, pseudoMergesFooterByteLength, type Section } from "./layout.js";

export const pseudoMergeRowByteLength = 12;

/** The rows in memory, by ascending bit. */
interface Rows {
  readonly bits: Uint32Array;
  /** Of a pair, or of a list where `inList` is 1. */
  readonly offsets: Float64Array;
  readonly inList: Uint8Array;
}

/** The section as it stands in a file. Opening reads its last 24 bytes. */
export class PseudoMergeView {
  /** How many pseudo-merges there are. */
  readonly count: number;
  /** How many commits are members of any. */
  readonly memberCount: number;
  readonly #source: ByteSource;
  readonly #place: BitmapPlace;
  readonly #section: Section;
  readonly #rowsOffset: number;
  readonly #rowsEnd: number;
  readonly #positionsOffset: number;
  #positions: Float64Array | undefined;
  #rows: Rows | undefined;

  /** @throws GitmidxError `bad-pseudo-merge`, in git's words. */
  constructor(source: ByteSource, place: BitmapPlace, section: Section) {
    this.#source = source;
    this.#place = place;
    this.#section = section;
    const footer = section.offset + section.byteLength - pseudoMergesFooterByteLength;
    this.count = source.u32(footer);
    this.memberCount = source.u32(footer + 4);
    this.#positionsOffset = footer - 8 * this.count;
    if (this.#positionsOffset < section.offset)
      throw this.#problem(footer, "corrupted bitmap index file, pseudo-merge table too short");
    this.#rowsOffset = section.offset + source.u64(footer + 8);
    this.#rowsEnd = this.#rowsOffset + pseudoMergeRowByteLength * this.memberCount;
    if (this.#rowsEnd > this.#positionsOffset)
      throw this.#problem(footer, `corrupted bitmap index file, ${this.memberCount} pseudo-merge commits do not fit`);
  }

  /** Where pseudo-merge `index` begins in the file. @throws GitmidxError `bad-pseudo-merge` if they are not in order inside the section. */
  offsetAt(index: number): number {
    return this.#offsets()[index]!;
  }

  /** The bits of the commits of a pseudo-merge. @throws GitmidxError `bad-pseudo-merge`, `bad-ewah` */
  members(index: number): Ewah {
    return readEwah(this.#source, this.offsetAt(index), this.#endOf(index), bitLimitOf(this.#place));
  }

  /** What the commits of a pseudo-merge reach, they themselves included. @throws GitmidxError `bad-pseudo-merge`, `bad-ewah` */
  objects(index: number): Ewah {
    const end = this.#endOf(index);
    const at = this.offsetAt(index) + ewahByteLengthAt(this.#source, this.offsetAt(index), end);
    return readEwah(this.#source, at, end, bitLimitOf(this.#place));
  }

  /**
   * The pseudo-merges that the commit of a bit is a member of, as the file lists them; none if it is of none. All rows are read at the
   * first call.
   * @throws GitmidxError `bad-pseudo-merge`
   */
  mergesOf(bit: number): number[] {
    const { bits, offsets, inList } = this.#sortedRows();
    let low = 0;
    let high = bits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bits[middle]! < bit) low = middle + 1;
      else high = middle;
    }
    if (bits[low] !== bit) return [];
    const offset = offsets[low]!;
    if (inList[low] === 0) return [this.#indexOf(offset, bit)];
    return this.#list(offset).map((one) => this.#indexOf(one, bit));
  }

  /** The bits that have rows, in ascending order. @throws GitmidxError `bad-pseudo-merge` */
  memberBits(): Uint32Array {
    return this.#sortedRows().bits;
  }

  #offsets(): Float64Array {
    if (this.#positions !== undefined) return this.#positions;
    const bytes = this.#source.copy(this.#positionsOffset, 8 * this.count);
    const view = new DataView(bytes.buffer);
    const positions = new Float64Array(this.count);
    let before = this.#section.offset - 1;
    for (let i = 0; i < positions.length; i++) {
      const offset = u64At(view, 8 * i);
      if (offset <= before || offset >= this.#rowsOffset)
        throw this.#problem(
          this.#positionsOffset + 8 * i,
          `pseudo-merge ${i} begins at ${offset}, which is out of place`,
        );
      positions[i] = before = offset;
    }
    return (this.#positions = positions);
  }

  #endOf(index: number): number {
    return index + 1 < this.count ? this.offsetAt(index + 1) : this.#rowsOffset;
  }

  #indexOf(offset: number, bit: number): number {
    const positions = this.#offsets();
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (positions[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    if (positions[low] === offset) return low;
    throw this.#problem(this.#rowsOffset, `could not find pseudo-merge for commit of bit ${bit} at offset ${offset}`);
  }

  #list(offset: number): number[] {
    const room = this.#positionsOffset - offset;
    if (offset < this.#rowsEnd || room < 4)
      throw this.#problem(offset, `extended pseudo-merge read out-of-bounds (${offset} >= ${this.#positionsOffset})`);
    const count = this.#source.u32(offset);
    if (8 * count > room - 4)
      throw this.#problem(offset, `extended pseudo-merge entry is too short (${count} offsets in ${room} bytes)`);
    return Array.from({ length: count }, (_, i) => this.#source.u64(offset + 4 + 8 * i));
  }

  #sortedRows(): Rows {
    if (this.#rows !== undefined) return this.#rows;
    const count = this.memberCount;
    const bytes = this.#source.copy(this.#rowsOffset, pseudoMergeRowByteLength * count);
    const view = new DataView(bytes.buffer);
    const order = radixSortPermutation(Float64Array.from({ length: count }, (_, i) => view.getUint32(12 * i)));
    const rows: Rows = {
      bits: new Uint32Array(count),
      offsets: new Float64Array(count),
      inList: new Uint8Array(count),
    };
    let firstList = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const at = pseudoMergeRowByteLength * order[i]!;
      const high = view.getUint32(at + 4);
      rows.bits[i] = view.getUint32(at);
      if (i > 0 && rows.bits[i] === rows.bits[i - 1])
        throw this.#problem(this.#rowsOffset + at, `bit ${rows.bits[i]} has two rows among the pseudo-merge commits`);
      rows.inList[i] = high >>> 31;
      const offset = (high & 0x7fff_ffff) * 2 ** 32 + view.getUint32(at + 8);
      rows.offsets[i] = offset;
      if (high >>> 31 === 1) firstList = Math.min(firstList, offset);
    }
    // No list begins among the rows: such offsets come from a git that took rows for 8 bytes long.
    if (firstList < this.#rowsEnd)
      for (let i = 0; i < count; i++) if (rows.inList[i] === 1) rows.offsets[i]! += 4 * count;
    return (this.#rows = rows);
  }

  #problem(offset: number, message: string): GitmidxError {
    return bitmapProblem(this.#source, "bad-pseudo-merge", offset, message);
  }
}

/** A number of 64 bits, rounded above 2^53. */
function u64At(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}
