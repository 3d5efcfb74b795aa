/** LOFF: there if and only if some offset needs it, its rows used once each, in the order of the objects. */

import type { LayerPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { Reporter } from "./finding.js";
import type { TestedLayer } from "./tested-layer.js";

const blockRows = 1 << 16;

/** Checks how a layer uses its LOFF chunk. Without one there is nothing to check: a top bit is then part of the offset. */
export async function checkLargeOffsets(layer: TestedLayer, reporter: Reporter, task: TaskOptions): Promise<void> {
  const { view } = layer;
  if (view.largeOffsetCount < 0) return;
  const chunk = view.layout.chunks.find(({ name }) => name === "LOFF")!;
  const step = new Step(task, "Verifying large offsets", view.count + view.largeOffsetCount);
  await checkUses(layer, chunk.offset, reporter, step);
  await checkRows(layer, chunk.offset, reporter, step);
  step.finish();
}

/** The objects use the rows one after the other, to the last. */
async function checkUses(layer: TestedLayer, chunkOffset: number, reporter: Reporter, step: Step): Promise<void> {
  const { view, path } = layer;
  let next = 0;
  for (let start = 0; start < view.count; start += blockRows) {
    const end = Math.min(view.count, start + blockRows);
    const rows = new DataView(view.copyObjectOffsets(start, end).buffer);
    for (let i = start; i < end; i++) {
      const value = rows.getUint32(8 * (i - start) + 4);
      if (value < 0x8000_0000) continue;
      const row = value - 0x8000_0000;
      // A row beyond the chunk is reported with the object's offset.
      if (row !== next && row < view.largeOffsetCount) {
        const message = `oid[${i}] uses row ${row} of LOFF, where the next one is ${next}`;
        const offset = view.objectOffsetPlace(i as LayerPosition) + 4;
        const [found, wanted] = [String(row), String(next)];
        reporter.add({ code: "bad-large-offset", message, path, chunk: "OOFF", offset, found, wanted });
      }
      next++;
    }
    await step.tick(end - start);
  }
  if (next === view.largeOffsetCount) return;
  const message = `LOFF has ${view.largeOffsetCount} rows, of which ${next} are used`;
  const [found, wanted] = [String(view.largeOffsetCount), String(next)];
  reporter.add({ code: "bad-large-offset", message, path, chunk: "LOFF", offset: chunkOffset, found, wanted });
}

/** Every row is an offset that does not fit in 31 bits, and at least one does not fit in 32. */
async function checkRows(layer: TestedLayer, chunkOffset: number, reporter: Reporter, step: Step): Promise<void> {
  const { view, path } = layer;
  const place = { code: "bad-large-offset", path, chunk: "LOFF" } as const;
  let needed = false;
  for (let row = 0; row < view.largeOffsetCount; row++) {
    const offset = chunkOffset + 8 * row;
    const value = view.source.u64(offset);
    if (value > 0xffff_ffff) needed = true;
    if (value < 0x8000_0000) {
      const message = `row ${row} of LOFF holds an offset that fits in OOFF`;
      reporter.add({ ...place, message, offset, found: String(value), wanted: "2147483648 or more" });
    }
    const turn = step.tick();
    if (turn !== undefined) await turn;
  }
  if (needed) return;
  const message = "there is a LOFF chunk, but no offset is above 4294967295";
  reporter.add({ ...place, message, offset: chunkOffset, wanted: "no LOFF chunk" });
}
