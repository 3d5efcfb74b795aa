/** Hashes gathered messages side by side in the lanes of the WebAssembly kernel. */

import type { BatchHasher } from "../contract.js";
import { checkRange, checkRoom, viewOf } from "../ranges.js";
import { blockByteLength, countBlocks, digestByteLength } from "./sha1dc-blocks.js";
import { Sha1DcKernel } from "./sha1dc-wasm.js";

/** Bytes that are gathered: enough to fill the lanes well, and no more than stays in a processor's cache. */
const gatheredByteLength = 557_056;
/** Messages that are gathered. */
const maxCount = 2048;
/** Messages above are never gathered: a few of them would leave lanes without work. */
export const mostGatheredByteLength = 131_072;
/** A row of the kernel's list, in words and in bytes. */
const rowLength = 8;
const rowByteLength = 4 * rowLength;
/** Where the digest is in it, in bytes. */
const digestOffset = 12;
/** Below as many bytes a copy byte by byte costs less than a call. */
const shortByteLength = 24;

/** What a gathering hasher does with messages. */
export interface GatheredHashing {
  /** Whether the traces of attacks are looked for. */
  readonly detects: boolean;
  /** Told of the tag of a message that bears them. */
  readonly onCollision: (tag: number) => void;
  /** Hashes the messages that are not gathered. */
  readonly long: (kernel: Sha1DcKernel) => Pick<BatchHasher, "add">;
  /** Messages of more bytes are not: at most {@link mostGatheredByteLength}. */
  readonly maxByteLength: number;
}

/** Gathers messages in the kernel's memory. */
export class GatheredHasher implements BatchHasher {
  readonly #kernel: Sha1DcKernel;
  readonly #long: Pick<BatchHasher, "add">;
  readonly #hashing: GatheredHashing;
  readonly #messagesAt: number;
  /** Where the next message goes in the kernel's memory. */
  #end: number;
  #count = 0;
  /** Of each message its length, where its digest goes, and its tag. */
  readonly #byteLengths = new Uint32Array(maxCount);
  readonly #targets: Uint8Array[] = [];
  readonly #places: number[] = [];
  readonly #tags: number[] = [];
  /** Messages by the length of their count of blocks in bits. */
  readonly #classes = new Uint32Array(33);
  /** The message of each row of the list. */
  readonly #order = new Uint32Array(maxCount);

  private constructor(kernel: Sha1DcKernel, hashing: GatheredHashing) {
    this.#kernel = kernel;
    this.#long = hashing.long(kernel);
    this.#hashing = hashing;
    this.#messagesAt = this.#end = kernel.freeAt + maxCount * rowByteLength;
  }

  /** A new one with a kernel of its own; undefined where there is no kernel. */
  static create(hashing: GatheredHashing): GatheredHasher | undefined {
    const kernel = Sha1DcKernel.create(maxCount * rowByteLength + gatheredByteLength);
    return kernel && new GatheredHasher(kernel, hashing);
  }

  add(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number, tag = 0): void {
    checkRange(bytes, start, end);
    checkRoom(target, at, digestByteLength);
    const byteLength = end - start;
    if (byteLength > this.#hashing.maxByteLength) {
      this.#long.add(bytes, start, end, target, at, tag);
      return;
    }
    const blocks = countBlocks(byteLength);
    const room = blocks * blockByteLength;
    if (this.#count === maxCount || this.#end + room > this.#messagesAt + gatheredByteLength) this.flush();
    const memory = this.#kernel.bytes;
    const from = this.#end;
    this.#end += room;
    if (byteLength < shortByteLength) for (let i = 0; i < byteLength; i++) memory[from + i] = bytes[start + i]!;
    else memory.set(viewOf(bytes, start, end), from);
    const index = this.#count++;
    this.#byteLengths[index] = byteLength;
    this.#targets[index] = target;
    this.#places[index] = at;
    this.#tags[index] = tag;
    this.#classes[32 - Math.clz32(blocks)]!++;
  }

  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#writeList();
    this.#kernel.hashMessages(this.#kernel.freeAt, count, this.#hashing.detects);
    this.#end = this.#messagesAt;
    this.#count = 0;
    this.#classes.fill(0);
    this.#handOut(count);
  }

  /** Writes the list, roughly by falling length: a long message that begins last would leave the other lanes without work. */
  #writeList(): void {
    const { words, freeAt } = this.#kernel;
    const classes = this.#classes;
    for (let before = 0, i = classes.length - 1; i >= 0; i--) {
      const size = classes[i]!;
      classes[i] = before;
      before += size;
    }
    let from = this.#messagesAt;
    for (let index = 0; index < this.#count; index++) {
      const byteLength = this.#byteLengths[index]!;
      const blocks = countBlocks(byteLength);
      const row = classes[32 - Math.clz32(blocks)]!++;
      this.#order[row] = index;
      const at = freeAt / 4 + row * rowLength;
      words[at] = from;
      words[at + 1] = blocks;
      words[at + 2] = byteLength;
      from += blocks * blockByteLength;
    }
  }

  #handOut(count: number): void {
    const { bytes: memory, words, freeAt } = this.#kernel;
    const collisions: number[] = [];
    for (let row = 0; row < count; row++) {
      const index = this.#order[row]!;
      const target = this.#targets[index]!;
      const place = this.#places[index]!;
      const from = freeAt + row * rowByteLength + digestOffset;
      for (let i = 0; i < digestByteLength; i++) target[place + i] = memory[from + i]!;
      if (words[freeAt / 4 + row * rowLength + 2] !== 0) collisions.push(this.#tags[index]!);
    }
    // Nothing of the caller's is kept alive, and it is told last: what it throws leaves the hasher ready for more.
    this.#targets.length = 0;
    for (const tag of collisions) this.#hashing.onCollision(tag);
  }
}
