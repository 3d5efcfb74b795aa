/** Making deltas in WebAssembly: the same deltas as formats/delta/encode.ts makes, in less than half of the time. */

import { wasmText } from "./generated/delta.js";
import { compileModule, instantiate } from "./wasm.js";

interface KernelExports {
  readonly free: { readonly value: number };
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  prepare(): void;
  fill(
    base: number,
    blocks: number,
    starts: number,
    slots: number,
    candidates: number,
    marks: number,
    markMask: number,
    scratch: number,
  ): number;
  encode(
    base: number,
    baseSize: number,
    target: number,
    targetSize: number,
    starts: number,
    mask: number,
    candidates: number,
    marks: number,
    markMask: number,
    out: number,
    maxSize: number,
  ): number;
}

const blockByteLength = 16;
const marksPerSlot = 32;
const pageByteLength = 65_536;
/** Its memory is never larger: browsers refuse more. What does not fit is for the caller to do without the kernel. */
const maxByteLength = 2 ** 31 - pageByteLength;
/** What one step can write beyond a limit. */
const slackByteLength = 128;

/** A stretch of the kernel's memory, a power of two long. */
class Region {
  at = 0;
  byteLength = 0;
}

/** The kernel and its memory, which all indexes of a search share. It is freed as a whole, with the last of them. */
export class DeltaKernel {
  readonly #exports: KernelExports;
  /** Where regions were given back, by the logarithm of their length. */
  readonly #spare: number[][] = Array.from({ length: 32 }, () => []);
  readonly #target = new Region();
  readonly #output = new Region();
  /** What {@link #target} holds. */
  #copied: Uint8Array | undefined;
  #end: number;
  #bytes: Uint8Array;

  private constructor(exports: KernelExports) {
    this.#exports = exports;
    this.#end = exports.free.value;
    this.#bytes = new Uint8Array(exports.memory.buffer);
    exports.prepare();
  }

  /** A new one; undefined where WebAssembly is missing or refuses. */
  static create(): DeltaKernel | undefined {
    try {
      return new DeltaKernel(instantiate<KernelExports>(compileModule(wasmText)));
    } catch {
      return undefined;
    }
  }

  /** A new index in this kernel's memory. */
  createIndex(): KernelDeltaIndex {
    return new KernelDeltaIndex(this);
  }

  /** Makes room in a region, whose content is lost if it has to move. @returns false if there is no memory for it. */
  reserve(region: Region, byteLength: number): boolean {
    if (byteLength <= region.byteLength) return true;
    const bits = Math.max(12, Math.ceil(Math.log2(byteLength)));
    if (bits >= 31) return false;
    const at = this.#spare[bits]!.pop() ?? this.#extend(2 ** bits);
    if (at === undefined) return false;
    if (region.byteLength > 0) this.#spare[Math.log2(region.byteLength)]!.push(region.at);
    region.at = at;
    region.byteLength = 2 ** bits;
    return true;
  }

