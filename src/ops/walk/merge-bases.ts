/** The best common ancestors of two commits. Which commits are read on the way is git's choice too: walks afterwards depend on it. */

import { CommitQueue } from "./commit-queue.js";
import { firstSideMark, resultMark, secondSideMark, staleMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

const allMarks = firstSideMark | secondSideMark | staleMark | resultMark;

/** Rows of the merge bases, youngest first. @throws GitmidxError `bad-object` */
export async function mergeBases(graph: ObjectGraph, first: number, second: number): Promise<readonly number[]> {
  if (first === second) return [first];
  for (const row of [first, second]) if (!graph.isParsed(row)) await graph.readCommit(row);
  const found = await commonAncestors(graph, first, [second]);
  forgetMarks(graph);
  return found.length < 2 ? found : withoutReached(graph, found);
}

/** Those of the rows that no other one of them reaches. */
async function withoutReached(graph: ObjectGraph, rows: readonly number[]): Promise<readonly number[]> {
  const { objects } = graph;
  const reached = new Set<number>();
  for (const row of rows) {
    if (reached.has(row)) continue;
    const others = rows.filter((other) => other !== row && !reached.has(other));
    await commonAncestors(graph, row, others);
    if (objects.has(row, secondSideMark)) reached.add(row);
    for (const other of others) if (objects.has(other, firstSideMark)) reached.add(other);
    forgetMarks(graph);
  }
  return rows.filter((row) => !reached.has(row));
}

function forgetMarks({ objects }: ObjectGraph): void {
  for (let row = 0; row < objects.set.count; row++) objects.unmark(row, allMarks);
}

/** Common ancestors that are no ancestors of others that were found before them, youngest first; marks what is reached from each side. */
async function commonAncestors(graph: ObjectGraph, first: number, others: readonly number[]): Promise<number[]> {
  const { objects } = graph;
  const queue = new FreshQueue(graph);
  const found: number[] = [];
  objects.mark(first, firstSideMark);
  queue.put(first);
  for (const row of others) {
    objects.mark(row, secondSideMark);
    queue.put(row);
  }
  while (queue.hasFresh) {
    const row = queue.take();
    let marks = objects.marks[row]! & (firstSideMark | secondSideMark | staleMark);
    if (marks === (firstSideMark | secondSideMark)) {
      if (!objects.has(row, resultMark)) {
        objects.mark(row, resultMark);
        found.push(row);
      }
      marks |= staleMark;
    }
    const wait = graph.readParents(row);
    if (wait !== undefined) await wait;
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      if ((objects.marks[parent]! & marks) === marks || !graph.isParsed(parent)) continue;
      objects.mark(parent, marks);
      queue.put(parent);
    }
  }
  return found.filter((row) => !objects.has(row, staleMark)).sort((a, b) => graph.date(b) - graph.date(a));
}

/** Commits by date, each once at a time. It knows the last one that was not stale when it came: behind it all are. */
class FreshQueue {
  readonly #graph: ObjectGraph;
  readonly #queue = new CommitQueue();
  readonly #queued = new Set<number>();
  #lastFresh = -1;

  constructor(graph: ObjectGraph) {
    this.#graph = graph;
  }

  get hasFresh(): boolean {
    return this.#lastFresh >= 0;
  }

  put(row: number): void {
    if (this.#queued.has(row)) return;
    this.#queued.add(row);
    const graph = this.#graph;
    this.#queue.put(row, graph.date(row));
    if (graph.objects.has(row, staleMark)) return;
    if (this.#lastFresh < 0 || graph.date(row) <= graph.date(this.#lastFresh)) this.#lastFresh = row;
  }

  take(): number {
    const row = this.#queue.take();
    this.#queued.delete(row);
    if (row === this.#lastFresh) this.#lastFresh = -1;
    return row;
  }
}
