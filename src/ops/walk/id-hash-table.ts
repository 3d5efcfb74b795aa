/**
 * Which order git's id sets (khash) have after some came and went: what git prints in that order can be printed in the same without
 * knowing why.
 */

/** Buckets that are not taken. */
const empty = -1;
const deleted = -2;
const fullestShare = 0.77;
const leastBuckets = 4;

/** Items with hashes. */
export class IdHashTable {
  readonly #hashOf: (item: number) => number;
  #buckets: Int32Array<ArrayBuffer>;
  /** Items, and how many buckets were ever taken since the table last changed its size. */
  #size = 0;
  #occupied = 0;

  /**
   * @param hashOf 32 bits
   * @param buckets how many there are at first: a power of two, or 0
   */
  constructor(hashOf: (item: number) => number, buckets: number) {
    this.#hashOf = hashOf;
    this.#buckets = new Int32Array(buckets).fill(empty);
  }

  /** @returns whether the item was there already */
  add(item: number): boolean {
    if (this.#occupied >= this.#fullest(this.#buckets.length)) this.#makeRoom();
    const place = this.#placeFor(item);
    const before = this.#buckets[place]!;
    if (before >= 0) return true;
    if (before === empty) this.#occupied++;
    this.#size++;
    this.#buckets[place] = item;
    return false;
  }

  remove(item: number): void {
    const { length } = this.#buckets;
    if (length === 0) return;
    const mask = length - 1;
    const first = this.#hashOf(item) & mask;
    let place = first;
    for (let step = 1; this.#buckets[place] !== empty; step++) {
      if (this.#buckets[place] === item) {
        this.#buckets[place] = deleted;
        this.#size--;
        return;
      }
      place = (place + step) & mask;
      if (place === first) return;
    }
  }

  /** The items in the order of the table. */
  items(): readonly number[] {
    return Array.from(this.#buckets).filter((item) => item >= 0);
  }

  /** Where the item is, or is to be put. */
  #placeFor(item: number): number {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    const first = this.#hashOf(item) & mask;
    let place = first;
    let free = -1;
    for (let step = 1; buckets[place] !== empty && buckets[place] !== item; step++) {
      if (buckets[place] === deleted) free = place;
      place = (place + step) & mask;
      if (place === first) return free;
    }
    return buckets[place] === empty && free >= 0 ? free : place;
  }

  #fullest(buckets: number): number {
    return Math.floor(buckets * fullestShare + 0.5);
  }

  /** As in git, a table that is full of what was removed is put in order; any other one becomes larger. */
  #makeRoom(): void {
    const old = this.#buckets;
    const length = old.length > 2 * this.#size ? old.length : Math.max(leastBuckets, 2 * old.length);
    if (this.#size >= this.#fullest(length)) return;
    const buckets = new Int32Array(length).fill(empty);
    const mask = length - 1;
    for (let from = 0; from < old.length; from++) {
      let item = old[from]!;
      if (item < 0) continue;
      old[from] = deleted;
      // An item whose new bucket still has an old item takes it, and that one is placed next.
      for (;;) {
        let place = this.#hashOf(item) & mask;
        for (let step = 1; buckets[place] !== empty; step++) place = (place + step) & mask;
        buckets[place] = item;
        const displaced = place < old.length ? old[place]! : empty;
        if (displaced < 0) break;
        old[place] = deleted;
        item = displaced;
      }
    }
    this.#buckets = buckets;
    this.#occupied = this.#size;
  }
}