  #extend(byteLength: number): number | undefined {
    const { memory } = this.#exports;
    const at = this.#end;
    const missing = at + byteLength - memory.buffer.byteLength;
    if (at + byteLength > maxByteLength) return undefined;
    if (missing > 0) {
      try {
        // By more than is needed: each time the host may have to move it all.
        const pages = Math.ceil(Math.max(missing, memory.buffer.byteLength / 2) / pageByteLength);
        memory.grow(Math.min(pages, (maxByteLength - memory.buffer.byteLength) / pageByteLength));
      } catch {
        return undefined;
      }
      this.#bytes = new Uint8Array(memory.buffer);
    }
    this.#end += byteLength;
    return at;
  }

  /** Copies a base into a region and makes its index there. @returns how many candidates it has; −1 if there is no memory. */
  fill(region: Region, base: Uint8Array, layout: IndexLayout): number {
    const { blocks, slots, starts, candidates, marks } = layout;
    if (!this.reserve(region, layout.byteLength) || !this.reserve(this.#output, 8 * blocks)) return -1;
    this.#bytes.set(base, region.at);
    const { at } = region;
    const markMask = marksPerSlot * slots - 1;
    const places = [at + starts, slots, at + candidates, at + marks, markMask] as const;
    return this.#exports.fill(at, blocks, ...places, this.#output.at);
  }

  /** Encodes against the index in a region. A target must not change before another one has been given. */
  encode(region: Region, baseSize: number, layout: IndexLayout, target: Uint8Array, maxSize: number) {
    const most = Math.min(maxSize, 2 * target.length + 64);
    const room = most + slackByteLength;
    if (!this.reserve(this.#target, target.length) || !this.reserve(this.#output, room)) return "no-memory" as const;
    // One target is tried against one base after the other.
    if (target !== this.#copied) this.#bytes.set(target, this.#target.at);
    this.#copied = target;
    const out = this.#output.at;
    const start = this.#writeSize(this.#writeSize(out, baseSize), target.length);
    const { at } = region;
    const { slots, starts, candidates, marks } = layout;
    const length = this.#exports.encode(
      at,
      baseSize,
      this.#target.at,
      target.length,
      at + starts,
      slots - 1,
      at + candidates,
      at + marks,
      marksPerSlot * slots - 1,
      start,
      Math.max(0, most - (start - out)),
    );
    const end = start + length;
    return length < 0 || end - out > maxSize ? undefined : this.#bytes.subarray(out, end);
  }

  #writeSize(at: number, size: number): number {
    let place = at;
    let rest = size;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[place++] = 128 | (rest % 128);
    this.#bytes[place++] = rest;
    return place;
  }
}

/** Where the parts of an index are, from the beginning of its region: behind the base, whole words first. */
interface IndexLayout {
  readonly blocks: number;
  readonly slots: number;
  readonly starts: number;
  readonly candidates: number;
  readonly marks: number;
  readonly byteLength: number;
}

function planIndex(baseSize: number): IndexLayout {
  const blocks = baseSize === 0 ? 0 : Math.floor((baseSize - 1) / blockByteLength);
  let slots = 16;
  while (slots < Math.floor(blocks / 4)) slots *= 2;
  const candidates = 8 * Math.ceil(baseSize / 8);
  const starts = candidates + 8 * blocks;
  const marks = starts + 4 * (slots + 1);
  return { blocks, slots, starts, candidates, marks, byteLength: marks + marksPerSlot * slots };
}

/** The blocks of a base, by fingerprint. One is filled again and again. */
export class KernelDeltaIndex {
  readonly #kernel: DeltaKernel;
  readonly #region = new Region();
  #layout = planIndex(0);
  #baseSize = 0;
  #count = 0;

  constructor(kernel: DeltaKernel) {
    this.#kernel = kernel;
  }

  /** Bytes that the index of a base takes, as git counts them for `pack.windowMemory`. */
  get byteLength(): number {
    return 32 + 8 * (this.#layout.slots + 1) + 16 * this.#count;
  }

  /** Makes the index of `base`, which is copied. @returns false if the kernel has no memory for it: it then is that of an empty base. */
  fill(base: Uint8Array): boolean {
    this.#layout = planIndex(base.length);
    this.#baseSize = base.length;
    this.#count = this.#kernel.fill(this.#region, base, this.#layout);
    if (this.#count >= 0) return true;
    this.fill(new Uint8Array(0));
    return false;
  }

  /**
   * Makes the delta that turns the base into `target`, which must not change before another one has been given.
   * @param maxSize the most bytes that the delta may take.
   * @returns a view that is valid until the next call for any index of the kernel; undefined if the delta would be larger, or the target is
   * empty; `no-memory` if the kernel has no memory for it.
   */
  encode(target: Uint8Array, maxSize: number): Uint8Array | undefined | "no-memory" {
    if (target.length === 0) return undefined;
    return this.#kernel.encode(this.#region, this.#baseSize, this.#layout, target, maxSize);
  }
}
