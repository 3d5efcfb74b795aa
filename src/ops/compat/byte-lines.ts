/** Lines of a stream of bytes, at a cost that ten million of them allow: taken one by one, waited for a chunk at a time. */

const lineFeed = 10;

/** The lines; take until there is none at hand, then fill, and at the end close. */
export class ByteLines {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #end: () => Promise<void>;
  readonly #stop: () => void;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #ended = false;

  /**
   * @param end called when the source has ended; what it throws, {@link fill} throws.
   * @param stop called when somebody closes before the end.
   */
  constructor(source: AsyncIterable<Uint8Array>, end: () => Promise<void>, stop: () => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#end = end;
    this.#stop = stop;
  }

  /** The next line without its line feed, valid for good; undefined if none is at hand. */
  take(): Uint8Array | undefined {
    const end = this.#bytes.indexOf(lineFeed, this.#at);
    if (end < 0) return undefined;
    const line = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return line;
  }

  /** Waits for more; false at the end. Text behind the last line feed is a line too. */
  async fill(): Promise<boolean> {
    while (!this.#ended) {
      const next = await this.#source.next();
      const rest = this.#bytes.subarray(this.#at);
      this.#at = 0;
      if (next.done === true) {
        this.#ended = true;
        await this.#end();
        this.#bytes = rest.length === 0 ? rest : concatenated(rest, Uint8Array.of(lineFeed));
        return rest.length > 0;
      }
      this.#bytes = rest.length === 0 ? next.value : concatenated(rest, next.value);
      if (next.value.includes(lineFeed)) return true;
    }
    return false;
  }

  /** The next line, waited for; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    return this.take() ?? ((await this.fill()) ? this.take() : undefined);
  }

  /** Lets go of what was not read. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    await this.#source.return?.();
    await this.#end().catch(() => undefined);
  }
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
