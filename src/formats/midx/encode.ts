/** Encoder of multi-pack-index files, byte for byte as git writes them; the byte map is in layout.ts. */

import { fanoutByteLength, fanoutEntries } from "../../bytes/oid-table.js";
import { Sink } from "../../bytes/sink.js";
import { bug } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { Hasher } from "../../env/contract.js";
import { encodeChunkTable, type PlannedChunk } from "../chunk-file.js";
import { entryOffset, type MidxEntries, type PseudoPack } from "./entries.js";
import { midxHeaderByteLength, midxRowByteLength, midxSignature } from "./layout.js";
import { encodePackNames } from "./pack-names.js";

/** Everything a file says. */
export interface MidxContent {
  readonly format: ObjectFormat;
  readonly version: 1 | 2;
  /** Names of the `.idx` files in the order that numbers the packs; ascending in version 1. */
  readonly packNames: readonly string[];
  readonly entries: MidxEntries;
  /** Written as RIDX and BTMP where there is a bitmap to be. */
  readonly pseudoPack?: PseudoPack | undefined;
  /** Objects in the layers below: what RIDX and BTMP count from. 0 for a single file or the lowest layer. */
  readonly objectsBelow: number;
}

/** Rows encoded at a time. */
const blockRows = 1 << 15;

/** A file about to be written: its exact size, and its bytes block by block. */
export class MidxEncoder {
  readonly #content: MidxContent;
  readonly #names: Uint8Array;
  readonly #largeCount: number;
  readonly #head: Uint8Array;
  /** Size of the file in bytes. */
  readonly byteLength: number;

  constructor(content: MidxContent) {
    this.#content = content;
    const { entries, format } = content;
    this.#names = encodePackNames(content.packNames);
    this.#largeCount = countLargeOffsets(entries);
    const chunks: PlannedChunk[] = [
      { name: "PNAM", byteLength: this.#names.length },
      { name: "OIDF", byteLength: fanoutByteLength },
      { name: "OIDL", byteLength: entries.count * format.byteLength },
      { name: "OOFF", byteLength: entries.count * midxRowByteLength },
    ];
    if (this.#largeCount > 0) chunks.push({ name: "LOFF", byteLength: this.#largeCount * midxRowByteLength });
    if (content.pseudoPack !== undefined) {
      chunks.push({ name: "RIDX", byteLength: entries.count * 4 });
      chunks.push({ name: "BTMP", byteLength: content.packNames.length * midxRowByteLength });
    }
    const table = encodeChunkTable(chunks, midxHeaderByteLength);
    const head = new Sink(midxHeaderByteLength + table.bytes.length);
    head.u32(midxSignature);
    head.u8(content.version);
    head.u8(format.hashId);
    head.u8(chunks.length);
    head.u8(0);
    head.u32(content.packNames.length);
    head.bytes(table.bytes);
    this.#head = head.finish();
    this.byteLength = table.end + format.byteLength;
  }

  /**
   * The file's bytes from first to last, in blocks that stay as they are.
   * @param hasher a fresh hasher of the content's format.
   * @returns the checksum that names the file and stands at its end.
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
    const { entries, pseudoPack } = this.#content;
    yield this.#head;
    yield this.#names;
    yield this.#fanout();
    yield* entries.idSegments;
    yield* this.#objectOffsets();
    if (this.#largeCount > 0) yield this.#largeOffsets();
    if (pseudoPack !== undefined) {
      yield* this.#reverseIndex(pseudoPack.order);
      yield this.#bitmappedPacks(pseudoPack);
    }
  }

  #fanout(): Uint8Array {
    const sink = new Sink(fanoutByteLength);
    let total = 0;
    // Never falling, even if the ids came out of a damaged index in no order.
    for (let first = 1; first <= fanoutEntries; first++) sink.u32((total = Math.max(total, this.#countBelow(first))));
    return sink.finish();
  }

  /** How many ids begin with a byte below `first`; their order makes that a search. */
  #countBelow(first: number): number {
    const { entries, format } = this.#content;
    let below = 0;
    for (const ids of entries.idSegments) {
      let low = 0;
      let high = ids.length / format.byteLength;
      if (high > 0 && ids[ids.length - format.byteLength]! < first) low = high;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (ids[middle * format.byteLength]! < first) low = middle + 1;
        else high = middle;
      }
      below += low;
    }
    return below;
  }

  *#objectOffsets(): Generator<Uint8Array, void, undefined> {
    const { count, packIds, offsetsLow, offsetsHigh } = this.#content.entries;
    const large = this.#largeCount > 0;
    let row = 0;
    for (let start = 0; start < count; start += blockRows) {
      const end = Math.min(count, start + blockRows);
      const block = new Uint8Array(midxRowByteLength * (end - start));
      const view = new DataView(block.buffer);
      for (let i = start, at = 0; i < end; i++, at += midxRowByteLength) {
        const low = offsetsLow[i]!;
        view.setUint32(at, packIds[i]!);
        const moved = large && (low >= 0x8000_0000 || (offsetsHigh !== undefined && offsetsHigh[i] !== 0));
        view.setUint32(at + 4, moved ? 0x8000_0000 + row++ : low);
      }
      yield block;
    }
  }

  #largeOffsets(): Uint8Array {
    const { entries } = this.#content;
    const sink = new Sink(midxRowByteLength * this.#largeCount);
    for (let i = 0; i < entries.count; i++) {
      const offset = entryOffset(entries, i);
      if (offset >= 0x8000_0000) sink.u64(offset);
    }
    return sink.finish();
  }

  *#reverseIndex(order: Uint32Array): Generator<Uint8Array, void, undefined> {
    const below = this.#content.objectsBelow;
    for (let start = 0; start < order.length; start += blockRows) {
      const part = order.subarray(start, start + blockRows);
      const sink = new Sink(4 * part.length);
      for (const position of part) sink.u32(below + position);
      yield sink.finish();
    }
  }

  #bitmappedPacks(pseudoPack: PseudoPack): Uint8Array {
    const sink = new Sink(midxRowByteLength * this.#content.packNames.length);
    for (const { first, count } of pseudoPack.packs) {
      sink.u32(count === 0 ? 0 : this.#content.objectsBelow + first);
      sink.u32(count);
    }
    return sink.finish();
  }
}

/** Rows that LOFF needs: if some offset is above 2^32 − 1, one for every offset of 2^31 or more; else none. */
function countLargeOffsets(entries: MidxEntries): number {
  const { count, offsetsLow, offsetsHigh } = entries;
  if (offsetsHigh === undefined) return 0;
  let needed = false;
  let large = 0;
  for (let i = 0; i < count; i++) {
    const high = offsetsHigh[i]!;
    if (high !== 0) needed = true;
    if (high !== 0 || offsetsLow[i]! >= 0x8000_0000) large++;
  }
  return needed ? large : 0;
}
