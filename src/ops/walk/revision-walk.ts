/**
 * The walk over commits, in git's order: by date, youngest first, and of one date the one that was found first.
 *
 * Where something is not wanted, the walk is limited: all commits that are wanted are found before the first is given out.
 */

import { GitmidxError } from "../../core/errors.js";
import { blobCode, commitCode, tagCode, treeCode } from "../../core/object-type.js";
import { type CommitChoice, isChosen, isKept } from "./commit-choice.js";
import { CommitQueue } from "./commit-queue.js";
import {
  boundaryMark,
  childShownMark,
  leftMark,
  missingMark,
  seenMark,
  shownMark,
  uninterestingMark,
} from "./flags.js";
import { markTreeContents } from "./mark-trees.js";
import type { ObjectGraph } from "./object-graph.js";
import { type AskOid, type ParentLinkOptions, ParentLinks } from "./parent-links.js";
import { type PendingObject, PendingObjects } from "./pending.js";
import { type CommitOrder, topologicalOrder } from "./topological-order.js";

/** What is walked, and how. */
export interface RevisionWalkOptions extends Omit<ParentLinkOptions, "missingCommits"> {
  /** Whether trees, blobs and tags count too, or commits only. */
  readonly objects: boolean;
  /** Links to missing objects are passed over. */
  readonly ignoreMissingLinks?: boolean | undefined;
  /** Commits of which this is true are not given out, but walked through. */
  readonly hides?: AskOid | undefined;
  /** Whether {@link hides} goes for trees, blobs and tags too (`--unpacked`). Default false. */
  readonly hidesObjects?: boolean | undefined;
  /** Commits of which this is false are given out, but not walked beyond; trees of which it is false are left aside. */
  readonly includes?: AskOid | undefined;
  /** `--exclude-promisor-objects`: whether an object is promised, for links to what is missing. */
  readonly isPromised?: AskOid | undefined;
  /** `--exclude-promisor-objects`: the ids of the objects in promisor packs, each in a fresh view. */
  readonly promisorObjects?: (() => AsyncIterable<Uint8Array>) | undefined;
  /** Told what git calls an error before it dies of it. */
  readonly complain?: ((message: string) => void) | undefined;
  /** `--missing`: rows of what is missing and may be; what the walk finds missing is added, and commits come as if they were there. */
  readonly missing?: Set<number> | undefined;
  /** `--topo-order`, `--date-order`: all commits are found first, and none is given out before its children. */
  readonly order?: CommitOrder | undefined;
  /** Which commits are given out; all unless given. */
  readonly choice?: CommitChoice | undefined;
  /** Whether all commits are found before the first is given out. Default: only where that is needed. */
  readonly limited?: boolean | undefined;
  /** `--no-walk`: only what is pending is given out, by date or as it was asked for. */
  readonly noWalk?: "sorted" | "unsorted" | undefined;
  /** `--reverse`: the last one comes first. */
  readonly reverse?: boolean | undefined;
  /** `--boundary`: the commits that are not wanted but parents of wanted ones are given out at the end. */
  readonly boundary?: boolean | undefined;
}

/** How many commits beyond the last wanted one the walk looks, in case their dates lie. */
const slopCommits = 5;

/** A walk over commits. Fill {@link pending}, {@link prepare}, then {@link next} until it is −1. */
export class RevisionWalk {
  readonly graph: ObjectGraph;
  readonly options: RevisionWalkOptions;
  readonly pending: PendingObjects;
  /** Rows of commits: before the walk where it begins; in a limited walk all that are still to be given out. */
  commits: readonly number[] = [];
  /** Links to missing objects are passed over from now on. */
  ignoreMissingLinks: boolean;
  /** {@link RevisionWalkOptions.missing} */
  readonly missing: Set<number> | undefined;
  readonly #parents: ParentLinks;
  readonly #choice: CommitChoice;
  #given = 0;
  #limited = false;
  #queue: CommitQueue | undefined;
  #boundary: number[] | undefined;
  readonly #boundaryCandidates: number[] = [];
  #preparedPromisor = false;
  #unskipped = 0;
  /** How many commits are still given out at most; below 0 all. */
  #countLeft = -1;
  #reversed: number[] | undefined;

