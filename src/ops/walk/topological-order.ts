/** Commits so that none comes before its children. */

import type { ObjectGraph } from "./object-graph.js";

/** The commits of `rows` in git's graph order: a line of history is gone through to its end before the next one. */
export function topologicalOrder(graph: ObjectGraph, rows: readonly number[]): number[] {
  /** Children that are still to come, plus one; 0 for what is no longer waiting. */
  const degrees = new Map<number, number>(rows.map((row) => [row, 1]));
  for (const row of rows) {
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const degree = degrees.get(parent) ?? 0;
      if (degree > 0) degrees.set(parent, degree + 1);
    }
  }
  const ready = rows.filter((row) => degrees.get(row) === 1).reverse();
  const sorted: number[] = [];
  for (let row = ready.pop(); row !== undefined; row = ready.pop()) {
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const degree = degrees.get(parent) ?? 0;
      if (degree === 0) continue;
      degrees.set(parent, degree - 1);
      if (degree === 2) ready.push(parent);
    }
    degrees.set(row, 0);
    sorted.push(row);
  }
  return sorted;
}
