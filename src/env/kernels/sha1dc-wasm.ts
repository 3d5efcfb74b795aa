/** Drives the WebAssembly kernel assembly/sha1dc.ts. */

import { wasmText } from "./generated/sha1dc.js";
import { type BlockHasher, blockByteLength } from "./sha1dc-blocks.js";
import { compileModule, instantiate } from "./wasm.js";

/** What the kernel exports. */
interface KernelExports {
  /** Where the memory begins that it does not use: a multiple of 64. */
  readonly free: { readonly value: number };
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  hashBlocks(from: number, blocks: number): number;
  hashMessages(list: number, count: number, detect: number): void;
}

/** Where the chaining values are in its memory, as assembly/sha1dc.ts has it: a row of 16 bytes for each word. */
const stateAt = 1536;
const pageByteLength = 65_536;
/** As much of a long message is moved into its memory at a time as stays in a processor's cache beside the rest. */
const windowByteLength = 40_960;

/** An instance of the kernel. */
export class Sha1DcKernel implements BlockHasher {
  /** Its memory. */
  readonly bytes: Uint8Array;
  /** The same as words of the machine's order, which is little-endian wherever WebAssembly runs. */
  readonly words: Uint32Array;
  /** Where the caller's own bytes may be in it: a multiple of 64. */
  readonly freeAt: number;
  readonly #exports: KernelExports;
  readonly #windowAt: number;

  private constructor(exports: KernelExports, byteLength: number) {
    this.#windowAt = exports.free.value;
    this.freeAt = this.#windowAt + windowByteLength;
    const needed = Math.ceil((this.freeAt + byteLength) / pageByteLength);
    const present = exports.memory.buffer.byteLength / pageByteLength;
    if (needed > present) exports.memory.grow(needed - present);
    this.#exports = exports;
    this.bytes = new Uint8Array(exports.memory.buffer);
    this.words = new Uint32Array(exports.memory.buffer);
  }

  /** A new instance with that much memory for its owner; undefined where WebAssembly is missing or refuses. */
  static create(byteLength: number): Sha1DcKernel | undefined {
    try {
      const module = compileModule(wasmText);
      return new Sha1DcKernel(instantiate<KernelExports>(module), byteLength);
    } catch {
      return undefined;
    }
  }

  hashBlocks(state: Uint32Array, bytes: Uint8Array, start: number, count: number): boolean {
    let found = false;
    const first = stateAt / 4;
    for (let i = 0; i < 5; i++) this.words[first + 4 * i] = state[i]!;
    for (let done = 0; done < count; ) {
      const now = Math.min(count - done, windowByteLength / blockByteLength);
      const from = start + done * blockByteLength;
      this.bytes.set(bytes.subarray(from, from + now * blockByteLength), this.#windowAt);
      if (this.#exports.hashBlocks(this.#windowAt, now) !== 0) found = true;
      done += now;
    }
    for (let i = 0; i < 5; i++) state[i] = this.words[first + 4 * i]!;
    return found;
  }

  /**
   * Hashes messages in its memory, the longest first for the best speed.
   * @param list where their rows of 8 words begin: where the message is, how many blocks it takes with its padding, and its length in bytes,
   * below 2^28. The kernel writes the padding, makes the third word 1 if the message bears the traces of an attack, else 0, and writes the
   * digest behind it.
   * @param detects whether the traces of attacks are looked for.
   */
  hashMessages(list: number, count: number, detects: boolean): void {
    this.#exports.hashMessages(list, count, detects ? 1 : 0);
  }
}
