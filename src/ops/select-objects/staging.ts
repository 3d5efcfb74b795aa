/**
 * Where rows of many lists meet to be compared: all that begin with the same byte lie side by side, list after list.
 *
 * The lists are read in stretches of many first bytes, one list at a time. Were the rows left as they were read, putting one byte's rows
 * in order would jump between as many places in memory as there are lists, and most of the time would go into waiting for memory.
 */

/** Rows of a range of first bytes. */
export class Staging {
  /** Most rows it holds. */
  readonly capacity: number;
  /** Ids one after the other. */
  readonly ids: Uint8Array<ArrayBuffer>;
  /** The same bytes as words: a row is copied in 5 or 8 steps. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** For each row the number of its pack and its offset modulo 2^32, side by side because they are fetched together. */
  readonly places: Uint32Array;
  /** For each first byte of the range the row that the next list's rows begin at. */
  readonly nextRows = new Uint32Array(256);
  /** Offsets divided by 2^32, once some are not 0. */
  #offsetsHigh: Uint32Array | undefined;
  #hasHighOffsets = false;
  #scratch = new Uint32Array(0);

  constructor(capacity: number, idByteLength: number) {
    this.capacity = capacity;
    this.ids = new Uint8Array(capacity * idByteLength);
    this.words = new Uint32Array(this.ids.buffer);
    this.places = new Uint32Array(2 * capacity);
  }

  /** Whether some offset of this range is 2^32 or more. */
  get hasHighOffsets(): boolean {
    return this.#hasHighOffsets;
  }

  /** Begins a range. */
  clear(): void {
    if (this.#hasHighOffsets) this.#offsetsHigh?.fill(0);
    this.#hasHighOffsets = false;
  }

  /** Room to read to, good until it is asked for again: `byteLength` bytes, a multiple of 4. */
  scratch(byteLength: number): Uint32Array<ArrayBuffer> {
    if (this.#scratch.length < byteLength / 4) this.#scratch = new Uint32Array(byteLength / 4);
    return this.#scratch.subarray(0, byteLength / 4);
  }

  /** Sets the offset of a row: 0 to 2^53 − 1. */
  setOffset(row: number, offset: number): void {
    this.places[2 * row + 1] = offset >>> 0;
    const high = Math.floor(offset / 0x1_0000_0000);
    if (high === 0) return;
    this.#offsetsHigh ??= new Uint32Array(this.capacity);
    this.#offsetsHigh[row] = high;
    this.#hasHighOffsets = true;
  }

  /** The row's offset divided by 2^32, rounded down. */
  highOffset(row: number): number {
    return this.#offsetsHigh === undefined ? 0 : this.#offsetsHigh[row]!;
  }
}

/** Copies an id, of 5 or 8 words. Written out because a loop over so few steps takes half as long again. */
export function copyWords(source: Uint32Array, from: number, target: Uint32Array, to: number, words: number): void {
  target[to] = source[from]!;
  target[to + 1] = source[from + 1]!;
  target[to + 2] = source[from + 2]!;
  target[to + 3] = source[from + 3]!;
  target[to + 4] = source[from + 4]!;
  for (let i = 5; i < words; i++) target[to + i] = source[from + i]!;
}
