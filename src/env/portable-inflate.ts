/** Inflating with pako. */

import {
  Z_BUF_ERROR,
  Z_FINISH,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit,
  zlibInflateReset,
} from "pako";
import { type Inflater, type InflateStream, inflateCorrupt, inflateNeedsInput, inflateWrongSize } from "./contract.js";
import { checkRange, checkRoom } from "./ranges.js";

/** A stream that has been begun. */
function startStream(): ZStream {
  const stream = new ZStream();
  zlibInflateInit(stream);
  return stream;
}

/** Whether a status means that nothing is wrong so far. */
function isSound(status: number): boolean {
  return status === Z_OK || status === Z_BUF_ERROR || status === Z_STREAM_END;
}

/** pako's stream as it takes its room: its types want arrays that are not shared, which it does not need. */
function setOutput(stream: { output: Uint8Array }, output: Uint8Array): void {
  stream.output = output;
}

export class PortableInflater implements Inflater {
  readonly #stream = startStream();

  inflate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, size: number): number {
    checkRange(input, start, end);
    checkRoom(output, at, size + 1);
    const stream = this.#stream;
    zlibInflateReset(stream);
    stream.input = input;
    stream.next_in = start;
    stream.avail_in = end - start;
    setOutput(stream, output);
    stream.next_out = at;
    stream.avail_out = size + 1;
    const status = zlibInflate(stream, Z_FINISH);
    if (!isSound(status)) return inflateCorrupt;
    if (status === Z_STREAM_END) return stream.avail_out === 1 ? stream.next_in - start : inflateWrongSize;
    return stream.avail_out === 0 ? inflateWrongSize : inflateNeedsInput;
  }
}

export class PortableInflateStream implements InflateStream {
  readonly #stream = startStream();
  #end: "end" | "corrupt" | undefined;
  consumed = 0;
  produced = 0;
  problem: string | undefined;

  restart(): void {
    zlibInflateReset(this.#stream);
    this.#end = undefined;
    this.problem = undefined;
  }

  run(input: Uint8Array, start: number, end: number, output: Uint8Array): "more" | "end" | "corrupt" {
    checkRange(input, start, end);
    this.consumed = 0;
    this.produced = 0;
    if (this.#end !== undefined) return this.#end;
    const stream = this.#stream;
    stream.input = input;
    stream.next_in = start;
    stream.avail_in = end - start;
    setOutput(stream, output);
    stream.next_out = 0;
    stream.avail_out = output.length;
    const status = zlibInflate(stream, Z_NO_FLUSH);
    this.consumed = stream.next_in - start;
    this.produced = stream.next_out;
    if (status === Z_STREAM_END) this.#end = "end";
    else if (!isSound(status)) {
      this.#end = "corrupt";
      this.problem = stream.msg;
    }
    return this.#end ?? "more";
  }
}
