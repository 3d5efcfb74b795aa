/**
 * Node's zlib without its streams: one native handle, used again and again, and called synchronously. A `createInflate()` has it as a
 * property that is not documented; {@link openHandle} says so by undefined if a Node does not have it as it is known.
 */

import type * as zlib from "node:zlib";

/** Loaded at first use: programs that only read indexes start without it. */
export function loadZlib(): typeof zlib {
  return process.getBuiltinModule("node:zlib");
}

/** zlib's flush mode for bytes after which more come. */
export const noFlush = 0;
/** zlib's flush mode for the last bytes. */
export const finish = 4;
/** zlib's status of a stream that can go on with more input or more room. */
export const bufferError = -5;

/** The native object, as far as it is used. */
interface NativeHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  reset(): void;
  onerror: (message: string, status: number) => void;
}

/** A native zlib stream. Its callers check ranges: a bad one ends the process. */
export class ZlibHandle {
  readonly #native: NativeHandle;
  /** Where the native side leaves what was not used of output and input. */
  readonly #left: Uint32Array;
  /** Owns the native handle, which goes when this does. */
  readonly owner: object;
  /** What zlib said of the last error. */
  message = "";
  #status = 0;

  constructor(owner: object, native: NativeHandle, left: Uint32Array) {
    this.owner = owner;
    this.#native = native;
    this.#left = left;
    native.onerror = (message, status) => {
      this.message = message;
      this.#status = status;
    };
  }

  /** Bytes of output room that the last {@link write} left. */
  get outputLeft(): number {
    return this.#left[0]!;
  }

  /** Bytes of input that the last {@link write} left. */
  get inputLeft(): number {
    return this.#left[1]!;
  }

  /** Makes the handle as new, after errors too. */
  reset(): void {
    this.#native.reset();
  }

  /** Runs the stream. @returns 0, or zlib's negative status or its 2 (a dictionary is wanted), which with {@link finish} may be {@link bufferError}. */
  write(
    flush: number,
    input: Uint8Array,
    start: number,
    length: number,
    output: Uint8Array,
    at: number,
    room: number,
  ): number {
    this.#status = 0;
    this.#native.writeSync(flush, input, start, length, output, at, room);
    return this.#status;
  }
}

function isNativeHandle(value: unknown): value is NativeHandle {
  if (typeof value !== "object" || value === null) return false;
  return "writeSync" in value && typeof value.writeSync === "function" && "reset" in value && "onerror" in value;
}

/** The handle of what zlib's `create…` functions return, or undefined if this Node keeps it in another way. */
export function openHandle(owner: object): ZlibHandle | undefined {
  const { _handle: native, _writeState: left } = owner as { _handle?: unknown; _writeState?: unknown };
  if (!isNativeHandle(native) || !(left instanceof Uint32Array) || left.length < 2) return undefined;
  return new ZlibHandle(owner, native, left);
}

/** A handle for inflating, not probed. */
export function openInflateHandle(): ZlibHandle | undefined {
  return openHandle(loadZlib().createInflate({ chunkSize: 64 }));
}

/** A handle for deflating, not probed. @param level −1 or 0 to 9. */
export function openDeflateHandle(level: number): ZlibHandle | undefined {
  return openHandle(loadZlib().createDeflate({ chunkSize: 64, level }));
}
