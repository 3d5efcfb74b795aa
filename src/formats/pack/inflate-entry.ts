/** Inflating the data of pack entries: at most as much memory as the input justifies, whatever a header claims. */

import { allocateBytes } from "../../bytes/byte-slabs.js";
import { bug, GitmidxError } from "../../core/errors.js";
import {
  type Environment,
  type Inflater,
  type InflateStream,
  inflateCorrupt,
  inflateNeedsInput,
  inflateWrongSize,
} from "../../env/contract.js";
import type { PackView } from "./view.js";

/** Deflate makes at most so many bytes of one. */
const mostExpansion = 1032;
/** Claims up to this size are believed at once; beyond it what was made must bear them out. */
const believedByteLength = 16 << 20;
/** Above this many bytes of content an entry is best inflated piece by piece. */
export const wholeByteLength = 1 << 20;

/** Inflates entries of any packs, one after the other. */
export class EntryInflater {
  readonly #env: Environment;
  readonly #inflater: Inflater;
  #scratch = new Uint8Array(0);
  #input = new Uint8Array(0);
  /** Offset behind the zlib stream that was inflated last. */
  streamEnd = 0;

  constructor(env: Environment) {
    this.#env = env;
    this.#inflater = env.createInflater();
  }

  /**
   * Inflates the stream at `offset`, which should have `size` bytes of content, to `target` from `at`, where there is room for a byte more.
   * @returns false if the stream does not lie in one window: then take {@link inflateLong}.
   * @throws GitmidxError `bad-zlib-stream`; NeedRange
   */
  inflateTo(view: PackView, offset: number, size: number, target: Uint8Array, at: number): boolean {
    const from = view.locate(offset);
    const taken = this.#inflater.inflate(view.bytes, from, view.end, target, at, size);
    if (taken === inflateNeedsInput && offset + view.end - from < view.source.size)
      return this.#inflateApart(view, offset, size, target, at);
    if (taken < 0) throw this.#complaint(view, offset, taken);
    this.streamEnd = offset + taken;
    if (this.streamEnd > view.entriesEnd) throw corrupt(view, offset, "goes on into the pack's trailer");
    return true;
  }

