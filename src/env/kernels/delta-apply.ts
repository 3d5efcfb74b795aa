/** Drives the WebAssembly kernel assembly/apply.ts: a stretch of memory that objects are made in, and the making of one from another there. */

import { wasmText } from "./generated/apply.js";
import { compileModule, instantiate } from "./wasm.js";

interface KernelExports {
  readonly free: { readonly value: number };
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  apply(at: number, end: number, base: number, baseSize: number, target: number, resultSize: number): number;
}

const pageByteLength = 65_536;
/** Bytes that must be free behind each object and each delta: pieces are copied 16 at a time. */
export const applySlackByteLength = 16;

/** Memory of one size, which the machine provides where it is touched, and what makes objects in it. */
export class DeltaMemory {
  /** All of it. */
  readonly bytes: Uint8Array;
  /** Where it may be used from. */
  readonly start: number;
  readonly #exports: KernelExports;

  private constructor(exports: KernelExports, byteLength: number) {
    this.start = exports.free.value;
    const needed = Math.ceil((this.start + byteLength + applySlackByteLength) / pageByteLength);
    exports.memory.grow(needed - exports.memory.buffer.byteLength / pageByteLength);
    this.#exports = exports;
    this.bytes = new Uint8Array(exports.memory.buffer);
  }

  /** A new one of that many bytes; undefined where WebAssembly is missing or refuses. */
  static create(byteLength: number): DeltaMemory | undefined {
    try {
      return new DeltaMemory(instantiate<KernelExports>(compileModule(wasmText)), byteLength);
    } catch {
      return undefined;
    }
  }

  /**
   * Makes the object of the delta whose instructions lie in `[start, end)` from the base at `base`, to `target`; all three in this memory.
   * @returns `done` if exactly `resultSize` bytes were made; `outside` if an instruction leads outside or more or less is made; `opcode` for
   * one that there is not.
   */
  apply(
    start: number,
    end: number,
    base: number,
    baseSize: number,
    target: number,
    resultSize: number,
  ): "done" | "outside" | "opcode" {
    const status = this.#exports.apply(start, end, base, baseSize, target, resultSize);
    return status === 0 ? "done" : status === 1 ? "outside" : "opcode";
  }
}
