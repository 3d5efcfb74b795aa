/** A stretch of an id table in memory: rows `[start, end)` of the file, ready to be compared. */

/** Ids read from a file, in the file's order. */
export class IdRows {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Position in the file of the first row held. */
  readonly start: number;
  /** Rows held. */
  readonly count: number;
  readonly #stride: number;
  readonly #idOffset: number;
  readonly #idByteLength: number;
  readonly #view: DataView;
  /** The same bytes in the machine's own words: good for telling ids apart, not for ordering them. */
  readonly #words: Uint32Array;

  /** @param bytes rows of `stride` bytes, a multiple of 4, in an array that begins its buffer at a multiple of 4. */
  constructor(bytes: Uint8Array<ArrayBuffer>, start: number, stride: number, idOffset: number, idByteLength: number) {
    this.bytes = bytes;
    this.start = start;
    this.count = bytes.length / stride;
    this.#stride = stride;
    this.#idOffset = idOffset;
    this.#idByteLength = idByteLength;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  }

  /** The first four bytes of the id in row `row`, counted from the first row held. */
  key(row: number): number {
    return this.#view.getUint32(row * this.#stride + this.#idOffset);
  }

  /** Compares the id in `row` with the one in row `other` of `that`: negative, zero or positive. */
  compare(row: number, that: IdRows, other: number): number {
    const a = this.bytes;
    const b = that.bytes;
    let i = row * this.#stride + this.#idOffset;
    let j = other * that.#stride + that.#idOffset;
    for (const end = i + this.#idByteLength; i < end; i++, j++) if (a[i] !== b[j]) return a[i]! - b[j]!;
    return 0;
  }

  /** Whether the id in `row` is the one in row `other` of `that`. */
  equals(row: number, that: IdRows, other: number): boolean {
    const a = this.#words;
    const b = that.#words;
    let i = (row * this.#stride + this.#idOffset) >> 2;
    let j = (other * that.#stride + that.#idOffset) >> 2;
    for (const end = i + (this.#idByteLength >> 2); i < end; i++, j++) if (a[i] !== b[j]) return false;
    return true;
  }

  /** A view of the id in row `row`. */
  id(row: number): Uint8Array {
    const at = row * this.#stride + this.#idOffset;
    return this.bytes.subarray(at, at + this.#idByteLength);
  }

  /**
   * The row of that id among rows `[low, high)`, which must be sorted and share their first byte, or −1. Ids are hashes: a guess by
   * proportion lands close, and after a few guesses plain bisection takes over.
   */
  find(that: IdRows, other: number, low: number, high: number): number {
    const key = that.key(other);
    let from = low;
    let to = high;
    let fromKey = (key & 0xff00_0000) >>> 0;
    let toKey = fromKey + 0xff_ffff;
    for (let step = 0; from < to; step++) {
      let middle = (from + to) >>> 1;
      if (step < 3 && toKey > fromKey) {
        middle = Math.max(
          from,
          Math.min(to - 1, from + Math.floor(((key - fromKey) / (toKey - fromKey)) * (to - from))),
        );
      }
      const found = this.key(middle);
      if (found < key || (found === key && this.compare(middle, that, other) < 0)) {
        from = middle + 1;
        fromKey = found;
      } else {
        to = middle;
        toKey = found;
      }
    }
    return from < high && this.equals(from, that, other) ? from : -1;
  }
}
