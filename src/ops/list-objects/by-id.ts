/** The objects of a multi-pack-index in the order of their ids, the layers of a chain merged into one sequence. */

import { withRanges } from "../../bytes/source.js";
import type { LayerPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { MidxLayer, MidxStack } from "../../store/midx-stack.js";
import { type ListedObject, listedObject, listingBatch } from "./listed-object.js";

/** How far the listing has come in a layer. */
interface Cursor {
  readonly layer: MidxLayer;
  position: number;
  /** The id at `position`; undefined behind the last one. */
  id: Uint8Array | undefined;
}

/**
 * Lists every object once, in batches. Memory does not grow with the number of objects. An object that a damaged chain has in several
 * layers is listed as the youngest has it, as lookups find it.
 * @throws GitmidxError `aborted`, `bad-pack-id`, `bad-large-offset`, or what reading a file throws.
 */
export async function* objectsById(
  stack: MidxStack,
  task: TaskOptions = {},
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  const step = new Step(task, "Listing objects", stack.objectCount);
  const cursors = await withRanges(() => stack.layers.map((layer) => ({ layer, position: 0, id: idAt(layer, 0) })));
  for (;;) {
    const batch: ListedObject[] = [];
    // Run again after a range was fetched, the work goes on where it stopped: it changes nothing before it has all it needs.
    await withRanges(() => {
      while (batch.length < listingBatch) {
        const object = takeNext(cursors);
        if (object === undefined) break;
        batch.push(object);
      }
    });
    if (batch.length === 0) break;
    yield batch;
    await step.tick(batch.length);
  }
  step.finish();
}

/** The object with the smallest id, past which all cursors are moved; undefined at the end. */
function takeNext(cursors: readonly Cursor[]): ListedObject | undefined {
  const least = leastCursor(cursors);
  if (least?.id === undefined) return undefined;
  const { id } = least;
  const object = listedObject(least.layer, least.position as LayerPosition);
  const passed = cursors.filter((cursor) => cursor.id !== undefined && compareIds(cursor.id, id) === 0);
  const nextIds = passed.map(({ layer, position }) => idAt(layer, position + 1));
  for (const [i, cursor] of passed.entries()) {
    cursor.position++;
    cursor.id = nextIds[i];
  }
  return object;
}

/** The cursor at the smallest id; of several, that of the youngest layer. */
function leastCursor(cursors: readonly Cursor[]): Cursor | undefined {
  let least: Cursor | undefined;
  for (const cursor of cursors) {
    if (cursor.id === undefined) continue;
    if (least?.id === undefined || compareIds(cursor.id, least.id) <= 0) least = cursor;
  }
  return least;
}

function idAt({ view }: MidxLayer, position: number): Uint8Array | undefined {
  return position < view.count ? view.ids.idAt(position) : undefined;
}

function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
