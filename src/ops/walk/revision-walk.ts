/**
 * The walk over commits, in git's order: by date, youngest first, and of one date the one that was found first.
 *
 * Where something is not wanted, the walk is limited: all commits that are wanted are found before the first is given out.
 */

import { GitmidxError } from "../../core/errors.js";
import { blobCode, commitCode, tagCode, treeCode } from "../../core/object-type.js";
import { CommitQueue } from "./commit-queue.js";
import { boundaryMark, childShownMark, missingMark, seenMark, shownMark, uninterestingMark } from "./flags.js";
import { markTreeContents } from "./mark-trees.js";
import type { ObjectGraph } from "./object-graph.js";
import { type AskOid, ParentLinks } from "./parent-links.js";
import { type PendingObject, PendingObjects } from "./pending.js";
import { topologicalOrder } from "./topological-order.js";

/** What is walked, and how. */
export interface RevisionWalkOptions {
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
  /** `--topo-order`: all commits are found first, and none is given out before its children. */
  readonly topologicalOrder?: boolean | undefined;
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
  readonly #parents: ParentLinks;
  #given = 0;
  #limited = false;
  #queue: CommitQueue | undefined;
  #boundary: number[] | undefined;
  readonly #boundaryCandidates: number[] = [];
  #preparedPromisor = false;

  constructor(graph: ObjectGraph, options: RevisionWalkOptions) {
    this.graph = graph;
    this.options = options;
    this.pending = new PendingObjects(graph);
    this.ignoreMissingLinks = options.ignoreMissingLinks === true;
    this.#parents = new ParentLinks(graph, options);
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
    commits.sort((a, b) => this.graph.date(b) - this.graph.date(a));
    this.#given = 0;
    this.#queue = undefined;
    this.#boundary = undefined;
    if (this.options.topologicalOrder === true) {
      this.#limited = true;
      this.commits = topologicalOrder(this.graph, await this.#limit(commits));
    } else this.commits = this.#limited ? await this.#limit(commits) : commits;
  }

  /** The row of the next commit; −1 if there is none. @throws GitmidxError `missing-object` */
  async next(): Promise<number> {
    const { objects } = this.graph;
    if (this.#boundary !== undefined) {
      const last = this.#boundary.pop() ?? -1;
      if (last >= 0) objects.mark(last, shownMark);
      return last;
    }
    const row = await this.#nextWanted();
    if (row >= 0) objects.mark(row, shownMark);
    if (this.options.boundary !== true) return row;
    if (row < 0) {
      this.#boundary = this.#boundaryCommits();
      return this.next();
    }
    for (let i = 0; i < this.graph.parentCount(row); i++) {
      const parent = this.graph.parent(row, i);
      if (objects.has(parent, childShownMark | shownMark)) continue;
      objects.mark(parent, childShownMark);
      this.#boundaryCandidates.push(parent);
    }
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
    const queue = new CommitQueue();
    for (const row of starts) queue.put(row, graph.date(row));
    const found: number[] = [];
    let slop = slopCommits;
    let date = Number.POSITIVE_INFINITY;
    let interesting = -1;
    for (let row = queue.take(); row >= 0; row = queue.take()) {
      if (row === interesting) interesting = -1;
      const complete = this.#parents.enqueue(row, queue);
      if (complete === false || (complete !== true && !(await complete))) {
        this.#complainOfParents(row);
        throw new GitmidxError("missing-object", "revision walk setup failed");
      }
      if (!objects.has(row, uninterestingMark)) {
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
    return found;
  }

  #firstWanted(queue: CommitQueue): number {
    for (let place = 0; place < queue.count; place++) {
      const row = queue.rowAt(place);
      if (!this.graph.objects.has(row, uninterestingMark)) return row;
    }
    return -1;
  }

  async #nextWanted(): Promise<number> {
    const { objects } = this.graph;
    const { hides } = this.options;
    for (;;) {
      const row = this.#limited ? (this.commits[this.#given++] ?? -1) : await this.#nextStreamed();
      if (row < 0) return -1;
      if (objects.has(row, shownMark | uninterestingMark)) continue;
      if (hides !== undefined && (await hides(objects.set.idAt(row)))) continue;
      return row;
    }
  }

  async #nextStreamed(): Promise<number> {
    const { graph } = this;
    if (this.#queue === undefined) {
      this.#queue = new CommitQueue();
      for (const row of this.commits) this.#queue.put(row, graph.date(row));
    }
    const row = this.#queue.take();
    if (row < 0) return -1;
    const complete = this.#parents.enqueue(row, this.#queue);
    if (complete !== true && !(await complete) && !this.ignoreMissingLinks) {
      this.#complainOfParents(row);
      const message = `Failed to traverse parents of commit ${graph.objects.hex(row)}`;
      throw new GitmidxError("missing-object", message);
    }
    return row;
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
    return topologicalOrder(this.graph, commits.reverse()).reverse();
  }
}
