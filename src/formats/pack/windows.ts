/** The parts of packs that are in memory: windows of one size, of which a bounded number is kept for all packs together. */

import type { ByteSource } from "../../bytes/source.js";

/** Bytes from the beginning of one window to the beginning of the next. */
const stepByteLength = 1 << 14;
/** A window is that much longer, so that entries rarely straddle its end. */
const tailByteLength = 1 << 12;
/** The same where each window costs a trip to somewhere else. */
const fetchedTailByteLength = stepByteLength;
/** Bytes that all windows together take, unless told otherwise: git has as much of its packs in memory as it has looked at. */
const defaultWindowsByteLength = 80 << 20;

/** The key of a window that holds nothing. */
const emptyKey = -1;

/** A window. It is filled anew for another place in time: its `key` tells whether it still holds what it held. */
export interface Window {
  /** Which part of which source it holds. */
  key: number;
  /** Whether it was looked at since it was last considered for another use. */
  used: boolean;
  bytes: Uint8Array;
  /** Bytes that are filled. */
  end: number;
}

/** Windows over the packs of one object store. */
export class PackWindows {
  readonly #slots: Window[] = [];
  readonly #byKey = new Map<number, Window>();
  readonly #limit: number;
  #hand = 0;
  #sources = 0;

  /** @param byteLength bytes that may be held: at least four windows are. */
  constructor(byteLength = defaultWindowsByteLength) {
    this.#limit = Math.max(4, Math.floor(byteLength / (stepByteLength + tailByteLength)));
  }

  /** A number for a source, by which its windows are told from those of others. */
  enrol(): number {
    return this.#sources++;
  }

  /** Bytes from one window to the next. */
  get step(): number {
    return stepByteLength;
  }

  /**
   * Window number `index` of a source: its bytes from `index` steps on, a step and some more or as many as the file has.
   * @throws GitmidxError what reading throws, and NeedRange.
   */
  window(source: ByteSource, number: number, index: number): Window {
    // A pack of 2^53 bytes has 2^37 windows; nobody opens 2^16 packs of that size.
    const key = number * 0x20_0000_0000 + index;
    const held = this.#byKey.get(key);
    if (held !== undefined) {
      held.used = true;
      return held;
    }
    const most = stepByteLength + ("fetch" in source ? fetchedTailByteLength : tailByteLength);
    const start = index * stepByteLength;
    const length = Math.min(most, source.size - start);
    const slot = this.#freeSlot();
    if (slot.bytes.length < length) slot.bytes = new Uint8Array(length);
    source.readInto(start, slot.bytes.subarray(0, length));
    slot.key = key;
    slot.used = true;
    slot.end = length;
    this.#byKey.set(key, slot);
    return slot;
  }

  /** A window to fill: a new one, or the next that has not been used since the hand came by. */
  #freeSlot(): Window {
    if (this.#slots.length < this.#limit) {
      const slot: Window = { key: emptyKey, used: false, bytes: new Uint8Array(0), end: 0 };
      this.#slots.push(slot);
      return slot;
    }
    for (;;) {
      const slot = this.#slots[this.#hand]!;
      this.#hand = (this.#hand + 1) % this.#slots.length;
      if (slot.used) slot.used = false;
      else {
        this.#byKey.delete(slot.key);
        slot.key = emptyKey;
        return slot;
      }
    }
  }
}
