/**
 * The contents of loose objects: one zlib stream each, of `TYPE SIZE`, a NUL and the content.
 */

import { env } from "#env";
import { allocateBytes } from "../bytes/byte-slabs.js";
import { type ByteSource, withRanges } from "../bytes/source.js";
import { GitmidxError } from "../core/errors.js";
import { maxOffset } from "../core/limits.js";
import { objectTypeCode, objectTypeName } from "../core/object-type.js";
import type { InflateStream } from "../env/contract.js";
import type { PackFs } from "./pack-fs.js";
import type { ObjectHeader, StoredObject } from "./stored-object.js";

/** Bytes in which the header must end. */
const headerByteLength = 32;
/** Bytes of input and of output at a time. */
const pieceByteLength = 1 << 16;
/** Bytes of a file that is read at once. */
const mostAtOnce = 1 << 14;
/** Sizes up to this one are believed at once; beyond it what was made must bear them out. */
const believedByteLength = 16 << 20;

/** What a loose object is called in messages. */
interface Loose {
  readonly path: string;
  /** Lower-case hex. */
  readonly oid: string;
}

/** An opened loose object: its header is read, its content comes piece by piece. Close it when done. */
export class LooseReader implements ObjectHeader {
  readonly type;
  readonly size: number;
  readonly #loose: Loose;
  readonly #source: ByteSource;
  readonly #stream: InflateStream;
  #input: Uint8Array;
  #inputAt: number;
  #fileAt: number;
  #ended: boolean;
  /** Content that came along with the header. */
  #first: Uint8Array;
  #made: number;

  private constructor(loose: Loose, source: ByteSource, start: LooseStart) {
    const { type, size, contentAt } = parseHeader(start.header, loose);
    this.type = type;
    this.size = size;
    this.#loose = loose;
    this.#source = source;
    this.#stream = start.stream;
    this.#input = start.input;
    this.#inputAt = start.inputAt;
    this.#fileAt = start.input.length;
    this.#ended = start.ended;
    this.#first = start.header.subarray(contentAt);
    this.#made = this.#first.length;
  }

