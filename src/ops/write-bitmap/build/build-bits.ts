/**
 * The bits of commits: all that can be reached from each.
 *
 * Commits are taken parents first. The bits of one are those of the nearest commits before it whose bits are made or known already, and what
 * is between them. Only one set is not compressed at a time.
 */

import { BitSet } from "../../../bytes/bit-set.js";
import { NeedRange, withRanges } from "../../../bytes/source.js";
import { isGitmidxError } from "../../../core/errors.js";
import { blobCode, commitCode } from "../../../core/object-type.js";
import { Step, type TaskOptions } from "../../../core/task.js";
import { ewahOfBits } from "../../../formats/ewah/build.js";
import type { Ewah } from "../../../formats/ewah/ewah.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../../store/bitmaps/bitmap-index.js";
import type { ObjectGraph } from "../../walk/object-graph.js";
import { CommitOrder } from "./commit-order.js";
import { type BuildHelpers, ExpandAhead } from "./expand-ahead.js";
import type { Expansions } from "./expansions.js";
import { KnownBits } from "./known-bits.js";
import { NameHashColumn } from "./name-hashes.js";
import { notClosed } from "./not-closed.js";
import { TreeExpander } from "./tree-expander.js";
import { TreeFiller } from "./tree-filler.js";

/** Which bits are wanted, and what they are made from. */
export interface BitsRequest extends TaskOptions {
  readonly graph: ObjectGraph;
  readonly order: BitOrder;
  /** Rows of commits in the graph that were read: their bits are wanted. */
  readonly commits: readonly number[];
  /** Members of pseudo-merges, as rows: the bits that each group reaches together are wanted. */
  readonly pseudoMerges?: readonly (readonly number[])[] | undefined;
  /** A bitmap of the same directory: of the layers below, and of others. What it knows is not walked again. */
  readonly existing?: BitmapIndex | undefined;
  /** Name hashes by position in the youngest layer. Those that are 0 are filled in as far as their objects are walked. */
  readonly nameHashes?: Uint32Array | undefined;
  /** Rows of commits that have bits in the youngest layer, newest first: with name hashes, what no other commit reaches is walked too. */
  readonly named?: readonly number[] | undefined;
  /** Threads that read trees ahead. */
  readonly helpers?: BuildHelpers | undefined;
}

/** The bits. */
export interface BuiltBits {
  /** In the order of the request, not combined with each other. */
  readonly ewahs: readonly Ewah[];
  /** Those of the pseudo-merges. */
  readonly mergeEwahs: readonly Ewah[];
  /** Types of the youngest layer's objects, by bit less the bits below; 0 for what was not reached. */
  readonly types: Uint8Array;
}

/**
 * Builds the bits.
 * @throws GitmidxError `not-closed` if an object that is reached has no bit; `missing-object` or `bad-object` for what cannot be read;
 *   `aborted`
 */
export async function buildBits(request: BitsRequest): Promise<BuiltBits> {
  return new BitsBuilder(request).build();
}

class BitsBuilder {
  readonly #request: BitsRequest;
  readonly #graph: ObjectGraph;
  readonly #order: BitOrder;
  readonly #step: Step;
  readonly #types: Uint8Array;
  readonly #hashes: NameHashColumn | undefined;
  readonly #expander: TreeExpander;
  readonly #filler: TreeFiller;
  readonly #bits: BitSet;
  /** The commit whose bits {@link #bits} holds; −1 if it holds none's. */
  #last = -1;
  #commits: CommitOrder;
  /** By number of a commit: whether the region that is collected has it already. */
  readonly #collected = new BitSet();
  #region = new Int32Array(1024);
  #regionCount = 0;
  readonly #stack: number[] = [];
  /** Rows of parents that have no number. */
  readonly #unnumbered: number[] = [];
  #built = 0;
  #ahead: ExpandAhead | undefined;

