/** Reads a pack from front to back in blocks: large ones where much of it is wanted, small ones where little is. */

import { NeedRange, withRanges } from "../../../bytes/source.js";
import type { EntryHeader } from "../../../formats/pack/entry-header.js";
import { maxEntryHeaderByteLength } from "../../../formats/pack/entry-header.js";
import type { PackView } from "../../../formats/pack/view.js";

/** Bytes of the first block, and of one far from the block before it. */
const leastByteLength = 1 << 13;
/** Bytes of blocks that follow each other. */
const mostByteLength = 1 << 20;

/** One block of one pack at a time. */
export class PackBlocks {
  /** The block's bytes: `[start, end)` of the pack. */
  bytes: Uint8Array = new Uint8Array(leastByteLength);
  start = 0;
  end = 0;
  readonly #view: PackView;

  constructor(view: PackView) {
    this.#view = view;
  }

  /** Whether the header of the entry at `offset`, or as much of it as the pack can hold, is in the block. */
  holdsHeader(offset: number): boolean {
    return (
      offset >= this.start && (offset + maxEntryHeaderByteLength <= this.end || this.end === this.#view.entriesEnd)
    );
  }

  /**
   * Parses the header of an entry that {@link holdsHeader} is true of.
   * @returns where in {@link bytes} it begins.
   * @throws GitmidxError as `EntryHeader.parse`
   */
  headerAt(offset: number, header: EntryHeader): number {
    const at = offset - this.start;
    const end = Math.min(this.end - this.start, at + maxEntryHeaderByteLength);
    header.parse(this.bytes, at, end, offset, this.#view.format.byteLength);
    return at;
  }

  /** Goes on to the block that begins at `offset`; a promise where it must be fetched. @throws GitmidxError what reading throws */
  turn(offset: number): Promise<void> | undefined {
    const follows = offset >= this.start && offset <= this.end + leastByteLength;
    const wanted = follows ? Math.min(mostByteLength, 4 * (this.end - this.start)) : leastByteLength;
    const length = Math.max(0, Math.min(Math.max(leastByteLength, wanted), this.#view.entriesEnd - offset));
    if (length > this.bytes.length) this.bytes = new Uint8Array(Math.max(length, Math.min(mostByteLength, wanted)));
    const target = this.bytes.subarray(0, length);
    // Whoever asks for bytes that are not there is told by what parses them.
    if (length === 0) {
      this.start = offset;
      this.end = offset;
      return undefined;
    }
    const { source } = this.#view;
    const settle = (): void => {
      this.start = offset;
      this.end = offset + length;
    };
    try {
      source.readInto(offset, target);
    } catch (error) {
      if (!(error instanceof NeedRange)) throw error;
      return withRanges(() => source.readInto(offset, target)).then(settle);
    }
    settle();
    return undefined;
  }
}
