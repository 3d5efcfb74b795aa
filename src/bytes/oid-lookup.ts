/**
 * Finds ids among many in one step: open addressing over rows of ids that stay where they are.
 *
 * An id's first bits say where to begin, so that rows in ascending order fill the slots from front to back and neighbours in one table are
 * neighbours in the other: building costs a few nanoseconds for each id.
 */

/** Slots per id at the least. */
const slotsPerId = 2;
/** Steps from an id's own slot to where it is found, at most. Ids are hashes and stay far below; crafted ones must not take time. */
const mostSteps = 2048;

/** An index over a table of ids of one length; 8 to 16 bytes for each. */
export class OidLookup {
  readonly #ids: Uint8Array;
  readonly #idByteLength: number;
  readonly #slots: Int32Array;
  readonly #shift: number;
  /** Steps that the id furthest from its own slot is away from it. */
  #steps = 0;

  private constructor(ids: Uint8Array, idByteLength: number) {
    const count = ids.length / idByteLength;
    const bits = Math.max(4, Math.ceil(Math.log2(slotsPerId * count)));
    this.#ids = ids;
    this.#idByteLength = idByteLength;
    this.#slots = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
  }

  /**
   * Makes an index over `ids`, which must not change afterwards.
   * @param starts the first rows of the parts, ascending, each part in ascending order of ids: an id that is in several is found in the last.
   * @returns undefined for ids that are no hashes: so many begin alike that finding them would take long.
   */
  static over(ids: Uint8Array, idByteLength: number, starts: readonly number[] = [0]): OidLookup | undefined {
    const lookup = new OidLookup(ids, idByteLength);
    let end = ids.length / idByteLength;
    for (let part = starts.length - 1; part >= 0; end = starts[part--]!) {
      if (!lookup.#insert(starts[part]!, end)) return undefined;
    }
    return lookup;
  }

  /** The row of the id at `bytes[at]`, or −1. */
  find(bytes: Uint8Array, at = 0): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = firstWord(bytes, at) >>> this.#shift;
    for (let steps = this.#steps; steps >= 0; steps--) {
      const taken = slots[slot]!;
      if (taken === 0) return -1;
      if (this.#isAt(taken - 1, bytes, at)) return taken - 1;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  #isAt(row: number, bytes: Uint8Array, at: number): boolean {
    const ids = this.#ids;
    const length = this.#idByteLength;
    const start = row * length;
    // The first two bytes have brought us here: what follows tells most others apart at once.
    for (let i = 2; i < length; i++) if (ids[start + i] !== bytes[at + i]) return false;
    return ids[start] === bytes[at] && ids[start + 1] === bytes[at + 1];
  }

  #insert(start: number, end: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let row = start, at = start * this.#idByteLength; row < end; row++, at += this.#idByteLength) {
      let slot = firstWord(this.#ids, at) >>> this.#shift;
      let steps = 0;
      for (; slots[slot] !== 0; slot = (slot + 1) & mask) if (++steps > mostSteps) return false;
      slots[slot] = row + 1;
      if (steps > this.#steps) this.#steps = steps;
    }
    return true;
  }
}

function firstWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
