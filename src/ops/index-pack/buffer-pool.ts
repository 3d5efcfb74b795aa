/** Buffers for object contents, used again and again so that the second pass leaves no garbage. */

import { DeltaMemory } from "../../env/kernels/delta-apply.js";

/** A stretch of memory for one object. */
export interface ContentBuffer {
  readonly bytes: Uint8Array;
  /** Where in `bytes` it begins. */
  readonly at: number;
  readonly byteLength: number;
}

/** Sizes of kept buffers: four to each power of two from this one on. */
const smallest = 8;
/** Buffers above this power of two are left to the garbage collector. */
const largest = 24;
const mostPooledByteLength = 2 ** largest;
/** Bytes that waiting buffers of one size may take together, besides those in the kernel's memory. */
const keptByteLength = 1 << 20;
/** Where the kernel's memory is used up, a buffer that is larger by as many sizes will do. */
const largerSizes = 4;
/** The kernel's memory: enough for the objects that most chains need at a time. The machine provides what is touched. */
const memoryByteLength = 128 << 20;
/** Deltas up to this many bytes have a place in it. */
const mostDeltaByteLength = 4 << 20;
/** As much of it may be divided before it is worth to begin anew. */
const dividedByteLength = 4 << 20;

/** Buffers that wait to be used: those in the memory of the kernel that applies deltas, as long as that lasts, and others. */
export class BufferPool {
  /** Undefined where there is no kernel. */
  readonly memory = DeltaMemory.create(memoryByteLength);
  readonly #waiting: ContentBuffer[][] = Array.from({ length: 4 * largest }, () => []);
  readonly #waitingInMemory: ContentBuffer[][] = Array.from({ length: 4 * largest }, () => []);
  readonly #objectsAt = (this.memory?.start ?? 0) + mostDeltaByteLength;
  readonly #memoryEnd = (this.memory?.start ?? 0) + memoryByteLength;
  #next = this.#objectsAt;
  #delta = new Uint8Array(0);

  /** A place for a delta, with anything in it; the same for all. */
  delta(byteLength: number): ContentBuffer {
    if (this.memory !== undefined && byteLength <= mostDeltaByteLength) {
      return { bytes: this.memory.bytes, at: this.memory.start, byteLength };
    }
    if (this.#delta.length < byteLength) this.#delta = new Uint8Array(2 * byteLength);
    return { bytes: this.#delta, at: 0, byteLength };
  }

  /** A buffer of at least `byteLength` bytes, with anything in it. */
  take(byteLength: number): ContentBuffer {
    if (byteLength > mostPooledByteLength) return { bytes: new Uint8Array(byteLength), at: 0, byteLength };
    const size = sizeClass(byteLength);
    const inMemory = this.#waitingInMemory[size]!.pop() ?? this.#takeMemory(size) ?? this.#takeLarger(size);
    if (inMemory !== undefined) return inMemory;
    const room = roomOf(size);
    return this.#waiting[size]!.pop() ?? { bytes: new Uint8Array(room), at: 0, byteLength: room };
  }

  /** Gives back a buffer that {@link take} gave. */
  give(buffer: ContentBuffer): void {
    if (buffer.bytes === this.memory?.bytes) {
      this.#waitingInMemory[sizeClass(buffer.byteLength)]!.push(buffer);
      return;
    }
    if (buffer.byteLength > mostPooledByteLength) return;
    const waiting = this.#waiting[sizeClass(buffer.byteLength)]!;
    if (waiting.length * buffer.byteLength < keptByteLength) waiting.push(buffer);
  }

  /** All buffers have been given back: the kernel's memory may be divided anew, so that no more of it is touched than is needed. */
  reset(): void {
    if (this.#next - this.#objectsAt < dividedByteLength) return;
    this.#next = this.#objectsAt;
    for (const waiting of this.#waitingInMemory) waiting.length = 0;
  }

  #takeLarger(size: number): ContentBuffer | undefined {
    for (let i = size + 1; i <= size + largerSizes; i++) {
      const buffer = this.#waitingInMemory[i]?.pop();
      if (buffer !== undefined) return buffer;
    }
    return undefined;
  }

  #takeMemory(size: number): ContentBuffer | undefined {
    const byteLength = roomOf(size);
    const at = this.#next;
    if (this.memory === undefined || at + byteLength > this.#memoryEnd) return undefined;
    this.#next += byteLength;
    return { bytes: this.memory.bytes, at, byteLength };
  }
}

/** The number of the smallest size that has room for that many bytes. */
function sizeClass(byteLength: number): number {
  if (byteLength <= 1 << smallest) return 4 * smallest - 1;
  const last = byteLength - 1;
  const power = 31 - Math.clz32(last);
  return 4 * power + ((last >> (power - 2)) & 3);
}

/** The bytes of a size. */
function roomOf(size: number): number {
  const power = size >> 2;
  return (5 + (size & 3)) << (power - 2);
}
