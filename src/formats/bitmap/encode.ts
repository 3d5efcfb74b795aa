/** Encoder of bitmap files, byte for byte as git 2.55 writes them; the byte map is in layout.ts. */

import { radixSortPermutation } from "../../bytes/radix-sort.js";
import { Sink } from "../../bytes/sink.js";
import { bug } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { Hasher } from "../../env/contract.js";
import type { Ewah } from "../ewah/ewah.js";
import {
  bitmapHeaderByteLength,
  bitmapSignature,
  entryHeaderByteLength,
  fullDagFlag,
  lookupRowByteLength,
  lookupTableFlag,
  maxXorOffset,
  nameHashesFlag,
  pseudoMergesFlag,
  pseudoMergesFooterByteLength,
} from "./layout.js";
import { noXorRow } from "./lookup-table.js";
import { pseudoMergeRowByteLength } from "./pseudo-merges.js";

/** A commit's bitmap as it is to be stored. */
export interface BitmapContentEntry {
  /** Index position of the commit; in a layer it counts the objects below. */
  readonly position: number;
  /** How many entries before this one is the one that `ewah` is XORed with: 1 to 160; 0 for none. */
  readonly xorOffset: number;
  /** XORed already. */
  readonly ewah: Ewah;
}

/** Groups of commits. */
export interface PseudoMergeContent {
  readonly merges: readonly { readonly members: Ewah; readonly objects: Ewah }[];
  /** Each commit of any group by ascending bit, with the numbers of its groups: git has one twice if two refs brought the commit in. */
  readonly commits: readonly { readonly bit: number; readonly merges: readonly number[] }[];
}

/** Everything a file says. */
export interface BitmapContent {
  readonly format: ObjectFormat;
  /** The checksum of the pack or MIDX that the file is for. */
  readonly checksum: Uint8Array;
  readonly types: { readonly commits: Ewah; readonly trees: Ewah; readonly blobs: Ewah; readonly tags: Ewah };
  readonly entries: readonly BitmapContentEntry[];
  /** Left out, or without any group, there is no such section. */
  readonly pseudoMerges?: PseudoMergeContent | undefined;
  readonly lookupTable: boolean;
  /** The name hash of each object of this pack or layer by index position, 0 if unknown; undefined for no such section. */
  readonly nameHashes: Uint32Array | undefined;
}

/** Bytes encoded at a time, if no single bitmap is larger. */
const blockByteLength = 1 << 18;
const blockRows = 1 << 15;

/** A file about to be written: its exact size, and its bytes block by block. */
export class BitmapEncoder {
  readonly #content: BitmapContent;
  readonly #types: readonly Ewah[];
  readonly #pseudoMerges: PseudoMergeContent | undefined;
  readonly #entriesByteLength: number;
  readonly #pseudoMergesByteLength: number;
  /** Size of the file in bytes. */
  readonly byteLength: number;

