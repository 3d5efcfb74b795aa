// SHA-1 with detection of collision attacks, four blocks side by side in the lanes of 128-bit vectors. AssemblyScript: compiled by
// bin/kernels.js, driven by sha1dc-wasm.ts, with tables that bin/kernels.js makes of
// sha1dc-vectors.ts. The four blocks are either those of four messages, whose states
// then run in lanes too, or four consecutive ones of one message: then expansion and check run in lanes, the compression does not.

import { DIFFERENCES, REMAINING, VECTORS, breaksConditions } from "./sha1dc-conditions";

// The memory; the tables lie behind. Rows are vectors of four lanes.
/** The expanded messages: 80 rows. */
const WORDS: usize = 0;
/** The states before the steps 55, 60 and 65: 3 times 5 rows. */
const KEPT: usize = 1280;
/** The chaining values: 5 rows. */
const STATE: usize = 1536;

/** Where the memory begins that nothing here uses. */
export const free: usize = (__heap_base + 63) & ~63;

const K1: i32 = 0x5a827999;
const K2: i32 = 0x6ed9eba1;
const K3: i32 = 0x8f1bbcdc;
const K4: i32 = 0xca62c1d6;

// ---- vectors

@inline function add4(x: v128, y: v128): v128 { return i32x4.add(x, y); }
@inline function rotate4(x: v128, bits: i32): v128 { return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits)); }
@inline function choose4(b: v128, c: v128, d: v128): v128 { return v128.xor(d, v128.and(b, v128.xor(c, d))); }
@inline function parity4(b: v128, c: v128, d: v128): v128 { return v128.xor(v128.xor(b, c), d); }
@inline function majority4(b: v128, c: v128, d: v128): v128 { return v128.or(v128.and(b, c), v128.and(d, v128.or(b, c))); }
@inline function round4(a: v128, f: v128, e: v128, k: v128, w: v128): v128 {
  return add4(add4(rotate4(a, 5), f), add4(add4(e, k), w));
}

