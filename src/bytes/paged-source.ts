/**
 * Sources read page by page through a bounded cache that the files of one object directory share.
 *
 * A file whose pages are turned so often that it would have been cheaper to have it all is loaded whole, if the bound allows.
 */

import { bug, GitmidxError } from "../core/errors.js";
import { defaultCacheByteLength, pageByteLength } from "../core/limits.js";
import { ByteSource, NeedRange, type RangeSource } from "./source.js";

/** Fewest pages in a generation, so that work on a small cache does not read every page twice. */
const fewestPages = 16;

/** The bound that several sources share: bytes of pages and of whole files held at one time. */
export class PageCache {
  /** Bytes that may be held; a smaller number counts as 256 KiB, which the cache needs to be of use. */
  readonly limit: number;
  /** Bytes held by wholly loaded files. */
  #whole = 0;
  /** Two generations of pages: when the young one is full it becomes the old one, and the old one is dropped. */
  #young = new Map<string, Uint8Array>();
  #old = new Map<string, Uint8Array>();

  constructor(limit = defaultCacheByteLength) {
    this.limit = Math.max(limit, 4 * fewestPages * pageByteLength);
  }

  /** Bytes held now: never more than {@link limit}. */
  get byteLength(): number {
    return this.#whole + (this.#young.size + this.#old.size) * pageByteLength;
  }

