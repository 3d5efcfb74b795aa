/** LOFF: there if and only if some offset needs it, its rows used once each, in the order of the objects. */

import { Step, type TaskOptions } from "../../core/task.js";
import type { Reporter } from "./finding.js";
import type { TestedLayer } from "./tested-layer.js";

const blockRows = 1 << 16;

/** Checks how a layer uses its LOFF chunk. Without one there is nothing to check: a top bit is then part of the offset. */
export async function checkLargeOffsets(layer: TestedLayer, reporter: Reporter, task: TaskOptions): Promise<void> {
  const { view, path } = layer;
  if (view.largeOffsetCount < 0) return;
  const chunk = view.layout.chunks.find(({ name }) => name === "LOFF")!;
  const step = new Step(task, "Verifying large offsets", view.count);
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
        const offset = view.ids.layout.offset;
        const place =
          offset === 0 ? undefined : view.objectOffsetPlace(i as Parameters<typeof view.objectOffsetPlace>[0]) + 4;
        const message = `oid[${i}] uses row ${row} of LOFF, where the next one is ${next}`;
        reporter.add({
          code: "bad-large-offset",
          message,
          path,
          chunk: "OOFF",
          offset: place,
          found: String(row),
          wanted: String(next),
        });
      }
      next++;
    }
    await step.tick(end - start);
  }
  if (next !== view.largeOffsetCount) {
    const message = `LOFF has ${view.largeOffsetCount} rows, of which ${next} are used`;
    const [found, wanted] = [String(view.largeOffsetCount), String(next)];
    reporter.add({ code: "bad-large-offset", message, path, chunk: "LOFF", offset: chunk.offset, found, wanted });
  }
  checkRows(layer, chunk.offset, reporter);
  step.finish();
}

/** Every row is an offset that does not fit in 31 bits, and at least one does not fit in 32. */
function checkRows({ view, path }: TestedLayer, chunkOffset: number, reporter: Reporter): void {
  let needed = view.largeOffsetCount === 0;
  for (let row = 0; row < view.largeOffsetCount; row++) {
    const value = view.source.u64(chunkOffset + 8 * row);
    if (value > 0xffff_ffff) needed = true;
    if (value >= 0x8000_0000) continue;
    const offset = chunkOffset + 8 * row;
    const message = `row ${row} of LOFF holds an offset that fits in OOFF`;
    reporter.add({
      code: "bad-large-offset",
      message,
      path,
      chunk: "LOFF",
      offset,
      found: String(value),
      wanted: "2147483648 or more",
    });
  }
  if (needed && view.largeOffsetCount > 0) return;
  const message = "there is a LOFF chunk, but no offset is above 4294967295";
  reporter.add({
    code: "bad-large-offset",
    message,
    path,
    chunk: "LOFF",
    offset: chunkOffset,
    wanted: "no LOFF chunk",
  });
}
