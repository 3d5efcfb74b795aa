/** Finds a place in the middle of a pack where an entry begins, without knowing what comes before. */

import { env } from "#env";
import type { ByteSource } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import type { Inflater } from "../../env/contract.js";
import { EntryHeader, maxEntryHeaderByteLength } from "../../formats/pack/entry-header.js";

/** As many entries must follow each other, each a sound zlib stream of the size that its header says. */
const soundEntries = 24;
/** Bytes that are searched at a time, and how often. */
const searchedByteLength = 4 << 20;
const searches = 8;
/** An entry of more than this many bytes is not looked at: it is not taken for one. */
const lookedAtByteLength = 4 << 20;

/** Searches packs for the beginnings of entries. */
export class EntryFinder {
  readonly #source: ByteSource;
  readonly #idByteLength: number;
  readonly #header = new EntryHeader();
  readonly #inflater: Inflater = env.createInflater();
  #content = new Uint8Array(1 << 16);

  constructor(source: ByteSource, idByteLength: number) {
    this.#source = source;
    this.#idByteLength = idByteLength;
  }

  /**
   * The first place from `offset` on where entries seem to begin. That they do is to be proved by whoever comes there from the front.
   * @param end where the entries end.
   * @returns undefined if there is none near.
   */
  find(offset: number, end: number): number | undefined {
    const window = new Uint8Array(Math.min(searchedByteLength, end - offset));
    for (let i = 0; i < searches; i++) {
      const start = offset + i * (searchedByteLength >> 1);
      if (start >= end) return undefined;
      const part = window.subarray(0, Math.min(window.length, end - start));
      this.#source.readInto(start, part);
      for (let at = 0; at < part.length >> 1; at++) if (this.#areEntries(part, at, start)) return start + at;
    }
    return undefined;
  }

  #areEntries(bytes: Uint8Array, first: number, base: number): boolean {
    let at = first;
    for (let entry = 0; entry < soundEntries; entry++) {
      const length = this.#entryLength(bytes, at, base + at);
      if (length === 0) return false;
      at += length;
    }
    return true;
  }

  /** How long the entry at `bytes[at]` is; 0 if there is none that ends inside of `bytes`. */
  #entryLength(bytes: Uint8Array, at: number, offset: number): number {
    const type = (bytes[at]! >> 4) & 7;
    if (type === 0 || type === 5 || at + maxEntryHeaderByteLength >= bytes.length) return 0;
    const header = this.#header;
    try {
      header.parse(bytes, at, bytes.length, offset, this.#idByteLength);
    } catch (error) {
      if (isGitmidxError(error)) return 0;
      throw error;
    }
    const start = at + header.byteLength;
    // How every zlib stream begins: most places fail here already.
    if ((bytes[start]! & 15) !== 8 || ((bytes[start]! << 8) | bytes[start + 1]!) % 31 !== 0) return 0;
    const { size } = header;
    if (size > lookedAtByteLength) return 0;
    if (this.#content.length <= size) this.#content = new Uint8Array(2 * size + 1);
    const taken = this.#inflater.inflate(bytes, start, bytes.length, this.#content, 0, size);
    return taken < 0 ? 0 : header.byteLength + taken;
  }
}
