/** Deflating with Node's zlib: by a handle that is used again and again, or by its documented functions. */

import { createRequire } from "node:module";
import { bug } from "../core/errors.js";
import type { DeflateMode, Deflater, DeflateStream } from "./contract.js";
import { firstRoom, keptRoom } from "./deflate-level.js";
import { createNodeInflater } from "./node-inflate.js";
import { finish, loadZlib, noFlush, openDeflateHandle, type ZlibHandle } from "./node-zlib.js";
import { checkRange, viewOf } from "./ranges.js";

/** The most bytes that the native side is given at once. */
const mostBytes = 2 ** 30;

/** Bytes that a stream may hold back and give later, amply. */
const spareRoom = 2 ** 20;

/** A handle and the room that it writes to, which grows. */
class GrowingHandle {
  readonly #handle: ZlibHandle;
  #room = new Uint8Array(0);
  #used = 0;
  #mostRoom = 0;

  constructor(handle: ZlibHandle) {
    this.#handle = handle;
  }

  reset(): void {
    this.#handle.reset();
  }

  /** Deflates `bytes[start, end)`. @returns a view of what came, valid until the next call. */
  run(bytes: Uint8Array, start: number, end: number, flush: typeof noFlush | typeof finish): Uint8Array {
    const wanted = firstRoom(Math.min(end - start, mostBytes));
    if (this.#room.length < wanted || this.#room.length > Math.max(wanted, keptRoom))
      this.#room = new Uint8Array(wanted);
    this.#used = 0;
    this.#mostRoom = 4 * wanted + spareRoom;
    let at = start;
    while (end - at > mostBytes) at = this.#advance(bytes, at, at + mostBytes, noFlush);
    this.#advance(bytes, at, end, flush);
    return this.#room.subarray(0, this.#used);
  }

  #advance(bytes: Uint8Array, start: number, end: number, flush: number): number {
    const handle = this.#handle;
    for (let at = start; ; ) {
      const room = Math.min(this.#room.length - this.#used, mostBytes);
      const status = handle.write(flush, bytes, at, end - at, this.#room, this.#used, room);
      if (status !== 0) throw bug(`deflating stopped with status ${status}`);
      at = end - handle.inputLeft;
      this.#used += room - handle.outputLeft;
      if (handle.outputLeft > 0) return end;
      this.#grow();
    }
  }

  #grow(): void {
    if (this.#used < this.#room.length) return;
    if (this.#used > this.#mostRoom) throw bug(`deflating made ${this.#used} bytes and more`);
    const grown = new Uint8Array(2 * this.#room.length);
    grown.set(this.#room);
    this.#room = grown;
  }
}

/** Deflates through a handle. */
export class HandleDeflater implements Deflater {
  readonly #growing: GrowingHandle;

  constructor(handle: ZlibHandle) {
    this.#growing = new GrowingHandle(handle);
  }

  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array {
    checkRange(bytes, start, end);
    this.#growing.reset();
    return this.#growing.run(bytes, start, end, finish);
  }
}

/** Deflates one stream through a handle of its own. */
export class HandleDeflateStream implements DeflateStream {
  readonly #growing: GrowingHandle;

  constructor(handle: ZlibHandle) {
    this.#growing = new GrowingHandle(handle);
  }

  push(bytes: Uint8Array): Uint8Array {
    return this.#growing.run(bytes, 0, bytes.length, noFlush);
  }

  finish(): Uint8Array {
    return this.#growing.run(new Uint8Array(0), 0, 0, finish);
  }
}

/** Deflates by `deflateSync`, which makes the same bytes at half the speed. */
export class PublicDeflater implements Deflater {
  readonly #level: number;

  constructor(level: number) {
    this.#level = level;
  }

  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array {
    checkRange(bytes, start, end);
    return loadZlib().deflateSync(viewOf(bytes, start, end), { level: this.#level });
  }
}

/** Whether what a deflater makes comes out again as it was, twice. */
export function isSoundDeflater(deflater: Deflater): boolean {
  try {
    return restoresContent(deflater);
  } catch {
    return false;
  }
}

function restoresContent(deflater: Deflater): boolean {
  const content = new Uint8Array(1000).map((_, i) => (i * i) >> 3);
  const output = new Uint8Array(content.length + 1);
  return [0, 300].every((start) => {
    const stream = deflater.deflate(content, start, content.length);
    const size = content.length - start;
    const length = createNodeInflater().inflate(stream, 0, stream.length, output, 0, size);
    return length === stream.length && content.subarray(start).every((byte, i) => byte === output[i]);
  });
}

/** A deflater with a handle if there is one and it works, else with the documented functions. */
export function probedDeflater(level: number, open: (level: number) => ZlibHandle | undefined): Deflater {
  const handle = open(level);
  if (handle !== undefined) {
    const deflater = new HandleDeflater(handle);
    if (isSoundDeflater(deflater)) return deflater;
  }
  return new PublicDeflater(level);
}

let handlesDeflate: boolean | undefined;

/** A handle if they work, which is found out once. */
function soundHandle(level: number): ZlibHandle | undefined {
  handlesDeflate ??= probedDeflater(level, openDeflateHandle) instanceof HandleDeflater;
  return handlesDeflate ? openDeflateHandle(level) : undefined;
}

/** A new deflater. @param level −1 or 0 to 9. */
export function createNodeDeflater(mode: DeflateMode, level: number): Deflater {
  if (mode === "exact") return new (loadPortableDeflate().PortableDeflater)(mode, level);
  const handle = soundHandle(level);
  return handle === undefined ? new PublicDeflater(level) : new HandleDeflater(handle);
}

/** A new stream; where handles do not work pako's, since Node has no other that is synchronous. */
export function createNodeDeflateStream(mode: DeflateMode, level: number): DeflateStream {
  const handle = mode === "exact" ? undefined : soundHandle(level);
  if (handle !== undefined) return new HandleDeflateStream(handle);
  return new (loadPortableDeflate().PortableDeflateStream)(mode, level);
}

/** pako takes a while to load and is needed only here. */
function loadPortableDeflate(): typeof import("./portable-deflate.js") {
  return createRequire(import.meta.url)("./portable-deflate.js");
}
