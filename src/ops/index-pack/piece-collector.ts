/** Puts content that comes in pieces together. */

/** Takes as much memory as has come, up to twice, whatever size was announced. */
export class PieceCollector {
  #bytes: Uint8Array;
  #end = 0;
  readonly #announced: number;

  constructor(announced: number) {
    this.#announced = announced;
    this.#bytes = new Uint8Array(Math.min(announced, 1 << 20));
  }

  /** Takes a copy of the next piece; all pieces together have no more bytes than were announced. */
  add(piece: Uint8Array): void {
    const end = this.#end + piece.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#announced, Math.max(end, 2 * this.#bytes.length)));
      larger.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#end);
    this.#end = end;
  }

  /** What has come: a view. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }
}
