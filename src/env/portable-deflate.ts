/** Deflating with pako, which with its `legacyHash` makes stock zlib's bytes. */

import {
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_NO_FLUSH,
  Z_STREAM_END,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
} from "pako";
import { bug } from "../core/errors.js";
import type { DeflateMode, Deflater, DeflateStream } from "./contract.js";
import { firstRoom, keptRoom } from "./deflate-level.js";
import { checkRange } from "./ranges.js";

const deflateMethod = 8;
const windowBits = 15;
const memoryLevel = 8;

/** A stream that has been begun, and the room that it writes to, which grows. */
class GrowingStream {
  readonly stream = new ZStream();
  #room = new Uint8Array(0);

  constructor(mode: DeflateMode, level: number) {
    const exact = mode === "exact";
    zlibDeflateInit2(this.stream, level, deflateMethod, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, exact);
  }

  /** Deflates `bytes[start, end)` with that flush mode. @returns a view of what came, valid until the next call. */
  run(bytes: Uint8Array, start: number, end: number, flush: typeof Z_NO_FLUSH | typeof Z_FINISH): Uint8Array {
    const { stream } = this;
    const wanted = firstRoom(end - start);
    if (this.#room.length < wanted || this.#room.length > Math.max(wanted, keptRoom))
      this.#room = new Uint8Array(wanted);
    stream.input = bytes;
    stream.next_in = start;
    stream.avail_in = end - start;
    stream.output = this.#room;
    stream.next_out = 0;
    stream.avail_out = this.#room.length;
    for (;;) {
      const status = zlibDeflate(stream, flush);
      if (flush === Z_FINISH ? status === Z_STREAM_END : stream.avail_in === 0 && stream.avail_out > 0) break;
      if (stream.avail_out > 0) throw bug(`deflating stopped with status ${status}`);
      this.#grow();
    }
    return this.#room.subarray(0, stream.next_out);
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#room.length);
    grown.set(this.#room);
    this.stream.output = grown;
    this.stream.avail_out = grown.length - this.#room.length;
    this.#room = grown;
  }
}

export class PortableDeflater implements Deflater {
  readonly #growing: GrowingStream;

  constructor(mode: DeflateMode, level: number) {
    this.#growing = new GrowingStream(mode, level);
  }

  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array {
    checkRange(bytes, start, end);
    zlibDeflateReset(this.#growing.stream);
    return this.#growing.run(bytes, start, end, Z_FINISH);
  }
}

export class PortableDeflateStream implements DeflateStream {
  readonly #growing: GrowingStream;

  constructor(mode: DeflateMode, level: number) {
    this.#growing = new GrowingStream(mode, level);
  }

  push(bytes: Uint8Array): Uint8Array {
    return this.#growing.run(bytes, 0, bytes.length, Z_NO_FLUSH);
  }

  finish(): Uint8Array {
    return this.#growing.run(new Uint8Array(0), 0, 0, Z_FINISH);
  }
}