  /** The same for a stream that goes on behind its window, if all that it can take is read at once. */
  #inflateApart(view: PackView, offset: number, size: number, target: Uint8Array, at: number): boolean {
    const { source } = view;
    if (size > wholeByteLength || "fetch" in source) return false;
    // as much as zlib makes of what cannot be compressed; other programs may make more
    const length = Math.min(size + (size >> 8) + 64, source.size - offset);
    if (this.#input.length < length) this.#input = new Uint8Array(Math.max(1 << 15, 2 * length));
    source.readInto(offset, this.#input.subarray(0, length));
    const taken = this.#inflater.inflate(this.#input, 0, length, target, at, size);
    if (taken < 0 || offset + taken > view.entriesEnd) return false;
    this.streamEnd = offset + taken;
    return true;
  }

  /** As {@link inflateTo}, to an array of the inflater's own: `result[0, size)`, valid until the next call. */
  inflateBriefly(view: PackView, offset: number, size: number): Uint8Array {
    if (size > wholeByteLength) return this.inflateLong(view, offset, size);
    checkClaim(view, offset, size);
    if (this.#scratch.length <= size) this.#scratch = new Uint8Array(Math.max(1 << 14, 2 * size));
    return this.inflateTo(view, offset, size, this.#scratch, 0) ? this.#scratch : this.inflateLong(view, offset, size);
  }

  /** The first bytes of the content, as many as `target` has room for; fewer if there are no more. */
  inflateStart(view: PackView, offset: number, size: number, target: Uint8Array): number {
    if (size <= wholeByteLength) {
      const bytes = this.inflateBriefly(view, offset, size);
      const length = Math.min(size, target.length);
      target.set(bytes.subarray(0, length));
      return length;
    }
    const stream = this.#env.createInflateStream();
    let filled = 0;
    for (let at = offset; filled < target.length; ) {
      const from = view.locate(at);
      const state = stream.run(view.bytes, from, view.end, target.subarray(filled));
      if (state === "corrupt") throw corrupt(view, offset, "is damaged");
      at += stream.consumed;
      filled += stream.produced;
      if (state === "end" || isStuck(view, stream, at)) break;
    }
    return filled;
  }

  #complaint(view: PackView, offset: number, status: number): Error {
    if (status === inflateWrongSize) return corrupt(view, offset, "has another size than its header says");
    if (status === inflateNeedsInput) return corrupt(view, offset, "does not end before the pack does");
    return status === inflateCorrupt ? corrupt(view, offset, "is damaged") : bug(`an inflater returned ${status}`);
  }

  /**
   * Inflates piece by piece, to a buffer that grows with what comes.
   * @returns exactly the content: an array of its own.
   * @throws GitmidxError `bad-zlib-stream`, `too-large`; NeedRange
   */
  inflateLong(view: PackView, offset: number, size: number): Uint8Array {
    checkClaim(view, offset, size);
    let bytes = allocateBytes(Math.min(size, believedByteLength) + 1);
    let filled = 0;
    const stream = this.#env.createInflateStream();
    for (let at = offset; ; ) {
      const from = view.locate(at);
      if (filled === bytes.length && filled <= size) {
        const grown = allocateBytes(Math.min(size + 1, 2 * bytes.length));
        grown.set(bytes);
        bytes = grown;
      }
      const state = stream.run(view.bytes, from, view.end, bytes.subarray(filled));
      if (state === "corrupt") throw corrupt(view, offset, "is damaged");
      at += stream.consumed;
      filled += stream.produced;
      if (filled > size || (state === "end" && filled !== size))
        throw corrupt(view, offset, "has another size than its header says");
      if (state === "end") {
        this.streamEnd = at;
        if (at > view.entriesEnd) throw corrupt(view, offset, "goes on into the pack's trailer");
        return bytes.subarray(0, size);
      }
      if (isStuck(view, stream, at)) throw corrupt(view, offset, "does not end before the pack does");
    }
  }
}

/** The content of an entry that comes piece by piece. */
export class EntryPieces {
  readonly #view: PackView;
  readonly #offset: number;
  readonly #size: number;
  readonly #stream;
  readonly #piece: Uint8Array;
  #at: number;
  #made = 0;
  #ended = false;

  /** @param offset where the zlib stream begins, which should have `size` bytes of content. @throws GitmidxError `bad-zlib-stream` */
  constructor(env: Environment, view: PackView, offset: number, size: number) {
    checkClaim(view, offset, size);
    this.#view = view;
    this.#offset = offset;
    this.#size = size;
    this.#stream = env.createInflateStream();
    this.#piece = new Uint8Array(Math.min(size + 1, pieceByteLength));
    this.#at = offset;
  }

  /**
   * The next piece, valid until the next call; undefined once the content has ended as it should.
   * @throws GitmidxError `bad-zlib-stream`; NeedRange: call it again then.
   */
  next(): Uint8Array | undefined {
    while (!this.#ended) {
      const { entriesEnd } = this.#view;
      const from = this.#view.locate(this.#at);
      const { bytes, end } = this.#view;
      const state = this.#stream.run(bytes, from, end, this.#piece);
      if (state === "corrupt") throw corrupt(this.#view, this.#offset, "is damaged");
      this.#at += this.#stream.consumed;
      this.#made += this.#stream.produced;
      this.#ended = state === "end";
      if (this.#made > this.#size || (this.#ended && this.#made !== this.#size))
        throw corrupt(this.#view, this.#offset, "has another size than its header says");
      if (this.#ended && this.#at > entriesEnd)
        throw corrupt(this.#view, this.#offset, "goes on into the pack's trailer");
      if (!this.#ended && isStuck(this.#view, this.#stream, this.#at))
        throw corrupt(this.#view, this.#offset, "does not end before the pack does");
      if (this.#stream.produced > 0) return this.#piece.subarray(0, this.#stream.produced);
    }
    return undefined;
  }
}

const pieceByteLength = 1 << 16;

/** Whether a stream that has not ended wants more than the entries of the pack, which end before its trailer. */
function isStuck(view: PackView, { consumed, produced }: InflateStream, at: number): boolean {
  return at > view.entriesEnd || consumed + produced === 0;
}

/** @throws GitmidxError unless the rest of the pack could hold a stream of that size. */
function checkClaim(view: PackView, offset: number, size: number): void {
  if (size > (view.entriesEnd - offset) * mostExpansion)
    throw corrupt(view, offset, `cannot have the ${size} bytes that its header says`);
}

function corrupt(view: PackView, offset: number, problem: string): GitmidxError {
  const path = view.source.name;
  return new GitmidxError("bad-zlib-stream", `the zlib stream at offset ${offset} of packfile ${path} ${problem}`, {
    path,
    offset,
  });
}
