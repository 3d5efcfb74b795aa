// Making deltas: what src/formats/delta/encode.ts does, with the same results, on bytes that lie in this memory. AssemblyScript: compiled by
// bin/kernels.js, driven by ../delta.ts, which says where everything is.

const BLOCK: usize = 16;
const POLYNOMIAL: u32 = 0xab59b4d1;
const SLOT_LIMIT: i32 = 64;
const GOOD_RUN: usize = 4096;
const MAX_COPY: usize = 0x10000;
const MAX_INSERT: usize = 127;
const MIN_COPY: usize = 4;

/** What to add to a fingerprint for the eight bits that are shifted out. */
const REDUCTION: usize = memory.data(1024, 16);
/** What a byte has added to the fingerprint of a window at whose far end it is. */
const DEPARTURE: usize = memory.data(1024, 16);
/** The same once another byte has followed. */
const DEPARTURE_BEFORE: usize = memory.data(1024, 16);
/** What to add to a fingerprint that two bytes follow, for its highest eight bits and for the eight below them. */
const REDUCTION_HIGH: usize = memory.data(1024, 16);
const REDUCTION_LOW: usize = memory.data(1024, 16);

/** Where the memory begins that nothing here uses. */
export const free: usize = (__heap_base + 63) & ~63;

@inline function append(print: u32, byte: u32): u32 {
  return ((print << 8) | byte) ^ load<u32>(REDUCTION + (<usize>(print >>> 23) << 2));
}

/** Appends two bytes at once: the look-ups do not wait for each other. */
@inline function appendTwo(print: u32, bytes: u32): u32 {
  const high = load<u32>(REDUCTION_HIGH + (<usize>(print >>> 23) << 2));
  return (print << 16) ^ bytes ^ high ^ load<u32>(REDUCTION_LOW + (<usize>((print >>> 15) & 0xff) << 2));
}

/** Two bytes as a number, the first one high. */
@inline function pairAt(at: usize): u32 {
  return (<u32>load<u8>(at) << 8) | load<u8>(at, 1);
}

/** The fingerprint of the block that begins at `at`. */
@inline function printAt(at: usize): u32 {
  let print = pairAt(at);
  for (let i: usize = 2; i < BLOCK; i += 2) print = appendTwo(print, pairAt(at + i));
  return print;
}

/** Fills the tables; once, before all else. */
export function prepare(): void {
  for (let bit: u32 = 0; bit < 8; bit++) {
    let power = POLYNOMIAL;
    if (bit > 0) {
      power &= 0x7fffffff;
      for (let i: u32 = 0; i < bit; i++) {
        power = (power & 0x40000000) != 0 ? ((power << 1) ^ POLYNOMIAL) & 0x7fffffff : power << 1;
      }
    }
    const half = <usize>(1 << bit);
    for (let rest: usize = 0; rest < half; rest++) {
      store<u32>(REDUCTION + 4 * (half | rest), load<u32>(REDUCTION + 4 * rest) ^ power);
    }
  }
  for (let byte: u32 = 0; byte < 256; byte++) {
    let print = byte;
    for (let i: usize = 1; i < BLOCK; i++) print = append(print, 0);
    store<u32>(DEPARTURE + 4 * <usize>byte, print);
    store<u32>(DEPARTURE_BEFORE + 4 * <usize>byte, append(print, 0));
    store<u32>(REDUCTION_HIGH + 4 * <usize>byte, append(append(byte << 23, 0), 0));
    store<u32>(REDUCTION_LOW + 4 * <usize>byte, append(append(byte << 15, 0), 0) ^ (byte << 31));
  }
}

