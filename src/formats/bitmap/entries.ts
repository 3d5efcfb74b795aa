/** The entries of a bitmap file, one for each commit that has a bitmap; the byte map is in layout.ts. */

import type { ByteSource } from "../../bytes/source.js";
import type { ErrorCode } from "../../core/errors.js";
import { ewahByteLengthAt } from "../ewah/read.js";
import { type BitmapLayout, bitLimitOf, bitmapProblem, entryHeaderByteLength, maxXorOffset } from "./layout.js";

/** What stands before the bitmap of a commit, and where. */
export interface BitmapEntry {
  /** Index position of the commit: in its pack's index, in the MIDX, or in the chain. */
  readonly position: number;
  /** Where the entry begins in the file. */
  readonly offset: number;
  /** How many entries before this one stands the one it is XORed with: 1 to 160; 0 if it is with none. */
  readonly xorOffset: number;
  /** Without a meaning today; 1 is a hint that old versions of git wrote. */
  readonly flags: number;
  /** Bytes of the entry, its 6 bytes of header included: the next entry, if there is one, begins there. */
  readonly byteLength: number;
}

/**
 * Reads what stands at `offset`.
 * @throws GitmidxError `bad-bitmap-entry` or `bad-ewah`
 */
export function readEntry(source: ByteSource, layout: BitmapLayout, offset: number, what: string): BitmapEntry {
  const fail = (code: ErrorCode, message: string) => bitmapProblem(source, code, offset, message);
  if (layout.entriesEnd - offset < entryHeaderByteLength)
    throw fail("bad-bitmap-entry", `corrupt ewah bitmap: truncated header for ${what}`);
  const position = source.u32(offset);
  const xorOffset = source.u8(offset + 4);
  const flags = source.u8(offset + 5);
  if (position < layout.place.objectsBelow || position >= bitLimitOf(layout.place))
    throw fail("bad-bitmap-entry", `corrupt ewah bitmap: commit index ${position} out of range`);
  if (xorOffset > maxXorOffset) throw fail("bad-bitmap-entry", "corrupted bitmap pack index");
  const ewah = ewahByteLengthAt(source, offset + entryHeaderByteLength, layout.entriesEnd);
  return { position, offset, xorOffset, flags, byteLength: entryHeaderByteLength + ewah };
}

/**
 * The entries in the order of the file. Their compressed bitmaps are not read.
 * @param start where the first begins.
 * @throws GitmidxError `bad-bitmap-entry`, `bad-ewah`; `bad-size` if the last does not end where the entries must end.
 */
export function* scanEntries(
  source: ByteSource,
  layout: BitmapLayout,
  start: number,
): Generator<BitmapEntry, void, undefined> {
  let offset = start;
  for (let i = 0; i < layout.entryCount; i++) {
    const entry = readEntry(source, layout, offset, `entry ${i}`);
    if (entry.xorOffset > i) throw bitmapProblem(source, "bad-bitmap-entry", offset, "corrupted bitmap pack index");
    yield entry;
    offset += entry.byteLength;
  }
  if (offset === layout.entriesEnd) return;
  const message = `the entries of the bitmap index file end at ${offset}, but what follows them begins at ${layout.entriesEnd}`;
  throw bitmapProblem(source, "bad-size", offset, message);
}

/** All entries of a file without a lookup table, read once. */
export class EntryList {
  readonly entries: readonly BitmapEntry[];
  /** The numbers of the entries by ascending position. */
  readonly #byPosition: Uint32Array;

  /** @throws GitmidxError as {@link scanEntries}, and `bad-bitmap-entry` if two are for the same commit. */
  constructor(source: ByteSource, layout: BitmapLayout, start: number) {
    const entries = [...scanEntries(source, layout, start)];
    this.entries = entries;
    const order = Uint32Array.from(entries.keys()).sort((a, b) => entries[a]!.position - entries[b]!.position || a - b);
    for (let i = 1; i < order.length; i++) {
      const { position, offset } = entries[order[i]!]!;
      if (position !== entries[order[i - 1]!]!.position) continue;
      const message = `duplicate entry in bitmap index: commit index ${position}`;
      throw bitmapProblem(source, "bad-bitmap-entry", offset, message);
    }
    this.#byPosition = order;
  }

  /** The number of the entry for a position; −1 if there is none. */
  indexOf(position: number): number {
    let low = 0;
    let high = this.#byPosition.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const index = this.#byPosition[middle]!;
      const found = this.entries[index]!.position;
      if (found === position) return index;
      if (found < position) low = middle + 1;
      else high = middle;
    }
    return -1;
  }
}
