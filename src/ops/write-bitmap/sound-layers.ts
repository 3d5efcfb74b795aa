/** Whether an older bitmap may be taken over: a right checksum says that it is as it was written, not that it was right, or still is. */

import { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { commitCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapView } from "../../formats/bitmap/view.js";
import { CommitLinks } from "../../formats/object/commit.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectGraph, ObjectSource } from "../walk/object-graph.js";

/** Commits at the end of each layer whose parents are looked for: where it was written in a shallow clone, history ended there. */
const lastCommits = 64;

/**
 * Has the entries of a bitmap disregarded that cannot be taken over. Where grafts or a shallow boundary change what commits reach, that is
 * all of them: nobody knows what they were when it was written. Else it is those of files that have an entry without its own commit, that
 * one's tree or its parents, or a commit at the end of the layer without its parents, which is told.
 */
export async function disregardUnsound(
  existing: BitmapIndex,
  graph: ObjectGraph,
  task: TaskOptions,
  warn: (message: string) => void,
): Promise<void> {
  const check = new LayerCheck(existing, graph.source);
  for (const view of existing.layers) {
    const lacking = graph.hasGrafts ? undefined : await check.lackIn(view, task);
    if (!graph.hasGrafts && lacking === undefined) continue;
    existing.disregard(view);
    if (lacking === undefined) continue;
    warn(
      `ignoring existing bitmap ${view.source.name}: ${lacking}\nsee what 'gitmidx verify --bitmaps=full' says of it`,
    );
  }
}

class LayerCheck {
  readonly #index: BitmapIndex;
  readonly #source: ObjectSource;
  readonly #links: CommitLinks;

  constructor(index: BitmapIndex, source: ObjectSource) {
    this.#index = index;
    this.#source = source;
    this.#links = new CommitLinks(index.format);
  }

  /** What is wrong with a file; undefined if nothing is found. */
  async lackIn(view: BitmapView, task: TaskOptions): Promise<string | undefined> {
    const { order } = this.#index;
    const step = new Step({ signal: task.signal }, "Checking existing bitmaps");
    const all = new BitSet(view.bitLimit);
    try {
      await withRanges(() => order.load());
      for (const entry of await withRanges(() => [...view.entries()])) {
        const bits = await withRanges(() => view.bitsOf(entry));
        const lack = await this.#lackOf(order.bitAt(entry.position), bits);
        if (lack !== undefined) return lack;
        all.or(bits);
        await step.tick();
      }
      for (const bit of await withRanges(() => this.#lastCommits(view))) {
        const lack = all.has(bit) ? await this.#lackOf(bit, all) : undefined;
        if (lack !== undefined) return lack;
      }
      return undefined;
    } catch (error) {
      if (!isGitmidxError(error) || error.code === "aborted") throw error;
      return error.message;
    }
  }

  #lastCommits(view: BitmapView): readonly number[] {
    const last: number[] = [];
    view.typeBits(commitCode).forEach((bit) => {
      last.push(bit);
      if (last.length > 2 * lastCommits) last.splice(0, lastCommits);
    });
    return last;
  }

  async #lackOf(bit: number, bits: BitSet): Promise<string | undefined> {
    const { order, format } = this.#index;
    const oid = await withRanges(() => order.oidAt(bit).slice());
    const found = this.#source.readPacked(oid) ?? (await this.#source.read(oid));
    if (found?.type !== "commit") return `${toHex(oid)} is no commit that can be read`;
    const links = this.#links;
    links.parse(found.bytes, 0, found.bytes.length, oid);
    return withRanges(() => {
      const lacks = (id: Uint8Array, at = 0) => {
        const linked = order.bitOf(id, at);
        return linked < 0 || linked >= 32 * bits.words.length || !bits.has(linked);
      };
      const lack = (what: string) => `the bitmap of commit ${toHex(oid)} does not have ${what}`;
      if (lacks(oid)) return lack("the commit itself");
      if (lacks(links.tree)) return lack("its tree");
      for (let i = 0; i < links.parentCount; i++) {
        if (lacks(links.parents, i * format.byteLength)) return lack("its parents");
      }
      return undefined;
    });
  }
}
