/** `bitmap coverage`: how far bitmaps answer what a repository's refs reach. */

import { withRanges } from "../../bytes/source.js";
import { commitCode, type ObjectType, type ObjectTypeCode, objectTypeName, tagCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import { CommitDistances } from "./commit-distances.js";
import { CoveredObjects, type TypeTally } from "./covered-objects.js";

/** A ref, or anything else that has a name. */
export interface CoverageTip {
  readonly name: string;
  readonly oid: Uint8Array;
}

/** Objects of each type. */
export interface ObjectCounts {
  readonly commits: number;
  readonly trees: number;
  readonly blobs: number;
  readonly tags: number;
}

/** How far bitmaps answer what one tip reaches. */
export interface TipCoverage {
  readonly name: string;
  /** The object that it names, in hex, and its type; no type if the object is missing. */
  readonly oid: string;
  readonly type: ObjectType | undefined;
  /** The commit behind the tags that it names. */
  readonly commit: string | undefined;
  /** Whether the pack or multi-pack-index of the bitmap has the object. */
  readonly inside: boolean;
  /** The nearest commit with a bitmap, and how many parents must be followed to come to it: 0 if the tip has one itself. */
  readonly nearest: string | undefined;
  readonly distance: number | undefined;
  /** What must be walked for it, and was not for a tip before. */
  readonly walked: ObjectCounts;
  /** Those of them that the pack or multi-pack-index does not have. */
  readonly outside: ObjectCounts;
}

/** All together: what a clone of these tips costs. */
export interface CoverageTotals {
  readonly tips: number;
  /** Tips whose commit has a bitmap. */
  readonly bitmapped: number;
  /** Objects that bitmaps answer for. */
  readonly answered: number;
  readonly walked: ObjectCounts;
  readonly outside: ObjectCounts;
}

/** Where a measure begins. */
export interface CoverageRequest extends TaskOptions {
  /** The bitmap; undefined if there is none: then everything must be walked. */
  readonly index: BitmapIndex | undefined;
  /** A graph that no other walk has used. */
  readonly graph: ObjectGraph;
  readonly tips: readonly CoverageTip[];
}

interface ReadTip extends CoverageTip {
  /** Row of the object, −1 if it is missing, and of what is behind the tags. */
  readonly row: number;
  readonly peeled: number;
}

/**
 * Measures what bitmaps answer, and walks what they do not.
 * @param tell called with each tip, in their order.
 * @throws GitmidxError `missing-object`, `bad-object`, `aborted`, or the codes of a damaged bitmap
 */
export async function measureCoverage(
  request: CoverageRequest,
  tell: (tip: TipCoverage) => void | Promise<void> = () => undefined,
): Promise<CoverageTotals> {
  const { index, graph } = request;
  const step = new Step(request, "Enumerating objects");
  const tips: ReadTip[] = [];
  for (const tip of request.tips) tips.push(await readTip(graph, tip));
  const isCommit = ({ peeled }: ReadTip) => peeled >= 0 && graph.type(peeled) === commitCode;
  const distances = new CommitDistances(index, graph, step);
  const objects = new CoveredObjects(index, graph, step);
  await objects.addBitmaps(tips.filter(isCommit).map(({ peeled }) => peeled));
  const walked: TypeTally = [0, 0, 0, 0];
  const outside: TypeTally = [0, 0, 0, 0];
  let bitmapped = 0;
  for (const tip of tips) {
    const { row, peeled } = tip;
    const nearest = isCommit(tip) ? await distances.nearest(peeled) : undefined;
    if (nearest?.distance === 0) bitmapped++;
    const walk = row < 0 ? undefined : await objects.walkFrom(row);
    addTo(walked, walk?.walked);
    addTo(outside, walk?.outside);
    await tell({
      name: tip.name,
      oid: toHex(tip.oid),
      type: row < 0 ? undefined : objectTypeName(graph.type(row) as ObjectTypeCode),
      commit: isCommit(tip) ? graph.objects.hex(peeled) : undefined,
      inside: index !== undefined && (await withRanges(() => index.order.positionOf(tip.oid))) >= 0,
      nearest: nearest && graph.objects.hex(nearest.row),
      distance: nearest?.distance,
      walked: countsOf(walk?.walked),
      outside: countsOf(walk?.outside),
    });
  }
  step.finish();
  const inBitmap = sum(walked) - sum(outside);
  return {
    tips: tips.length,
    bitmapped,
    answered: objects.count - inBitmap,
    walked: countsOf(walked),
    outside: countsOf(outside),
  };
}

async function readTip(graph: ObjectGraph, tip: CoverageTip): Promise<ReadTip> {
  const row = await graph.object(tip.oid);
  let peeled = row;
  while (peeled >= 0 && graph.type(peeled) === tagCode) {
    peeled = await graph.object(graph.objects.set.idAt(graph.tag(peeled).target));
  }
  return { ...tip, row, peeled };
}

function addTo(total: TypeTally, tally: TypeTally | undefined): void {
  if (tally !== undefined) for (let i = 0; i < total.length; i++) total[i]! += tally[i]!;
}

function countsOf([commits, trees, blobs, tags]: TypeTally = [0, 0, 0, 0]): ObjectCounts {
  return { commits, trees, blobs, tags };
}

function sum([commits, trees, blobs, tags]: TypeTally): number {
  return commits + trees + blobs + tags;
}
