/** Buffers for object contents, used again and again so that the second pass leaves no garbage. */

/** Sizes of kept buffers are powers of two from this one on. */
const smallest = 8;
/** Buffers of this power of two and above are left to the garbage collector. */
const largest = 25;
/** Bytes that waiting buffers of one size may take together. */
const keptByteLength = 1 << 22;

/** Buffers that wait to be used. */
export class BufferPool {
  readonly #waiting: Uint8Array[][] = Array.from({ length: largest }, () => []);

  /** A buffer of at least `byteLength` bytes, with anything in it. */
  take(byteLength: number): Uint8Array {
    const power = powerFor(byteLength);
    if (power >= largest) return new Uint8Array(byteLength);
    return this.#waiting[power]!.pop() ?? new Uint8Array(2 ** power);
  }

  /** Gives back a buffer that {@link take} gave. */
  give(buffer: Uint8Array): void {
    const power = powerFor(buffer.length);
    if (power >= largest || 2 ** power !== buffer.length) return;
    const waiting = this.#waiting[power]!;
    if (waiting.length === 0 || waiting.length * buffer.length < keptByteLength) waiting.push(buffer);
  }
}

function powerFor(byteLength: number): number {
  if (byteLength > 2 ** largest) return largest;
  return Math.max(smallest, 32 - Math.clz32(byteLength - 1));
}
