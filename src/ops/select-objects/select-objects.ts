/**
 * Merges sorted lists of objects into one without duplicates: which copy of each object a multi-pack-index refers to.
 *
 * Works through the ids in ranges of their first byte, as many at a time as a bounded staging area holds, so that memory follows the
 * result and not the number of copies.
 */

import { GitmidxError } from "../../core/errors.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { MidxEntries } from "../../formats/midx/entries.js";
import type { CandidateList } from "./candidates.js";
import { BucketSorter } from "./sort-bucket.js";
import { copyWords, Staging } from "./staging.js";

/**
 * Rows staged at a time, unless one value of the first byte alone has more: few enough to stay in the processor's cache, but enough for
 * each list that reading its part is worth the call.
 */
function stagingRows(listCount: number): number {
  return Math.min(1 << 20, Math.max(1 << 17, listCount * 2048));
}

/** Most objects a multi-pack-index can count. */
const mostObjects = 0xffff_ffff;

/** Whether an object is to be left out, because a layer below has it. */
export type IsExcluded = (oid: Uint8Array) => boolean;

/**
 * The union of `lists`; where several have an object, the copy of the first list that has it is chosen, and within a list the first.
 * @param idByteLength 20 or 32.
 */
export async function selectObjects(
  lists: readonly CandidateList[],
  idByteLength: number,
  isExcluded: IsExcluded | undefined,
  task: TaskOptions,
): Promise<MidxEntries> {
  const total = lists.reduce((sum, list) => sum + list.fanout[255]!, 0);
  const merge = new Merge(lists, idByteLength, total, isExcluded);
  const step = new Step(task, "Selecting objects", total);
  for (let first = 0; first < 256; ) {
    const end = merge.rangeEnd(first);
    merge.stage(first, end);
    for (; first < end; first++) await step.tick(merge.bucket(first));
    merge.finishRange();
  }
  step.finish();
  return merge.entries();
}

class Merge {
  readonly #lists: readonly CandidateList[];
  readonly #idByteLength: number;
  readonly #isExcluded: IsExcluded | undefined;
  /** Rows of all lists by the first byte of the id. */
  readonly #bucketRows: Uint32Array;
  readonly #staging: Staging;
  readonly #sorter: BucketSorter;
  /** The first staged row of each first byte of the range. */
  readonly #firstRows = new Uint32Array(256);
  readonly #idSegments: Uint8Array[] = [];
  readonly #packIds: Uint32Array;
  readonly #offsetsLow: Uint32Array;
  #offsetsHigh: Uint32Array | undefined;
  #count = 0;
  #segment: Uint32Array = new Uint32Array(0);
  #segmentStart = 0;

  constructor(
    lists: readonly CandidateList[],
    idByteLength: number,
    total: number,
    isExcluded: IsExcluded | undefined,
  ) {
    this.#lists = lists;
    this.#idByteLength = idByteLength;
    this.#isExcluded = isExcluded;
    if (total > mostObjects) {
      throw new GitmidxError(
        "too-many-objects",
        `${total} objects in all packs are more than the ${mostObjects} that can be counted`,
      );
    }
    this.#bucketRows = countRows(lists);
    const largestBucket = this.#bucketRows.reduce((most, rows) => Math.max(most, rows), 0);
    const capacity = Math.min(total, Math.max(stagingRows(lists.length), largestBucket));
    this.#staging = new Staging(capacity, idByteLength);
    this.#sorter = new BucketSorter(this.#staging.ids, idByteLength, largestBucket);
    this.#packIds = new Uint32Array(total);
    this.#offsetsLow = new Uint32Array(total);
  }

  /** The first byte at which the range that begins at `first` must end for its rows to fit. */
  rangeEnd(first: number): number {
    let rows = this.#bucketRows[first]!;
    let end = first + 1;
    while (end < 256 && rows + this.#bucketRows[end]! <= this.#staging.capacity) rows += this.#bucketRows[end++]!;
    return end;
  }

  /** Fetches all rows whose ids begin with `first` to `end` − 1. */
  stage(first: number, end: number): void {
    const staging = this.#staging;
    staging.clear();
    let row = 0;
    for (let byte = first; byte < end; byte++) {
      this.#firstRows[byte] = row;
      row += this.#bucketRows[byte]!;
    }
    staging.nextRows.set(this.#firstRows);
    for (const list of this.#lists) list.stage(first, end, staging);
    this.#segment = new Uint32Array((row * this.#idByteLength) / 4);
    this.#segmentStart = this.#count;
  }

  /** Merges the rows whose ids begin with `first`; returns how many there were. */
  bucket(first: number): number {
    const { rows } = this.#sorter;
    const start = this.#firstRows[first]!;
    const count = this.#bucketRows[first]!;
    for (let i = 0; i < count; i++) rows[i] = start + i;
    this.#sorter.sort(count);
    this.#take(count);
    return count;
  }

  /** Takes the first row of each run of equal ids in the sorted bucket, unless it is excluded. */
  #take(count: number): void {
    const { rows, keys } = this.#sorter;
    const { ids, words: staged, places, hasHighOffsets } = this.#staging;
    const isExcluded = this.#isExcluded;
    const idByteLength = this.#idByteLength;
    const words = idByteLength >> 2;
    const segment = this.#segment;
    const packIds = this.#packIds;
    const offsetsLow = this.#offsetsLow;
    let position = this.#count;
    let to = (position - this.#segmentStart) * words;
    for (let i = 0, before = -1; i < count; i++) {
      const row = rows[i]!;
      if (before >= 0 && keys[i] === keys[before] && isSame(staged, rows[before]!, row, words)) continue;
      before = i;
      if (isExcluded?.(ids.subarray(row * idByteLength, (row + 1) * idByteLength))) continue;
      copyWords(staged, row * words, segment, to, words);
      to += words;
      packIds[position] = places[2 * row]!;
      offsetsLow[position] = places[2 * row + 1]!;
      if (hasHighOffsets) this.#takeHighOffset(row, position);
      position++;
    }
    this.#count = position;
  }

  #takeHighOffset(row: number, position: number): void {
    const high = this.#staging.highOffset(row);
    if (high === 0) return;
    this.#offsetsHigh ??= new Uint32Array(this.#packIds.length);
    this.#offsetsHigh[position] = high;
  }

  /** Ends the range that was staged: its ids become a segment. */
  finishRange(): void {
    const bytes = new Uint8Array(this.#segment.buffer, 0, (this.#count - this.#segmentStart) * this.#idByteLength);
    if (bytes.length > 0) this.#idSegments.push(bytes);
  }

  entries(): MidxEntries {
    return {
      count: this.#count,
      idSegments: this.#idSegments,
      packIds: this.#packIds.subarray(0, this.#count),
      offsetsLow: this.#offsetsLow.subarray(0, this.#count),
      offsetsHigh: this.#offsetsHigh?.subarray(0, this.#count),
    };
  }
}

/** How many rows of all lists begin with each byte. */
function countRows(lists: readonly CandidateList[]): Uint32Array {
  const rows = new Uint32Array(256);
  for (const { fanout } of lists) {
    for (let byte = 0, before = 0; byte < 256; byte++) {
      rows[byte]! += fanout[byte]! - before;
      before = fanout[byte]!;
    }
  }
  return rows;
}

/** Whether two rows of `words` words have the same id. */
function isSame(ids: Uint32Array, a: number, b: number, words: number): boolean {
  for (let i = a * words, j = b * words, end = i + words; i < end; i++, j++) if (ids[i] !== ids[j]) return false;
  return true;
}
