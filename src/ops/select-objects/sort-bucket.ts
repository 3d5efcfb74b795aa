/**
 * Sorts the ids of one fanout bucket: a counting sort by their next bits, then each small group by the whole id.
 *
 * Ids are hashes, so the counting sort leaves groups of one or two. An adversary can make ids share long prefixes: a group that is
 * not small is sorted by comparison, so that the time stays n log n.
 */

/** Groups up to this size are sorted by insertion. */
const insertionLimit = 24;
const mostBits = 16;

/** Sorts rows of an id table; keeps its arrays from one bucket to the next. */
export class BucketSorter {
  readonly #ids: Uint8Array;
  readonly #words: DataView;
  readonly #idByteLength: number;
  /** Rows to sort, then sorted rows: the caller fills it from 0. Rows with equal ids keep their order. */
  rows: Uint32Array;
  /** Bytes 1 to 4 of each sorted row's id. */
  keys: Uint32Array;
  #sortedRows: Uint32Array;
  #sortedKeys: Uint32Array;
  #starts = new Uint32Array((1 << mostBits) + 1);

  constructor(ids: Uint8Array, idByteLength: number, capacity: number) {
    this.#ids = ids;
    this.#words = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
    this.#idByteLength = idByteLength;
    this.rows = new Uint32Array(capacity);
    this.keys = new Uint32Array(capacity);
    this.#sortedRows = new Uint32Array(capacity);
    this.#sortedKeys = new Uint32Array(capacity);
  }

  /** Sorts `rows[0 … count)`, whose ids share their first byte. */
  sort(count: number): void {
    // Between one and two rows to a group: with more groups, their beginnings no longer stay in the processor's nearest cache.
    const bits = Math.min(mostBits, Math.max(1, 31 - Math.clz32(count)));
    const largest = this.#scatter(count, bits, 32 - bits);
    if (largest <= insertionLimit) this.#sortByInsertion(0, count);
    else this.#sortGroups(bits);
  }

  /** Sorts group by group, each in the way that suits its size. */
  #sortGroups(bits: number): void {
    const starts = this.#starts;
    let start = 0;
    for (let group = 0; group < 1 << bits; group++) {
      const end = starts[group]!;
      if (end - start > 1) this.#sortGroup(start, end);
      start = end;
    }
  }

  /** Moves rows and keys to their groups; afterwards `starts[g]` is where group g ends. Returns the size of the largest group. */
  #scatter(count: number, bits: number, shift: number): number {
    const { rows, keys } = this;
    const starts = this.#starts.fill(0, 0, (1 << bits) + 1);
    const words = this.#words;
    const idByteLength = this.#idByteLength;
    for (let i = 0; i < count; i++) {
      const key = words.getUint32(rows[i]! * idByteLength + 1);
      keys[i] = key;
      starts[(key >>> shift) + 1]!++;
    }
    let largest = 0;
    for (let group = 0; group < 1 << bits; group++) {
      const size = starts[group + 1]!;
      if (size > largest) largest = size;
      starts[group + 1] = starts[group]! + size;
    }
    const sortedRows = this.#sortedRows;
    const sortedKeys = this.#sortedKeys;
    for (let i = 0; i < count; i++) {
      const key = keys[i]!;
      const to = starts[key >>> shift]!++;
      sortedRows[to] = rows[i]!;
      sortedKeys[to] = key;
    }
    this.rows = sortedRows;
    this.keys = sortedKeys;
    this.#sortedRows = rows;
    this.#sortedKeys = keys;
    return largest;
  }

  #sortGroup(start: number, end: number): void {
    if (end - start > insertionLimit) this.#sortByComparison(start, end);
    else this.#sortByInsertion(start, end);
  }

  /** Sorts rows of which none is far from its place. */
  #sortByInsertion(start: number, end: number): void {
    const { rows, keys } = this;
    for (let i = start + 1; i < end; i++) {
      const key = keys[i]!;
      if (keys[i - 1]! < key) continue;
      const row = rows[i]!;
      let to = i;
      while (to > start && (keys[to - 1]! > key || (keys[to - 1] === key && this.compareIds(rows[to - 1]!, row) > 0))) {
        keys[to] = keys[to - 1]!;
        rows[to] = rows[to - 1]!;
        to--;
      }
      keys[to] = key;
      rows[to] = row;
    }
  }

  #sortByComparison(start: number, end: number): void {
    const rank = new Map<number, number>();
    for (let i = start; i < end; i++) rank.set(this.rows[i]!, i);
    const sorted = this.rows.slice(start, end).sort((a, b) => this.compareIds(a, b) || rank.get(a)! - rank.get(b)!);
    this.rows.set(sorted, start);
    for (let i = start; i < end; i++) this.keys[i] = this.#words.getUint32(this.rows[i]! * this.#idByteLength + 1);
  }

  /** Compares the ids of two rows: negative, zero or positive. */
  compareIds(a: number, b: number): number {
    const ids = this.#ids;
    const idByteLength = this.#idByteLength;
    for (let i = a * idByteLength, j = b * idByteLength, end = i + idByteLength; i < end; i++, j++) {
      if (ids[i] !== ids[j]) return ids[i]! - ids[j]!;
    }
    return 0;
  }
}