  /**
   * Opens the file and reads the header.
   * @throws GitmidxError `bad-object`, `bad-zlib-stream` or `wrong-object-type`, in git's words; what the file system says.
   */
  static async open(fs: PackFs, loose: Loose): Promise<LooseReader> {
    const source = await fs.openSource(loose.path);
    try {
      if (source.size === 0) throw damaged(loose, `object file ${loose.path} is empty`);
      const input = await withRanges(() => source.copy(0, Math.min(source.size, pieceByteLength)));
      return new LooseReader(loose, source, readStart(loose, input));
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Bytes of the file. */
  get diskSize(): number {
    return this.#source.size;
  }

  /**
   * The next piece of the content, valid until the next call; undefined once it has ended as it should, and the file with it.
   * @throws GitmidxError `bad-zlib-stream`, `bad-object` or `trailing-garbage`, in git's words.
   */
  async next(piece: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#first.length > 0) {
      const first = this.#first;
      this.#first = first.subarray(0, 0);
      if (first.length > this.size) throw this.#corrupt();
      return first;
    }
    while (!this.#ended) {
      if (this.#inputAt === this.#input.length && this.#fileAt < this.#source.size) await this.#readOn();
      const state = this.#stream.run(this.#input, this.#inputAt, this.#input.length, piece);
      this.#inputAt += this.#stream.consumed;
      this.#made += this.#stream.produced;
      this.#ended = state === "end";
      const stuck = state === "more" && this.#stream.consumed + this.#stream.produced === 0;
      if (state === "corrupt" || this.#made > this.size || (stuck && this.#fileAt === this.#source.size))
        throw this.#corrupt();
      if (this.#stream.produced > 0) return piece.subarray(0, this.#stream.produced);
    }
    if (this.#made !== this.size) throw this.#corrupt();
    if (this.#inputAt < this.#input.length || this.#fileAt < this.#source.size) {
      const message = `garbage at end of loose object '${this.#loose.oid}'`;
      throw new GitmidxError("trailing-garbage", message, { path: this.#loose.path });
    }
    return undefined;
  }

  /** The whole content. @throws as {@link next}, `too-large` */
  async readAll(): Promise<Uint8Array> {
    let bytes = allocateBytes(Math.min(this.size, believedByteLength));
    let filled = 0;
    const piece = new Uint8Array(Math.min(this.size + 1, pieceByteLength));
    for (let part = await this.next(piece); part !== undefined; part = await this.next(piece)) {
      if (filled + part.length > bytes.length) {
        const grown = allocateBytes(Math.min(this.size, Math.max(filled + part.length, 2 * bytes.length)));
        grown.set(bytes);
        bytes = grown;
      }
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  close(): void {
    this.#source.close();
  }

  async #readOn(): Promise<void> {
    const length = Math.min(this.#source.size - this.#fileAt, pieceByteLength);
    this.#input = await withRanges(() => this.#source.copy(this.#fileAt, length));
    this.#inputAt = 0;
    this.#fileAt += length;
  }

  #corrupt(): GitmidxError {
    return damaged(this.#loose, `corrupt loose object '${this.#loose.oid}'`);
  }
}

interface LooseStart {
  readonly stream: InflateStream;
  readonly input: Uint8Array;
  /** Bytes of the input that are used. */
  readonly inputAt: number;
  readonly ended: boolean;
  /** Up to 32 bytes from the beginning of what was inflated. */
  readonly header: Uint8Array;
}

function readStart(loose: Loose, input: Uint8Array): LooseStart {
  const stream = env.createInflateStream();
  const header = new Uint8Array(headerByteLength);
  const state = stream.run(input, 0, input.length, header);
  if (state === "corrupt" || stream.produced === 0) {
    const problem =
      stream.problem && new GitmidxError("bad-zlib-stream", `inflate: data stream error (${stream.problem})`);
    throw damaged(loose, `unable to unpack ${loose.oid} header`, problem || undefined);
  }
  const { consumed, produced } = stream;
  return { stream, input, inputAt: consumed, ended: state === "end", header: header.subarray(0, produced) };
}

/** @throws GitmidxError in git's words */
function parseHeader(header: Uint8Array, loose: Loose): ObjectHeader & { readonly contentAt: number } {
  const nul = header.indexOf(0);
  if (nul < 0) throw damaged(loose, `header for ${loose.oid} too long, exceeds ${headerByteLength} bytes`);
  const text = String.fromCharCode(...header.subarray(0, nul));
  // A size with a leading zero is none: every object has one form only.
  const match = /^([^ ]*) (0|[1-9][0-9]*)$/.exec(text);
  if (match === null) throw damaged(loose, `unable to parse ${loose.oid} header`);
  const code = objectTypeCode(match[1]!);
  if (code === undefined) throw new GitmidxError("wrong-object-type", "invalid object type", { path: loose.path });
  const size = Number(match[2]);
  if (size > maxOffset) {
    const message = `object size too large for this platform: ${match[2]} bytes in ${loose.path}`;
    throw new GitmidxError("too-large", message, { path: loose.path });
  }
  return { type: objectTypeName(code), size, contentAt: nul + 1 };
}

/** Reads a loose object. @throws as {@link LooseReader} */
export async function readLoose(fs: PackFs, loose: Loose): Promise<StoredObject> {
  const reader = await LooseReader.open(fs, loose);
  try {
    return { type: reader.type, bytes: await reader.readAll() };
  } finally {
    reader.close();
  }
}

let wholeStream: InflateStream | undefined;
let wholeRoom: Uint8Array | undefined;

/**
 * Reads a small loose object at once.
 * @returns undefined if there is none, it is larger, or anything about it is not as it should be: {@link readLoose} knows more then.
 */
export function readLooseNow(fs: PackFs, loose: Loose): StoredObject | undefined {
  const input = fs.readSmallNow?.(loose.path, mostAtOnce);
  if (input === undefined) return undefined;
  wholeStream ??= env.createInflateStream();
  wholeRoom ??= new Uint8Array(pieceByteLength);
  const stream = wholeStream;
  stream.restart();
  const state = stream.run(input, 0, input.length, wholeRoom);
  if (state !== "end" || stream.consumed !== input.length) return undefined;
  const content = wholeRoom.subarray(0, stream.produced);
  const nul = content.indexOf(0);
  if (nul < 0 || nul >= headerByteLength) return undefined;
  try {
    const { type, size, contentAt } = parseHeader(content.subarray(0, nul + 1), loose);
    return contentAt + size === content.length ? { type, bytes: content.slice(contentAt) } : undefined;
  } catch (error) {
    if (error instanceof GitmidxError) return undefined;
    throw error;
  }
}

function damaged(loose: Loose, message: string, cause?: GitmidxError): GitmidxError {
  return new GitmidxError("bad-object", message, { path: loose.path, cause });
}
