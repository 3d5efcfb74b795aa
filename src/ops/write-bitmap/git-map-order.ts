/** The order in which git goes through a map of texts, on which the order of pseudo-merges depends. */

import { bytesOfName } from "../../bytes/name-text.js";

const initialBuckets = 64;
const growthFactor = 4;
/** Share of the buckets, in percent, at which a map grows. */
const fullestShare = 80;

/** FNV-1 on 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of bytesOfName(key)) hash = Math.imul(hash, 0x01000193) ^ byte;
  return hash >>> 0;
}

/** Buckets of keys, each with the key that came last first. */
type Buckets = string[][];

function newBuckets(count: number): Buckets {
  return Array.from({ length: count }, () => []);
}

/** `keys`, which came in this order and each once, in git's order. */
export function inMapOrder(keys: Iterable<string>): readonly string[] {
  let buckets = newBuckets(initialBuckets);
  const put = (into: Buckets, key: string) => void into[hashOf(key) & (into.length - 1)]!.unshift(key);
  let count = 0;
  for (const key of keys) {
    put(buckets, key);
    if (++count <= Math.floor((buckets.length * fullestShare) / 100)) continue;
    const grown = newBuckets(growthFactor * buckets.length);
    for (const bucket of buckets) for (const moved of bucket) put(grown, moved);
    buckets = grown;
  }
  return buckets.flat();
}
