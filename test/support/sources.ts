/** Byte sources for tests: every kind the product has over the same bytes, and one that shows each range alone. */

import { FetchedSource, PageCache, PagedSource } from "../../src/bytes/paged-source.js";
import { ByteSource, MemorySource } from "../../src/bytes/source.js";

/** The smallest cache there is: work of more than some pages does not fit. */
export function smallCache(): PageCache {
  return new PageCache(0);
}

/** A source over `bytes` that reads them page by page, as from a disk. */
export function pagedSource(bytes: Uint8Array, cache = smallCache(), name = "paged"): PagedSource {
  const read = (offset: number, target: Uint8Array) => {
    if (offset + target.length > bytes.length) throw new Error(`read of ${target.length} bytes at ${offset}`);
    target.set(bytes.subarray(offset, offset + target.length));
  };
  return new PagedSource(name, bytes.length, cache, { read });
}

/** A source over `bytes` that answers later; `log` gets every range asked for. */
export function fetchedSource(
  bytes: Uint8Array,
  cache = smallCache(),
  log: [offset: number, byteLength: number][] = [],
  name = "fetched",
): FetchedSource {
  const fetch = async (offset: number, byteLength: number) => {
    log.push([offset, byteLength]);
    return bytes.slice(offset, offset + byteLength);
  };
  return new FetchedSource(name, bytes.length, fetch, cache);
}

/**
 * A source that gives each located range in an array of its own, with nothing around it: whoever reads beside the range reads
 * nothing. Counts what it is asked for.
 */
export class TightSource extends ByteSource {
  readonly #all: Uint8Array;
  /** Ranges located so far. */
  located = 0;
  /** Bytes copied out so far. */
  copied = 0;

  constructor(name: string, bytes: Uint8Array) {
    super(name, bytes.length, new Uint8Array(0));
    this.#all = bytes;
  }

  override locate(offset: number, length: number): number {
    this.checkRange(offset, length);
    if (!Number.isInteger(offset)) throw new Error(`a range at ${offset}`);
    this.located++;
    // The range begins at 3, so that an index that forgets where it begins is off.
    this.bytes = new Uint8Array(length + 3);
    this.bytes.set(this.#all.subarray(offset, offset + length), 3);
    return 3;
  }

  override readInto(offset: number, target: Uint8Array): void {
    this.checkRange(offset, target.length);
    this.copied += target.length;
    target.set(this.#all.subarray(offset, offset + target.length));
  }
}

/** The synchronous kinds of source over the same bytes, each with a name for messages. */
export function everySource(bytes: Uint8Array, name: string): [kind: string, source: ByteSource][] {
  return [
    ["memory", new MemorySource(name, bytes)],
    ["paged", pagedSource(bytes, smallCache(), name)],
    ["tight", new TightSource(name, bytes)],
  ];
}