/** Takes the fingerprints, from the last block to the first: pairs of fingerprint and end. Returns how many. */
function fingerprint(base: usize, blocks: usize, starts: usize, mask: u32, pairs: usize): usize {
  let to = pairs;
  let previous: u32 = u32.MAX_VALUE;
  for (let block = blocks; block-- > 0; ) {
    const end = (block + 1) * BLOCK;
    const print = printAt(base + end - BLOCK + 1);
    // Of equal blocks in a row the first one stands for all.
    if (print == previous) {
      store<u32>(to - 4, <u32>end);
      continue;
    }
    previous = print;
    store<u32>(to, print);
    store<u32>(to, <u32>end, 4);
    to += 8;
    const slot = starts + 4 * <usize>(print & mask);
    store<u32>(slot, load<u32>(slot, 4) + 1, 4);
  }
  return (to - pairs) >> 3;
}

/** Leaves at most SLOT_LIMIT candidates in each slot, evenly spread over the base. Returns how many there are in all. */
function thin(starts: usize, slots: usize, candidates: usize): u32 {
  let to: u32 = 0;
  let start: u32 = 0;
  for (let slot: usize = 0; slot < slots; slot++) {
    const end = load<u32>(starts + 4 * slot, 4);
    const surplus = <i32>(end - start) - SLOT_LIMIT;
    if (surplus <= 0 && to == start) {
      to = start = end;
      continue;
    }
    store<u32>(starts + 4 * slot, to);
    let debt: i32 = 0;
    for (let at = start; at < end; at++) {
      store<u64>(candidates + 8 * <usize>to, load<u64>(candidates + 8 * <usize>at));
      to++;
      if (surplus > 0) for (debt += surplus; debt > 0; debt -= SLOT_LIMIT) at++;
    }
    start = end;
  }
  store<u32>(starts + 4 * slots, to);
  return to;
}

/**
 * Makes the index of a base: `starts` has room for slots + 1 words, `candidates` for two words for each block, `marks` for markMask + 1
 * bytes. Returns how many candidates there are.
 */
export function fill(
  base: usize, blocks: usize, starts: usize, slots: usize, candidates: usize, marks: usize, markMask: u32, scratch: usize,
): u32 {
  const mask = <u32>(slots - 1);
  memory.fill(starts, 0, 4 * (slots + 1));
  const count = fingerprint(base, blocks, starts, mask, scratch);
  for (let at = starts; at < starts + 4 * slots; at += 4) store<u32>(at, load<u32>(at) + load<u32>(at, 4), 4);
  for (let pair = scratch; pair < scratch + 8 * count; pair += 8) {
    const slot = starts + 4 * <usize>(load<u32>(pair) & mask);
    const at = load<u32>(slot, 4) - 1;
    store<u32>(slot, at, 4);
    store<u64>(candidates + 8 * <usize>at, load<u64>(pair));
  }
  for (let at = starts; at < starts + 4 * slots; at += 4) store<u32>(at, load<u32>(at, 4));
  store<u32>(starts + 4 * slots, <u32>count);
  const left = thin(starts, slots, candidates);
  memory.fill(marks, 0, <usize>markMask + 1);
  for (let at = candidates; at < candidates + 8 * <usize>left; at += 8) store<u8>(marks + <usize>(load<u32>(at) & markMask), 1);
  return left;
}

@inline function countEqual(a: usize, b: usize, room: usize): usize {
  let count: usize = 0;
  for (; count + 8 <= room; count += 8) {
    const difference = load<u64>(a + count) ^ load<u64>(b + count);
    if (difference != 0) return count + <usize>(ctz<u64>(difference) >> 3);
  }
  while (count < room && load<u8>(a + count) == load<u8>(b + count)) count++;
  return count;
}

function writeCopy(at: usize, from: usize, length: usize): usize {
  let to = at + 1;
  let bits: u32 = 0x80;
  if ((from & 0xff) != 0) { store<u8>(to++, <u8>from); bits |= 1; }
  if ((from & 0xff00) != 0) { store<u8>(to++, <u8>(from >>> 8)); bits |= 2; }
  if ((from & 0xff0000) != 0) { store<u8>(to++, <u8>(from >>> 16)); bits |= 4; }
  if (from > 0xffffff) { store<u8>(to++, <u8>(from >>> 24)); bits |= 8; }
  if ((length & 0xff) != 0) { store<u8>(to++, <u8>length); bits |= 16; }
  if ((length & 0xff00) != 0) { store<u8>(to++, <u8>(length >>> 8)); bits |= 32; }
  store<u8>(at, <u8>bits);
  return to;
}

