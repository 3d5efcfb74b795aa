/**
 * Making deltas: the instructions that rebuild one object from another. The byte map is in apply.ts.
 *
 * The base is cut into blocks of 16 bytes, and the fingerprint of each goes to a table. The target is read byte by byte; where the
 * fingerprint of the last 16 bytes is in the table, the longest run of equal bytes from there on becomes a copy. The fingerprints are
 * Rabin's: remainders modulo a polynomial over GF(2), which follow a moving window at the cost of two table look-ups a byte. Polynomial,
 * block size and the order in which candidates are tried are git's, so that the deltas are too.
 */

import { bug } from "../../core/errors.js";

/** Bytes of a block, and of the moving window. */
const blockByteLength = 16;
/** The polynomial, of degree 31. */
const polynomial = 0xab59b4d1;
/** Where the eight bits are that the next byte shifts out of a fingerprint. */
const topShift = 23;
/** Candidates of one slot that are kept: what bounds the work on bases that repeat themselves. */
const slotLimit = 64;
/** Marks for each slot: a slot has four candidates on the average. */
const marksPerSlot = 32;
/** A run of this many bytes is good enough to look for no longer one. */
const goodRun = 4096;
/** The longest copy that one instruction makes. */
const maxCopy = 0x10000;
/** The most new bytes of one instruction. */
const maxInsert = 127;
/** A shorter copy takes more room than the bytes themselves. */
const minCopy = 4;
/** What one step can write before the size is looked at again. */
const stepByteLength = 64;

/** What to add to a fingerprint for the eight bits that are shifted out. */
const reduction = new Int32Array(256);
/** What a byte has added to the fingerprint of a window at whose far end it is. */
const departure = new Int32Array(256);

fillTables();

function fillTables(): void {
  for (let bit = 0; bit < 8; bit++) {
    // x^(31 + bit) modulo the polynomial, with bit 31 set where shifting leaves it set.
    let power = bit === 0 ? polynomial : 0;
    if (bit > 0) {
      power = polynomial & 0x7fff_ffff;
      for (let i = 0; i < bit; i++) power = timesX(power);
    }
    for (let rest = 0; rest < 1 << bit; rest++) reduction[(1 << bit) | rest] = reduction[rest]! ^ power;
  }
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let i = 1; i < blockByteLength; i++) value = (value << 8) ^ reduction[value >>> topShift]!;
    departure[byte] = value;
  }
}

function timesX(value: number): number {
  return value & 0x4000_0000 ? ((value << 1) ^ polynomial) & 0x7fff_ffff : value << 1;
}

/** Room for blocks before they are put into slots, shared by all indexes: none is filled while another one is. */
let blockPrints = new Int32Array(1024);
let blockEnds = new Int32Array(1024);

/** The blocks of a base, by fingerprint. One is filled again and again, so that a window of bases makes no garbage. */
export class DeltaIndex {
  /** The base; empty until {@link fill}. */
  base: Uint8Array = new Uint8Array(0);
  /** Slots less one: a fingerprint's low bits are its slot. */
  mask = 0;
  /** Where the candidates of each slot begin, and behind the last slot where they end. */
  starts = new Int32Array(0);
  /** Fingerprints of the candidates, slot by slot. */
  prints = new Int32Array(0);
  /** For each candidate the offset of the block's last byte in the base, ascending in a slot. */
  ends = new Int32Array(0);

  /** For low bits of fingerprints, more than slots have, whether any candidate has them: most look-ups end here. */
  marks = new Uint8Array(0);
  markMask = 0;

  /** Bytes that the index of a base takes, as git counts them for `pack.windowMemory`. */
  get byteLength(): number {
    return 32 + 8 * (this.mask + 2) + 16 * this.starts[this.mask + 1]!;
  }

  /** Makes the index of `base`, which is kept and must not change while the index is used. */
  fill(base: Uint8Array): void {
    this.base = base;
    const blocks = base.length === 0 ? 0 : Math.floor((base.length - 1) / blockByteLength);
    let bits = 4;
    while (2 ** bits < Math.floor(blocks / 4)) bits++;
    const slots = 2 ** bits;
    this.mask = slots - 1;
    if (this.starts.length < slots + 1) this.starts = new Int32Array(slots + 1);
    else this.starts.fill(0, 0, slots + 1);
    if (this.prints.length < blocks) {
      this.prints = new Int32Array(blocks);
      this.ends = new Int32Array(blocks);
    }
    this.#place(this.#fingerprint(blocks));
    this.#thin();
    this.#mark();
  }

