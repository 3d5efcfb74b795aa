/** Name hashes: each should be that of a path under which the object is found. What is wrong costs pack-objects time, but no answer. */

import { withRanges } from "../../bytes/source.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitObjects } from "./bit-objects.js";
import type { History } from "./history.js";
import type { TestedBitmap } from "./tested-bitmap.js";
import { TreeChanges } from "./tree-changes.js";

const slash = 0x2f;

/**
 * Compares every hash that is not 0 with those of all paths that the object has in any commit that a bitmap is about.
 *
 * A hash depends on the end of a path alone, so that it is enough to walk each tree once for each hash that the path before it can have.
 * Objects that no commit reaches, and tags, have no path; theirs are not looked at.
 */
export async function checkNameHashes(
  bitmap: TestedBitmap,
  objects: BitObjects,
  history: History,
  task: TaskOptions,
): Promise<void> {
  const { view, findings, sections, below } = bitmap;
  if (!view.hasNameHashes) return;
  try {
    const hashes = await withRanges(() => view.copyNameHashes()!);
    if (!hashes.some((hash) => hash !== 0)) return;
    const walk = new PathWalk(bitmap, objects, hashes);
    await walk.all(history, task);
    for (let i = 0; i < hashes.length; i++) {
      if (hashes[i] === 0 || walk.seen[i] !== 1 || walk.confirmed[i] === 1) continue;
      const object = objects.hexAt(objects.order.bitAt(below + i));
      const message = `the name hash of object ${object} is that of none of its paths`;
      const [found, offset] = [String(hashes[i]), sections.nameHashes + 4 * i];
      findings.note("bad-name-hash", "name hashes", message, { offset, object, found });
    }
    await findings.drain();
  } catch (error) {
    findings.thrown(error, "name hashes");
  }
}

/** A tree to walk, the hash of its path with a slash behind it, and the tree that was there before, or −1. */
interface WaitingTree {
  readonly bit: number;
  readonly hash: number;
  readonly before: number;
}

class PathWalk {
  /** By position in the layer: whether the object has a path, and whether one has the hash that is stored. */
  readonly seen: Uint8Array;
  readonly confirmed: Uint8Array;
  readonly #bitmap: TestedBitmap;
  readonly #objects: BitObjects;
  readonly #hashes: Uint32Array;
  /** Hashes with which a tree was walked, by its bit: mostly one. */
  readonly #walked = new Map<number, number | Set<number>>();
  readonly #changes: TreeChanges;

  constructor(bitmap: TestedBitmap, objects: BitObjects, hashes: Uint32Array) {
    this.#bitmap = bitmap;
    this.#objects = objects;
    this.#hashes = hashes;
    this.seen = new Uint8Array(hashes.length);
    this.confirmed = new Uint8Array(hashes.length);
    this.#changes = new TreeChanges(objects);
  }

  /** Walks from all commits of this layer and those above, the oldest first: what a commit's parent has was met before. */
  async all(history: History, task: TaskOptions): Promise<void> {
    const step = new Step(task, "Comparing name hashes", history.bits.length);
    for (const [number, bit] of history.bits.entries()) {
      const root = history.trees[number]!;
      if (bit >= this.#bitmap.below && root >= 0) {
        await withRanges(() => this.#meet(root, 0));
        if (this.#isNew(root, 0)) await this.#walk(root, history.treeBefore(number));
      }
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
    step.finish();
  }

  async #walk(root: number, beforeRoot: number): Promise<void> {
    const { order } = this.#objects;
    const waiting: WaitingTree[] = [{ bit: root, hash: 0, before: beforeRoot }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { bit: tree, hash: path, before } = next;
      await this.#changes.each(tree, before, ({ bytes, nameStart, nameEnd, idAt }, isTree, counterpart) => {
        const bit = order.bitOf(bytes, idAt);
        if (bit < 0) return;
        const hash = extended(path, bytes, nameStart, nameEnd);
        this.#meet(bit, hash);
        if (!isTree) return;
        const inside = withSlash(hash);
        if (this.#isNew(bit, inside)) waiting.push({ bit, hash: inside, before: counterpart });
      });
    }
  }

  /** An object was found under a path. */
  #meet(bit: number, hash: number): void {
    const i = this.#objects.order.positionAt(bit) - this.#bitmap.below;
    if (i < 0) return;
    this.seen[i] = 1;
    if (this.#hashes[i] === hash >>> 0) this.confirmed[i] = 1;
  }

  #isNew(tree: number, hash: number): boolean {
    const known = this.#walked.get(tree);
    if (known === undefined) this.#walked.set(tree, hash);
    else if (typeof known === "number") {
      if (known === hash) return false;
      this.#walked.set(tree, new Set([known, hash]));
    } else {
      if (known.has(hash)) return false;
      known.add(hash);
    }
    return true;
  }
}

/** The hash of a path that goes on with `bytes[start, end)`: `nameHashV1` in steps. */
function extended(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let value = hash;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x20 || byte === 9 || byte === 10 || byte === 13) continue;
    value = ((value >>> 2) + (byte << 24)) | 0;
  }
  return value;
}

function withSlash(hash: number): number {
  return ((hash >>> 2) + (slash << 24)) | 0;
}