@inline function bigEndian(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Puts words 4 i to 4 i + 3 of four blocks into their rows. */
@inline function gather(p0: usize, p1: usize, p2: usize, p3: usize, i: usize): void {
  const x0 = bigEndian(v128.load(p0 + 16 * i));
  const x1 = bigEndian(v128.load(p1 + 16 * i));
  const x2 = bigEndian(v128.load(p2 + 16 * i));
  const x3 = bigEndian(v128.load(p3 + 16 * i));
  const low01 = i32x4.shuffle(x0, x1, 0, 4, 1, 5);
  const low23 = i32x4.shuffle(x2, x3, 0, 4, 1, 5);
  const high01 = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
  const high23 = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  const row = WORDS + 64 * i;
  v128.store(row, i64x2.shuffle(low01, low23, 0, 2));
  v128.store(row, i64x2.shuffle(low01, low23, 1, 3), 16);
  v128.store(row, i64x2.shuffle(high01, high23, 0, 2), 32);
  v128.store(row, i64x2.shuffle(high01, high23, 1, 3), 48);
}

@inline function expandRow(row: usize, ahead: usize): void {
  const x = v128.xor(v128.load(row + ahead, 208), v128.load(row + ahead, 128));
  const y = v128.xor(v128.load(row + ahead, 32), v128.load(row + ahead));
  v128.store(row + ahead, rotate4(v128.xor(x, y), 1), 256);
}

/** Expands the blocks at four places. */
function expand(p0: usize, p1: usize, p2: usize, p3: usize): void {
  gather(p0, p1, p2, p3, 0);
  gather(p0, p1, p2, p3, 1);
  gather(p0, p1, p2, p3, 2);
  gather(p0, p1, p2, p3, 3);
  for (let row = WORDS; row < WORDS + 1024; row += 128) {
    expandRow(row, 0);
    expandRow(row, 16);
    expandRow(row, 32);
    expandRow(row, 48);
    expandRow(row, 64);
    expandRow(row, 80);
    expandRow(row, 96);
    expandRow(row, 112);
  }
}

@inline function keep4(row: usize, a: v128, b: v128, c: v128, d: v128, e: v128): void {
  v128.store(KEPT + 80 * row, a);
  v128.store(KEPT + 80 * row, b, 16);
  v128.store(KEPT + 80 * row, c, 32);
  v128.store(KEPT + 80 * row, d, 48);
  v128.store(KEPT + 80 * row, e, 64);
}

/** Runs the compression of four messages on the expanded blocks. */
function compressFour(): void {
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let k = i32x4.splat(K1);
  let w = WORDS;
  for (; w < WORDS + 320; w += 80) {
    e = round4(a, choose4(b, c, d), e, k, v128.load(w));
    b = rotate4(b, 30);
    d = round4(e, choose4(a, b, c), d, k, v128.load(w, 16));
    a = rotate4(a, 30);
    c = round4(d, choose4(e, a, b), c, k, v128.load(w, 32));
    e = rotate4(e, 30);
    b = round4(c, choose4(d, e, a), b, k, v128.load(w, 48));
    d = rotate4(d, 30);
    a = round4(b, choose4(c, d, e), a, k, v128.load(w, 64));
    c = rotate4(c, 30);
  }
  k = i32x4.splat(K2);
  for (; w < WORDS + 640; w += 80) {
    e = round4(a, parity4(b, c, d), e, k, v128.load(w));
    b = rotate4(b, 30);
    d = round4(e, parity4(a, b, c), d, k, v128.load(w, 16));
    a = rotate4(a, 30);
    c = round4(d, parity4(e, a, b), c, k, v128.load(w, 32));
    e = rotate4(e, 30);
    b = round4(c, parity4(d, e, a), b, k, v128.load(w, 48));
    d = rotate4(d, 30);
    a = round4(b, parity4(c, d, e), a, k, v128.load(w, 64));
    c = rotate4(c, 30);
  }
  k = i32x4.splat(K3);
  for (; w < WORDS + 960; w += 80) {
    if (w == WORDS + 880) keep4(0, a, b, c, d, e);
    e = round4(a, majority4(b, c, d), e, k, v128.load(w));
    b = rotate4(b, 30);
    d = round4(e, majority4(a, b, c), d, k, v128.load(w, 16));
    a = rotate4(a, 30);
    c = round4(d, majority4(e, a, b), c, k, v128.load(w, 32));
    e = rotate4(e, 30);
    b = round4(c, majority4(d, e, a), b, k, v128.load(w, 48));
    d = rotate4(d, 30);
    a = round4(b, majority4(c, d, e), a, k, v128.load(w, 64));
    c = rotate4(c, 30);
  }
  k = i32x4.splat(K4);
  for (; w < WORDS + 1280; w += 80) {
    if (w == WORDS + 960) keep4(1, a, b, c, d, e);
    if (w == WORDS + 1040) keep4(2, a, b, c, d, e);
    e = round4(a, parity4(b, c, d), e, k, v128.load(w));
    b = rotate4(b, 30);
    d = round4(e, parity4(a, b, c), d, k, v128.load(w, 16));
    a = rotate4(a, 30);
    c = round4(d, parity4(e, a, b), c, k, v128.load(w, 32));
    e = rotate4(e, 30);
    b = round4(c, parity4(d, e, a), b, k, v128.load(w, 48));
    d = rotate4(d, 30);
    a = round4(b, parity4(c, d, e), a, k, v128.load(w, 64));
    c = rotate4(c, 30);
  }
  v128.store(STATE, add4(a, v128.load(STATE)));
  v128.store(STATE, add4(b, v128.load(STATE, 16)), 16);
  v128.store(STATE, add4(c, v128.load(STATE, 32)), 32);
  v128.store(STATE, add4(d, v128.load(STATE, 48)), 48);
  v128.store(STATE, add4(e, v128.load(STATE, 64)), 64);
}

// ---- one message

@inline function choose(b: i32, c: i32, d: i32): i32 { return d ^ (b & (c ^ d)); }
@inline function parity(b: i32, c: i32, d: i32): i32 { return b ^ c ^ d; }
@inline function majority(b: i32, c: i32, d: i32): i32 { return (b & c) + (d & (b ^ c)); }
@inline function round(a: i32, f: i32, e: i32, k: i32, w: i32): i32 { return rotl<i32>(a, 5) + f + (e + k + w); }
@inline function unround(x: i32, a: i32, f: i32, k: i32, w: i32): i32 { return x - rotl<i32>(a, 5) - f - k - w; }

@inline function keepOne(row: usize, a: i32, b: i32, c: i32, d: i32, e: i32): void {
  store<i32>(KEPT + 80 * row, a);
  store<i32>(KEPT + 80 * row, b, 16);
  store<i32>(KEPT + 80 * row, c, 32);
  store<i32>(KEPT + 80 * row, d, 48);
  store<i32>(KEPT + 80 * row, e, 64);
}

/** Runs the compression of the message in lane 0 of the states on the expanded block in a lane of the words. */
function compressOne(lane: usize): void {
  let a = load<i32>(STATE);
  let b = load<i32>(STATE, 16);
  let c = load<i32>(STATE, 32);
  let d = load<i32>(STATE, 48);
  let e = load<i32>(STATE, 64);
  const words = WORDS + 4 * lane;
  let w = words;
  for (; w < words + 320; w += 80) {
    e = round(a, choose(b, c, d), e, K1, load<i32>(w));
    b = rotl<i32>(b, 30);
    d = round(e, choose(a, b, c), d, K1, load<i32>(w, 16));
    a = rotl<i32>(a, 30);
    c = round(d, choose(e, a, b), c, K1, load<i32>(w, 32));
    e = rotl<i32>(e, 30);
    b = round(c, choose(d, e, a), b, K1, load<i32>(w, 48));
    d = rotl<i32>(d, 30);
    a = round(b, choose(c, d, e), a, K1, load<i32>(w, 64));
    c = rotl<i32>(c, 30);
  }
  for (; w < words + 640; w += 80) {
    e = round(a, parity(b, c, d), e, K2, load<i32>(w));
    b = rotl<i32>(b, 30);
    d = round(e, parity(a, b, c), d, K2, load<i32>(w, 16));
    a = rotl<i32>(a, 30);
    c = round(d, parity(e, a, b), c, K2, load<i32>(w, 32));
    e = rotl<i32>(e, 30);
    b = round(c, parity(d, e, a), b, K2, load<i32>(w, 48));
    d = rotl<i32>(d, 30);
    a = round(b, parity(c, d, e), a, K2, load<i32>(w, 64));
    c = rotl<i32>(c, 30);
  }
  for (; w < words + 960; w += 80) {
    if (w == words + 880) keepOne(0, a, b, c, d, e);
    e = round(a, majority(b, c, d), e, K3, load<i32>(w));
    b = rotl<i32>(b, 30);
    d = round(e, majority(a, b, c), d, K3, load<i32>(w, 16));
    a = rotl<i32>(a, 30);
    c = round(d, majority(e, a, b), c, K3, load<i32>(w, 32));
    e = rotl<i32>(e, 30);
    b = round(c, majority(d, e, a), b, K3, load<i32>(w, 48));
    d = rotl<i32>(d, 30);
    a = round(b, majority(c, d, e), a, K3, load<i32>(w, 64));
    c = rotl<i32>(c, 30);
  }
  for (; w < words + 1280; w += 80) {
    if (w == words + 960) keepOne(1, a, b, c, d, e);
    if (w == words + 1040) keepOne(2, a, b, c, d, e);
    e = round(a, parity(b, c, d), e, K4, load<i32>(w));
    b = rotl<i32>(b, 30);
    d = round(e, parity(a, b, c), d, K4, load<i32>(w, 16));
    a = rotl<i32>(a, 30);
    c = round(d, parity(e, a, b), c, K4, load<i32>(w, 32));
    e = rotl<i32>(e, 30);
    b = round(c, parity(d, e, a), b, K4, load<i32>(w, 48));
    d = rotl<i32>(d, 30);
    a = round(b, parity(c, d, e), a, K4, load<i32>(w, 64));
    c = rotl<i32>(c, 30);
  }
  store<i32>(STATE, load<i32>(STATE) + a);
  store<i32>(STATE, load<i32>(STATE, 16) + b, 16);
  store<i32>(STATE, load<i32>(STATE, 32) + c, 32);
  store<i32>(STATE, load<i32>(STATE, 48) + d, 48);
  store<i32>(STATE, load<i32>(STATE, 64) + e, 64);
}

// ---- the test of one disturbance vector

@inline function word(words: usize, differences: usize, step: usize): i32 {
  return load<i32>(words + 16 * step) ^ load<i32>(differences + 4 * step);
}

/**
 * Whether the block in a lane of the words, changed as the disturbance vector says, leads from the kept state, which both blocks share, to
 * the very chaining value that the message in a lane of the states has now: then this is one half of a collision.
 */
export function isCollision(wordLane: usize, stateLane: usize, vector: usize): bool {
  const words = WORDS + 4 * wordLane;
  const differences = DIFFERENCES + <usize>load<u16>(VECTORS + 8 * vector);
  const row = <usize>load<u16>(VECTORS + 8 * vector, 2);
  const kept = KEPT + 80 * row + 4 * stateLane;
  const first = 55 + 5 * row;
  const a0 = load<i32>(kept);
  const b0 = load<i32>(kept, 16);
  const c0 = load<i32>(kept, 32);
  const d0 = load<i32>(kept, 48);
  const e0 = load<i32>(kept, 64);

  let a = a0;
  let b = b0;
  let c = c0;
  let d = d0;
  let e = e0;
  let step = first;
  for (; step < 60; step++) {
    const next = round(a, majority(b, c, d), e, K3, word(words, differences, step));
    e = d;
    d = c;
    c = rotl<i32>(b, 30);
    b = a;
    a = next;
  }
  for (; step < 80; step++) {
    const next = round(a, parity(b, c, d), e, K4, word(words, differences, step));
    e = d;
    d = c;
    c = rotl<i32>(b, 30);
    b = a;
    a = next;
  }
  // What the chaining value before the changed block has to be.
  const state = STATE + 4 * stateLane;
  const a1 = load<i32>(state) - a;
  const b1 = load<i32>(state, 16) - b;
  const c1 = load<i32>(state, 32) - c;
  const d1 = load<i32>(state, 48) - d;
  const e1 = load<i32>(state, 64) - e;

  a = a0;
  b = b0;
  c = c0;
  d = d0;
  e = e0;
  step = first;
  for (; step > 60; step--) {
    const b2 = rotr<i32>(c, 30);
    const last = unround(a, b, parity(b2, d, e), K4, word(words, differences, step - 1));
    a = b;
    b = b2;
    c = d;
    d = e;
    e = last;
  }
  for (; step > 40; step--) {
    const b2 = rotr<i32>(c, 30);
    const last = unround(a, b, majority(b2, d, e), K3, word(words, differences, step - 1));
    a = b;
    b = b2;
    c = d;
    d = e;
    e = last;
  }
  for (; step > 20; step--) {
    const b2 = rotr<i32>(c, 30);
    const last = unround(a, b, parity(b2, d, e), K2, word(words, differences, step - 1));
    a = b;
    b = b2;
    c = d;
    d = e;
    e = last;
  }
  for (; step > 0; step--) {
    const b2 = rotr<i32>(c, 30);
    const last = unround(a, b, choose(b2, d, e), K1, word(words, differences, step - 1));
    a = b;
    b = b2;
    c = d;
    d = e;
    e = last;
  }
  return ((a ^ a1) | (b ^ b1) | (c ^ c1) | (d ^ d1) | (e ^ e1)) == 0;
}

/** Whether the block in a lane of the words meets the conditions of a disturbance vector that have not been checked side by side. */
function meetsRemaining(lane: usize, vector: usize): bool {
  const words = WORDS + 4 * lane;
  let at = REMAINING + <usize>load<u16>(VECTORS + 8 * vector, 4);
  for (const end = at + 8 * <usize>load<u16>(VECTORS + 8 * vector, 6); at != end; at += 8) {
    const first = load<u32>(words + load<u16>(at)) >> load<u8>(at, 4);
    const second = load<u32>(words + load<u16>(at, 2)) >> load<u8>(at, 5);
    if (((first ^ second ^ load<u8>(at, 6)) & 1) != 0) return false;
  }
  return true;
}

/** Tests the disturbance vectors of `left`, a bit for each, whose conditions the block in that lane of the words meets so far. */
function findsCollision(wordLane: usize, stateLane: usize, left: u32): bool {
  let found = false;
  for (; left != 0; left &= left - 1) {
    const vector = <usize>ctz<u32>(left);
    if (meetsRemaining(wordLane, vector) && isCollision(wordLane, stateLane, vector)) found = true;
  }
  return found;
}

/** For tests: expands four blocks, and gives the disturbance vectors, a bit for each, whose conditions that in a lane meets. */
export function expandAndCheck(p0: usize, p1: usize, p2: usize, p3: usize, lane: usize): u32 {
  expand(p0, p1, p2, p3);
  v128.store(STATE, v128.not(breaksConditions()));
  const left = load<u32>(STATE + 4 * lane);
  let met: u32 = 0;
  for (let vector: usize = 0; vector < 32; vector++) {
    if (((left >> <u32>vector) & 1) != 0 && meetsRemaining(lane, vector)) met |= 1 << <u32>vector;
  }
  return met;
}

// ---- messages

/** Continues the message in lane 0 of the states with whole blocks. Returns whether one bears the traces of an attack. */
export function hashBlocks(from: usize, blocks: u32): bool {
  let found = false;
  while (blocks != 0) {
    const count = min<u32>(blocks, 4);
    // Lanes that are not needed repeat the last block.
    const p1 = from + (count > 1 ? 64 : 0);
    const p2 = p1 + (count > 2 ? 64 : 0);
    const p3 = p2 + (count > 3 ? 64 : 0);
    expand(from, p1, p2, p3);
    const left = v128.not(breaksConditions());
    compressOne(0);
    if (i32x4.extract_lane(left, 0) != 0) found = findsCollision(0, 0, i32x4.extract_lane(left, 0)) || found;
    if (count > 1) compressOne(1);
    if (count > 1 && i32x4.extract_lane(left, 1) != 0) found = findsCollision(1, 0, i32x4.extract_lane(left, 1)) || found;
    if (count > 2) compressOne(2);
    if (count > 2 && i32x4.extract_lane(left, 2) != 0) found = findsCollision(2, 0, i32x4.extract_lane(left, 2)) || found;
    if (count > 3) compressOne(3);
    if (count > 3 && i32x4.extract_lane(left, 3) != 0) found = findsCollision(3, 0, i32x4.extract_lane(left, 3)) || found;
    from += 64 * count;
    blocks -= count;
  }
  return found;
}

/** Begins the message of a row of the list in a lane of the states: pads it, and gives the lane the first chaining value. */
function begin(lane: usize, row: usize): void {
  const from = <usize>load<u32>(row);
  const byteLength = load<u32>(row, 8);
  const paddedEnd = from + 64 * <usize>load<u32>(row, 4);
  // The padding is no longer than a block and 8 bytes.
  let at = from + byteLength;
  store<u8>(at++, 0x80);
  for (; (at & 7) != 0; at++) store<u8>(at, 0);
  for (; at < paddedEnd; at += 8) store<u64>(at, 0);
  store<u32>(paddedEnd - 4, bswap<u32>(byteLength << 3));
  store<u32>(row, 0, 8);
  store<i32>(STATE + 4 * lane, 0x67452301);
  store<i32>(STATE + 4 * lane, 0xefcdab89, 16);
  store<i32>(STATE + 4 * lane, 0x98badcfe, 32);
  store<i32>(STATE + 4 * lane, 0x10325476, 48);
  store<i32>(STATE + 4 * lane, 0xc3d2e1f0, 64);
}

@inline function storeBigEndian(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

/** Ends the message in a lane of the states: puts its digest into its row of the list. */
function end(lane: usize, row: usize): void {
  const state = STATE + 4 * lane;
  storeBigEndian(row + 12, load<u32>(state));
  storeBigEndian(row + 16, load<u32>(state, 16));
  storeBigEndian(row + 20, load<u32>(state, 32));
  storeBigEndian(row + 24, load<u32>(state, 48));
  storeBigEndian(row + 28, load<u32>(state, 64));
}

// Lanes: where each message goes on, how many blocks are left, and its row of the list; 0 for a lane without one.
let from0: usize = 0, from1: usize = 0, from2: usize = 0, from3: usize = 0;
let left0: u32 = 0, left1: u32 = 0, left2: u32 = 0, left3: u32 = 0;
let row0: usize = 0, row1: usize = 0, row2: usize = 0, row3: usize = 0;
/** Whether the traces of attacks are looked for. */
let detects: bool = true;

@inline function mark(row: usize, wordLane: usize, left: u32): void {
  if (left != 0 && row != 0 && findsCollision(wordLane, wordLane, left)) store<u32>(row, 1, 8);
}

// ---- four messages that nothing is looked for in

/** A word of the expanded message, of which only the last 16 are kept. */
@inline function nextWord(t: usize): v128 {
  const x = v128.xor(v128.load(WORDS + 16 * ((t + 13) & 15)), v128.load(WORDS + 16 * ((t + 8) & 15)));
  const y = v128.xor(v128.load(WORDS + 16 * ((t + 2) & 15)), v128.load(WORDS + 16 * (t & 15)));
  const word = rotate4(v128.xor(x, y), 1);
  v128.store(WORDS + 16 * (t & 15), word);
  return word;
}

/** Expands the blocks at four places while compressing them. */
function compressPlain(p0: usize, p1: usize, p2: usize, p3: usize): void {
  gather(p0, p1, p2, p3, 0);
  gather(p0, p1, p2, p3, 1);
  gather(p0, p1, p2, p3, 2);
  gather(p0, p1, p2, p3, 3);
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let k = i32x4.splat(K1);
  e = round4(a, choose4(b, c, d), e, k, v128.load(WORDS, 0));
  b = rotate4(b, 30);
  d = round4(e, choose4(a, b, c), d, k, v128.load(WORDS, 16));
  a = rotate4(a, 30);
  c = round4(d, choose4(e, a, b), c, k, v128.load(WORDS, 32));
  e = rotate4(e, 30);
  b = round4(c, choose4(d, e, a), b, k, v128.load(WORDS, 48));
  d = rotate4(d, 30);
  a = round4(b, choose4(c, d, e), a, k, v128.load(WORDS, 64));
  c = rotate4(c, 30);
  e = round4(a, choose4(b, c, d), e, k, v128.load(WORDS, 80));
  b = rotate4(b, 30);
  d = round4(e, choose4(a, b, c), d, k, v128.load(WORDS, 96));
  a = rotate4(a, 30);
  c = round4(d, choose4(e, a, b), c, k, v128.load(WORDS, 112));
  e = rotate4(e, 30);
  b = round4(c, choose4(d, e, a), b, k, v128.load(WORDS, 128));
  d = rotate4(d, 30);
  a = round4(b, choose4(c, d, e), a, k, v128.load(WORDS, 144));
  c = rotate4(c, 30);
  e = round4(a, choose4(b, c, d), e, k, v128.load(WORDS, 160));
  b = rotate4(b, 30);
  d = round4(e, choose4(a, b, c), d, k, v128.load(WORDS, 176));
  a = rotate4(a, 30);
  c = round4(d, choose4(e, a, b), c, k, v128.load(WORDS, 192));
  e = rotate4(e, 30);
  b = round4(c, choose4(d, e, a), b, k, v128.load(WORDS, 208));
  d = rotate4(d, 30);
  a = round4(b, choose4(c, d, e), a, k, v128.load(WORDS, 224));
  c = rotate4(c, 30);
  e = round4(a, choose4(b, c, d), e, k, v128.load(WORDS, 240));
  b = rotate4(b, 30);
  d = round4(e, choose4(a, b, c), d, k, nextWord(16));
  a = rotate4(a, 30);
  c = round4(d, choose4(e, a, b), c, k, nextWord(17));
  e = rotate4(e, 30);
  b = round4(c, choose4(d, e, a), b, k, nextWord(18));
  d = rotate4(d, 30);
  a = round4(b, choose4(c, d, e), a, k, nextWord(19));
  c = rotate4(c, 30);
  k = i32x4.splat(K2);
  e = round4(a, parity4(b, c, d), e, k, nextWord(20));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(21));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(22));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(23));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(24));
  c = rotate4(c, 30);
  e = round4(a, parity4(b, c, d), e, k, nextWord(25));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(26));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(27));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(28));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(29));
  c = rotate4(c, 30);
  e = round4(a, parity4(b, c, d), e, k, nextWord(30));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(31));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(32));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(33));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(34));
  c = rotate4(c, 30);
  e = round4(a, parity4(b, c, d), e, k, nextWord(35));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(36));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(37));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(38));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(39));
  c = rotate4(c, 30);
  k = i32x4.splat(K3);
  e = round4(a, majority4(b, c, d), e, k, nextWord(40));
  b = rotate4(b, 30);
  d = round4(e, majority4(a, b, c), d, k, nextWord(41));
  a = rotate4(a, 30);
  c = round4(d, majority4(e, a, b), c, k, nextWord(42));
  e = rotate4(e, 30);
  b = round4(c, majority4(d, e, a), b, k, nextWord(43));
  d = rotate4(d, 30);
  a = round4(b, majority4(c, d, e), a, k, nextWord(44));
  c = rotate4(c, 30);
  e = round4(a, majority4(b, c, d), e, k, nextWord(45));
  b = rotate4(b, 30);
  d = round4(e, majority4(a, b, c), d, k, nextWord(46));
  a = rotate4(a, 30);
  c = round4(d, majority4(e, a, b), c, k, nextWord(47));
  e = rotate4(e, 30);
  b = round4(c, majority4(d, e, a), b, k, nextWord(48));
  d = rotate4(d, 30);
  a = round4(b, majority4(c, d, e), a, k, nextWord(49));
  c = rotate4(c, 30);
  e = round4(a, majority4(b, c, d), e, k, nextWord(50));
  b = rotate4(b, 30);
  d = round4(e, majority4(a, b, c), d, k, nextWord(51));
  a = rotate4(a, 30);
  c = round4(d, majority4(e, a, b), c, k, nextWord(52));
  e = rotate4(e, 30);
  b = round4(c, majority4(d, e, a), b, k, nextWord(53));
  d = rotate4(d, 30);
  a = round4(b, majority4(c, d, e), a, k, nextWord(54));
  c = rotate4(c, 30);
  e = round4(a, majority4(b, c, d), e, k, nextWord(55));
  b = rotate4(b, 30);
  d = round4(e, majority4(a, b, c), d, k, nextWord(56));
  a = rotate4(a, 30);
  c = round4(d, majority4(e, a, b), c, k, nextWord(57));
  e = rotate4(e, 30);
  b = round4(c, majority4(d, e, a), b, k, nextWord(58));
  d = rotate4(d, 30);
  a = round4(b, majority4(c, d, e), a, k, nextWord(59));
  c = rotate4(c, 30);
  k = i32x4.splat(K4);
  e = round4(a, parity4(b, c, d), e, k, nextWord(60));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(61));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(62));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(63));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(64));
  c = rotate4(c, 30);
  e = round4(a, parity4(b, c, d), e, k, nextWord(65));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(66));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(67));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(68));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(69));
  c = rotate4(c, 30);
  e = round4(a, parity4(b, c, d), e, k, nextWord(70));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(71));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(72));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(73));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(74));
  c = rotate4(c, 30);
  e = round4(a, parity4(b, c, d), e, k, nextWord(75));
  b = rotate4(b, 30);
  d = round4(e, parity4(a, b, c), d, k, nextWord(76));
  a = rotate4(a, 30);
  c = round4(d, parity4(e, a, b), c, k, nextWord(77));
  e = rotate4(e, 30);
  b = round4(c, parity4(d, e, a), b, k, nextWord(78));
  d = rotate4(d, 30);
  a = round4(b, parity4(c, d, e), a, k, nextWord(79));
  c = rotate4(c, 30);
  v128.store(STATE, add4(a, v128.load(STATE)));
  v128.store(STATE, add4(b, v128.load(STATE, 16)), 16);
  v128.store(STATE, add4(c, v128.load(STATE, 32)), 32);
  v128.store(STATE, add4(d, v128.load(STATE, 48)), 48);
  v128.store(STATE, add4(e, v128.load(STATE, 64)), 64);
}

