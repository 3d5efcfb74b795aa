/** Writing packs from front to back: entries are appended, full blocks are hashed and handed on. */

import { env } from "#env";
import type { ObjectFormat } from "../../core/oid.js";
import type { Hasher } from "../../env/contract.js";
import { packHeaderByteLength, packSignature } from "../pack-frame.js";

/** Bytes that are gathered before they are handed on. */
const blockByteLength = 1 << 18;
/** Version that is written: 3 is read only, and differs in nothing. */
const writtenVersion = 2;

/** The first bytes of a pack of `count` objects. */
export function packHeader(count: number): Uint8Array {
  const header = new Uint8Array(packHeaderByteLength);
  const view = new DataView(header.buffer);
  view.setUint32(0, packSignature);
  view.setUint32(4, writtenVersion);
  view.setUint32(8, count);
  return header;
}

/** A pack that is being written. */
export class PackStream {
  /** Bytes so far: where the next entry begins. */
  length = 0;
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #hasher: Hasher;
  #block: Uint8Array = new Uint8Array(blockByteLength);
  #used = 0;
  /** Full blocks that are to be handed on, and blocks that are free again. */
  readonly #full: Uint8Array[] = [];
  readonly #spare: Uint8Array[] = [];

  /**
   * @param count objects that the pack is to have.
   * @param write takes the next bytes, which are used again once its promise is fulfilled.
   */
  constructor(format: ObjectFormat, count: number, write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
    this.#hasher = env.createHasher(format);
    this.append(packHeader(count));
  }

  /** Takes the bytes `bytes[start, end)`, which may be reused at once. Call {@link drain} every so often. */
  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.length += end - start;
    if (end - start <= this.#block.length - this.#used) {
      this.#copy(bytes, start, end);
      return;
    }
    for (let at = start; at < end; ) {
      const part = Math.min(end - at, this.#block.length - this.#used);
      this.#copy(bytes, at, at + part);
      at += part;
      if (this.#used === this.#block.length) this.#turn();
    }
  }

  /** Hands on what has been gathered; await what it returns, if anything, before more is appended than memory can hold. */
  drain(): Promise<void> | undefined {
    return this.#full.length === 0 ? undefined : this.#handOn();
  }

  /** Ends the pack with its checksum. @returns the checksum. */
  async finish(): Promise<Uint8Array> {
    this.#hasher.update(this.#block.subarray(0, this.#used));
    await this.#handOn();
    if (this.#used > 0) await this.#write(this.#block.subarray(0, this.#used));
    const checksum = this.#hasher.digest();
    await this.#write(checksum);
    return checksum;
  }

  #copy(bytes: Uint8Array, start: number, end: number): void {
    const block = this.#block;
    const to = this.#used;
    if (end - start < shortCopy) for (let i = start; i < end; i++) block[to + i - start] = bytes[i]!;
    else block.set(bytes.subarray(start, end), to);
    this.#used += end - start;
  }

  #turn(): void {
    this.#hasher.update(this.#block);
    this.#full.push(this.#block);
    this.#block = this.#spare.pop() ?? new Uint8Array(blockByteLength);
    this.#used = 0;
  }

  async #handOn(): Promise<void> {
    for (let block = this.#full.shift(); block !== undefined; block = this.#full.shift()) {
      await this.#write(block);
      this.#spare.push(block);
    }
  }
}

/** Below this many bytes a loop is faster than a call. */
const shortCopy = 48;
