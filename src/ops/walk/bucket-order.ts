/**
 * The orders in which git's hash tables give out what is in them.
 *
 * Git's sparse marking of trees goes through such tables, and which objects it marks can depend on the order where one tree stands at
 * two paths. To choose the same objects, we need the same order, not the tables.
 */

/** Buckets that git's id sets begin with, and the share of them that may be in use. */
const firstBuckets = 16;
const fullestShare = 0.77;

/** The order of an id set (khash, 16 buckets at the beginning): the items' places when items with these hashes come one by one. */
export function idSetOrder(hashes: readonly number[]): readonly number[] {
  let buckets = emptyBuckets(firstBuckets);
  for (let item = 0; item < hashes.length; item++) {
    if (item >= Math.floor(buckets.length * fullestShare + 0.5)) buckets = doubled(buckets, hashes);
    buckets[freeBucket(buckets, hashes[item]!)] = item;
  }
  return Array.from(buckets).filter((item) => item >= 0);
}

function emptyBuckets(count: number): Int32Array {
  return new Int32Array(count).fill(-1);
}

/** Steps grow by one: 1, 3, 6, 10 … buckets behind the first. */
function freeBucket(buckets: Int32Array, hash: number): number {
  const mask = buckets.length - 1;
  let bucket = hash & mask;
  for (let step = 1; buckets[bucket]! >= 0; step++) bucket = (bucket + step) & mask;
  return bucket;
}

/** Growing happens in place: an item whose new bucket still has an old item takes it, and that one is placed next. */
function doubled(old: Int32Array, hashes: readonly number[]): Int32Array {
  const buckets = emptyBuckets(2 * old.length);
  for (let from = 0; from < old.length; from++) {
    let item = old[from]!;
    if (item < 0) continue;
    old[from] = -1;
    for (;;) {
      const bucket = freeBucket(buckets, hashes[item]!);
      buckets[bucket] = item;
      const displaced = bucket < old.length ? old[bucket]! : -1;
      if (displaced < 0) break;
      old[bucket] = -1;
      item = displaced;
    }
  }
  return buckets;
}

const firstChains = 64;
const chainGrowth = 4;
const fullestPercent = 80;

/**
 * The order of a map by names or ids (chained, 64 buckets at the beginning): the items' places when items with these hashes come one by
 * one.
 * @param expected how many items there is room for at the beginning.
 */
export function nameMapOrder(hashes: readonly number[], expected = 0): readonly number[] {
  let count = firstChains;
  while (Math.floor((expected * 100) / fullestPercent) > count) count *= chainGrowth;
  let chains = emptyChains(count);
  for (let item = 0; item < hashes.length; item++) {
    chains[hashes[item]! & (chains.length - 1)]!.unshift(item);
    if (item + 1 > Math.floor((chains.length * fullestPercent) / 100)) {
      const wider = emptyChains(chains.length * chainGrowth);
      for (const moved of chains.flat()) wider[hashes[moved]! & (wider.length - 1)]!.unshift(moved);
      chains = wider;
    }
  }
  return chains.flat();
}

function emptyChains(count: number): number[][] {
  return Array.from({ length: count }, () => []);
}

/** Git's hash of an id: its first four bytes, as a little-endian machine has them. */
export function firstWord(id: Uint8Array): number {
  return id[0]! | (id[1]! << 8) | (id[2]! << 16) | (id[3]! << 24);
}

/** FNV-1 with 32 bits over `bytes[start, end)`: git's hash of names. */
export function nameMapHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash, 0x01000193) ^ bytes[i]!;
  return hash;
}