  /** @param pending what to begin with, where that is known before the options are */
  constructor(graph: ObjectGraph, options: RevisionWalkOptions, pending = new PendingObjects(graph)) {
    this.graph = graph;
    this.options = options;
    this.pending = pending;
    this.ignoreMissingLinks = options.ignoreMissingLinks === true;
    this.missing = options.missing;
    this.#choice = options.choice ?? {};
    this.#limited = options.limited === true || options.order !== undefined;
    this.#parents = new ParentLinks(graph, {
      includes: options.includes,
      isPromised: options.isPromised,
      firstParent: options.firstParent,
      missingCommits: this.missing,
    });
  }

  /**
   * Sorts what is pending into commits to begin with and other objects, which stay pending.
   * @throws GitmidxError `missing-object`, in git's words
   */
  async prepare(): Promise<void> {
    const { objects } = this.graph;
    const commits: number[] = [];
    for (const entry of this.pending.take()) {
      const commit = await this.#startingCommit(entry);
      if (commit < 0 || objects.has(commit, seenMark)) continue;
      objects.mark(commit, seenMark);
      commits.push(commit);
    }
    const { promisorObjects } = this.options;
    if (promisorObjects !== undefined && !this.#preparedPromisor) {
      this.#preparedPromisor = true;
      for await (const oid of promisorObjects()) objects.mark(objects.row(oid), uninterestingMark | seenMark);
    }
    if (this.options.noWalk !== "unsorted") commits.sort((a, b) => this.graph.date(b) - this.graph.date(a));
    this.#given = 0;
    this.#queue = undefined;
    this.#boundary = undefined;
    this.#reversed = undefined;
    this.#unskipped = this.#choice.skip ?? 0;
    this.#countLeft = this.#choice.maxCount ?? -1;
    const { noWalk, order } = this.options;
    const isLimited = this.#limited && noWalk === undefined;
    this.commits = isLimited ? await this.#limit(commits) : commits;
    if (isLimited && order !== undefined) this.commits = topologicalOrder(this.graph, this.commits, order);
  }

  /** The row of the next commit; −1 if there is none. @throws GitmidxError `missing-object` */
  next(): number | Promise<number> {
    if (this.options.reverse === true) return this.#nextReversed();
    return this.#nextForward();
  }

  async #nextReversed(): Promise<number> {
    if (this.#reversed === undefined) {
      this.#reversed = [];
      for (let row = await this.#nextForward(); row >= 0; row = await this.#nextForward()) this.#reversed.push(row);
    }
    return this.#reversed.pop() ?? -1;
  }

  #nextForward(): number | Promise<number> {
    if (this.#boundary !== undefined) {
      const last = this.#boundary.pop() ?? -1;
      if (last >= 0) this.graph.objects.mark(last, shownMark);
      return last;
    }
    const row = this.#nextCounted();
    return typeof row === "number" ? this.#withBoundary(row) : row.then((late) => this.#withBoundary(late));
  }

  /** Marks a commit that is given out, and what may be the boundary behind it. */
  #withBoundary(row: number): number | Promise<number> {
    const { objects } = this.graph;
    if (row >= 0) objects.mark(row, shownMark);
    if (this.options.boundary !== true) return row;
    if (row < 0) {
      this.#boundary = this.#boundaryCommits();
      return this.#nextForward();
    }
    for (let i = 0; i < this.graph.parentCount(row); i++) {
      const parent = this.graph.parent(row, i);
      if (objects.has(parent, childShownMark | shownMark)) continue;
      objects.mark(parent, childShownMark);
      this.#boundaryCandidates.push(parent);
    }
    return row;
  }

  #nextCounted(): number | Promise<number> {
    if (this.#countLeft === 0) return -1;
    if (this.#countLeft > 0) this.#countLeft--;
    return this.#unskipped > 0 ? this.#nextUnskipped() : this.#nextWanted();
  }

  async #nextUnskipped(): Promise<number> {
    let row = await this.#nextWanted();
    for (; this.#unskipped > 0 && row >= 0; this.#unskipped--) row = await this.#nextWanted();
    return row;
  }

  /** The commit that a pending object leads to, or −1: then it is no commit, and was put back if it is wanted. */
  async #startingCommit(entry: PendingObject): Promise<number> {
    const { graph, pending, options } = this;
    const { objects } = graph;
    let { row, path } = entry;
    const unwanted = objects.has(row, uninterestingMark);
    while (graph.type(row) === tagCode) {
      const { target, name } = graph.tag(row);
      if (options.objects && !unwanted) pending.add(row, name);
      const oid = objects.set.idAt(target);
      if ((await graph.object(oid)) < 0) {
        if (this.ignoreMissingLinks || unwanted) return -1;
        if ((await options.isPromised?.(oid)) === true) return -1;
        if (this.missing !== undefined) {
          this.missing.add(target);
          return -1;
        }
        throw new GitmidxError("missing-object", `bad object ${objects.hex(target)}`);
      }
      row = target;
      if (unwanted) objects.mark(row, uninterestingMark);
      path = undefined;
    }
    const type = graph.type(row);
    if (type === commitCode) {
      if (!graph.isParsed(row) && !(await graph.readCommit(row))) {
        throw new GitmidxError("missing-object", `unable to parse commit ${objects.hex(row)}`);
      }
      if (unwanted) {
        this.#parents.markUnwanted(row);
        this.#limited = true;
      }
      return row;
    }
    if (!options.objects) return -1;
    if (type === treeCode && unwanted) await markTreeContents(graph, row);
    else if ((type === treeCode || type === blobCode) && !unwanted) pending.add(row, entry.name, path);
    return -1;
  }

  /** The wanted commits, and those that turned out not to be wanted later. */
  async #limit(starts: readonly number[]): Promise<number[]> {
    const { graph } = this;
    const { objects } = graph;
    const { since } = this.#choice;
    const queue = new CommitQueue();
    for (const row of starts) queue.put(row, graph.date(row));
    const found: number[] = [];
    let slop = slopCommits;
    let date = Number.POSITIVE_INFINITY;
    let interesting = -1;
    for (let row = queue.take(); row >= 0; row = queue.take()) {
      if (row === interesting) interesting = -1;
      if (since !== undefined && graph.date(row) < since) objects.mark(row, uninterestingMark);
      const complete = this.#parents.enqueue(row, queue);
      if (complete === false || (complete !== true && !(await complete))) {
        this.#complainOfParents(row);
        throw new GitmidxError("missing-object", "revision walk setup failed");
      }
      if (!objects.has(row, uninterestingMark)) {
        if (!isKept(graph, row, this.#choice)) continue;
        date = graph.date(row);
        found.push(row);
        continue;
      }
      this.#parents.markUnwanted(row);
      if (queue.count === 0) break;
      if (date <= queue.nextDate) slop = slopCommits;
      else {
        if (interesting < 0 || objects.has(interesting, uninterestingMark)) interesting = this.#firstWanted(queue);
        slop = interesting >= 0 ? slopCommits : slop - 1;
      }
      if (slop === 0) break;
    }
    this.#hideSide(found);
    return found;
  }

  #firstWanted(queue: CommitQueue): number {
    for (let place = 0; place < queue.count; place++) {
      const row = queue.rowAt(place);
      if (!this.graph.objects.has(row, uninterestingMark)) return row;
    }
    return -1;
  }

  /** Hides the commits of the side of `A...B` that is not asked for. */
  #hideSide(rows: readonly number[]): void {
    const { side } = this.#choice;
    if (side === undefined) return;
    const { objects } = this.graph;
    for (const row of rows) if (objects.has(row, leftMark) !== (side === "left")) objects.mark(row, shownMark);
  }

  #nextWanted(): number | Promise<number> {
    const { hides } = this.options;
    for (;;) {
      const row = this.#nextFound();
      if (typeof row !== "number") return row.then((late) => this.#wantedFrom(late));
      if (row < 0) return -1;
      if (!this.#isWanted(row)) continue;
      if (hides === undefined) return row;
      const hidden = hides(this.graph.objects.set.idAt(row));
      if (hidden === false) return row;
      if (hidden !== true) return hidden.then((late) => (late ? this.#nextWanted() : row));
    }
  }

  /** The first commit that is wanted, beginning with one that was found late. */
  #wantedFrom(row: number): number | Promise<number> {
    if (row < 0) return -1;
    if (!this.#isWanted(row)) return this.#nextWanted();
    const { hides } = this.options;
    const hidden = hides === undefined ? false : hides(this.graph.objects.set.idAt(row));
    if (typeof hidden === "boolean") return hidden ? this.#nextWanted() : row;
    return hidden.then((late) => (late ? this.#nextWanted() : row));
  }

  #isWanted(row: number): boolean {
    if (this.graph.objects.has(row, shownMark | uninterestingMark)) return false;
    return this.options.choice === undefined || isChosen(this.graph, row, this.options.choice);
  }

  /** The next commit, wanted or not. */
  #nextFound(): number | Promise<number> {
    const { noWalk, choice } = this.options;
    if (!this.#limited && noWalk === undefined) return this.#nextStreamed();
    for (;;) {
      const row = this.commits[this.#given++] ?? -1;
      const since = this.#limited ? undefined : choice?.since;
      if (row < 0 || since === undefined || this.graph.date(row) >= since) return row;
    }
  }

  #nextStreamed(): number | Promise<number> {
    const { graph } = this;
    if (this.#queue === undefined) {
      this.#queue = new CommitQueue();
      for (const row of this.commits) this.#queue.put(row, graph.date(row));
    }
    const { since } = this.#choice;
    let row = this.#queue.take();
    while (since !== undefined && row >= 0 && graph.date(row) < since) row = this.#queue.take();
    if (row < 0) return -1;
    const complete = this.#parents.enqueue(row, this.#queue);
    if (complete === true) return row;
    if (complete === false) return this.#checkLinks(row, false);
    return complete.then((late) => this.#checkLinks(row, late));
  }

  /** @throws GitmidxError `missing-object` if a parent is missing that may not be */
  #checkLinks(row: number, complete: boolean): number {
    if (complete || this.ignoreMissingLinks) return row;
    this.#complainOfParents(row);
    const message = `Failed to traverse parents of commit ${this.graph.objects.hex(row)}`;
    throw new GitmidxError("missing-object", message);
  }

  /** Says which parent it is that cannot be read. */
  #complainOfParents(row: number): void {
    const { complain, isPromised } = this.options;
    if (isPromised !== undefined) return;
    const { objects } = this.graph;
    for (let i = 0; i < this.graph.parentCount(row); i++) {
      const parent = this.graph.parent(row, i);
      if (!objects.has(parent, missingMark)) continue;
      complain?.(`Could not read ${objects.hex(parent)}`);
      return;
    }
  }

  /** The boundary, the commit that is to be given out first at the end. */
  #boundaryCommits(): number[] {
    const { objects } = this.graph;
    const commits: number[] = [];
    for (const row of this.#boundaryCandidates) {
      if (objects.has(row, shownMark | boundaryMark)) continue;
      objects.mark(row, boundaryMark);
      commits.push(row);
    }
    return topologicalOrder(this.graph, commits.reverse(), this.options.order).reverse();
  }
}
