/** RIDX must be a permutation of the layer's objects in pseudo-pack order, and BTMP must say how the packs divide it. */

import type { LayerPackId, LayerPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { quotePackName } from "../../formats/midx/pack-names.js";
import type { MidxView } from "../../formats/midx/view.js";
import type { Reporter } from "./finding.js";
import type { TestedLayer } from "./tested-layer.js";

/** Checks the RIDX and BTMP chunks of a layer, where it has them and its place in the chain is known. */
export async function checkReverseIndex(layer: TestedLayer, reporter: Reporter, task: TaskOptions): Promise<void> {
  const { view, path, objectsBelow } = layer;
  const hasBitmappedPacks = view.packNames.length > 0 && view.bitmappedPackAt(0 as LayerPackId) !== undefined;
  if (!view.hasReverseIndex) {
    const orphaned = hasBitmappedPacks && !view.layout.chunks.some(({ name }) => name === "RIDX");
    if (orphaned) {
      const message = "there is a BTMP chunk, but no RIDX chunk that it could describe";
      reporter.add({ code: "bad-bitmapped-packs", message, path, chunk: "BTMP" });
    }
    return;
  }
  if (objectsBelow === undefined) return;
  const check = new ReverseIndexCheck(view, path, objectsBelow, reporter);
  const step = new Step(task, "Verifying the pseudo-pack order", view.count);
  for (let start = 0; start < view.count; ) {
    start = check.block(start);
    await step.tick(check.blockRows);
  }
  if (hasBitmappedPacks) check.bitmappedPacks();
  step.finish();
}

class ReverseIndexCheck {
  readonly blockRows = 1 << 16;
  readonly #view: MidxView;
  readonly #path: string;
  readonly #below: number;
  readonly #reporter: Reporter;
  readonly #offset: number;
  readonly #seen: Uint8Array;
  /** OOFF whole: rows are asked for in pseudo-pack order, which is none of the file's. */
  readonly #rows: DataView;
  /** For each pack the rank of its first object and the number of them, as RIDX has it. */
  readonly #firsts: Float64Array;
  readonly #counts: Uint32Array;
  #preferred = -1;
  #packBefore = -1;
  #offsetBefore = -1;

  constructor(view: MidxView, path: string, below: number, reporter: Reporter) {
    this.#view = view;
    this.#path = path;
    this.#below = below;
    this.#reporter = reporter;
    this.#offset = view.reverseIndexOffset;
    this.#seen = new Uint8Array(view.count);
    this.#rows = new DataView(view.copyObjectOffsets(0, view.count).buffer);
    this.#firsts = new Float64Array(view.packNames.length).fill(-1);
    this.#counts = new Uint32Array(view.packNames.length);
  }

  /** Checks the rows from `start` on; returns where the next block begins. */
  block(start: number): number {
    const end = Math.min(this.#view.count, start + this.blockRows);
    const rows = new DataView(this.#view.source.copy(this.#offset + 4 * start, 4 * (end - start)).buffer);
    for (let i = start; i < end; i++) this.#row(i, rows.getUint32(4 * (i - start)));
    return end;
  }

  #row(index: number, global: number): void {
    const position = global - this.#below;
    if (position < 0 || position >= this.#view.count) {
      const wanted = `a position from ${this.#below} to ${this.#below + this.#view.count - 1}`;
      this.#report(index, `row ${index} is no object of this layer`, String(global), wanted);
      return;
    }
    if (this.#seen[position] === 1) {
      this.#report(index, `row ${index} repeats an object`, String(global), "each object once");
      return;
    }
    this.#seen[position] = 1;
    const packId = this.#rows.getUint32(8 * position);
    if (packId >= this.#counts.length) return;
    this.#order(index, packId, position);
  }

  #order(index: number, packId: number, position: number): void {
    const offset = this.#offsetAt(position);
    if (index === 0) this.#preferred = packId;
    const rank = packId === this.#preferred ? -1 : packId;
    const before = this.#packBefore === this.#preferred ? -1 : this.#packBefore;
    if (index > 0 && this.#packBefore >= 0 && (rank < before || (rank === before && offset <= this.#offsetBefore))) {
      const found = `pack ${packId}, offset ${offset}, behind pack ${this.#packBefore}, offset ${this.#offsetBefore}`;
      this.#report(
        index,
        `row ${index} is not in pseudo-pack order`,
        found,
        "the preferred pack first, then packs and offsets ascending",
      );
    }
    if (this.#firsts[packId] === -1) this.#firsts[packId] = index;
    this.#counts[packId]!++;
    this.#packBefore = packId;
    this.#offsetBefore = offset;
  }

  #offsetAt(position: number): number {
    const value = this.#rows.getUint32(8 * position + 4);
    if (value < 0x8000_0000 || this.#view.largeOffsetCount < 0) return value;
    // A row that LOFF does not have is reported with the object's offset.
    return value - 0x8000_0000 < this.#view.largeOffsetCount ? this.#view.offsetAt(position as LayerPosition) : value;
  }

  #report(index: number, message: string, found: string, wanted: string): void {
    const offset = this.#offset + 4 * index;
    this.#reporter.add({ code: "bad-reverse-index", message, path: this.#path, chunk: "RIDX", offset, found, wanted });
  }

  /** Each row of BTMP against what RIDX says of the pack. */
  bitmappedPacks(): void {
    const chunk = this.#view.layout.chunks.find(({ name }) => name === "BTMP")!;
    for (const [packId, name] of this.#view.packNames.entries()) {
      const row = this.#view.bitmappedPackAt(packId as LayerPackId)!;
      const count = this.#counts[packId]!;
      const first = count === 0 ? 0 : this.#below + this.#firsts[packId]!;
      if (row.count === count && row.firstBit === first) continue;
      this.#reporter.add({
        code: "bad-bitmapped-packs",
        message: `row ${packId}, of pack ${quotePackName(name)}, does not agree with RIDX`,
        path: this.#path,
        chunk: "BTMP",
        offset: chunk.offset + 8 * packId,
        found: `first bit ${row.firstBit}, ${row.count} objects`,
        wanted: `first bit ${first}, ${count} objects`,
      });
    }
  }
}
