/**
 * What some objects reach and others do not, as git finds it with bitmaps: in the bitmaps as far as they go, and outside of them by
 * walking. Objects outside get the bits behind the last one of the bitmaps.
 */

import { BitSet } from "../../bytes/bit-set.js";
import { NeedRange, withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { tagCode } from "../../core/object-type.js";
import type { TaskOptions } from "../../core/task.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { FilterSpec } from "../walk/filter/parse-filter.js";
import { uninterestingMark } from "../walk/flags.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import type { AskOid } from "../walk/parent-links.js";
import type { PendingObject } from "../walk/pending.js";
import { BitmapWalk } from "./bitmap-walk.js";
import { findBoundaryObjects } from "./boundary.js";
import { canFilterBits, filterBits } from "./filter-bits.js";
import { ReachResult } from "./reach-result.js";

/** What is asked. */
export interface ReachRequest extends TaskOptions {
  readonly index: BitmapIndex;
  readonly graph: ObjectGraph;
  /** The objects that the graph is read from. */
  readonly store: ObjectStore;
  /**
   * What it begins with, as revisions name it: commits, tags, trees and blobs that were read; those that are not wanted have the
   * uninteresting mark. Nothing is taken out.
   */
  readonly pending: readonly PendingObject[];
  /** Whether trees, blobs and tags count too (`--objects`), or commits only. */
  readonly objects: boolean;
  readonly filter?: FilterSpec | undefined;
  /** `--filter-provided-objects`: what is asked for by name is filtered too. */
  readonly filtersProvided?: boolean | undefined;
  /** `pack.useBitmapBoundaryTraversal`: only what is near the boundary is looked at for what is not wanted, so that less may be left out. */
  readonly boundary?: boolean | undefined;
  /** Finds it here too where git would rather walk plainly because nothing is wanted, or nothing that is not wanted is in the order. */
  readonly always?: boolean | undefined;
  /** `--unpacked`: objects of which this is true are left out. */
  readonly isPacked?: AskOid | undefined;
  /** `core.maxTreeDepth` */
  readonly maxTreeDepth?: number | undefined;
}

/**
 * Finds it.
 * @returns undefined where git walks plainly instead: nothing is wanted, none of what is not wanted is in the bitmap's order, or the filter
 *   needs paths. The graph is then as before.
 * @throws GitmidxError `missing-object`, `bad-object`, `bad-ewah`, `bad-bitmap-entry`, `bad-lookup-table`, `bad-pseudo-merge`, `aborted`
 */
export async function reach(request: ReachRequest): Promise<ReachResult | undefined> {
  const { index, graph, filter, boundary, isPacked } = request;
  if (filter !== undefined && !canFilterBits(filter)) return undefined;
  const { wanted, unwanted } = await sortRoots(request);
  if (request.always !== true) {
    if (wanted.length === 0) return undefined;
    if (boundary !== true && unwanted.length > 0 && !(await isAnyInside(index, graph, unwanted))) return undefined;
  }
  const walk = new BitmapWalk(index, graph, request);
  let haves: BitSet | undefined;
  if (unwanted.length > 0) {
    haves =
      boundary === true
        ? await findBoundaryObjects(walk, request.pending, unwanted)
        : await walk.findObjects(unwanted, undefined, "missing");
    walk.forgetWalks();
  }
  const bits = await walk.findObjects(wanted, haves, "whole");
  if (haves !== undefined) bits.andNot(haves);
  const result = new ReachResult(walk, bits, haves, request.store);
  if (filter !== undefined) {
    const provided = new BitSet(bits.words.length * 32);
    if (request.filtersProvided !== true) for (const row of wanted) addBit(provided, walk.bits.bitOf(row));
    await filterBits(result, filter, { store: request.store, packs: result.packs, provided });
  }
  if (isPacked !== undefined) await result.dropPacked(isPacked);
  return result;
}

function addBit(set: BitSet, bit: number): void {
  if (bit >= 0) set.add(bit);
}

/** Rows of what is wanted and what is not, with what tags point to. */
async function sortRoots({ graph, index, pending }: ReachRequest): Promise<{ wanted: number[]; unwanted: number[] }> {
  const { objects } = graph;
  const wanted: number[] = [];
  const unwanted: number[] = [];
  for (const entry of pending) {
    let { row } = entry;
    for (;;) {
      const isUnwanted = objects.has(row, uninterestingMark);
      (isUnwanted ? unwanted : wanted).push(row);
      if (graph.type(row) !== tagCode) break;
      row = graph.tag(row).target;
      // What is in the order is there, and a tag says what it is.
      const isKnown = graph.type(row) !== tagCode && (await isInside(index, objects.oid(row)));
      if (!isKnown && (await graph.object(objects.set.idAt(row))) < 0) {
        throw new GitmidxError("missing-object", `unable to parse object: ${objects.hex(row)}`);
      }
      if (isUnwanted) objects.mark(row, uninterestingMark);
    }
  }
  return { wanted, unwanted };
}

async function isAnyInside(index: BitmapIndex, graph: ObjectGraph, rows: readonly number[]): Promise<boolean> {
  for (const row of rows) if (await isInside(index, graph.objects.oid(row))) return true;
  return false;
}

function isInside({ order }: BitmapIndex, oid: Uint8Array): boolean | Promise<boolean> {
  try {
    return order.bitOf(oid) >= 0;
  } catch (error) {
    if (!(error instanceof NeedRange)) throw error;
    const copy = oid.slice();
    return withRanges(() => order.bitOf(copy) >= 0);
  }
}
