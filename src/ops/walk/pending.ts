/** What a walk is to begin with. */

import { uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";

const noName = new Uint8Array(0);

/** An object that was asked for, or is to be looked at once the commits are through. */
export interface PendingObject {
  readonly row: number;
  /** What it was called: shown with tags. */
  readonly name: Uint8Array;
  /** Where in a tree it was found; undefined where that is not known. */
  readonly path: Uint8Array | undefined;
}

/** A commit given by name, whatever came of it: `--objects-edge-aggressive` tells of all that are not wanted. */
export type GivenRows = number[];

/** Objects in the order in which they were asked for. */
export class PendingObjects {
  readonly graph: ObjectGraph;
  objects: PendingObject[] = [];
  /** Rows of the objects that arguments and refs named. */
  readonly given: GivenRows = [];

  constructor(graph: ObjectGraph) {
    this.graph = graph;
  }

  add(row: number, name: Uint8Array = noName, path?: Uint8Array): void {
    this.objects.push({ row, name, path });
  }

  /** Adds what an argument or ref names; its marks say whether it is wanted. */
  addGiven(row: number, name: Uint8Array, marks: number, path?: Uint8Array): void {
    this.graph.objects.mark(row, marks & uninterestingMark);
    this.given.push(row);
    this.add(row, name, path);
  }

  /** All of them, which are no longer pending then. */
  take(): readonly PendingObject[] {
    const { objects } = this;
    this.objects = [];
    return objects;
  }
}
