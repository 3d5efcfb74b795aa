/**
 * Objects that were read lately, kept up to a bound of bytes (`core.deltaBaseCacheLimit`): what deltas are made from is among them.
 *
 * Nothing here makes garbage. Objects are made in a ring of bytes, where the oldest are overwritten; an object that is asked for when it is
 * about to be overwritten moves to the front. A table of sets of four places tells where in the ring each is. The few objects that are too
 * large for the ring have buffers of their own.
 */

import { bug } from "../core/errors.js";
import type { ObjectTypeCode } from "../core/object-type.js";

/** Bytes kept unless configured, as git's. */
const defaultLimit = 96 << 20;
/** The least that is worked with, however little is to be kept. */
const leastLimit = 1 << 16;

/** Bytes that the ring has at first. */
const firstByteLength = 1 << 20;
/** In few steps: what is not written to yet takes no memory, and each step copies. */
const growth = 8;

const places = 4;
const fewestPlaces = 1 << 10;
const mostPlaces = 1 << 17;
/** Numbers of a place: the offset in the pack, where the object was put, eight times its length and its type, the pack. */
const stride = 4;

interface LargeObject {
  readonly type: ObjectTypeCode;
  readonly bytes: Uint8Array;
}

/** The cache. What {@link find} and {@link allocate} give is in {@link bytes} from {@link start}, valid until the next allocation. */
export class BaseCache {
  /** The array that holds what was found or allocated last. */
  bytes: Uint8Array;
  /** Where in {@link bytes} it begins. */
  start = 0;
  /** Of what was found: its length and its type. */
  length = 0;
  type: ObjectTypeCode = 1;
  readonly #capacity: number;
  readonly #mostInRing: number;
  readonly #largeLimit: number;
  /** Grows to the capacity before its beginning is written to again. */
  #ring = new Uint8Array(0);
  /** Bytes put into the ring since the beginning, gaps at its end included: place of a byte is what comes before it, modulo the capacity. */
  #head = 0;
  /** Where what was allocated last begins, counted like {@link #head}; −1 if it is not in the ring. */
  #allocated = -1;
  #table = new Float64Array(0);
  #mask = 0;
  readonly #large = new Map<string, LargeObject>();
  #largeByteLength = 0;

  /** @param limit bytes that may be kept. */
  constructor(limit = defaultLimit) {
    const total = Math.max(limit, leastLimit);
    this.#capacity = Math.floor(Math.min(total * 0.75, 1 << 30));
    this.#mostInRing = this.#capacity >> 3;
    this.#largeLimit = Math.floor(total / 2);
    this.bytes = this.#ring;
  }

  /** Whether the object at `offset` of pack number `pack` is kept; if so, it is in {@link bytes}, and stays there over one allocation. */
  find(pack: number, offset: number): boolean {
    const at = this.#placeOf(pack, offset);
    if (at < 0) return this.#largeByteLength > 0 && this.#findLarge(pack, offset);
    const place = this.#table[at + 1]!;
    const lengthAndType = this.#table[at + 2]!;
    this.length = lengthAndType >>> 3;
    this.type = (lengthAndType & 7) as ObjectTypeCode;
    this.bytes = this.#ring;
    this.start = place % this.#capacity;
    if (this.#head - place > this.#capacity / 2) this.#moveToFront(at);
    return true;
  }

  /**
   * Room in {@link bytes} from {@link start} for an object of `length` bytes, with one byte more behind that may be overwritten.
   * @returns false if it is too large for the ring: then make a buffer for it.
   */
  allocate(length: number): boolean {
    this.#allocated = -1;
    if (length + 1 > this.#mostInRing) return false;
    const at = this.#head % this.#capacity;
    if (at + length + 1 > this.#capacity) this.#head += this.#capacity - at;
    this.#allocated = this.#head;
    this.start = this.#head % this.#capacity;
    if (this.start + length + 1 > this.#ring.length) this.#grow(this.start + length + 1);
    this.bytes = this.#ring;
    this.#head += length + 1;
    return true;
  }

  /** Keeps the object that was put where {@link allocate} made room. */
  keep(pack: number, offset: number, type: ObjectTypeCode, length: number): void {
    if (this.#allocated < 0) throw bug("nothing was allocated to keep");
    if (this.#mask === 0) this.#build();
    const table = this.#table;
    const at = this.#oldestIn(this.#setOf(pack, offset), pack, offset);
    table[at] = offset;
    table[at + 1] = this.#allocated;
    table[at + 2] = (length << 3) | type;
    table[at + 3] = pack;
  }

  /** Keeps an object that has a buffer of its own, if it may. */
  keepLarge(pack: number, offset: number, type: ObjectTypeCode, bytes: Uint8Array): void {
    if (bytes.length > this.#largeLimit) return;
    const key = `${pack} ${offset}`;
    this.#dropLarge(key);
    for (const oldest of this.#large.keys()) {
      if (this.#largeByteLength + bytes.length <= this.#largeLimit) break;
      this.#dropLarge(oldest);
    }
    this.#large.set(key, { type, bytes });
    this.#largeByteLength += bytes.length;
  }

  #grow(least: number): void {
    const grown = new Uint8Array(
      Math.min(this.#capacity, Math.max(firstByteLength, growth * this.#ring.length, least)),
    );
    grown.set(this.#ring);
    this.#ring = grown;
  }

  #findLarge(pack: number, offset: number): boolean {
    const key = `${pack} ${offset}`;
    const large = this.#large.get(key);
    if (large === undefined) return false;
    this.#large.delete(key);
    this.#large.set(key, large);
    this.bytes = large.bytes;
    this.start = 0;
    this.length = large.bytes.length;
    this.type = large.type;
    return true;
  }

  #dropLarge(key: string): void {
    this.#largeByteLength -= this.#large.get(key)?.bytes.length ?? 0;
    this.#large.delete(key);
  }

  #moveToFront(at: number): void {
    const from = this.start;
    const { length } = this;
    this.allocate(length);
    this.#ring.copyWithin(this.start, from, from + length);
    this.#table[at + 1] = this.#allocated;
  }

  /** Where in the table the object is; −1 if it is not there or overwritten. */
  #placeOf(pack: number, offset: number): number {
    if (this.#mask === 0) return -1;
    const table = this.#table;
    const set = this.#setOf(pack, offset);
    for (let at = set; at < set + places * stride; at += stride) {
      if (table[at] === offset && table[at + 3] === pack)
        return table[at + 1]! >= this.#head - this.#capacity ? at : -1;
    }
    return -1;
  }

  /** The place in a set for an object: its own, or that of the object that was put into the ring first. */
  #oldestIn(set: number, pack: number, offset: number): number {
    const table = this.#table;
    let oldest = set;
    for (let at = set; at < set + places * stride; at += stride) {
      if (table[at] === offset && table[at + 3] === pack) return at;
      if (table[at + 1]! < table[oldest + 1]!) oldest = at;
    }
    return oldest;
  }

  #setOf(pack: number, offset: number): number {
    const high = (offset / 0x1_0000_0000) | 0;
    const mixed = Math.imul((offset | 0) ^ Math.imul(high ^ Math.imul(pack, 0x85ebca6b), 0x27d4eb2f), 0x9e3779b1);
    return ((mixed ^ (mixed >>> 15)) & this.#mask) * places * stride;
  }

  #build(): void {
    let count = fewestPlaces;
    while (count < mostPlaces && count * 1024 < this.#capacity) count *= 2;
    this.#mask = count / places - 1;
    // No entry begins at offset 0 of a pack.
    this.#table = new Float64Array(count * stride);
  }
}
