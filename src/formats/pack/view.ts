/**
 * Packs, `.pack` (gitformat-pack), read by ranges: never more than some windows of one is in memory.
 *
 *     0    PACK, u32 version 2 or 3, u32 number of entries
 *     12   entries: a header (entry-header.ts) and a zlib stream each
 *     end  checksum of all before
 */

import { type ByteSource, MemorySource } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";
import { checkPackFrame, packHeaderByteLength } from "../pack-frame.js";
import { type EntryHeader, maxEntryHeaderByteLength } from "./entry-header.js";
import { PackWindows, type Window } from "./windows.js";

/** What a pack's index says of the pack. */
export interface ExpectedPack {
  /** Objects in the index. */
  readonly count: number;
  /** The pack's checksum. */
  readonly checksum: Uint8Array;
}

/** An opened pack: header and trailer checked, entries read on demand. */
export class PackView {
  readonly source: ByteSource;
  readonly format: ObjectFormat;
  readonly version: 2 | 3;
  /** Entries in the pack. */
  readonly count: number;
  /** Offset behind the last entry, where the trailer begins. */
  readonly entriesEnd: number;
  /** The bytes that were located last. */
  bytes: Uint8Array;
  /** Where in {@link bytes} what was located ends. */
  end: number;
  readonly #windows: PackWindows;
  readonly #number: number;
  readonly #step: number;
  /** The window located last; undefined where all bytes are in memory. */
  #window: Window | undefined;
  /** Its key then, and the offset of its first byte. */
  #key = 0;
  #start = 0;

  /**
   * @param windows the windows that this pack shares with others; its own unless given.
   * @throws GitmidxError `truncated`, `bad-signature`, `bad-version` or `pack-index-mismatch`, in git's words.
   */
  constructor(source: ByteSource, format: ObjectFormat, expected: ExpectedPack, windows = new PackWindows()) {
    checkPackFrame(source, format, expected.count, expected.checksum);
    this.source = source;
    this.format = format;
    this.version = source.u32(4) as 2 | 3;
    this.count = expected.count;
    this.entriesEnd = source.size - format.byteLength;
    this.#windows = windows;
    this.#number = windows.enrol();
    this.#step = source instanceof MemorySource ? source.size : windows.step;
    this.bytes = source instanceof MemorySource ? source.bytes : new Uint8Array(0);
    this.end = this.bytes.length;
  }

  /**
   * Makes the bytes from `offset` on available in {@link bytes} up to {@link end}, and returns where they begin there: a part of a window, or
   * up to the end of the file with its trailer. Valid until the next call for any pack with the same windows.
   * @throws GitmidxError `bad-offset` for an offset in the header or behind the end; NeedRange.
   */
  locate(offset: number): number {
    if (!(offset >= packHeaderByteLength && offset < this.source.size)) throw this.#badOffset(offset);
    const at = offset - this.#start;
    if (at < 0 || at >= this.#step || this.#window?.key !== this.#key) return this.#turn(offset);
    return at;
  }

  /**
   * Parses the header of the entry at `offset`.
   * @returns where in {@link bytes} the header begins, which is valid until the next call.
   * @throws GitmidxError as `EntryHeader.parse`, `bad-offset`; NeedRange.
   */
  headerAt(offset: number, header: EntryHeader): number {
    if (offset >= this.entriesEnd) throw this.#badOffset(offset);
    const at = this.locate(offset);
    const end = Math.min(this.end, at + Math.min(maxEntryHeaderByteLength, this.entriesEnd - offset));
    header.parse(this.bytes, at, end, offset, this.format.byteLength);
    return at;
  }

  #turn(offset: number): number {
    if (this.source instanceof MemorySource) return offset;
    const index = Math.floor(offset / this.#step);
    const window = this.#windows.window(this.source, this.#number, index);
    this.#window = window;
    this.#key = window.key;
    this.#start = index * this.#step;
    this.bytes = window.bytes;
    this.end = window.end;
    return offset - this.#start;
  }

  #badOffset(offset: number): GitmidxError {
    const message = `offset ${offset} is not between the header and the trailer of packfile ${this.source.name}`;
    return new GitmidxError("bad-offset", message, { path: this.source.name, offset });
  }
}
