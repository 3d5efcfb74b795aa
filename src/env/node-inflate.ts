/** Inflating with Node's zlib: by a handle that is used again and again, or by its documented functions. */

import { createRequire } from "node:module";
import { type Inflater, type InflateStream, inflateCorrupt, inflateNeedsInput, inflateWrongSize } from "./contract.js";
import { bufferError, finish, loadZlib, noFlush, openInflateHandle, type ZlibHandle } from "./node-zlib.js";
import { checkRange, checkRoom, viewOf } from "./ranges.js";

/** What the native side takes as a length. */
const mostBytes = 2 ** 31;

/** @throws RangeError for ranges outside of their arrays, and for what only a stream can inflate. */
function checkWhole(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, size: number): void {
  checkRange(input, start, end);
  checkRoom(output, at, size + 1);
  if (size >= mostBytes) throw new RangeError(`${size} bytes are too many to inflate at once`);
}

/** Inflates through a handle. It keeps nothing from one stream to the next, so that one serves all. */
export class HandleInflater implements Inflater {
  readonly #handle: ZlibHandle;

  constructor(handle: ZlibHandle) {
    this.#handle = handle;
  }

  inflate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, size: number): number {
    checkWhole(input, start, end, output, at, size);
    const handle = this.#handle;
    const length = Math.min(end - start, mostBytes);
    handle.reset();
    // With `finish` zlib complains unless it comes to the end of the stream or of the room.
    const status = handle.write(finish, input, start, length, output, at, size + 1);
    if (status !== 0) return status === bufferError ? inflateNeedsInput : inflateCorrupt;
    return handle.outputLeft === 1 ? length - handle.inputLeft : inflateWrongSize;
  }
}

/** Inflates by `inflateSync`: five times as slow for small streams. */
export class PublicInflater implements Inflater {
  inflate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, size: number): number {
    checkWhole(input, start, end, output, at, size);
    const { constants, inflateSync } = loadZlib();
    const options = {
      chunkSize: Math.max(constants.Z_MIN_CHUNK, size + 1),
      maxOutputLength: Math.max(size, 1),
      info: true,
    };
    try {
      // With `info` there is an object with the engine, which the types do not know.
      const result: unknown = inflateSync(viewOf(input, start, end), options);
      const { buffer, engine } = result as { buffer: Uint8Array; engine: { bytesWritten: number } };
      if (buffer.length !== size) return inflateWrongSize;
      output.set(buffer, at);
      return engine.bytesWritten;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ERR_BUFFER_TOO_LARGE") return inflateWrongSize;
      if (code === "Z_BUF_ERROR") return inflateNeedsInput;
      if (code === "Z_DATA_ERROR" || code === "Z_NEED_DICT") return inflateCorrupt;
      throw error;
    }
  }
}

const noBytes = new Uint8Array(0);

/** Inflates one stream through a handle of its own. */
export class HandleInflateStream implements InflateStream {
  readonly #handle: ZlibHandle;
  #end: "end" | "corrupt" | undefined;
  consumed = 0;
  produced = 0;
  problem: string | undefined;

  constructor(handle: ZlibHandle) {
    this.#handle = handle;
  }

  run(input: Uint8Array, start: number, end: number, output: Uint8Array): "more" | "end" | "corrupt" {
    checkRange(input, start, end);
    this.consumed = 0;
    this.produced = 0;
    if (this.#end !== undefined) return this.#end;
    const length = Math.min(end - start, mostBytes);
    const room = Math.min(output.length, mostBytes);
    this.#end = this.#advance(input, start, length, output, room);
    return this.#end ?? "more";
  }

  restart(): void {
    this.#handle.reset();
    this.#end = undefined;
    this.problem = undefined;
  }

  #advance(
    input: Uint8Array,
    start: number,
    length: number,
    output: Uint8Array,
    room: number,
  ): "end" | "corrupt" | undefined {
    const handle = this.#handle;
    const status = handle.write(noFlush, input, start, length, output, 0, room);
    if (status !== 0) {
      this.problem = handle.message;
      return "corrupt";
    }
    const { inputLeft, outputLeft } = handle;
    this.consumed = length - inputLeft;
    this.produced = room - outputLeft;
    if (outputLeft === 0) return undefined;
    if (inputLeft > 0) return "end";
    // All input is used and nothing is held back: asked to finish, zlib complains if this is not the end, and can go on all the same.
    return handle.write(finish, noBytes, 0, 0, output, this.produced, outputLeft) === 0 ? "end" : undefined;
  }
}

