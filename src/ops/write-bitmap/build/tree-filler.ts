/**
 * Adds trees, with all that is in them, to a set of bits that is closed: whatever is reached from its members is in it too.
 *
 * Of each tree only what is new beside an earlier one is kept: where that one is in the set, everything that the two have in common is there
 * already. This holds for trees that are still being added too: a tree leaves out only what a tree has that came before it, and that one in
 * turn.
 */

import type { BitSet } from "../../../bytes/bit-set.js";
import type { TreeExpander } from "./tree-expander.js";
import type { TreeTable } from "./tree-table.js";

/** The filler. Call {@link begin}, then {@link run} until it needs nothing. */
export class TreeFiller {
  readonly #expander: TreeExpander;
  readonly #table: TreeTable;
  /** Numbers of trees that are still to be added. */
  #stack = new Int32Array(256);
  #depth = 0;

  constructor(expander: TreeExpander) {
    this.#expander = expander;
    this.#table = expander.table;
  }

  /** Whether all that was begun is added. */
  get isIdle(): boolean {
    return this.#depth === 0;
  }

  /** Leaves what was begun and is not added yet. */
  drop(): void {
    this.#depth = 0;
  }

  /** Puts a commit's tree before what is to be added. @param earlier bit of the tree of the commit's first parent; −1 for none */
  begin(tree: number, earlier: number): void {
    this.#push(this.#expander.root(tree, earlier));
  }

  /**
   * Adds what was begun to `bits`, which must have room for every bit.
   * @returns the bit of a tree that must be read first, as `TreeExpander.expand`; −1 when all is added.
   * @throws as `TreeExpander.expand`
   */
  run(bits: BitSet): number {
    const table = this.#table;
    const { words } = bits;
    while (this.#depth > 0) {
      const number = this.#stack[this.#depth - 1]!;
      const bit = table.bits[number]!;
      if ((words[bit >>> 5]! & (1 << (bit & 31))) !== 0) {
        this.#depth--;
        continue;
      }
      const earlier = table.earlier[number]!;
      const isThere = earlier >= 0 && bits.has(earlier);
      if (table.starts[number]! < 0 || (earlier >= 0 && !isThere)) {
        const needed = this.#expander.expand(number, isThere ? earlier : -1);
        if (needed >= 0) return needed;
      }
      this.#depth--;
      words[bit >>> 5]! |= 1 << (bit & 31);
      this.#addEntries(number, words);
    }
    return -1;
  }

  #addEntries(number: number, words: Uint32Array): void {
    const table = this.#table;
    const end = table.ends[number]!;
    for (let i = table.starts[number]!; i < end; i++) {
      const entry = table.entries[i]!;
      if (entry >= 0) {
        words[entry >>> 5]! |= 1 << (entry & 31);
        continue;
      }
      const bit = table.bits[-1 - entry]!;
      if ((words[bit >>> 5]! & (1 << (bit & 31))) === 0) this.#push(-1 - entry);
    }
  }

  #push(number: number): void {
    if (this.#depth === this.#stack.length) {
      const stack = new Int32Array(2 * this.#depth);
      stack.set(this.#stack);
      this.#stack = stack;
    }
    this.#stack[this.#depth++] = number;
  }
}