  /** Takes the fingerprints, from the last block to the first, and counts those of each slot. @returns how many there are. */
  #fingerprint(blocks: number): number {
    if (blockPrints.length < blocks) {
      blockPrints = new Int32Array(2 * blocks);
      blockEnds = new Int32Array(2 * blocks);
    }
    const { base, starts, mask } = this;
    const prints = blockPrints;
    const ends = blockEnds;
    let count = 0;
    let previous = -1;
    for (let block = blocks - 1; block >= 0; block--) {
      const end = (block + 1) * blockByteLength;
      let print = 0;
      // The first byte of the base is in no block: a block ends where a copy may begin, and none begins at the first byte.
      for (let i = end - blockByteLength + 1; i <= end; i++)
        print = ((print << 8) | base[i]!) ^ reduction[print >>> topShift]!;
      if (print === previous) {
        // Of equal blocks in a row the first one stands for all.
        ends[count - 1] = end;
        continue;
      }
      previous = print;
      prints[count] = print;
      ends[count] = end;
      starts[(print & mask) + 1]!++;
      count++;
    }
    return count;
  }

  /** Puts the `count` blocks into their slots, those in front first. */
  #place(count: number): void {
    const { starts, mask, prints, ends } = this;
    for (let slot = 0; slot <= mask; slot++) starts[slot + 1]! += starts[slot]!;
    // Filling a slot from its end leaves `starts` one slot ahead: each entry is then the beginning of its own slot.
    for (let i = 0; i < count; i++) {
      const print = blockPrints[i]!;
      const at = --starts[(print & mask) + 1]!;
      prints[at] = print;
      ends[at] = blockEnds[i]!;
    }
    for (let slot = 0; slot <= mask; slot++) starts[slot] = starts[slot + 1]!;
    starts[mask + 1] = count;
  }

  #mark(): void {
    const size = marksPerSlot * (this.mask + 1);
    this.markMask = size - 1;
    if (this.marks.length < size) this.marks = new Uint8Array(size);
    else this.marks.fill(0, 0, size);
    const { marks, prints, markMask } = this;
    const count = this.starts[this.mask + 1]!;
    for (let i = 0; i < count; i++) marks[prints[i]! & markMask] = 1;
  }

  /** Leaves at most {@link slotLimit} candidates in each slot, evenly spread over the base. */
  #thin(): void {
    const { starts, mask, prints, ends } = this;
    let to = 0;
    let start = 0;
    for (let slot = 0; slot <= mask; slot++) {
      const end = starts[slot + 1]!;
      const surplus = end - start - slotLimit;
      if (surplus <= 0 && to === start) {
        to = end;
        start = end;
        continue;
      }
      starts[slot] = to;
      for (let at = start, debt = 0; at < end; at++) {
        prints[to] = prints[at]!;
        ends[to] = ends[at]!;
        to++;
        if (surplus > 0) for (debt += surplus; debt > 0; debt -= slotLimit) at++;
      }
      start = end;
    }
    starts[mask + 1] = to;
  }
}

let output = new Uint8Array(1 << 14);

function writeSize(at: number, size: number): number {
  let place = at;
  let rest = size;
  for (; rest >= 128; rest = Math.floor(rest / 128)) output[place++] = 128 | (rest % 128);
  output[place++] = rest;
  return place;
}

/**
 * Makes the delta that turns the base of `index` into `target`.
 * @param maxSize the most bytes that the delta may take.
 * @returns a view that is valid until the next call; undefined if the delta would be larger, or the target is empty.
 */
export function encodeDelta(index: DeltaIndex, target: Uint8Array, maxSize: number): Uint8Array | undefined {
  const targetEnd = target.length;
  if (targetEnd === 0) return undefined;
  const most = Math.min(maxSize, worstCase(targetEnd));
  if (output.length < most + 2 * stepByteLength) output = new Uint8Array(most + most / 2 + 2 * stepByteLength);
  const start = writeSize(writeSize(0, index.base.length), targetEnd);
  const length = writeInstructions(index, target, start, most);
  if (length < 0 || length > maxSize) return undefined;
  return output.subarray(0, length);
}

