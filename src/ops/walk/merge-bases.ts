/** The best common ancestors of two commits. */

import { CommitQueue } from "./commit-queue.js";
import { firstSideMark, resultMark, secondSideMark, staleMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

const allMarks = firstSideMark | secondSideMark | staleMark | resultMark;

/** Rows of the merge bases, youngest first. @throws GitmidxError `bad-object` */
export async function mergeBases(graph: ObjectGraph, first: number, second: number): Promise<readonly number[]> {
  if (first === second) return [first];
  const { objects } = graph;
  for (const row of [first, second]) if (!graph.isParsed(row)) await graph.readCommit(row);
  const found = await commonAncestors(graph, first, [second]);
  const bases: number[] = [];
  for (const row of found) if (!(await isReachedFromOthers(graph, row, found))) bases.push(row);
  for (let row = 0; row < objects.set.count; row++) objects.unmark(row, allMarks);
  return bases.sort((a, b) => graph.date(b) - graph.date(a));
}

async function isReachedFromOthers(graph: ObjectGraph, row: number, all: readonly number[]): Promise<boolean> {
  const others = all.filter((other) => other !== row);
  if (others.length === 0) return false;
  for (let i = 0; i < graph.objects.set.count; i++) graph.objects.unmark(i, allMarks);
  await commonAncestors(graph, row, others);
  return graph.objects.has(row, secondSideMark);
}

/** Common ancestors that are no ancestors of others that were found before them; marks what is reached from each side. */
async function commonAncestors(graph: ObjectGraph, first: number, others: readonly number[]): Promise<number[]> {
  const { objects } = graph;
  const queue = new CommitQueue();
  const found: number[] = [];
  objects.mark(first, firstSideMark);
  queue.put(first, graph.date(first));
  for (const row of others) {
    objects.mark(row, secondSideMark);
    queue.put(row, graph.date(row));
  }
  while (hasFresh(graph, queue)) {
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
      queue.put(parent, graph.date(parent));
    }
  }
  return found.filter((row) => !objects.has(row, staleMark));
}

function hasFresh(graph: ObjectGraph, queue: CommitQueue): boolean {
  for (let place = 0; place < queue.count; place++) {
    if (!graph.objects.has(queue.rowAt(place), staleMark)) return true;
  }
  return false;
}
