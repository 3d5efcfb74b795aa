/**
 * Where a view's bytes come from: memory, a file read page by page, or an asynchronous source.
 *
 * Views are synchronous and do no input of their own. They `locate` a range and read it from `source.bytes`. A source that does not
 * hold the range and cannot get it at once throws {@link NeedRange}; {@link withRanges} fetches the range and runs the work again.
 */

import { GitmidxError } from "../core/errors.js";
import { maxOffset, windowByteLength } from "../core/limits.js";

/** Random access to the bytes of one file. */
export abstract class ByteSource {
  /** The file's path, or a name for messages. */
  readonly name: string;
  /** Size in bytes, fixed when the source is opened. */
  readonly size: number;
  /** The bytes that hold the range located last. */
  bytes: Uint8Array;

  constructor(name: string, size: number, bytes: Uint8Array) {
    this.name = name;
    this.size = size;
    this.bytes = bytes;
  }

  /**
   * Makes `[offset, offset + length)` available in `this.bytes` and returns where it begins there. Valid until the next call.
   * Meant for small ranges: an id, a number, a row.
   * @throws GitmidxError `truncated` if the range is not inside the file; NeedRange if it must be fetched first.
   */
  abstract locate(offset: number, length: number): number;

  /** Fills `target` with the bytes from `offset`, past the cache: for work that reads much and once. */
  abstract readInto(offset: number, target: Uint8Array): void;

  /** Gives back what the source holds open. Reading afterwards is a misuse. */
  close(): void {}

  /** The unsigned byte at `offset`. */
  u8(offset: number): number {
    const at = this.locate(offset, 1);
    return this.bytes[at]!;
  }

  /** The big-endian unsigned 32-bit number at `offset`. */
  u32(offset: number): number {
    const at = this.locate(offset, 4);
    const bytes = this.bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /**
   * The big-endian unsigned 64-bit number at `offset`; a value above 2^53 − 1 is returned rounded, so that it compares as larger
   * than any size: check against {@link maxOffset} before use.
   */
  u64(offset: number): number {
    const at = this.locate(offset, 8);
    const bytes = this.bytes;
    const high = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
    const low = ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!) >>> 0;
    return high * 0x1_0000_0000 + low;
  }

  /** A fresh copy of `length` bytes from `offset`, its first byte aligned to 8 in a buffer of its own. */
  copy(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.checkRange(offset, length);
    const target = new Uint8Array(length);
    this.readInto(offset, target);
    return target;
  }

  /** Successive windows over `[offset, end)`; each is valid only until the next is asked for. */
  *windows(offset: number, end: number, byteLength = windowByteLength): Generator<Uint8Array, void, undefined> {
    this.checkRange(offset, end - offset);
    const window = new Uint8Array(Math.min(byteLength, end - offset));
    for (let at = offset; at < end; at += window.length) {
      const part = end - at < window.length ? window.subarray(0, end - at) : window;
      this.readInto(at, part);
      yield part;
    }
  }

  /** @throws GitmidxError `truncated` unless the range lies inside the file. */
  protected checkRange(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.size && offset <= maxOffset) return;
    throw new GitmidxError(
      "truncated",
      `${this.name}: the file ends at byte ${this.size}, but ${length} bytes at offset ${offset} are wanted`,
      { path: this.name, offset: Math.min(offset, this.size) },
    );
  }
}

/** A source whose bytes are all in memory. */
export class MemorySource extends ByteSource {
  constructor(name: string, bytes: Uint8Array) {
    // A plain array over the same bytes: the slices of a Node Buffer would not be copies.
    super(name, bytes.length, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  override locate(offset: number, length: number): number {
    if (offset + length > this.size || offset < 0) this.checkRange(offset, length);
    return offset;
  }

  override readInto(offset: number, target: Uint8Array): void {
    this.checkRange(offset, target.length);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  override copy(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.checkRange(offset, length);
    return this.bytes.slice(offset, offset + length) as Uint8Array<ArrayBuffer>;
  }

  override *windows(offset: number, end: number): Generator<Uint8Array, void, undefined> {
    this.checkRange(offset, end - offset);
    if (end > offset) yield this.bytes.subarray(offset, end);
  }
}

/** Not an error but a request: the work needs this range of this source before it can go on. */
export class NeedRange extends Error {
  readonly source: RangeSource;
  /** Byte offset of the range. */
  readonly offset: number;
  /** Length in bytes. */
  readonly byteLength: number;

  constructor(source: RangeSource, offset: number, byteLength: number) {
    super(`${source.name}: bytes ${offset} to ${offset + byteLength} must be fetched first`);
    this.source = source;
    this.offset = offset;
    this.byteLength = byteLength;
  }
}

/** A source that can say which range it lacks and take it later. */
export interface RangeSource extends ByteSource {
  /** Fetches at least that range; what was fetched stays until every {@link hold} has its {@link release}. */
  fetch(offset: number, byteLength: number): Promise<void>;
  /** Keeps what is fetched from now on, whatever the cache drops: work that is run again must come further each time. */
  hold(): void;
  /** Ends one {@link hold}. */
  release(): void;
}

/**
 * Runs synchronous `work` over sources that may lack ranges: fetches what it asks for and runs it again until it is through. Holds all
 * that the work reads until then, so keep each piece of work small, and make its sources outside of it: a source of its own would be a new
 * one each time, and the work would never end.
 */
export async function withRanges<T>(work: () => T): Promise<T> {
  const held = new Set<RangeSource>();
  try {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof NeedRange)) throw error;
        const { source } = error;
        if (!held.has(source)) source.hold();
        held.add(source);
        await source.fetch(error.offset, error.byteLength);
      }
    }
  } finally {
    for (const source of held) source.release();
  }
}
