/** A pack that comes as a stream, entry by entry. */

import { env } from "#env";
import { GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { Hasher, Inflater, InflateStream } from "../../env/contract.js";
import { EntryHeader, maxEntryHeaderByteLength } from "../../formats/pack/entry-header.js";
import { packHeaderByteLength, packSignature } from "../../formats/pack-frame.js";
import { earlyEnd, PackInput, streamFeed } from "../index-pack/pack-input.js";
import { PieceCollector } from "../index-pack/piece-collector.js";
import { EntryFault, headerFault, inflateStatus } from "./unpack-error.js";

/** Content up to this many bytes is inflated in one call. */
const modestByteLength = 1 << 17;
const pieceByteLength = 1 << 16;

/** How a pack is read. */
export interface EntryStreamOptions {
  /** The most bytes that the pack may have. */
  readonly maxByteLength?: number | undefined;
  /** The pack's header, if somebody has taken it off the stream: 12 bytes. */
  readonly header?: Uint8Array | undefined;
}

/** Reads a pack from front to back in bounded memory. */
export class EntryStream {
  /** The header of the entry that was begun last. */
  readonly header = new EntryHeader();
  /** Where that entry begins. */
  offset = 0;
  readonly #format: ObjectFormat;
  readonly #input: PackInput;
  readonly #feed: ReturnType<typeof streamFeed>;
  readonly #hasher: Hasher;
  readonly #inflater: Inflater = env.createInflater();
  readonly #maxByteLength: number;
  readonly #baseId: Uint8Array;

  constructor(stream: AsyncIterable<Uint8Array>, format: ObjectFormat, options: EntryStreamOptions = {}) {
    this.#format = format;
    this.#maxByteLength = options.maxByteLength ?? maxOffset;
    this.#hasher = env.createHasher(format);
    this.#baseId = new Uint8Array(format.byteLength);
    this.#feed = streamFeed(options.header === undefined ? stream : withHeader(options.header, stream));
    this.#input = new PackInput(this.#feed, (bytes) => {
      this.#hasher.update(bytes);
      return undefined;
    });
  }

  /**
   * Reads the pack's header.
   * @returns how many objects it announces.
   * @throws GitmidxError `truncated`, `bad-signature` or `bad-version`, in git's words
   */
  async begin(): Promise<number> {
    const input = this.#input;
    await input.need(packHeaderByteLength);
    const view = new DataView(input.bytes.buffer, input.at, packHeaderByteLength);
    if (view.getUint32(0) !== packSignature) throw new GitmidxError("bad-signature", "bad pack file");
    const version = view.getUint32(4);
    if (version !== 2 && version !== 3) throw new GitmidxError("bad-version", `unknown pack file version ${version}`);
    const count = view.getUint32(8);
    this.#use(packHeaderByteLength);
    return count;
  }

  /**
   * Reads the next entry's header.
   * @throws EntryFault for a type that there is not; GitmidxError `bad-entry`, `truncated`, `too-large`
   */
  async next(): Promise<void> {
    const input = this.#input;
    while (input.available < maxEntryHeaderByteLength && !input.ended) await input.fill();
    this.offset = input.offset;
    const { header } = this;
    try {
      header.parse(input.bytes, input.at, input.end, input.offset, this.#format.byteLength);
    } catch (error) {
      if (error instanceof GitmidxError && error.code === "truncated") throw earlyEnd(input.offset + input.available);
      if (header.type !== 0 && header.type !== 5) throw headerFault(error);
      while (input.bytes[input.at]! >= 128) this.#use(1);
      this.#use(1);
      throw new EntryFault(`bad object type ${header.type}`);
    }
    if (header.baseIdAt >= 0)
      this.#baseId.set(input.bytes.subarray(header.baseIdAt, header.baseIdAt + this.#baseId.length));
    this.#use(header.byteLength);
  }

  /** A copy of the id of the base of the REF delta that was begun last. */
  baseId(): Uint8Array {
    return this.#baseId.slice();
  }

  /**
   * Inflates the data of the entry.
   * @throws EntryFault `inflate returned …`; GitmidxError `truncated`, `too-large`
   */
  async data(): Promise<Uint8Array> {
    const { size } = this.header;
    if (size <= modestByteLength) {
      const content = await this.#inflateAtOnce(size);
      if (content !== undefined) return content;
    }
    const collector = new PieceCollector(size);
    for await (const piece of this.pieces()) collector.add(piece);
    return collector.finish();
  }

  /** Inflates the data of the entry and forgets it. @throws as {@link data} */
  async skip(): Promise<void> {
    for await (const _ of this.pieces());
  }

  /** The data of the entry piece by piece; each is valid until the next is asked for. @throws as {@link data} */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const { size } = this.header;
    const input = this.#input;
    const inflating = env.createInflateStream();
    const piece = new Uint8Array(Math.min(size, pieceByteLength) + 1);
    let total = 0;
    for (;;) {
      // Behind the content there is room for a byte, so that more of it shows.
      const room = piece.subarray(0, Math.min(piece.length - 1, size - total) || 1);
      if (input.available === 0 && !input.ended) await input.fill();
      const before = input.at;
      const status = this.#advance(inflating, room);
      total += inflating.produced;
      if (status === "corrupt") throw inflateFault(inflateStatus.dataError, total);
      if (total > size) {
        // git has not looked so far: whoever goes on goes on where it would
        input.at = before;
        throw inflateFault(inflateStatus.bufferError, total);
      }
      if (inflating.produced > 0) yield piece.subarray(0, inflating.produced);
      if (status === "end") break;
      if (inflating.produced === 0 && input.available === 0 && input.ended) throw earlyEnd(input.offset);
    }
    if (total !== size) throw inflateFault(inflateStatus.streamEnd, total);
  }

  /**
   * Compares the trailer with what was read.
   * @returns what has been read of what stands behind the pack.
   * @throws GitmidxError `bad-checksum`, `truncated`
   */
  async finish(): Promise<Uint8Array> {
    const input = this.#input;
    const { byteLength } = this.#format;
    await input.passOn();
    const digest = this.#hasher.digest();
    // Hashing is over: what stands behind is passed on no more.
    const trailer = await this.#rest(byteLength);
    if (toHex(digest) !== toHex(trailer.subarray(0, byteLength)))
      throw new GitmidxError("bad-checksum", "final sha1 did not match", { offset: input.offset });
    return trailer.subarray(byteLength);
  }

  /** Ends the stream. */
  close(): Promise<void> {
    return this.#feed.close();
  }

  /** What is there of the stream, at least `count` bytes. */
  async #rest(count: number): Promise<Uint8Array> {
    const { bytes, at, end } = this.#input;
    let rest = bytes.slice(at, end);
    while (rest.length < count) {
      const more = new Uint8Array(pieceByteLength);
      const length = await this.#feed.read(more);
      if (length === 0) throw earlyEnd(this.#input.offset + rest.length);
      const longer = new Uint8Array(rest.length + length);
      longer.set(rest);
      longer.set(more.subarray(0, length), rest.length);
      rest = longer;
    }
    return rest;
  }

  /** The content, if it is sound and its stream is in the window or comes into it; nothing is used up otherwise. */
  async #inflateAtOnce(size: number): Promise<Uint8Array | undefined> {
    const input = this.#input;
    const content = new Uint8Array(size + 1);
    for (;;) {
      const used = this.#inflater.inflate(input.bytes, input.at, input.end, content, 0, size);
      if (used >= 0) {
        this.#use(used);
        return content.subarray(0, size);
      }
      if (input.ended || input.isFull || input.available > modestByteLength) return undefined;
      await input.fill();
    }
  }

  #advance(inflating: InflateStream, room: Uint8Array): "more" | "end" | "corrupt" {
    const input = this.#input;
    const status = inflating.run(input.bytes, input.at, input.end, room);
    this.#use(inflating.consumed);
    return status;
  }

  #use(byteLength: number): void {
    const input = this.#input;
    input.at += byteLength;
    if (input.offset > this.#maxByteLength) throw new GitmidxError("too-large", "pack exceeds maximum allowed size");
  }
}

function inflateFault(status: number, inflated: number): EntryFault {
  return new EntryFault(`inflate returned ${status}`, inflated);
}

async function* withHeader(
  header: Uint8Array,
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield header;
  yield* stream;
}
