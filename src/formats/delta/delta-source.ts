/** Bases that deltas are made from: indexed in the WebAssembly kernel where there is one, else as encode.ts does; the deltas are the same. */

import { DeltaKernel, type KernelDeltaIndex } from "../../env/kernels/delta.js";
import { DeltaIndex, encodeDelta } from "./encode.js";

/** Larger bases stay out of the kernel, which copies them: their copies would be felt. */
const maxKernelByteLength = 1 << 20;

/** A base that deltas can be made from. One is filled again and again. */
export class DeltaSource {
  readonly #kernelIndex: KernelDeltaIndex | undefined;
  #index: DeltaIndex | undefined;
  #base: Uint8Array = new Uint8Array(0);
  #inKernel = false;

  constructor(kernel?: DeltaKernel) {
    this.#kernelIndex = kernel?.createIndex();
  }

  /** Bytes that the index of the base takes, as git counts them for `pack.windowMemory`. */
  get byteLength(): number {
    return this.#inKernel ? this.#kernelIndex!.byteLength : this.#scriptIndex().byteLength;
  }

  /** Makes the index of `base`, which is kept and must not change while it is used. */
  fill(base: Uint8Array): void {
    this.#base = base;
    this.#inKernel = base.length <= maxKernelByteLength && this.#kernelIndex?.fill(base) === true;
    if (this.#inKernel) this.#index = undefined;
    else this.#scriptIndex().fill(base);
  }

  /**
   * Makes the delta that turns the base into `target`, which must not change before another one has been given.
   * @param maxSize the most bytes that the delta may take.
   * @returns a view that is valid until the next call; undefined if the delta would be larger, or the target is empty.
   */
  encode(target: Uint8Array, maxSize: number): Uint8Array | undefined {
    if (this.#inKernel) {
      const delta = this.#kernelIndex!.encode(target, maxSize);
      if (delta !== "no-memory") return delta;
      this.#inKernel = false;
      this.#scriptIndex().fill(this.#base);
    }
    return encodeDelta(this.#scriptIndex(), target, maxSize);
  }

  #scriptIndex(): DeltaIndex {
    return (this.#index ??= new DeltaIndex());
  }
}

/** That many sources, all empty, which share a kernel: it is freed with the last of them. */
export function createDeltaSources(count: number): DeltaSource[] {
  const kernel = DeltaKernel.create();
  return Array.from({ length: count }, () => new DeltaSource(kernel));
}
