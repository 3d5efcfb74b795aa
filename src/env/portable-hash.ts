/** Hashing with @noble/hashes. */

import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { ObjectFormat } from "../core/oid.js";
import type { Hasher } from "./contract.js";
import { checkRange, checkRoom, viewOf } from "./ranges.js";

/** A new running hash. */
export function createPortableHasher(format: ObjectFormat): Hasher {
  const hash = format.name === "sha1" ? sha1.create() : sha256.create();
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

/** The digest of `bytes[start, end)`, written to `target` from `at`. */
export function portableHashInto(
  format: ObjectFormat,
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): void {
  checkRange(bytes, start, end);
  checkRoom(target, at, format.byteLength);
  const hash = format.name === "sha1" ? sha1 : sha256;
  target.set(hash(viewOf(bytes, start, end)), at);
}
