/** A path that grows and shrinks at its end while trees are walked, as bytes. */

const slash = 0x2f;

/** The path of what is being looked at. */
export class PathBuffer {
  bytes: Uint8Array = new Uint8Array(256);
  length = 0;

  /** Shortens the path to its first `length` bytes. */
  truncate(length: number): void {
    this.length = length;
  }

  /** Appends `source[start, end)`. */
  append(source: Uint8Array, start = 0, end = source.length): void {
    const length = this.length + end - start;
    if (length >= this.bytes.length) this.#grow(length + 1);
    const { bytes } = this;
    for (let from = start, to = this.length; from < end; from++, to++) bytes[to] = source[from]!;
    this.length = length;
  }

  appendSlash(): void {
    if (this.length + 1 >= this.bytes.length) this.#grow(this.length + 2);
    this.bytes[this.length++] = slash;
  }

  /** A view of the path, valid until it changes. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #grow(length: number): void {
    const bytes = new Uint8Array(Math.max(length, 2 * this.bytes.length));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}
