/** The entries: a compressed bitmap for each selected commit, many as differences to one before. */

import type { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { entryHeaderByteLength, maxXorOffset } from "../../formats/bitmap/layout.js";
import { readEwah } from "../../formats/ewah/read.js";
import type { BitObjects } from "./bit-objects.js";
import { EntryBits, type TestedEntry } from "./entry-bits.js";
import type { TestedBitmap } from "./tested-bitmap.js";

/**
 * Reads all entries, and checks each by itself: that its commit is there, is a commit and has no other entry, that it decodes, and that its
 * base is where it can be.
 */
export async function checkEntries(
  bitmap: TestedBitmap,
  objects: BitObjects,
  commits: BitSet | undefined,
  task: TaskOptions,
): Promise<EntryBits> {
  const { view, sections, findings, below, objectCount } = bitmap;
  const entries: TestedEntry[] = [];
  const bitLimit = below + objectCount;
  const bits = new EntryBits(entries, bitLimit);
  const check = new EntriesCheck(bitmap, objects, commits);
  const step = new Step(task, "Verifying bitmap entries", view.entryCount);
  let at = sections.entries;
  for (let index = 0; index < view.entryCount; index++) {
    const entry = await withRanges(() => check.read(index, at));
    if (entry === undefined) break;
    entries.push(entry);
    at = entry.end;
    const turn = step.tick();
    if (turn !== undefined) await turn;
    await findings.drain();
  }
  step.finish();
  const isWhole = entries.length === view.entryCount;
  if (isWhole && at !== sections.pseudoMerges) {
    const message = `the entries end at ${at}, but what follows them begins at ${sections.pseudoMerges}`;
    const [found, wanted] = [String(at), String(sections.pseudoMerges)];
    findings.error("bad-bitmap-entry", "entries", message, { offset: at, found, wanted });
  }
  return bits;
}

class EntriesCheck {
  readonly #bitmap: TestedBitmap;
  readonly #objects: BitObjects;
  readonly #commits: BitSet | undefined;
  readonly #seen = new Set<number>();

  constructor(bitmap: TestedBitmap, objects: BitObjects, commits: BitSet | undefined) {
    this.#bitmap = bitmap;
    this.#objects = objects;
    this.#commits = commits;
  }

  /** Reads entry number `index` at `offset`; undefined where it cannot be told where the next one begins. */
  read(index: number, offset: number): TestedEntry | undefined {
    const { source, sections, findings, below, objectCount } = this.#bitmap;
    const end = sections.pseudoMerges;
    if (offset + entryHeaderByteLength > end) {
      const message = `corrupt ewah bitmap: truncated header for entry ${index}`;
      findings.error("bad-bitmap-entry", "entries", message, { offset });
      return undefined;
    }
    const position = source.u32(offset);
    const xorOffset = source.u8(offset + 4);
    const flags = source.u8(offset + 5);
    const bit = this.#commitBit(index, offset, position);
    const base = this.#baseOf(index, offset + 4, xorOffset);
    if (flags !== 0) {
      const message = `entry ${index} has flags 0x${flags.toString(16)}, which git does not write and passes over`;
      findings.note("bad-bitmap-entry", "entries", message, { offset: offset + 5, found: String(flags), wanted: "0" });
    }
    const at = offset + entryHeaderByteLength;
    try {
      const ewah = readEwah(source, at, end, below + objectCount);
      return { index, position, bit, offset, end: at + ewah.byteLength, base, ewah };
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      findings.thrown(error, "entries");
      return this.#withoutBits(index, position, bit, offset, base);
    }
  }

  /** An entry that does not decode, where the next one can be found all the same. */
  #withoutBits(index: number, position: number, bit: number, offset: number, base: number): TestedEntry | undefined {
    const { source, sections } = this.#bitmap;
    const at = offset + entryHeaderByteLength;
    try {
      const words = source.u32(at + 4);
      const end = at + 12 + 8 * words;
      return end <= sections.pseudoMerges ? { index, position, bit, offset, end, base, ewah: undefined } : undefined;
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      return undefined;
    }
  }

  /** The bit of the entry's commit, or −1. */
  #commitBit(index: number, offset: number, position: number): number {
    const { findings, below, objectCount, kind } = this.#bitmap;
    const { order } = this.#objects;
    if (position < below || position >= below + objectCount) {
      const message = `corrupt ewah bitmap: commit index ${position} out of range`;
      const wanted = `${below} to ${below + objectCount - 1}`;
      findings.error("bad-bitmap-entry", "entries", message, { offset, found: String(position), wanted });
      return -1;
    }
    const bit = order.bitAt(position);
    const object = this.#objects.hexAt(bit);
    if (this.#seen.has(position)) {
      const message = `duplicate entry in bitmap index: '${object}'`;
      findings.error("bad-bitmap-entry", "entries", message, { offset, object });
    }
    this.#seen.add(position);
    if (this.#commits?.has(bit) === false) {
      const message = `entry ${index} is of object ${object}, which is no commit of this ${kind}`;
      findings.error("bad-bitmap-entry", "entries", message, { offset, object, wanted: "a commit" });
      return -1;
    }
    return bit;
  }

  /** The number of the entry that this one is a difference to; −1 if it is none, −2 if there is no such entry. */
  #baseOf(index: number, offset: number, xorOffset: number): number {
    const { findings } = this.#bitmap;
    if (xorOffset === 0) return -1;
    if (xorOffset <= maxXorOffset && xorOffset <= index) return index - xorOffset;
    const message = "invalid XOR offset in bitmap pack index";
    const wanted = `0 to ${Math.min(index, maxXorOffset)}`;
    findings.error("bad-bitmap-entry", "entries", message, { offset, found: String(xorOffset), wanted });
    return -2;
  }
}
