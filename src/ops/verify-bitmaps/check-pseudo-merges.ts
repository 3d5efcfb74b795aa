/** The pseudo-merges: what groups of refs reach together, and the table of the commits that are in some. */

import type { BitSet } from "../../bytes/bit-set.js";
import { type ByteSource, withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { pseudoMergesFooterByteLength } from "../../formats/bitmap/layout.js";
import { pseudoMergeRowByteLength as rowByteLength } from "../../formats/bitmap/pseudo-merges.js";
import type { Ewah } from "../../formats/ewah/ewah.js";
import { readEwah } from "../../formats/ewah/read.js";
import type { BitObjects } from "./bit-objects.js";
import type { TestedBitmap } from "./tested-bitmap.js";

/** A pseudo-merge as it was read. */
export interface TestedPseudoMerge {
  readonly index: number;
  /** Where it begins in the file. */
  readonly offset: number;
  /** Bits of its commits. */
  readonly members: Ewah;
  /** Bits of all that they reach. */
  readonly objects: Ewah;
}

/** Where the parts of the section lie. */
interface Places {
  readonly mergeCount: number;
  readonly commitCount: number;
  /** The table of commits, its end, and where the offsets of all pseudo-merges begin. */
  readonly table: number;
  readonly tableEnd: number;
  readonly offsets: number;
}

const extendedFlag = 0x8000_0000;
const oldGit =
  "the table of commits in pseudo-merges is not sorted by bits, as git 2.46 to 2.54 wrote it; git makes no use of what it does not find";

/** Checks the section, if there is one. @returns the pseudo-merges that decode, for those who know what they should say */
export async function checkPseudoMerges(
  bitmap: TestedBitmap,
  objects: BitObjects,
  commits: BitSet | undefined,
): Promise<readonly TestedPseudoMerge[]> {
  const { view, findings } = bitmap;
  if (!view.hasPseudoMerges) return [];
  try {
    return await withRanges(() => {
      const check = new PseudoMergesCheck(bitmap, objects, commits);
      const places = check.places();
      if (places === undefined) return [];
      const merges = check.merges(places);
      if (merges.length === places.mergeCount) check.table(places, merges);
      return merges;
    });
  } catch (error) {
    findings.thrown(error, "pseudo-merges");
    return [];
  } finally {
    await findings.drain();
  }
}

class PseudoMergesCheck {
  readonly #bitmap: TestedBitmap;
  readonly #objects: BitObjects;
  readonly #commits: BitSet | undefined;

  constructor(bitmap: TestedBitmap, objects: BitObjects, commits: BitSet | undefined) {
    this.#bitmap = bitmap;
    this.#objects = objects;
    this.#commits = commits;
  }

  #error(message: string, details: { offset: number; object?: string; found?: string; wanted?: string }): void {
    this.#bitmap.findings.error("bad-pseudo-merge", "pseudo-merges", message, details);
  }

  /** Where everything lies; undefined where the footer cannot be right. */
  places(): Places | undefined {
    const { source, sections } = this.#bitmap;
    const { pseudoMerges: start, lookupTable: end } = sections;
    const footer = end - pseudoMergesFooterByteLength;
    const mergeCount = source.u32(footer);
    const commitCount = source.u32(footer + 4);
    const table = start + source.u64(footer + 8);
    const tableEnd = table + rowByteLength * commitCount;
    const offsets = footer - 8 * mergeCount;
    if (table <= tableEnd && tableEnd <= offsets) return { mergeCount, commitCount, table, tableEnd, offsets };
    const place = BigInt(start) + BigInt(exactU64(source, footer + 8));
    const found = `${mergeCount} pseudo-merges of ${commitCount} commits, the table at ${place}`;
    const message = "corrupted bitmap index file, pseudo-merge table too short";
    this.#error(message, { offset: footer, found, wanted: `what fits in ${end - start} bytes` });
    return undefined;
  }

  /** Reads the pseudo-merges, which stand one behind the other up to the table. */
  merges({ mergeCount, table, offsets }: Places): TestedPseudoMerge[] {
    const { source, sections, below, objectCount } = this.#bitmap;
    const merges: TestedPseudoMerge[] = [];
    let at = sections.pseudoMerges;
    for (let index = 0; index < mergeCount; index++) {
      const offset = source.u64(offsets + 8 * index);
      if (offset !== at) {
        const message = `pseudo-merge ${index} is not where it is said to begin`;
        const found = exactU64(source, offsets + 8 * index);
        this.#error(message, { offset: offsets + 8 * index, found, wanted: String(at) });
      }
      try {
        const members = readEwah(source, at, table, below + objectCount);
        const objects = readEwah(source, at + members.byteLength, table, below + objectCount);
        const merge = { index, offset: at, members, objects };
        this.#members(merge);
        merges.push(merge);
        at += members.byteLength + objects.byteLength;
      } catch (error) {
        if (!isGitmidxError(error)) throw error;
        this.#bitmap.findings.thrown(error, "pseudo-merges");
        return merges;
      }
    }
    if (at !== table) {
      const message = `the pseudo-merges end at ${at}, but the table of their commits begins at ${table}`;
      this.#error(message, { offset: at, found: String(at), wanted: String(table) });
    }
    return merges;
  }

  #members({ index, offset, members, objects }: TestedPseudoMerge): void {
    let count = 0;
    const reached = objects.toBits();
    members.forEach((bit) => {
      count++;
      const isCommit = this.#commits?.has(bit) ?? true;
      if (isCommit && bit < 32 * reached.words.length && reached.has(bit)) return;
      const object = this.#objects.hexAt(bit);
      const message = isCommit
        ? `pseudo-merge ${index} does not reach its own commit ${object}`
        : `pseudo-merge ${index} has object ${object}, which is no commit of this ${this.#bitmap.kind}`;
      this.#error(message, { offset, object });
    });
    if (count === 0)
      this.#error(`pseudo-merge ${index} is of no commits, so that git adds it to every answer`, { offset });
  }

  /** The rows of the table against the pseudo-merges. */
  table(places: Places, merges: readonly TestedPseudoMerge[]): void {
    const { source, findings } = this.#bitmap;
    const mergesOf = new Map<number, number[]>();
    for (const { members, offset } of merges) {
      members.forEach((bit) => {
        const offsets = mergesOf.get(bit);
        if (offsets === undefined) mergesOf.set(bit, [offset]);
        else offsets.push(offset);
      });
    }
    let before = -1;
    let isSorted = true;
    const records = { next: places.tableEnd };
    for (let row = 0; row < places.commitCount; row++) {
      const at = places.table + rowByteLength * row;
      const bit = source.u32(at);
      isSorted &&= bit > before;
      before = bit;
      this.#row(places, row, bit, mergesOf.get(bit), records);
      mergesOf.delete(bit);
    }
    if (records.next !== places.offsets) {
      const message = `the table of commits in pseudo-merges ends at ${records.next}, but what follows begins at ${places.offsets}`;
      this.#error(message, { offset: records.next, found: String(records.next), wanted: String(places.offsets) });
    }
    for (const bit of mergesOf.keys()) {
      const object = this.#objects.hexAt(bit);
      this.#error(`the table of commits in pseudo-merges lacks commit ${object}`, { offset: places.table, object });
    }
    if (isSorted) return;
    const advice = "nothing, or write the bitmap anew: gitmidx write --bitmap";
    findings.note("bad-pseudo-merge", "pseudo-merges", oldGit, { offset: places.table, advice });
  }

  /** A row names the only pseudo-merge of its commit, or a record behind the table that lists several. */
  #row(
    places: Places,
    row: number,
    bit: number,
    merges: readonly number[] | undefined,
    records: { next: number },
  ): void {
    const { source } = this.#bitmap;
    const at = places.table + rowByteLength * row;
    const isExtended = source.u32(at + 4) >= extendedFlag;
    const value = (source.u32(at + 4) % extendedFlag) * 2 ** 32 + source.u32(at + 8);
    if (merges === undefined) {
      const message = `row ${row} of the table of commits in pseudo-merges is of bit ${bit}, which is in none, or has a row already`;
      this.#error(message, { offset: at, found: String(bit) });
    }
    if (!isExtended) {
      if (merges !== undefined && (merges.length !== 1 || merges[0] !== value)) {
        this.#wrongRow(row, at + 4, `the pseudo-merge at ${exactU64(source, at + 4)}`, merges);
      }
      return;
    }
    // Before 2.55 git counted 8 bytes for each row in front of the records, where it takes 12.
    const asOldGit = records.next - 4 * places.commitCount;
    if (value !== records.next && value !== asOldGit) {
      const found = String(BigInt.asUintN(63, BigInt(exactU64(source, at + 4))));
      this.#error(`row ${row} of the table of commits in pseudo-merges does not lead to its list`, {
        offset: at + 4,
        found,
        wanted: String(records.next),
      });
    }
    this.#record(places, row, merges, records);
  }

  /** The list of pseudo-merges that comes next. */
  #record(places: Places, row: number, merges: readonly number[] | undefined, records: { next: number }): void {
    const { source } = this.#bitmap;
    const start = records.next;
    const count = start + 4 <= places.offsets ? source.u32(start) : 0;
    if (count === 0 || start + 4 + 8 * count > places.offsets) {
      this.#error(`the list for row ${row} of the table of commits in pseudo-merges is cut short`, { offset: start });
      return;
    }
    records.next = start + 4 + 8 * count;
    const listed = Array.from({ length: count }, (_, i) => source.u64(start + 4 + 8 * i));
    if (merges === undefined) return;
    // Git lists a pseudo-merge once for each ref to the commit.
    const wanted = new Set(merges);
    const isRight = listed.every((offset) => wanted.has(offset)) && new Set(listed).size === wanted.size;
    if (isRight) return;
    const shown = listed.slice(0, 8).map((_, i) => exactU64(source, start + 4 + 8 * i));
    this.#wrongRow(row, start, `${count} pseudo-merges, at ${shown.join(", ")}`, merges);
  }

  #wrongRow(row: number, offset: number, found: string, merges: readonly number[]): void {
    const message = `row ${row} of the table of commits in pseudo-merges does not lead to those that its commit is in`;
    this.#error(message, { offset, found, wanted: `${merges.length}, at ${merges.slice(0, 8).join(", ")}` });
  }
}

/** The digits of a number of 64 bits, also where a double has not all of them. */
function exactU64(source: ByteSource, at: number): string {
  return String((BigInt(source.u32(at)) << 32n) | BigInt(source.u32(at + 4)));
}
