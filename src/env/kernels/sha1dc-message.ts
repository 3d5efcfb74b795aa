/** Hashes of messages, one after the other, over a hasher of blocks. */

import type { BatchHasher, ContentHasher } from "../contract.js";
import { checkRange, checkRoom } from "../ranges.js";
import {
  type BlockHasher,
  blockByteLength,
  countBlocks,
  digestByteLength,
  initialState,
  writeBitLength,
  writeDigest,
} from "./sha1dc-blocks.js";

/** A running hash. */
export class MessageHasher implements ContentHasher {
  readonly #blocks: BlockHasher;
  readonly #state = initialState();
  /** The last bytes, less than a block, and room for the padding. */
  readonly #rest = new Uint8Array(2 * blockByteLength);
  #byteLength = 0;
  #found = false;

  constructor(blocks: BlockHasher) {
    this.#blocks = blocks;
  }

  get foundCollision(): boolean {
    return this.#found;
  }

  update(bytes: Uint8Array): void {
    this.updateRange(bytes, 0, bytes.length);
  }

  /** The same for `bytes[start, end)`. */
  updateRange(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    const held = this.#byteLength % blockByteLength;
    this.#byteLength += end - start;
    if (held > 0) {
      const taken = Math.min(blockByteLength - held, end - at);
      this.#rest.set(bytes.subarray(at, at + taken), held);
      at += taken;
      if (held + taken < blockByteLength) return;
      this.#hash(this.#rest, 0, 1);
    }
    const count = Math.floor((end - at) / blockByteLength);
    if (count > 0) this.#hash(bytes, at, count);
    this.#rest.set(bytes.subarray(at + count * blockByteLength, end));
  }

  digest(): Uint8Array {
    const digest = new Uint8Array(digestByteLength);
    this.digestInto(digest, 0);
    return digest;
  }

  /** The same, written to `target` from `at`. */
  digestInto(target: Uint8Array, at: number): void {
    const held = this.#byteLength % blockByteLength;
    const count = countBlocks(held);
    this.#rest.fill(0, held);
    this.#rest[held] = 0x80;
    writeBitLength(this.#rest, count * blockByteLength, this.#byteLength);
    this.#hash(this.#rest, 0, count);
    writeDigest(this.#state, target, at);
  }

  #hash(bytes: Uint8Array, start: number, count: number): void {
    if (this.#blocks.hashBlocks(this.#state, bytes, start, count)) this.#found = true;
  }
}

/** Hashes each message when it is added. */
export class SuccessiveHasher implements BatchHasher {
  readonly #blocks: BlockHasher;
  readonly #onCollision: (tag: number) => void;

  constructor(blocks: BlockHasher, onCollision: (tag: number) => void) {
    this.#blocks = blocks;
    this.#onCollision = onCollision;
  }

  add(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number, tag = 0): void {
    checkRange(bytes, start, end);
    checkRoom(target, at, digestByteLength);
    const hasher = new MessageHasher(this.#blocks);
    hasher.updateRange(bytes, start, end);
    hasher.digestInto(target, at);
    if (hasher.foundCollision) this.#onCollision(tag);
  }

  flush(): void {}
}
