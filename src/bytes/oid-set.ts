/**
 * A set of object ids that numbers them in the order in which they come.
 *
 * Open addressing over one `Int32Array`; the ids lie one after the other in a table that grows. No text and no object per id: ten
 * million ids of 20 bytes take some 400 MB at most, a third of that for the slots.
 */

/** Slots per id at the least: more than this share in use makes the set grow. */
const fullestShare = 0.5;
const smallestCapacity = 16;
/** Ids that the slots can number: a row plus one must stay below 2^31. */
const mostRows = 0x7fff_fffe;

/** An insertion-ordered hash table of ids of one length. Ids are hashes, so their first bytes serve as their hash value. */
export class OidSet {
  /** Bytes of an id: 20 or 32. */
  readonly idByteLength: number;
  readonly #idWords: number;
  #count = 0;
  #words: Int32Array<ArrayBuffer>;
  #ids: Uint8Array<ArrayBuffer>;
  /** Pairs: the row plus one, 0 where the slot is free, and the first word of the id. */
  #slots: Int32Array<ArrayBuffer>;
  #mask: number;
  /** The row whose addition makes the slots too full. */
  #growAt: number;

  /** @param capacity how many ids are expected; the set grows beyond. */
  constructor(idByteLength: number, capacity = smallestCapacity) {
    this.idByteLength = idByteLength;
    this.#idWords = idByteLength / 4;
    const rows = Math.max(smallestCapacity, capacity);
    this.#words = new Int32Array(rows * this.#idWords);
    this.#ids = new Uint8Array(this.#words.buffer);
    const slots = slotsFor(rows);
    this.#slots = new Int32Array(2 * slots);
    this.#mask = slots - 1;
    this.#growAt = slots * fullestShare;
  }

  /** Ids in the set; rows are numbered from 0. */
  get count(): number {
    return this.#count;
  }

  /** The ids, one after the other in the order of their rows. A view of the set's own table: valid until the next {@link add}. */
  get ids(): Uint8Array {
    return this.#ids;
  }

  /**
   * Adds the id at `bytes[at]`.
   * @returns its row if it is new, −1 − row if it was there already.
   * @throws RangeError if there are 2^31 − 2 ids already
   */
  add(bytes: Uint8Array, at = 0): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const key = wordAt(bytes, at);
    let slot = key & mask;
    for (;;) {
      const taken = slots[2 * slot]!;
      if (taken === 0) break;
      if (slots[2 * slot + 1] === key && this.#holds(taken - 1, bytes, at)) return -taken;
      slot = (slot + 1) & mask;
    }
    const row = this.#count;
    if (row === mostRows) throw new RangeError(`an OidSet holds at most ${mostRows} ids`);
    if ((row + 1) * this.#idWords > this.#words.length) this.#growRows();
    const words = this.#words;
    const first = row * this.#idWords;
    for (let word = 0; word < this.#idWords; word++) words[first + word] = wordAt(bytes, at + 4 * word);
    slots[2 * slot] = row + 1;
    slots[2 * slot + 1] = key;
    this.#count = row + 1;
    if (row >= this.#growAt) this.#growSlots();
    return row;
  }

  /** The row of the id at `bytes[at]`, or −1. */
  find(bytes: Uint8Array, at = 0): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const key = wordAt(bytes, at);
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const taken = slots[2 * slot]!;
      if (taken === 0) return -1;
      if (slots[2 * slot + 1] === key && this.#holds(taken - 1, bytes, at)) return taken - 1;
    }
  }

  /** Whether the id at `bytes[at]` is in the set. */
  has(bytes: Uint8Array, at = 0): boolean {
    return this.find(bytes, at) >= 0;
  }

  /** A fresh copy of the id of a row. */
  idAt(row: number): Uint8Array {
    return this.#ids.slice(row * this.idByteLength, (row + 1) * this.idByteLength);
  }

  /** A view of the id of a row, valid until the next {@link add}. */
  viewAt(row: number): Uint8Array {
    return this.#ids.subarray(row * this.idByteLength, (row + 1) * this.idByteLength);
  }

  #holds(row: number, bytes: Uint8Array, at: number): boolean {
    const words = this.#words;
    const first = row * this.#idWords;
    for (let word = 1; word < this.#idWords; word++) {
      if (words[first + word] !== wordAt(bytes, at + 4 * word)) return false;
    }
    return true;
  }

  #growRows(): void {
    const words = new Int32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
    this.#ids = new Uint8Array(words.buffer);
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length / 2 - 1;
    const words = this.#words;
    for (let row = 0; row < this.#count; row++) {
      const key = words[row * this.#idWords]!;
      let slot = key & mask;
      while (slots[2 * slot] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = row + 1;
      slots[2 * slot + 1] = key;
    }
    this.#slots = slots;
    this.#mask = mask;
    this.#growAt = (mask + 1) * fullestShare;
  }
}

/** Four bytes as the machine keeps them in one element of an `Int32Array`: the table's words are its ids' bytes. */
const wordAt = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? lowFirst : highFirst;

function lowFirst(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function highFirst(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** A power of two that holds so many rows. */
function slotsFor(rows: number): number {
  let slots = 2 * smallestCapacity;
  while (rows > slots * fullestShare) slots *= 2;
  return slots;
}