/** Runs four lanes for a number of blocks. */
function runLanes(blocks: u32): void {
  if (!detects) {
    for (; blocks != 0; blocks--) {
      compressPlain(from0, from1, from2, from3);
      from0 += 64;
      from1 += 64;
      from2 += 64;
      from3 += 64;
    }
    return;
  }
  for (; blocks != 0; blocks--) {
    expand(from0, from1, from2, from3);
    const left = v128.not(breaksConditions());
    compressFour();
    if (v128.any_true(left)) {
      mark(row0, 0, i32x4.extract_lane(left, 0));
      mark(row1, 1, i32x4.extract_lane(left, 1));
      mark(row2, 2, i32x4.extract_lane(left, 2));
      mark(row3, 3, i32x4.extract_lane(left, 3));
    }
    from0 += 64;
    from1 += 64;
    from2 += 64;
    from3 += 64;
  }
}

/** Moves a lane's chaining value to lane 0. */
function moveToFirst(lane: usize): void {
  for (let row = STATE; row < STATE + 80; row += 16) store<i32>(row, load<i32>(row + 4 * lane));
}

/** Ends the only message left by itself. */
function runLast(lane: usize, from: usize, left: u32, row: usize): void {
  moveToFirst(lane);
  if (hashBlocks(from, left) && detects) store<u32>(row, 1, 8);
  end(0, row);
}