  /** @throws RangeError for an entry that is XORed with one that is not before it, or too far. */
  constructor(content: BitmapContent) {
    this.#content = content;
    const { types, entries, format } = content;
    this.#types = [types.commits, types.trees, types.blobs, types.tags];
    this.#pseudoMerges = content.pseudoMerges?.merges.length ? content.pseudoMerges : undefined;
    entries.forEach(({ xorOffset }, i) => {
      if (xorOffset < 0 || xorOffset > Math.min(i, maxXorOffset))
        throw new RangeError(`entry ${i} is XORed with the one ${xorOffset} before it`);
    });
    const headByteLength = bitmapHeaderByteLength + format.byteLength + sum(this.#types, (ewah) => ewah.byteLength);
    this.#entriesByteLength = sum(entries, ({ ewah }) => entryHeaderByteLength + ewah.byteLength);
    this.#pseudoMergesByteLength = pseudoMergesByteLength(this.#pseudoMerges);
    this.byteLength =
      headByteLength +
      this.#entriesByteLength +
      this.#pseudoMergesByteLength +
      (content.lookupTable ? lookupRowByteLength * entries.length : 0) +
      4 * (content.nameHashes?.length ?? 0) +
      format.byteLength;
  }

  /**
   * The file's bytes from first to last, in blocks that stay as they are.
   * @param hasher a fresh hasher of the content's format.
   * @returns the checksum that stands at the file's end.
   */
  *blocks(hasher: Hasher): Generator<Uint8Array, Uint8Array, undefined> {
    let written = 0;
    for (const block of this.#body()) {
      hasher.update(block);
      written += block.length;
      yield block;
    }
    const checksum = hasher.digest();
    if (written + checksum.length !== this.byteLength)
      throw bug(`${written} bytes encoded of ${this.byteLength} planned`);
    yield checksum;
    return checksum;
  }

  *#body(): Generator<Uint8Array, void, undefined> {
    const { entries, lookupTable, nameHashes } = this.#content;
    const head = this.#head();
    yield head;
    yield* this.#entries();
    const entriesEnd = head.length + this.#entriesByteLength;
    if (this.#pseudoMerges !== undefined) yield* this.#merges(this.#pseudoMerges, entriesEnd);
    if (lookupTable) yield encodeLookupTable(entries, head.length);
    for (let start = 0; nameHashes !== undefined && start < nameHashes.length; start += blockRows) {
      const part = nameHashes.subarray(start, start + blockRows);
      const sink = new Sink(4 * part.length);
      for (const hash of part) sink.u32(hash);
      yield sink.finish();
    }
  }

  /** The header and the bitmaps of the types. */
  #head(): Uint8Array {
    const { format, checksum, entries, lookupTable, nameHashes } = this.#content;
    const headerByteLength = bitmapHeaderByteLength + format.byteLength;
    const head = new Uint8Array(headerByteLength + sum(this.#types, (ewah) => ewah.byteLength));
    const flags =
      fullDagFlag |
      (nameHashes === undefined ? 0 : nameHashesFlag) |
      (lookupTable ? lookupTableFlag : 0) |
      (this.#pseudoMerges === undefined ? 0 : pseudoMergesFlag);
    const view = new DataView(head.buffer);
    view.setUint32(0, bitmapSignature);
    view.setUint16(4, 1);
    view.setUint16(6, flags);
    view.setUint32(8, entries.length);
    head.set(checksum, bitmapHeaderByteLength);
    let at = headerByteLength;
    for (const ewah of this.#types) at = ewah.writeTo(head, at);
    return head;
  }

  *#entries(): Generator<Uint8Array, void, undefined> {
    const { entries } = this.#content;
    for (let start = 0, end = 0; start < entries.length; start = end) {
      let byteLength = 0;
      do byteLength += entryHeaderByteLength + entries[end++]!.ewah.byteLength;
      while (
        end < entries.length &&
        byteLength + entryHeaderByteLength + entries[end]!.ewah.byteLength <= blockByteLength
      );
      const block = new Uint8Array(byteLength);
      const view = new DataView(block.buffer);
      let at = 0;
      for (let i = start; i < end; i++) {
        const { position, xorOffset, ewah } = entries[i]!;
        view.setUint32(at, position);
        view.setUint8(at + 4, xorOffset);
        at = ewah.writeTo(block, at + entryHeaderByteLength);
      }
      yield block;
    }
  }

  /** @param start where the section begins in the file. */
  *#merges(content: PseudoMergeContent, start: number): Generator<Uint8Array, void, undefined> {
    const offsets: number[] = [];
    let at = start;
    for (const { members, objects } of content.merges) {
      offsets.push(at);
      const block = new Uint8Array(members.byteLength + objects.byteLength);
      objects.writeTo(block, members.writeTo(block, 0));
      at += block.length;
      yield block;
    }
    yield encodePseudoMergeTables(content, { start, offsets, at, byteLength: this.#pseudoMergesByteLength });
  }
}

/** @param start where the first entry begins in the file. */
function encodeLookupTable(entries: readonly BitmapContentEntry[], start: number): Uint8Array {
  const order = radixSortPermutation(Float64Array.from(entries, ({ position }) => position));
  const rowOf = new Uint32Array(entries.length);
  order.forEach((entry, row) => {
    rowOf[entry] = row;
  });
  const offsets = new Float64Array(entries.length);
  let at = start;
  entries.forEach(({ ewah }, i) => {
    offsets[i] = at;
    at += entryHeaderByteLength + ewah.byteLength;
  });
  const sink = new Sink(lookupRowByteLength * entries.length);
  for (const entry of order) {
    const { position, xorOffset } = entries[entry]!;
    sink.u32(position);
    sink.u64(offsets[entry]!);
    sink.u32(xorOffset === 0 ? noXorRow : rowOf[entry - xorOffset]!);
  }
  return sink.finish();
}

interface PseudoMergePlan {
  /** Where the section begins in the file. */
  readonly start: number;
  /** Where each pair of bitmaps begins in the file. */
  readonly offsets: readonly number[];
  /** Where the tables begin in the file. */
  readonly at: number;
  /** Size of the section. */
  readonly byteLength: number;
}

function encodePseudoMergeTables({ commits }: PseudoMergeContent, plan: PseudoMergePlan): Uint8Array {
  const { start, offsets, at } = plan;
  const sink = new Sink(start + plan.byteLength - at);
  const lists = commits.filter(({ merges }) => merges.length > 1);
  let list = at + pseudoMergeRowByteLength * commits.length;
  for (const { bit, merges } of commits) {
    sink.u32(bit);
    if (merges.length === 1) sink.u64(offsets[merges[0]!]!);
    else {
      sink.u32(0x8000_0000 + Math.floor(list / 2 ** 32));
      sink.u32(list >>> 0);
      list += 4 + 8 * merges.length;
    }
  }
  for (const { merges } of lists) {
    sink.u32(merges.length);
    for (const merge of merges) sink.u64(offsets[merge]!);
  }
  for (const offset of offsets) sink.u64(offset);
  sink.u32(offsets.length);
  sink.u32(commits.length);
  sink.u64(at - start);
  sink.u64(plan.byteLength);
  return sink.finish();
}

function pseudoMergesByteLength(content: PseudoMergeContent | undefined): number {
  if (content === undefined) return 0;
  return (
    sum(content.merges, ({ members, objects }) => members.byteLength + objects.byteLength) +
    sum(content.commits, ({ merges }) => pseudoMergeRowByteLength + (merges.length > 1 ? 4 + 8 * merges.length : 0)) +
    8 * content.merges.length +
    pseudoMergesFooterByteLength
  );
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