  /** The page under `key`, if it is held. */
  get(key: string): Uint8Array | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const page = this.#old.get(key);
    if (page !== undefined) this.put(key, page);
    return page;
  }

  /** Holds `page` under `key`, dropping the oldest generation when half the bound is reached. */
  put(key: string, page: Uint8Array): void {
    const pages = Math.max(fewestPages, Math.floor((this.limit - this.#whole) / pageByteLength / 2));
    if (this.#young.size >= pages) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, page);
    // The old generation may be from a time when whole files took less.
    if (this.byteLength > this.limit) this.#old = new Map();
  }

  /** Reserves room for a wholly loaded file, dropping pages for it: up to half the bound in all. */
  reserve(byteLength: number): boolean {
    if (this.#whole + byteLength > this.limit / 2) return false;
    this.#whole += byteLength;
    if (this.byteLength > this.limit) this.#old = new Map();
    if (this.byteLength > this.limit) this.#young = new Map();
    return true;
  }

  /** Gives back what {@link reserve} granted. */
  release(byteLength: number): void {
    this.#whole -= byteLength;
  }
}

let sourceCount = 0;

/** What page sources have in common: pages in a shared cache, straddling ranges put together in a scratch buffer. */
abstract class PageSource extends ByteSource {
  protected readonly cache: PageCache;
  protected readonly keyPrefix = `${sourceCount++}:`;
  #page = -1;
  #pageBytes: Uint8Array = new Uint8Array(0);
  #scratch = new Uint8Array(64);

  constructor(name: string, size: number, cache: PageCache) {
    super(name, size, new Uint8Array(0));
    this.cache = cache;
  }

  protected abstract page(index: number): Uint8Array;

  override locate(offset: number, length: number): number {
    const index = Math.floor(offset / pageByteLength);
    const at = offset - index * pageByteLength;
    if (at + length <= pageByteLength && offset >= 0 && offset + length <= this.size) {
      this.bytes = index === this.#page ? this.#pageBytes : this.#turnTo(index);
      return at;
    }
    this.checkRange(offset, length);
    return this.#straddle(index, at, length);
  }

  #turnTo(index: number): Uint8Array {
    this.#pageBytes = this.page(index);
    this.#page = index;
    return this.#pageBytes;
  }

  #straddle(index: number, at: number, length: number): number {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    let filled = 0;
    let from = at;
    for (let page = index; filled < length; page++, from = 0) {
      const part = this.#turnTo(page).subarray(from, from + length - filled);
      this.#scratch.set(part, filled);
      filled += part.length;
    }
    this.bytes = this.#scratch;
    return 0;
  }
}

/** Reads exactly the bytes of a file that `target` has room for, from `offset`. */
export type ReadRange = (offset: number, target: Uint8Array) => void;

/** A source over something that can be read at once, such as an open file. */
export class PagedSource extends PageSource {
  readonly #read: ReadRange;
  readonly #close: (() => void) | undefined;
  #bytesRead = 0;
  /** Bytes of the pages that were turned to, each as often as it was. */
  #bytesTurned = 0;
  #whole: Uint8Array | undefined;
  #closed = false;

  /** @param whole all bytes of a small file, for which `cache` has granted room. */
  constructor(
    name: string,
    size: number,
    cache: PageCache,
    {
      read,
      close,
      whole,
    }: { readonly read: ReadRange; readonly close?: () => void; readonly whole?: Uint8Array | undefined },
  ) {
    super(name, size, cache);
    this.#read = read;
    this.#close = close;
    this.#whole = whole;
    this.#bytesRead = whole?.length ?? 0;
  }

  /** Bytes read from the file so far: what an access has really cost. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  override locate(offset: number, length: number): number {
    if (this.#whole !== undefined) {
      if (offset + length > this.size || offset < 0) this.checkRange(offset, length);
      this.bytes = this.#whole;
      return offset;
    }
    return super.locate(offset, length);
  }

  override readInto(offset: number, target: Uint8Array): void {
    this.checkRange(offset, target.length);
    if (this.#closed) throw bug(`${this.name} is read after it was closed`);
    if (this.#whole !== undefined) target.set(this.#whole.subarray(offset, offset + target.length));
    else if (target.length > 0) {
      this.#read(offset, target);
      this.#bytesRead += target.length;
    }
  }

  protected override page(index: number): Uint8Array {
    // Turning pages costs as much as reading a few: whoever has turned through a file once over is better off with all of it.
    this.#bytesTurned += pageByteLength;
    if (this.#bytesTurned > this.size && this.#loadWhole()) {
      return this.#whole!.subarray(index * pageByteLength, (index + 1) * pageByteLength);
    }
    const key = this.keyPrefix + index;
    const held = this.cache.get(key);
    if (held !== undefined) return held;
    const page = new Uint8Array(Math.min(pageByteLength, this.size - index * pageByteLength));
    this.readInto(index * pageByteLength, page);
    this.cache.put(key, page);
    return page;
  }

  #loadWhole(): boolean {
    if (!this.cache.reserve(this.size)) return false;
    try {
      const whole = new Uint8Array(this.size);
      this.readInto(0, whole);
      this.#whole = whole;
    } finally {
      if (this.#whole === undefined) this.cache.release(this.size);
    }
    return true;
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#whole !== undefined) this.cache.release(this.size);
    this.#close?.();
  }
}

const nothing = new Uint8Array(0);

/** Fetches exactly a range of a file from somewhere that answers later: a browser's File, an HTTP server, object storage. */
export type FetchRange = (offset: number, byteLength: number) => Promise<Uint8Array>;

/** A source that fetches pages on demand; use its views inside {@link withRanges}. */
export class FetchedSource extends PageSource implements RangeSource {
  readonly #fetch: FetchRange;
  /** Pages fetched while somebody holds them, whatever becomes of them in the cache. */
  readonly #held = new Map<number, Uint8Array>();
  #holders = 0;
  #bytesFetched = 0;

  constructor(name: string, size: number, fetch: FetchRange, cache = new PageCache()) {
    super(name, size, cache);
    this.#fetch = fetch;
  }

  /** Bytes fetched so far. */
  get bytesFetched(): number {
    return this.#bytesFetched;
  }

  protected override page(index: number): Uint8Array {
    const page = this.cache.get(this.keyPrefix + index) ?? this.#held.get(index);
    if (page !== undefined) return page;
    const offset = index * pageByteLength;
    if (offset >= this.size) return nothing;
    throw new NeedRange(this, offset, Math.min(pageByteLength, this.size - offset));
  }

  override readInto(offset: number, target: Uint8Array): void {
    this.checkRange(offset, target.length);
    let filled = 0;
    while (filled < target.length) {
      const at = offset + filled;
      const index = Math.floor(at / pageByteLength);
      const from = at - index * pageByteLength;
      let page: Uint8Array;
      try {
        page = this.page(index);
      } catch (error) {
        if (error instanceof NeedRange) throw new NeedRange(this, at, target.length - filled);
        throw error;
      }
      const part = page.subarray(from, from + target.length - filled);
      target.set(part, filled);
      filled += part.length;
    }
  }

  /**
   * Fetches the pages that hold the range, in one request.
   * @throws GitmidxError `truncated` if fewer bytes come than were asked for, `io` if more do; and what the given function throws.
   */
  async fetch(offset: number, byteLength: number): Promise<void> {
    this.checkRange(offset, byteLength);
    const first = Math.floor(offset / pageByteLength);
    const start = first * pageByteLength;
    const end = Math.min(this.size, Math.ceil((offset + byteLength) / pageByteLength) * pageByteLength);
    const bytes = await this.#fetch(start, end - start);
    this.#bytesFetched += bytes.length;
    if (bytes.length !== end - start) {
      const message = `${this.name}: ${bytes.length} bytes came where ${end - start} from offset ${start} were asked for`;
      const code = bytes.length < end - start ? "truncated" : "io";
      throw new GitmidxError(code, message, { path: this.name, offset: start });
    }
    for (let at = 0, index = first; at < bytes.length; at += pageByteLength, index++) {
      const page = new Uint8Array(Math.min(pageByteLength, bytes.length - at));
      page.set(bytes.subarray(at, at + page.length));
      if (this.#holders > 0) this.#held.set(index, page);
      this.cache.put(this.keyPrefix + index, page);
    }
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders === 0) this.#held.clear();
  }
}