/**
 * Hashes the messages of a list, the longest first for the best speed. A row of the list has 8 words: where the message is, how many blocks
 * it fills with its padding, for which there must be room, and its length in bytes, instead of which there is in the end 1 if it bears the
 * traces of an attack, else 0; then the digest. Without `detect` it is always 0.
 */
export function hashMessages(list: usize, count: u32, detect: bool): void {
  detects = detect;
  let next = list;
  const listEnd = list + 32 * count;
  row0 = row1 = row2 = row3 = 0;
  left0 = left1 = left2 = left3 = 0;
  while (true) {
    if (left0 == 0) {
      if (row0 != 0) end(0, row0);
      row0 = 0;
      if (next != listEnd) { row0 = next; from0 = load<u32>(next); left0 = load<u32>(next, 4); begin(0, next); next += 32; }
    }
    if (left1 == 0) {
      if (row1 != 0) end(1, row1);
      row1 = 0;
      if (next != listEnd) { row1 = next; from1 = load<u32>(next); left1 = load<u32>(next, 4); begin(1, next); next += 32; }
    }
    if (left2 == 0) {
      if (row2 != 0) end(2, row2);
      row2 = 0;
      if (next != listEnd) { row2 = next; from2 = load<u32>(next); left2 = load<u32>(next, 4); begin(2, next); next += 32; }
    }
    if (left3 == 0) {
      if (row3 != 0) end(3, row3);
      row3 = 0;
      if (next != listEnd) { row3 = next; from3 = load<u32>(next); left3 = load<u32>(next, 4); begin(3, next); next += 32; }
    }
    const running = i32(row0 != 0) + i32(row1 != 0) + i32(row2 != 0) + i32(row3 != 0);
    if (running == 0) return;
    if (running == 1) {
      if (row0 != 0) runLast(0, from0, left0, row0);
      if (row1 != 0) runLast(1, from1, left1, row1);
      if (row2 != 0) runLast(2, from2, left2, row2);
      if (row3 != 0) runLast(3, from3, left3, row3);
      return;
    }
    let blocks = u32.MAX_VALUE;
    let some: usize = 0;
    if (row0 != 0) { blocks = min<u32>(blocks, left0); some = from0; }
    if (row1 != 0) { blocks = min<u32>(blocks, left1); some = from1; }
    if (row2 != 0) { blocks = min<u32>(blocks, left2); some = from2; }
    if (row3 != 0) { blocks = min<u32>(blocks, left3); some = from3; }
    // A lane without a message repeats another's.
    if (row0 == 0) from0 = some; else left0 -= blocks;
    if (row1 == 0) from1 = some; else left1 -= blocks;
    if (row2 == 0) from2 = some; else left2 -= blocks;
    if (row3 == 0) from3 = some; else left3 -= blocks;
    runLanes(blocks);
  }
}
