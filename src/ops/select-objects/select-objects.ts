/**
 * Merges sorted lists of objects into one without duplicates: which copy of each object a multi-pack-index refers to.
 *
 * Works through the ids in ranges of their first byte, as many at a time as a bounded staging area holds, so that memory follows the
 * result and not the number of copies.
 */

import { GitmidxError } from "../../core/errors.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { MidxEntries } from "../../formats/midx/entries.js";
import type { CandidateList, Staging } from "./candidates.js";
import { BucketSorter } from "./sort-bucket.js";

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
  readonly #staging: Staging;
  /** The staged ids as words: a row is copied in 5 or 8 steps. */
  readonly #stagedWords: Uint32Array;
  readonly #sorter: BucketSorter;
  /** Staged row at which each list's rows begin, and the position in the list that it stands for. */
  readonly #firstRows: Uint32Array;
  readonly #firstPositions: Uint32Array;
  /** The fanouts of all lists side by side: entry `byte · lists + list`. With thousands of lists they are what a bucket costs. */
  readonly #fanouts: Uint32Array;
  /** The fanouts of all lists added up. */
  readonly #totals: Float64Array;
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
    this.#firstRows = new Uint32Array(lists.length);
    this.#firstPositions = new Uint32Array(lists.length);
    if (total > mostObjects) {
      throw new GitmidxError(
        "too-many-objects",
        `${total} objects in all packs are more than the ${mostObjects} that can be counted`,
      );
    }
    this.#totals = new Float64Array(256);
    this.#fanouts = new Uint32Array(256 * lists.length);
    for (const [i, { fanout }] of lists.entries()) {
      for (let byte = 0; byte < 256; byte++) {
        this.#totals[byte]! += fanout[byte]!;
        this.#fanouts[byte * lists.length + i] = fanout[byte]!;
      }
    }
    let largestBucket = 0;
    for (let first = 0; first < 256; first++) largestBucket = Math.max(largestBucket, this.#rowsIn(first, first + 1));
    const capacity = Math.min(total, Math.max(stagingRows(lists.length), largestBucket));
    this.#staging = {
      ids: new Uint8Array(capacity * idByteLength),
      packIds: new Uint32Array(capacity),
      offsetsLow: new Uint32Array(capacity),
      offsetsHigh: new Uint32Array(capacity),
    };
    this.#stagedWords = new Uint32Array(this.#staging.ids.buffer);
    this.#sorter = new BucketSorter(this.#staging.ids, idByteLength, largestBucket);
    this.#packIds = new Uint32Array(total);
    this.#offsetsLow = new Uint32Array(total);
  }

  #rowsIn(first: number, end: number): number {
    return this.#totals[end - 1]! - (first === 0 ? 0 : this.#totals[first - 1]!);
  }

  /** The first byte at which the range that begins at `first` must end for its rows to fit. */
  rangeEnd(first: number): number {
    let end = first + 1;
    while (end < 256 && this.#rowsIn(first, end + 1) <= this.#staging.packIds.length) end++;
    return end;
  }

  /** Fetches all rows whose ids begin with `first` to `end` − 1. */
  stage(first: number, end: number): void {
    let row = 0;
    for (const [i, list] of this.#lists.entries()) {
      const start = first === 0 ? 0 : list.fanout[first - 1]!;
      const stop = list.fanout[end - 1]!;
      this.#firstRows[i] = row;
      this.#firstPositions[i] = start;
      if (stop > start) list.stage(start, stop, this.#staging, row);
      row += stop - start;
    }
    this.#segment = new Uint32Array((row * this.#idByteLength) / 4);
    this.#segmentStart = this.#count;
  }

  /** Merges the rows whose ids begin with `first`; returns how many there were. */
  bucket(first: number): number {
    const { rows } = this.#sorter;
    const fanouts = this.#fanouts;
    const lists = this.#lists.length;
    let count = 0;
    for (let i = 0; i < lists; i++) {
      const end = fanouts[first * lists + i]!;
      const start = first === 0 ? 0 : fanouts[(first - 1) * lists + i]!;
      if (start === end) continue;
      const shift = this.#firstRows[i]! - this.#firstPositions[i]!;
      for (let row = start + shift; row < end + shift; row++) rows[count++] = row;
    }
    this.#sorter.sort(count);
    this.#emit(count);
    return count;
  }

  /** Takes the first row of each run of equal ids in the sorted bucket, unless it is excluded. */
  #emit(count: number): void {
    const { rows, keys } = this.#sorter;
    const { ids } = this.#staging;
    const isExcluded = this.#isExcluded;
    for (let i = 0, before = -1; i < count; i++) {
      const row = rows[i]!;
      if (before >= 0 && keys[i] === keys[before] && this.#sorter.compareIds(rows[before]!, row) === 0) continue;
      before = i;
      if (isExcluded?.(ids.subarray(row * this.#idByteLength, (row + 1) * this.#idByteLength))) continue;
      this.#take(row);
    }
  }

  #take(row: number): void {
    const position = this.#count++;
    const words = this.#idByteLength >> 2;
    const staged = this.#stagedWords;
    const segment = this.#segment;
    for (let from = row * words, to = (position - this.#segmentStart) * words, end = from + words; from < end; ) {
      segment[to++] = staged[from++]!;
    }
    this.#packIds[position] = this.#staging.packIds[row]!;
    this.#offsetsLow[position] = this.#staging.offsetsLow[row]!;
    const high = this.#staging.offsetsHigh[row]!;
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