/** More bytes than a delta can take: far copies take seven bytes for four. */
function worstCase(targetSize: number): number {
  return 2 * targetSize + stepByteLength;
}

/** Where in the base the run begins that {@link longestRun} has found. */
let runStart = 0;

/**
 * Looks among the candidates of a fingerprint for the longest run of equal bytes from `target[at]` on.
 * @param least the length that it must exceed.
 * @returns its length, or `least` if there is none.
 */
function longestRun(index: DeltaIndex, target: Uint8Array, at: number, print: number, least: number): number {
  const { base, starts, prints, ends, mask } = index;
  const slotEnd = starts[(print & mask) + 1]!;
  let run = least;
  for (let candidate = starts[print & mask]!; candidate < slotEnd; candidate++) {
    if (prints[candidate] !== print) continue;
    const end = ends[candidate]!;
    const room = Math.min(base.length - end, target.length - at);
    // Those that follow are nearer to the end of the base.
    if (room <= run) break;
    let length = 0;
    while (length < room && base[end + length] === target[at + length]) length++;
    if (length > run) {
      run = length;
      runStart = end;
      if (run >= goodRun) break;
    }
  }
  return run;
}

/** The fingerprint of the block that ends before `target[at]`. */
function printBefore(target: Uint8Array, at: number): number {
  let print = 0;
  for (let i = Math.max(0, at - blockByteLength); i < at; i++)
    print = ((print << 8) | target[i]!) ^ reduction[print >>> topShift]!;
  return print;
}

/** Writes the instructions to {@link output}. @returns where they end, −1 if they took more than `maxSize` bytes on the way. */
function writeInstructions(index: DeltaIndex, target: Uint8Array, start: number, maxSize: number): number {
  const { base, marks, markMask } = index;
  const out = output;
  const reduce = reduction;
  const depart = departure;
  const targetEnd = target.length;
  let at = Math.min(blockByteLength, targetEnd);
  let print = printBefore(target, at);
  // The place of the count of an insertion is kept free in front of its bytes.
  let to = start + 1;
  for (let i = 0; i < at; i++) out[to++] = target[i]!;
  let inserted = at;
  let run = 0;
  while (at < targetEnd) {
    if (run < goodRun) {
      print ^= depart[target[at - blockByteLength]!]!;
      print = ((print << 8) | target[at]!) ^ reduce[print >>> topShift]!;
      if (marks[print & markMask] !== 0) run = longestRun(index, target, at, print, run);
    }
    if (run < minCopy) {
      if (inserted === 0) to++;
      out[to++] = target[at++]!;
      inserted++;
      if (inserted === maxInsert) {
        out[to - inserted - 1] = inserted;
        inserted = 0;
      }
      run = 0;
    } else {
      if (inserted > 0) {
        // The run may begin earlier, in what was taken for new.
        while (inserted > 0 && runStart > 0 && base[runStart - 1] === target[at - 1]) {
          run++;
          runStart--;
          at--;
          to--;
          inserted--;
        }
        if (inserted > 0) out[to - inserted - 1] = inserted;
        else to--;
        inserted = 0;
      }
      const length = Math.min(run, maxCopy);
      to = writeCopy(out, to, runStart, length);
      run -= length;
      at += length;
      runStart += length;
      if (run < goodRun) print = printBefore(target, at);
    }
    if (to > maxSize) return -1;
  }
  if (inserted > 0) out[to - inserted - 1] = inserted;
  if (to > out.length) throw bug("a delta is longer than the room for it");
  return to;
}

function writeCopy(out: Uint8Array, at: number, from: number, length: number): number {
  let to = at + 1;
  let bits = 0x80;
  if (from & 0xff) {
    out[to++] = from;
    bits |= 1;
  }
  if (from & 0xff00) {
    out[to++] = from >>> 8;
    bits |= 2;
  }
  if (from & 0xff0000) {
    out[to++] = from >>> 16;
    bits |= 4;
  }
  if (from > 0xffffff) {
    out[to++] = from >>> 24;
    bits |= 8;
  }
  if (length & 0xff) {
    out[to++] = length;
    bits |= 16;
  }
  if (length & 0xff00) {
    out[to++] = length >>> 8;
    bits |= 32;
  }
  out[at] = bits;
  return to;
}
