/** What the formats need from the machine they run on. One contract; `node.ts` and `portable.ts` keep it. */

import type { ObjectFormat } from "../core/oid.js";

/** A running hash. */
export interface Hasher {
  /** Takes the next bytes; they may be reused by the caller afterwards. */
  update(bytes: Uint8Array): void;
  /** The digest, `format.byteLength` bytes in a fresh array. Ends the hasher. */
  digest(): Uint8Array;
}

/** How object contents are hashed. */
export interface HashOptions {
  /**
   * Looks for the traces that known SHA-1 collision attacks leave, as git does for objects that come from outside. Has no effect on
   * SHA-256. Default false.
   */
  readonly detectCollisions?: boolean | undefined;
}

/** A running hash that can tell an attack. */
export interface ContentHasher extends Hasher {
  /** After `digest`: whether the bytes bear the traces of a collision attack. False unless detection was asked for. */
  readonly foundCollision: boolean;
}

/** Hashes many whole messages; it may gather some and work on them side by side. */
export interface BatchHasher {
  /**
   * Hashes `bytes[start, end)`, which the caller may reuse at once. The digest is in `target` from `at` after the next {@link flush} at
   * the latest.
   * @param tag what {@link onCollision} is told if the message bears the traces of an attack.
   */
  add(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number, tag?: number): void;
  /** Finishes everything that was added. */
  flush(): void;
}

/** The stream needs more input than it was given. */
export const inflateNeedsInput = -1;
/** The stream is damaged: no zlib stream, a bad block, or a wrong checksum. */
export const inflateCorrupt = -2;
/** The stream is sound as far as it was read, but does not hold as many bytes as were expected. */
export const inflateWrongSize = -3;

/** Inflates whole zlib streams, one after the other. */
export interface Inflater {
  /**
   * Inflates the stream that begins at `input[start]`, whose content is `size` bytes, to `output[at, at + size)`. There must be room for
   * one byte more, which may be overwritten.
   * @returns how many bytes of input the stream takes, or one of the negative numbers above. If the input ends exactly with the stream,
   * the answer may be {@link inflateNeedsInput}: a pack always has its trailer behind, elsewhere put a byte more behind.
   */
  inflate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, size: number): number;
}

/** Inflates one zlib stream piece by piece, however long it is. */
export interface InflateStream {
  /** Bytes of input taken by the last {@link run}. */
  readonly consumed: number;
  /** Bytes of output made by the last {@link run}. */
  readonly produced: number;
  /** What is wrong with a corrupt stream, in zlib's words; undefined where it said nothing. */
  readonly problem: string | undefined;
  /**
   * Inflates `input[start, end)` to `output` from its beginning until the stream ends, the input is used up or the output is full.
   * @returns `end` once the stream has ended with a good checksum; `corrupt` if it is damaged; else `more`.
   */
  run(input: Uint8Array, start: number, end: number, output: Uint8Array): "more" | "end" | "corrupt";
  /** Begins anew with another zlib stream, whatever came of the last one. */
  restart(): void;
}

/** Which bytes a deflater makes: `exact` those of stock zlib, as git's, `fast` those that the machine makes fastest. */
export type DeflateMode = "exact" | "fast";

/** How bytes are deflated. */
export interface DeflateOptions {
  /** Default `fast`. */
  readonly mode?: DeflateMode | undefined;
  /** −1 (zlib's default) or 0 to 9, as `pack.compression` and `core.compression`. Default −1. */
  readonly level?: number | undefined;
}

/** Makes zlib streams, one after the other. */
export interface Deflater {
  /** The stream of `bytes[start, end)`: a view that is valid until the next call. */
  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array;
}

/** Makes one zlib stream piece by piece. */
export interface DeflateStream {
  /** Takes the next bytes and gives what is ready of the stream: a view that is valid until the next call, often empty. */
  push(bytes: Uint8Array): Uint8Array;
  /** Ends the stream and gives its rest. */
  finish(): Uint8Array;
}

/** A thread that works on what it is sent, one message after the other. */
export interface WorkerThread {
  /**
   * Sends a message, structured-cloned, and waits for what the worker's handler returns. What the handler throws is thrown here: a
   * GitmidxError as one.
   */
  call(message: unknown): Promise<unknown>;
  /** Stops the thread, whatever it does. One that does nothing ends by itself soon after. */
  stop(): Promise<void>;
}

/** The functions that have a fast native and a portable implementation. */
export interface Environment {
  /** `node` or `portable`: shown by `--version` and in test summaries. */
  readonly name: "node" | "portable";
  /** Processors that threads can be started for: 1 or more. */
  readonly processors: number;
  /** A new running hash of that format, without detection of collisions. */
  createHasher(format: ObjectFormat): Hasher;
  /** A new running hash of object contents. */
  createContentHasher(format: ObjectFormat, options?: HashOptions): ContentHasher;
  /** A hasher of many messages. @param onCollision called, if detection is asked for, with the tag of a message that bears traces. */
  createBatchHasher(format: ObjectFormat, options?: HashOptions, onCollision?: (tag: number) => void): BatchHasher;
  /** The digest of `bytes[start, end)`, written to `target` from `at`, in one call. */
  hashInto(format: ObjectFormat, bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void;
  /** zlib's CRC32 of `bytes[start, end)`, continued from `seed`, the CRC32 of what came before (0 for nothing). Unsigned. */
  crc32(bytes: Uint8Array, start: number, end: number, seed?: number): number;
  createInflater(): Inflater;
  createInflateStream(): InflateStream;
  createDeflater(options?: DeflateOptions): Deflater;
  createDeflateStream(options?: DeflateOptions): DeflateStream;
  /**
   * Starts a thread that runs the module at `url`, which calls {@link serve}. Undefined where threads cannot be started: the work then runs
   * on the caller's.
   */
  startWorker(url: string): WorkerThread | undefined;
  /** Called by a worker's module: answers each message with what `handler` returns. Does nothing outside of a worker. */
  serve(handler: (message: unknown) => unknown): void;
}
