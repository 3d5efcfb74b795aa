/** Commits so that none comes before its children. */

import { CommitQueue } from "./commit-queue.js";
import type { ObjectGraph } from "./object-graph.js";

/**
 * What comes first of commits whose children have all been: git's graph order goes through a line of history to its end before the next
 * one, the order by dates takes the youngest.
 */
export type CommitOrder = "graph" | "dates";

/** The commits of `rows`, none before its children. */
export function topologicalOrder(graph: ObjectGraph, rows: readonly number[], order: CommitOrder = "graph"): number[] {
  /** Children that are still to come, plus one; 0 for what is no longer waiting. */
  const degrees = new Map<number, number>(rows.map((row) => [row, 1]));
  for (const row of rows) {
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const degree = degrees.get(parent) ?? 0;
      if (degree > 0) degrees.set(parent, degree + 1);
    }
  }
  const ready = order === "graph" ? new LastFirst() : new YoungestFirst(graph);
  const tips = rows.filter((row) => degrees.get(row) === 1);
  for (const row of order === "graph" ? tips.reverse() : tips) ready.put(row);
  const sorted: number[] = [];
  for (let row = ready.take(); row >= 0; row = ready.take()) {
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const degree = degrees.get(parent) ?? 0;
      if (degree === 0) continue;
      degrees.set(parent, degree - 1);
      if (degree === 2) ready.put(parent);
    }
    degrees.set(row, 0);
    sorted.push(row);
  }
  return sorted;
}

class LastFirst {
  readonly #rows: number[] = [];

  put(row: number): void {
    this.#rows.push(row);
  }

  take(): number {
    return this.#rows.pop() ?? -1;
  }
}

class YoungestFirst {
  readonly #graph: ObjectGraph;
  readonly #queue = new CommitQueue();

  constructor(graph: ObjectGraph) {
    this.#graph = graph;
  }

  put(row: number): void {
    this.#queue.put(row, this.#graph.date(row));
  }

  take(): number {
    return this.#queue.take();
  }
}
