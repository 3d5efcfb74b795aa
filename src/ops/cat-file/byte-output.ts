/** Many small pieces of output, handed on in large ones. */

/** Takes bytes; the caller may reuse them once the promise is fulfilled. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;

/** Bytes that are gathered before they are written. */
const capacity = 1 << 19;

/** Gathers output. What it returns must be awaited where it is a promise: only then something is written, so that most pieces cost none. */
export class ByteOutput {
  readonly #write: WriteBytes;
  readonly #buffer = new Uint8Array(capacity);
  #filled = 0;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  /** Appends ASCII text. */
  text(text: string): Promise<void> | undefined {
    const { length } = text;
    if (this.#filled + length > capacity) return this.#flushThen(() => this.text(text), length);
    const buffer = this.#buffer;
    let at = this.#filled;
    for (let i = 0; i < length; i++) buffer[at++] = text.charCodeAt(i);
    this.#filled = at;
    return undefined;
  }

  /** Appends bytes. */
  bytes(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#filled + bytes.length > capacity) return this.#flushThen(() => this.bytes(bytes), bytes.length, bytes);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return undefined;
  }

  /** Room for `length` bytes, at most {@link reserveMost}: where in {@link buffer} they are to be put; −1 if it must be flushed first. */
  reserve(length: number): number {
    return this.#filled + length > capacity ? -1 : this.#filled;
  }

  /** Where reserved bytes are put. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  /** Counts what was put to a reserved place: everything before `end` of the buffer. */
  commit(end: number): void {
    this.#filled = end;
  }

  /** Writes what has been gathered. */
  async flush(): Promise<void> {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) await this.#write(this.#buffer.subarray(0, filled));
  }

  async #flushThen(retry: () => Promise<void> | undefined, length: number, bytes?: Uint8Array): Promise<void> {
    await this.flush();
    if (bytes !== undefined && length > capacity) await this.#write(bytes);
    else await retry();
  }
}

/** The most bytes that can be reserved. */
export const reserveMost = capacity;