/** Writes the instructions to `out`. Returns how many bytes they take, −1 if they took more than `maxSize` on the way. */
export function encode(
  base: usize, baseSize: usize, target: usize, targetSize: usize, starts: usize, mask: u32, candidates: usize, marks: usize, markMask: u32,
  out: usize, maxSize: usize,
): i32 {
  const targetEnd = target + targetSize;
  const limit = out + maxSize;
  // The place of the count of an insertion is kept free in front of its bytes.
  let to = out + 1;
  let at = target;
  let print: u32 = 0;
  const head = min<usize>(BLOCK, targetSize);
  for (const end = target + head; at < end; at++) {
    const byte = load<u8>(at);
    store<u8>(to++, byte);
    print = append(print, byte);
  }
  let inserted = head;
  let run: usize = 0;
  let from: usize = 0;
  while (at < targetEnd) {
    if (run == 0) {
      // Most bytes are new, and between others that are: two at a time.
      while (inserted - 1 < MAX_INSERT - 3 && at + 2 <= targetEnd) {
        const left = print ^ load<u32>(DEPARTURE + (<usize>load<u8>(at - BLOCK) << 2));
        const first = append(left, load<u8>(at));
        const second = appendTwo(left, pairAt(at)) ^ load<u32>(DEPARTURE_BEFORE + (<usize>load<u8>(at - BLOCK, 1) << 2));
        const mark = load<u8>(marks + <usize>(first & markMask)) | load<u8>(marks + <usize>(second & markMask));
        if (mark != 0) break;
        print = second;
        store<u16>(to, load<u16>(at));
        to += 2;
        at += 2;
        inserted += 2;
        if (to > limit) return -1;
      }
      if (at == targetEnd) break;
    }
    if (run < GOOD_RUN) {
      print ^= load<u32>(DEPARTURE + (<usize>load<u8>(at - BLOCK) << 2));
      print = append(print, load<u8>(at));
      if (load<u8>(marks + <usize>(print & markMask)) != 0) {
        const slot = starts + (<usize>(print & mask) << 2);
        const slotEnd = candidates + (<usize>load<u32>(slot, 4) << 3);
        for (let candidate = candidates + (<usize>load<u32>(slot) << 3); candidate < slotEnd; candidate += 8) {
          if (load<u32>(candidate) != print) continue;
          const end = <usize>load<u32>(candidate, 4);
          const room = min<usize>(baseSize - end, targetEnd - at);
          // Those that follow are nearer to the end of the base.
          if (room <= run) break;
          const length = countEqual(base + end, at, room);
          if (length > run) {
            run = length;
            from = end;
            if (run >= GOOD_RUN) break;
          }
        }
      }
    }
    if (run < MIN_COPY) {
      if (inserted == 0) to++;
      store<u8>(to++, load<u8>(at++));
      inserted++;
      if (inserted == MAX_INSERT) {
        store<u8>(to - inserted - 1, <u8>inserted);
        inserted = 0;
      }
      run = 0;
    } else {
      if (inserted > 0) {
        // The run may begin earlier, in what was taken for new.
        while (inserted > 0 && from > 0 && load<u8>(base + from - 1) == load<u8>(at - 1)) {
          run++;
          from--;
          at--;
          to--;
          inserted--;
        }
        if (inserted > 0) store<u8>(to - inserted - 1, <u8>inserted);
        else to--;
        inserted = 0;
      }
      const length = min<usize>(run, MAX_COPY);
      to = writeCopy(to, from, length);
      run -= length;
      at += length;
      from += length;
      if (run < GOOD_RUN) {
        print = printAt(at - BLOCK);
      }
    }
    if (to > limit) return -1;
  }
  if (inserted > 0) store<u8>(to - inserted - 1, <u8>inserted);
  return <i32>(to - out);
}
