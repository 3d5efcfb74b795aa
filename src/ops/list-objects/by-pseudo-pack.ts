/** The objects of a multi-pack-index in pseudo-pack order: as the bits of its bitmap stand for them. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import type { LayerPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { MidxLayer, MidxStack } from "../../store/midx-stack.js";
import { orderPseudoPack } from "../select-objects/pseudo-pack.js";
import { type ListedObject, listedObject, listingBatch } from "./listed-object.js";

/**
 * Lists every object in pseudo-pack order, layer by layer from the oldest, in batches.
 *
 * The order is that of the RIDX chunk. A layer without one is ordered as git would without knowing of a preferred pack: packs by
 * their numbers, objects by their offsets; that takes some 30 bytes of memory for each object of the layer.
 * @throws GitmidxError `aborted`, `bad-reverse-index`, `bad-pack-id`, `bad-large-offset`, or what reading a file throws.
 */
export async function* objectsByPseudoPack(
  stack: MidxStack,
  task: TaskOptions = {},
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  const step = new Step(task, "Listing objects", stack.objectCount);
  for (const layer of stack.layers) {
    const positionAt = layer.view.hasReverseIndex ? recordedOrder(layer) : await computedOrder(layer, task);
    for (let start = 0; start < layer.view.count; start += listingBatch) {
      const end = Math.min(layer.view.count, start + listingBatch);
      const batch: ListedObject[] = [];
      // Run again after a range was fetched, the work goes on where it stopped.
      await withRanges(() => {
        while (start + batch.length < end) batch.push(listedObject(layer, positionAt(start + batch.length)));
      });
      yield batch;
      await step.tick(batch.length);
    }
  }
  step.finish();
}

type PositionAt = (index: number) => LayerPosition;

function recordedOrder({ view, path, objectsBelow }: MidxLayer): PositionAt {
  return (index) => {
    const position = view.reverseIndexAt(index) - objectsBelow;
    if (position >= 0 && position < view.count) return position as LayerPosition;
    const last = objectsBelow + view.count - 1;
    const message = `bad multi-pack-index reverse index: position ${position + objectsBelow} is not in ${objectsBelow} to ${last}`;
    const offset = view.reverseIndexOffset + 4 * index;
    throw new GitmidxError("bad-reverse-index", message, { path, offset, chunk: "RIDX" });
  };
}

async function computedOrder({ view }: MidxLayer, task: TaskOptions): Promise<PositionAt> {
  const step = new Step(task, "Sorting objects by packfile", view.count);
  const packIds = new Uint32Array(view.count);
  const offsetsLow = new Uint32Array(view.count);
  const offsetsHigh = new Uint32Array(view.largeOffsetCount > 0 ? view.count : 0);
  let done = 0;
  while (done < view.count) {
    const start = done;
    const end = Math.min(view.count, done + listingBatch);
    await withRanges(() => {
      for (; done < end; done++) {
        const offset = view.offsetAt(done as LayerPosition);
        packIds[done] = view.packIdAt(done as LayerPosition);
        offsetsLow[done] = offset;
        if (offsetsHigh.length > 0) offsetsHigh[done] = Math.floor(offset / 0x1_0000_0000);
      }
    });
    await step.tick(end - start);
  }
  step.finish();
  const high = offsetsHigh.length > 0 ? offsetsHigh : undefined;
  const entries = { count: view.count, idSegments: [], packIds, offsetsLow, offsetsHigh: high };
  const { order } = orderPseudoPack(entries, view.packNames.length, undefined);
  return (index) => order[index] as LayerPosition;
}
