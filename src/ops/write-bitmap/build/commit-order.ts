/** The commits whose bits are looked for and those before them, numbered so that parents come before children. */

import { BitSet } from "../../../bytes/bit-set.js";
import { NeedRange, withRanges } from "../../../bytes/source.js";
import { GitmidxError } from "../../../core/errors.js";
import { toHex } from "../../../core/oid.js";
import type { Ewah } from "../../../formats/ewah/ewah.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { ObjectGraph } from "../../walk/object-graph.js";
import { notClosed } from "./not-closed.js";

const initialCommits = 1024;

/** Where commits come from, and what is known of some already. */
export interface CommitSource {
  readonly graph: ObjectGraph;
  readonly order: BitOrder;
  /** The bits of a commit that are known already: its parents are not looked at then. */
  readonly knownBits: (oid: Uint8Array, bit: number) => Ewah | undefined;
  /** Called for each commit that is read; a promise is waited for. */
  readonly tick: () => Promise<void> | undefined;
}

/** The numbered commits: columns, by number. */
export class CommitOrder {
  count = 0;
  /** Rows in the graph. */
  rows = new Int32Array(initialCommits);
  bits = new Int32Array(initialCommits);
  /** Bits of what is reached from commits: those that were known, and those that were made. */
  readonly ewahs = new Map<number, Ewah>();
  readonly #source: CommitSource;
  /** By row: the commit's number plus one; 0 if it has none yet. */
  #numbers = new Int32Array(initialCommits);
  /** The commits on the way from where {@link add} began: their rows, their bits, and which parent of each comes next. */
  #path = new Int32Array(initialCommits);
  #pathBits = new Int32Array(initialCommits);
  #nextParents = new Int32Array(initialCommits);
  #depth = 0;
  /** What the known bits that were met have in them: commits in it are left without a number. */
  readonly #covered = new BitSet();

  constructor(source: CommitSource) {
    this.#source = source;
  }

  /** The number of a commit's row; −1 if it has none. */
  numberOf(row: number): number {
    return row < this.#numbers.length ? this.#numbers[row]! - 1 : -1;
  }

  /**
   * Numbers a commit and all before it that have no number yet, up to commits whose bits are known. Those that are reached from such a
   * commit, whichever it is, get no number: {@link addMissing} is for the few of which that turns out to be needed.
   * @throws GitmidxError `not-closed` if one of them has no bit; `missing-object`, `bad-object`
   */
  async add(row: number): Promise<void> {
    const { graph } = this.#source;
    if (this.numberOf(row) < 0) await this.#enter(row);
    while (this.#depth > 0) {
      const top = this.#depth - 1;
      const commit = this.#path[top]!;
      const next = this.#nextParents[top]!;
      if (next === graph.parentCount(commit)) {
        this.#leave();
        continue;
      }
      this.#nextParents[top] = next + 1;
      const parent = graph.parent(commit, next);
      if (this.numberOf(parent) >= 0 || this.#isCovered(parent)) continue;
      const wait = this.#enter(parent);
      if (wait !== undefined) await wait;
    }
  }

  /** As {@link add}, whatever else reaches the commit. */
  addMissing(row: number): Promise<void> {
    this.#covered.clear();
    return this.add(row);
  }

  #isCovered(row: number): boolean {
    if (this.#covered.words.length === 0) return false;
    const { order, graph } = this.#source;
    const { set } = graph.objects;
    // its tables are in memory: the commit before it was looked up
    const bit = order.bitOf(set.ids, row * set.idByteLength);
    return bit >= 0 && bit < 32 * this.#covered.words.length && this.#covered.has(bit);
  }

  /** Goes on to a commit; a promise if something must be waited for. */
  #enter(row: number): Promise<void> | undefined {
    const { graph } = this.#source;
    if (!this.#look(row)) return this.#enterLate(row);
    if (this.numberOf(row) >= 0) return undefined;
    if (!graph.isParsed(row)) return this.#enterLate(row);
    return graph.readParents(row) ?? this.#source.tick();
  }

  async #enterLate(row: number): Promise<void> {
    const { graph, tick } = this.#source;
    const top = this.#depth;
    await withRanges(() => {
      if (this.#depth === top && this.numberOf(row) < 0) this.#lookNow(row);
    });
    if (this.numberOf(row) >= 0) return;
    if (!(await graph.readCommit(row))) {
      throw new GitmidxError("missing-object", `unable to parse commit ${toHex(graph.objects.set.idAt(row))}`);
    }
    await graph.readParents(row);
    await tick();
  }

  /** Puts a commit on the way, or numbers it if its bits are known; false if something must be fetched first. */
  #look(row: number): boolean {
    try {
      this.#lookNow(row);
      return true;
    } catch (error) {
      if (error instanceof NeedRange) return false;
      throw error;
    }
  }

  #lookNow(row: number): void {
    const { graph, order, knownBits } = this.#source;
    const oid = graph.objects.set.idAt(row);
    const bit = order.bitOf(oid);
    if (bit < 0) throw notClosed(oid);
    const known = knownBits(oid, bit);
    this.#push(row, bit);
    if (known === undefined) return;
    this.ewahs.set(this.count, known);
    known.orInto(this.#covered);
    this.#leave();
  }

  #push(row: number, bit: number): void {
    if (this.#depth === this.#path.length) {
      this.#path = longer(this.#path, 2 * this.#depth);
      this.#pathBits = longer(this.#pathBits, 2 * this.#depth);
      this.#nextParents = longer(this.#nextParents, 2 * this.#depth);
    }
    this.#path[this.#depth] = row;
    this.#pathBits[this.#depth] = bit;
    this.#nextParents[this.#depth++] = 0;
  }

  /** Numbers the commit that the way has come to, and goes back. */
  #leave(): void {
    const row = this.#path[--this.#depth]!;
    const number = this.count++;
    if (number === this.rows.length) {
      this.rows = longer(this.rows, 2 * number);
      this.bits = longer(this.bits, 2 * number);
    }
    this.rows[number] = row;
    this.bits[number] = this.#pathBits[this.#depth]!;
    if (row >= this.#numbers.length) this.#numbers = longer(this.#numbers, 2 * row);
    this.#numbers[row] = number + 1;
  }
}

function longer(from: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
