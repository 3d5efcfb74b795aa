/** The commits that bitmaps should reach, every one behind its parents, with what they link to as bits. */

import { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { CommitLinks } from "../../formats/object/commit.js";
import type { Grafts } from "../walk/grafts.js";
import type { BitObjects } from "./bit-objects.js";

/** An object that a commit needs, but that no bit stands for. */
export interface MissingObject {
  readonly id: string;
}

/** A commit with its number in {@link History}. */
interface WaitingCommit {
  readonly bit: number;
  /** Parents that have been looked at. */
  looked: number;
}

/** Commits by their numbers: a parent's is always below its child's. */
export class History {
  /** Numbers by bit plus one; 0 where a commit has none. */
  readonly numbers: Uint32Array;
  /** Bits by number. */
  readonly bits: number[] = [];
  /** Bits of the trees by number; −1 where the tree is {@link missing}. */
  readonly trees: number[] = [];
  /** Numbers of the parents, of commit `i` from `parentEnds[i − 1]` to `parentEnds[i]`. */
  readonly parents: number[] = [];
  readonly parentEnds: number[] = [];
  /** What commits link to and is not there, by number. */
  readonly missing = new Map<number, MissingObject>();
  readonly #objects: BitObjects;
  readonly #grafts: Grafts | undefined;
  readonly #links: CommitLinks;
  /** Of commits that wait for their parents: bits of the tree and of the parents, −1 for missing ones. */
  readonly #found = new Map<number, readonly number[]>();
  readonly #missingOf = new Map<number, MissingObject>();

  constructor(objects: BitObjects, grafts: Grafts | undefined) {
    this.#objects = objects;
    this.#grafts = grafts;
    this.#links = new CommitLinks(objects.order.format);
    this.numbers = new Uint32Array(objects.order.bitCount);
  }

  /** Adds a commit, given by its bit, and all that it reaches. @throws GitmidxError for commits that cannot be read; `aborted` */
  async add(bit: number, task: TaskOptions): Promise<void> {
    if (this.numbers[bit] !== 0) return;
    const step = new Step({ signal: task.signal }, "");
    const waiting: WaitingCommit[] = [{ bit, looked: 0 }];
    for (;;) {
      const top = waiting.at(-1);
      if (top === undefined) return;
      const links = this.#found.get(top.bit) ?? (await this.#read(top.bit));
      const parent = links[++top.looked];
      if (parent === undefined) {
        waiting.pop();
        if (this.numbers[top.bit] === 0) this.#number(top.bit, links);
        this.#found.delete(top.bit);
      } else if (parent >= 0 && this.numbers[parent] === 0) waiting.push({ bit: parent, looked: 0 });
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
  }

  /** The tree of a commit's first parent; −1 if there is none. */
  treeBefore(number: number): number {
    const start = number === 0 ? 0 : this.parentEnds[number - 1]!;
    return start < this.parentEnds[number]! ? this.trees[this.parents[start]!]! : -1;
  }

  #number(bit: number, [tree = -1, ...parents]: readonly number[]): void {
    const number = this.bits.length;
    this.numbers[bit] = number + 1;
    this.bits.push(bit);
    this.trees.push(tree);
    for (const parent of parents) if (parent >= 0) this.parents.push(this.numbers[parent]! - 1);
    this.parentEnds.push(this.parents.length);
    const missing = this.#missingOf.get(bit);
    if (missing !== undefined) this.missing.set(number, missing);
    this.#missingOf.delete(bit);
  }

  /** The bits of a commit's tree and parents. */
  async #read(bit: number): Promise<readonly number[]> {
    const { order } = this.#objects;
    const oid = await withRanges(() => order.oidAt(bit).slice());
    const object = (await withRanges(() => this.#objects.peekAt(bit))) ?? (await this.#objects.read(oid));
    if (object?.type !== "commit") {
      throw new GitmidxError(
        "wrong-object-type",
        `object ${toHex(oid)} should be a commit, but is ${object?.type ?? "not there"}`,
      );
    }
    const links = this.#links;
    links.parse(object.bytes, 0, object.bytes.length, oid);
    const { parents, count } = this.#grafts?.of(oid) ?? { parents: links.parents, count: links.parentCount };
    const { byteLength } = order.format;
    const found = await withRanges(() => {
      const bits = [this.#bitOf(bit, links.tree, 0)];
      for (let i = 0; i < count; i++) bits.push(this.#bitOf(bit, parents, i * byteLength));
      return bits;
    });
    this.#found.set(bit, found);
    return found;
  }

  #bitOf(commit: number, ids: Uint8Array, at: number): number {
    const { order } = this.#objects;
    const bit = order.bitOf(ids, at);
    if (bit < 0 && !this.#missingOf.has(commit))
      this.#missingOf.set(commit, { id: toHex(ids, at, order.format.byteLength) });
    return bit;
  }
}

/** The commits that are reached from some, but not from others whose bits are known, the youngest first. */
export class CommitSweep {
  readonly #history: History;
  readonly #wanted: BitSet;

  constructor(history: History) {
    this.#history = history;
    this.#wanted = new BitSet(history.bits.length);
  }

  /**
   * Visits from the commits `starts` on, by number, what has no bit in `bits` yet, and adds its bit.
   * @param known adds what a commit reaches to `bits` if that is known, and says whether it was.
   */
  visit(
    starts: readonly number[],
    bits: BitSet,
    known: (number: number) => boolean,
    take: (number: number) => void,
  ): void {
    const { words } = this.#wanted;
    const { bits: bitsOf, parents, parentEnds } = this.#history;
    let top = -1;
    for (const start of starts) {
      this.#wanted.add(start);
      top = Math.max(top, start);
    }
    for (let word = top >>> 5; word >= 0 && top >= 0; ) {
      const value = words[word]!;
      if (value === 0) {
        word--;
        continue;
      }
      const number = 32 * word + 31 - Math.clz32(value);
      this.#wanted.delete(number);
      const bit = bitsOf[number]!;
      if (bits.has(bit) || known(number)) continue;
      bits.add(bit);
      take(number);
      for (let i = number === 0 ? 0 : parentEnds[number - 1]!; i < parentEnds[number]!; i++)
        this.#wanted.add(parents[i]!);
    }
  }
}