  constructor(request: BitsRequest) {
    const { graph, order, nameHashes, signal, progress, pseudoMerges = [] } = request;
    this.#request = request;
    this.#graph = graph;
    this.#order = order;
    const title = "Building bitmaps";
    const total = request.commits.length + pseudoMerges.length;
    this.#step = new Step(
      { signal, progress: progress && (({ finished }) => progress({ title, done: this.#built, total, finished })) },
      title,
    );
    this.#types = new Uint8Array(order.bitCount - order.objectsBelow);
    this.#hashes = nameHashes === undefined ? undefined : new NameHashColumn(nameHashes, order);
    const { source } = graph;
    this.#expander = new TreeExpander({ source, order, types: this.#types, hashes: this.#hashes });
    this.#filler = new TreeFiller(this.#expander);
    this.#bits = new BitSet(order.bitCount);
    this.#commits = new CommitOrder({ graph, order, knownBits: () => undefined, tick: () => this.#step.tick() });
  }

  async build(): Promise<BuiltBits> {
    const { existing, commits: rows, pseudoMerges = [] } = this.#request;
    if (existing !== undefined) await this.#use(existing);
    const commits = this.#commits;
    for (const row of rows) await commits.add(row);
    for (const members of pseudoMerges) for (const row of members) await commits.add(row);
    await this.#startHelpers();
    const mergeEwahs: Ewah[] = [];
    try {
      const wanted = Int32Array.from(rows, (row) => commits.numberOf(row)).sort();
      for (const number of wanted) {
        if (!commits.ewahs.has(number)) {
          commits.ewahs.set(number, await this.#reachedFrom([number]));
          this.#last = number;
        }
        this.#built++;
      }
      for (const members of pseudoMerges) {
        mergeEwahs.push(await this.#reachedFrom(members.map((row) => commits.numberOf(row)).sort((a, b) => b - a)));
        this.#last = -1;
        this.#built++;
      }
    } finally {
      await this.#ahead?.stop();
    }
    if (this.#hashes !== undefined) {
      await this.#nameRest(mergeEwahs);
      await withRanges(() => this.#hashes!.setTags(this.#graph));
    }
    this.#step.finish();
    const ewahs = rows.map((row) => commits.ewahs.get(commits.numberOf(row))!);
    return { ewahs, mergeEwahs, types: this.#types };
  }

  async #startHelpers(): Promise<void> {
    const { count, ewahs } = this.#commits;
    const { helpers } = this.#request;
    // commits whose bits are known may make up nearly all of them
    if (2 * ewahs.size > count) return;
    const treesOf = (from: number, to: number) => this.#treesOf(from, to);
    const withHashes = this.#hashes !== undefined;
    this.#ahead = await withRanges(() => ExpandAhead.start(helpers, this.#order, withHashes, count, treesOf));
  }

  /** Walks the commits that nothing with bits reaches, for the paths in them. What is wrong in them is in no bitmap, and left. */
  async #nameRest(mergeEwahs: readonly Ewah[]): Promise<void> {
    const { named = [] } = this.#request;
    const commits = this.#commits;
    const bits = this.#bits;
    bits.clear();
    for (const ewah of mergeEwahs) ewah.orInto(bits);
    const numbers = [...commits.ewahs.keys()].sort((a, b) => b - a);
    for (const number of numbers) if (!bits.has(commits.bits[number]!)) commits.ewahs.get(number)!.orInto(bits);
    for (const row of named.toReversed()) {
      const { set } = this.#graph.objects;
      const bit = await withRanges(() => this.#order.bitOf(set.idAt(row)));
      if (bit < 0 || bits.has(bit)) continue;
      try {
        await commits.addMissing(row);
        const wait = this.#fill(commits.numberOf(row));
        if (wait !== undefined) await wait;
      } catch (error) {
        if (!isGitmidxError(error, "not-closed", "missing-object", "bad-object")) throw error;
        this.#filler.drop();
      }
    }
  }

  /** The trees of commits and of their first parents, for another thread. */
  #treesOf(from: number, to: number): Int32Array {
    const trees: number[] = [];
    for (let number = from; number < to; number++) {
      if (this.#commits.ewahs.has(number)) continue;
      const row = this.#commits.rows[number]!;
      const tree = this.#treeBit(row);
      if (tree >= 0)
        trees.push(tree, this.#graph.parentCount(row) > 0 ? this.#treeBit(this.#graph.parent(row, 0)) : -1);
    }
    return Int32Array.from(trees);
  }

  async #use(existing: BitmapIndex): Promise<void> {
    const known = await withRanges(() => {
      const known = new KnownBits(existing, this.#order);
      known.noteTypes(this.#types);
      return known;
    });
    if (await withRanges(() => this.#lacksHashes())) return;
    this.#commits = new CommitOrder({
      graph: this.#graph,
      order: this.#order,
      knownBits: (oid, bit) => known.find(oid, bit),
      tick: () => this.#step.tick(),
    });
  }

  /** Whether many of the blobs that the existing bitmap knows have no hash: then their paths are to be found by walking. */
  #lacksHashes(): boolean {
    const { nameHashes } = this.#request;
    if (nameHashes === undefined) return false;
    const order = this.#order;
    let blobs = 0;
    let unnamed = 0;
    for (let at = 0; at < this.#types.length; at++) {
      if (this.#types[at] !== blobCode) continue;
      blobs++;
      if (nameHashes[order.positionAt(order.objectsBelow + at) - order.objectsBelow] === 0) unnamed++;
    }
    // some may have none for ever, as nothing reaches them
    return 8 * unnamed > blobs;
  }

  /** All that is reached from commits. @param starts numbers */
  async #reachedFrom(starts: readonly number[]): Promise<Ewah> {
    const count = await this.#collect(starts);
    const region = this.#region.subarray(0, count).sort();
    for (const number of region) {
      const ahead = this.#ahead?.reach(number);
      if (ahead !== undefined) this.#take(await ahead);
      const wait = this.#fill(number);
      if (wait !== undefined) await wait;
    }
    return ewahOfBits(this.#bits);
  }

  #take(expansions: Expansions | undefined): void {
    if (expansions !== undefined) this.#expander.take(expansions);
  }

  /** Sets the bits that are known of what is reached, and collects the commits that are left. @returns how many */
  async #collect(starts: readonly number[]): Promise<number> {
    const commits = this.#commits;
    const bits = this.#bits;
    const collected = this.#collected;
    collected.reserve(commits.count);
    collected.clear();
    if (this.#last < 0 || starts.length > 1 || !this.#leadsToLast(starts[0]!)) bits.clear();
    this.#regionCount = 0;
    for (let i = starts.length - 1; i >= 0; i--) this.#stack.push(starts[i]!);
    this.#follow();
    // what bits that belong to other commits cover, but those of these do not
    for (let row = this.#unnumbered.pop(); row !== undefined; row = this.#unnumbered.pop()) {
      const { set } = this.#graph.objects;
      const at = row * set.idByteLength;
      const bit = await withRanges(() => this.#order.bitOf(set.ids, at));
      if (bit >= 0 && bits.has(bit)) continue;
      await commits.addMissing(row);
      collected.reserve(commits.count);
      this.#stack.push(commits.numberOf(row));
      this.#follow();
    }
    return this.#regionCount;
  }

  /** Follows parents from what is on the stack. */
  #follow(): void {
    const commits = this.#commits;
    const bits = this.#bits;
    const stack = this.#stack;
    for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
      if (this.#collected.has(number) || bits.has(commits.bits[number]!)) continue;
      this.#collected.add(number);
      const ewah = commits.ewahs.get(number);
      if (ewah !== undefined) {
        ewah.orInto(bits);
        continue;
      }
      this.#addToRegion(number);
      const row = commits.rows[number]!;
      // first parents are followed first: they lead to what knows most
      for (let i = this.#graph.parentCount(row) - 1; i >= 0; i--) {
        const parent = this.#graph.parent(row, i);
        const next = commits.numberOf(parent);
        if (next >= 0) stack.push(next);
        else this.#unnumbered.push(parent);
      }
    }
  }

  #addToRegion(number: number): void {
    if (this.#regionCount === this.#region.length) {
      const region = new Int32Array(2 * this.#regionCount);
      region.set(this.#region);
      this.#region = region;
    }
    this.#region[this.#regionCount++] = number;
  }

  /** Whether first parents lead from a commit to the one whose bits are set, and to no other whose bits are known before it. */
  #leadsToLast(start: number): boolean {
    const commits = this.#commits;
    let number = start;
    while (number > this.#last && !commits.ewahs.has(number)) {
      const row = commits.rows[number]!;
      if (this.#graph.parentCount(row) === 0) return false;
      number = commits.numberOf(this.#graph.parent(row, 0));
    }
    return number === this.#last;
  }

  /** Adds a commit with its tree. */
  #fill(number: number): Promise<void> | undefined {
    try {
      const needed = this.#fillNow(number);
      return needed < 0 ? this.#ticked() : this.#fillLate(number, needed);
    } catch (error) {
      if (error instanceof NeedRange) return this.#fillLate(number, -1);
      throw error;
    }
  }

  async #fillLate(number: number, needed: number): Promise<void> {
    for (let tree = needed; ; ) {
      if (tree >= 0) await this.#expander.read(tree);
      tree = await withRanges(() => this.#fillNow(number));
      if (tree < 0) break;
    }
    await this.#ticked();
  }

  #ticked(): Promise<void> | undefined {
    const items = 1 + this.#expander.reads;
    this.#expander.reads = 0;
    return this.#step.tick(items);
  }

  /** @returns as `TreeFiller.run` */
  #fillNow(number: number): number {
    const bits = this.#bits;
    const order = this.#order;
    const bit = this.#commits.bits[number]!;
    const row = this.#commits.rows[number]!;
    if (this.#filler.isIdle) {
      if (bits.has(bit)) return -1;
      const earlier = this.#graph.parentCount(row) > 0 ? this.#treeBit(this.#graph.parent(row, 0)) : -1;
      const tree = this.#treeBit(row);
      if (tree < 0) throw notClosed(this.#graph.objects.set.idAt(this.#graph.tree(row)));
      this.#filler.begin(tree, earlier);
    }
    const needed = this.#filler.run(bits);
    if (needed >= 0) return needed;
    bits.add(bit);
    if (bit >= order.objectsBelow) this.#types[bit - order.objectsBelow] = commitCode;
    return -1;
  }

  /** The bit of a commit's tree; −1 if that is not known, or it has none. */
  #treeBit(row: number): number {
    const tree = this.#graph.tree(row);
    if (tree < 0) return -1;
    const { set } = this.#graph.objects;
    return this.#order.bitOf(set.ids, tree * set.idByteLength);
  }
}
