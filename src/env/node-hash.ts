/** Hashing and checksums with Node's built-in crypto and zlib. */

import { createHash, hash } from "node:crypto";
import type { ObjectFormat } from "../core/oid.js";
import type { Hasher } from "./contract.js";
import { crc32 } from "./crc32.js";
import { loadZlib } from "./node-zlib.js";
import { checkRange, checkRoom, viewOf } from "./ranges.js";

class NodeHasher implements Hasher {
  readonly #hash;

  constructor(format: ObjectFormat) {
    this.#hash = createHash(format.name);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest());
  }
}

/** A new running hash. */
export function createNodeHasher(format: ObjectFormat): Hasher {
  return new NodeHasher(format);
}

/** The digest of `bytes[start, end)`, written to `target` from `at`. */
export function nodeHashInto(
  format: ObjectFormat,
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): void {
  checkRange(bytes, start, end);
  checkRoom(target, at, format.byteLength);
  // A string of one character a byte costs less than a Buffer would.
  const digest = hash(format.name, viewOf(bytes, start, end), "binary");
  for (let i = 0; i < format.byteLength; i++) target[at + i] = digest.charCodeAt(i);
}

/** Of a machine without instructions for SHA-1, where the kernel is as fast for all. */
const slowShortByteLength = 131_072;
/** Of one that has them: only the call costs. */
const quickShortByteLength = 320;
/** What tells the two apart: bytes that are hashed, and the milliseconds that only instructions for it can keep to. */
const triedByteLength = 65_536;
const quickMilliseconds = 0.05;

let shortest: number | undefined;

/** Up to how many bytes a message is better hashed beside others than by itself. */
export function shortByteLength(): number {
  shortest ??= isQuick() ? quickShortByteLength : slowShortByteLength;
  return shortest;
}

function isQuick(): boolean {
  const bytes = new Uint8Array(triedByteLength);
  const took = [1, 2, 3].map(() => {
    const began = performance.now();
    hash("sha1", bytes, "binary");
    return performance.now() - began;
  });
  return Math.min(...took) < quickMilliseconds;
}

/** From this many bytes on the call into native code pays. */
const nativeCrcByteLength = 450;

/** zlib's CRC32 of `bytes[start, end)`, continued from `seed`. */
export function nodeCrc32(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  checkRange(bytes, start, end);
  if (end - start < nativeCrcByteLength) return crc32(bytes, start, end, seed);
  return loadZlib().crc32(viewOf(bytes, start, end), seed);
}
