/** Sets of bits for tests: made of stretches, as those of histories are. */

import fc from "fast-check";
import { BitSet } from "../../src/bytes/bit-set.js";
import { MemorySource } from "../../src/bytes/source.js";
import type { Ewah } from "../../src/formats/ewah/ewah.js";
import { readEwah } from "../../src/formats/ewah/read.js";

/** First and last bit of a stretch. */
export type BitRange = readonly [first: number, last: number];

export function bitsOfRanges(ranges: readonly BitRange[]): BitSet {
  const bits = new BitSet();
  for (const [first, last] of ranges) for (let bit = first; bit <= last; bit++) bits.add(bit);
  return bits;
}

/** Gaps and lengths around which something changes: words, half words, and what is next to them. */
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom(31, 32, 33, 63, 64, 65, 127, 128, 129, 192, 256),
  fc.integer({ min: 0, max: 700 }),
);

/** Stretches in ascending order, none beside another. */
export const bitRanges: fc.Arbitrary<readonly BitRange[]> = fc
  .array(fc.tuple(lengths, lengths), { maxLength: 12 })
  .map((stretches) => {
    let at = 0;
    return stretches.map(([gap, length]): BitRange => {
      const first = at + gap;
      at = first + length + 2;
      return [first, first + length];
    });
  });

/** A bitmap as it is stored. */
export function storedEwah(ewah: Ewah): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ewah.byteLength);
  ewah.writeTo(bytes, 0);
  return bytes;
}

/** Reads a stored bitmap. @param bitLimit see {@link readEwah} */
export function readStored(bytes: Uint8Array, bitLimit = 2 ** 32): Ewah {
  return readEwah(new MemorySource("ewah", bytes), 0, bytes.length, bitLimit);
}