/** The known answer: `hihihihihi` as a zlib stream. */
const knownContent = [0x68, 0x69, 0x68, 0x69, 0x68, 0x69, 0x68, 0x69, 0x68, 0x69];
const knownStream = [0x78, 0x9c, 0xcb, 0xc8, 0xcc, 0x80, 0x42, 0x00, 0x16, 0x7b, 0x04, 0x16];

/** Whether an inflater answers known streams as the contract says, and forgets each of them. */
export function isSoundInflater(inflater: Inflater): boolean {
  const size = knownContent.length;
  const output = new Uint8Array(size + 3);
  const good = Uint8Array.from([...knownStream, 0, 0]);
  const damaged = good.map((byte, i) => (i === knownStream.length - 1 ? byte ^ 1 : byte));
  const wanted = [
    [inflater.inflate(good, 0, good.length, output, 1, size), knownStream.length],
    [inflater.inflate(damaged, 0, good.length, output, 1, size), inflateCorrupt],
    [inflater.inflate(good, 0, knownStream.length, output, 1, size), knownStream.length],
    [inflater.inflate(good, 0, 7, output, 1, size), inflateNeedsInput],
    [inflater.inflate(good, 0, good.length, output, 1, size - 1), inflateWrongSize],
    [inflater.inflate(good, 0, good.length, output, 1, size + 1), inflateWrongSize],
    [inflater.inflate(good, 0, good.length, output.fill(0), 1, size), knownStream.length],
  ];
  return wanted.every(([answer, right]) => answer === right) && knownContent.every((byte, i) => byte === output[i + 1]);
}

/** Whether a stream takes the known one byte by byte, gives it and sees its end. */
export function isSoundStream(stream: InflateStream): boolean {
  const input = Uint8Array.from(knownStream);
  const output = new Uint8Array(4);
  const content: number[] = [];
  for (let at = 0; at < input.length; ) {
    const answer = stream.run(input, at, at + 1, output);
    content.push(...output.subarray(0, stream.produced));
    at += stream.consumed;
    if (answer !== "more") return answer === "end" && at === input.length && content.join() === knownContent.join();
    if (stream.consumed === 0 && stream.produced === 0) return false;
  }
  return false;
}

/** A handle to inflate with, if `open` gives one. */
type OpenHandle = () => ZlibHandle | undefined;

/** An inflater with a handle if there is one and it works, else with the documented functions. */
export function probedInflater(open: OpenHandle): Inflater {
  const handle = open();
  if (handle !== undefined) {
    const inflater = new HandleInflater(handle);
    if (isSoundInflater(inflater)) return inflater;
  }
  return new PublicInflater();
}

/** Whether streams can be inflated with handles. */
export function canStream(open: OpenHandle): boolean {
  const handle = open();
  return handle !== undefined && isSoundStream(new HandleInflateStream(handle));
}

let inflater: Inflater | undefined;
let handlesStream: boolean | undefined;

/** The inflater of this thread. */
export function createNodeInflater(): Inflater {
  inflater ??= probedInflater(openInflateHandle);
  return inflater;
}

/** A new stream; where handles do not work pako's, since Node has no other that is synchronous. */
export function createNodeInflateStream(): InflateStream {
  handlesStream ??= canStream(openInflateHandle);
  const handle = handlesStream ? openInflateHandle() : undefined;
  if (handle !== undefined) return new HandleInflateStream(handle);
  return new (loadPortableInflate().PortableInflateStream)();
}

/** pako takes a while to load and is hardly ever needed. */
function loadPortableInflate(): typeof import("./portable-inflate.js") {
  return createRequire(import.meta.url)("./portable-inflate.js");
}
