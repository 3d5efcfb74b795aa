/**
 * The header of a pack entry (gitformat-pack): type, inflated size and, of a delta, its base. A zlib stream follows.
 *
 *     1 byte      top bit: another follows; 3 bits type; 4 low bits of the size
 *     n bytes     top bit: another follows; 7 more bits of the size each, low bits first
 *     OFS delta   n bytes: distance back to the base, 7 bits each, high bits first, one added for each byte that follows
 *     REF delta   the base's id
 */

import { GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";

/** A delta whose base is an earlier entry of the same pack. */
export const ofsDeltaCode = 6;
/** A delta whose base is named by its id. */
export const refDeltaCode = 7;

/** The most bytes that a header takes: type and 64 bits of size, and the longest base. */
export const maxEntryHeaderByteLength = 10 + 32;

/** A parsed header. One is filled again and again, so that a walk over a pack makes no garbage. */
export class EntryHeader {
  /** 1 to 4 as `ObjectTypeCode`, {@link ofsDeltaCode} or {@link refDeltaCode}. */
  type = 0;
  /** Inflated size of the entry's own data: of a delta the size of its instructions. */
  size = 0;
  /** Bytes that the header takes, base included. */
  byteLength = 0;
  /** Of an OFS delta: how far before this entry its base begins. Else 0. */
  baseDistance = 0;
  /** Of a REF delta: where in the parsed bytes the base's id stands. Else −1. */
  baseIdAt = -1;

  get isDelta(): boolean {
    return this.type >= ofsDeltaCode;
  }

  /**
   * Parses the header at `bytes[at]`, of an entry at `offset` of the pack.
   * @param end end of the available bytes; give {@link maxEntryHeaderByteLength} of them where the pack has so many.
   * @param idByteLength length of an object id.
   * @throws GitmidxError `truncated` if the header does not end before `end`; `bad-entry` for a type that there is not, a size above
   * 2^53 − 1 or a base outside of the pack. The messages are git's: `bad object at offset 12: unknown object type 5`.
   */
  parse(bytes: Uint8Array, at: number, end: number, offset: number, idByteLength: number): void {
    let place = at;
    if (place >= end) throw truncatedHeader(offset);
    let byte = bytes[place++]!;
    this.type = (byte >> 4) & 7;
    let size = byte & 15;
    let scale = 16;
    while (byte >= 128) {
      if (place >= end) throw truncatedHeader(offset);
      byte = bytes[place++]!;
      size += (byte & 127) * scale;
      scale *= 128;
      if (size > maxOffset) throw badEntry(offset, "object size too large for this platform");
    }
    this.size = size;
    this.baseDistance = 0;
    this.baseIdAt = -1;
    if (this.type === ofsDeltaCode) place = this.#parseDistance(bytes, place, end, offset);
    else if (this.type === refDeltaCode) {
      if (place + idByteLength > end) throw truncatedHeader(offset);
      this.baseIdAt = place;
      place += idByteLength;
    } else if (this.type === 0 || this.type === 5) throw badEntry(offset, `unknown object type ${this.type}`);
    this.byteLength = place - at;
  }

  #parseDistance(bytes: Uint8Array, at: number, end: number, offset: number): number {
    let place = at;
    if (place >= end) throw truncatedHeader(offset);
    let byte = bytes[place++]!;
    let distance = byte & 127;
    while (byte >= 128) {
      if (place >= end) throw truncatedHeader(offset);
      byte = bytes[place++]!;
      distance = (distance + 1) * 128 + (byte & 127);
      if (distance > maxOffset) throw badEntry(offset, "offset value overflow for delta base object");
    }
    if (distance === 0 || distance >= offset) throw badEntry(offset, "delta base offset is out of bound");
    this.baseDistance = distance;
    return place;
  }
}

function badEntry(offset: number, problem: string): GitmidxError {
  return new GitmidxError("bad-entry", `bad object at offset ${offset}: ${problem}`, { offset });
}

function truncatedHeader(offset: number): GitmidxError {
  return new GitmidxError("truncated", `the entry at offset ${offset} ends inside its header`, { offset });
}

/**
 * Writes type and size of an entry to `target` from `at`.
 * @returns where the header goes on: with the base of a delta, or the zlib stream.
 */
export function writeEntryHeader(target: Uint8Array, at: number, type: number, size: number): number {
  let place = at;
  let byte = (type << 4) | (size % 16);
  let rest = Math.floor(size / 16);
  while (rest > 0) {
    target[place++] = byte | 128;
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  target[place++] = byte;
  return place;
}

/** Writes the distance of an OFS delta's base, 1 or more, to `target` from `at`. @returns where it ends. */
export function writeBaseDistance(target: Uint8Array, at: number, distance: number): number {
  const digits = [distance % 128];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    digits.push(128 + (rest % 128));
  }
  let place = at;
  for (let i = digits.length - 1; i >= 0; i--) target[place++] = digits[i]!;
  return place;
}
