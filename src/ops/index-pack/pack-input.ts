/** The bytes of a pack from front to back, as a window that moves over them. */

import { type ByteSource, withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { windowByteLength } from "../../core/limits.js";

/** Where a pack's bytes come from. */
export interface ByteFeed {
  /** Fills `target` from its beginning. @returns how many bytes were read: 1 or more, or 0 at the end. */
  read(target: Uint8Array): Promise<number>;
}

/** Takes the bytes that the window has moved past, in order; they may be reused once the promise is fulfilled. */
export type PassedBytes = (bytes: Uint8Array) => Promise<void> | undefined;

/** A window over a feed. What lies before `at` has been used; what lies between `at` and `end` is there to be used. */
export class PackInput {
  readonly bytes: Uint8Array;
  at = 0;
  end = 0;
  /** Whether the feed has ended: nothing comes behind `end`. */
  ended = false;
  /** Where in the pack `bytes[0]` is. */
  #base: number;
  /** Bytes before this one have been passed on. */
  #passed = 0;
  readonly #feed: ByteFeed;
  readonly #pass: PassedBytes;

  /** @param offset where in the pack the feed begins. */
  constructor(feed: ByteFeed, pass: PassedBytes, offset = 0, byteLength = windowByteLength) {
    this.bytes = new Uint8Array(byteLength);
    this.#feed = feed;
    this.#pass = pass;
    this.#base = offset;
  }

  /** Where in the pack `bytes[at]` is. */
  get offset(): number {
    return this.#base + this.at;
  }

  /** Bytes that are there to be used. */
  get available(): number {
    return this.end - this.at;
  }

  /** Whether the window holds nothing but unused bytes, and no more fit. */
  get isFull(): boolean {
    return this.at === 0 && this.end === this.bytes.length;
  }

  /** Passes on what has been used, and reads until there is more to use than before; {@link ended} if nothing comes any more. */
  async fill(): Promise<void> {
    await this.passOn();
    if (this.at > 0) {
      this.bytes.copyWithin(0, this.at, this.end);
      this.#base += this.at;
      this.end -= this.at;
      this.at = 0;
      this.#passed = 0;
    }
    if (this.ended || this.end === this.bytes.length) return;
    const count = await this.#feed.read(this.bytes.subarray(this.end));
    if (count === 0) this.ended = true;
    this.end += count;
  }

  /**
   * Makes `count` bytes available, which fit into the window.
   * @throws GitmidxError `truncated` if the feed ends before.
   */
  async need(count: number): Promise<void> {
    while (this.available < count) {
      if (this.ended) throw earlyEnd(this.offset + this.available);
      await this.fill();
    }
  }

  /** Uses `count` available bytes that are not passed on: what stands behind the entries. */
  skip(count: number): void {
    this.at += count;
    this.#passed = this.at;
  }

  /** Passes on what has been used so far. */
  async passOn(): Promise<void> {
    if (this.#passed === this.at) return;
    await this.#pass(this.bytes.subarray(this.#passed, this.at));
    this.#passed = this.at;
  }
}

/** What git says where a pack ends inside of something. */
export function earlyEnd(offset: number): GitmidxError {
  return new GitmidxError("truncated", "early EOF", { offset });
}

/** The bytes `[start, end)` of a file. */
export function sourceFeed(source: ByteSource, start: number, end: number): ByteFeed {
  let at = start;
  return {
    async read(target) {
      const part = target.subarray(0, Math.min(target.length, end - at));
      if (part.length > 0) await withRanges(() => source.readInto(at, part));
      at += part.length;
      return part.length;
    },
  };
}

/** What a stream gives: standard input, or a connection. */
export function streamFeed(stream: AsyncIterable<Uint8Array>): ByteFeed & { close(): Promise<void> } {
  const iterator = stream[Symbol.asyncIterator]();
  let rest = new Uint8Array(0);
  return {
    async read(target) {
      while (rest.length === 0) {
        const next = await iterator.next();
        if (next.done === true) return 0;
        rest = next.value as Uint8Array<ArrayBuffer>;
      }
      const part = rest.subarray(0, target.length);
      target.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
