/** Compares the bitmap of a commit with what a walk from it finds, as `git rev-list --test-bitmap` does. */

import { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { type ObjectTypeCode, objectTypeName, objectTypes } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapView } from "../../formats/bitmap/view.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import { type ObjectVisitor, walkObjects } from "../walk/object-walk.js";
import type { PendingObjects } from "../walk/pending.js";
import { RevisionWalk } from "../walk/revision-walk.js";

/** What is compared. */
export interface BitmapTest extends TaskOptions {
  /** The bitmap that git would use; undefined if there is none. */
  readonly index: BitmapIndex | undefined;
  readonly graph: ObjectGraph;
  /** The commit, and nothing else. */
  readonly pending: PendingObjects;
  /** Told what git prints to standard error, line by line. */
  readonly tell: (line: string) => void;
  /** `core.maxTreeDepth` */
  readonly maxTreeDepth?: number | undefined;
}

/**
 * Compares. What it finds is told; the last line is `OK!`.
 * @throws GitmidxError `wrong-bitmap` or `bad-object-types` where they differ, `not-closed` for an object that has no bit,
 *   `unknown-object` for a commit without a bitmap, `bad-revision` unless there is one object to begin with: in git's words; codes of a
 *   damaged bitmap; `aborted`
 */
export async function testBitmap(test: BitmapTest): Promise<void> {
  const { index, graph, pending, tell } = test;
  if (index === undefined) throw new GitmidxError("not-found", "failed to load bitmap indexes");
  const [root] = pending.objects;
  if (root === undefined || pending.objects.length > 1) {
    throw new GitmidxError("bad-revision", "you must specify exactly one commit to test");
  }
  const tip = index.layers.at(-1)!;
  const loaded = tip.hasLookupTable ? "" : " loaded";
  tell(`Bitmap v1 test (${tip.entryCount} entries${loaded}, ${index.entryCount} total)`);
  const oid = graph.objects.set.idAt(root.row);
  const found = await withRanges(() => index.findEntry(oid));
  if (found === undefined) {
    throw new GitmidxError("unknown-object", `commit '${toHex(oid)}' doesn't have an indexed bitmap`);
  }
  const { view, entry } = found;
  const ewah = await withRanges(() => view.resolvedEwahOf(entry));
  const checksum = ewah.checksum().toString(16).padStart(8, "0");
  tell(`Found bitmap for '${toHex(oid)}'. ${ewah.bitSize} bits / ${checksum} checksum`);
  tell(`Located via ${index.kind === "pack" ? "pack" : "MIDX"} '${toHex(await withRanges(() => view.checksum))}'.`);
  const stored = ewah.toBits();
  const reached = await walkFrom(test, index, stored.count());
  if (!stored.equals(reached))
    throw new GitmidxError("wrong-bitmap", "mismatch in bitmap results", { path: view.source.name });
  tell("OK!");
}

/** Bits of what a plain walk reaches, each compared with the bitmaps of types. */
async function walkFrom(test: BitmapTest, index: BitmapIndex, total: number): Promise<BitSet> {
  const { graph, pending, maxTreeDepth } = test;
  const types = new LayerTypes(index);
  const reached = new BitSet(index.order.bitCount);
  const add = async (row: number) => {
    const oid = graph.objects.set.idAt(row);
    const bit = await withRanges(() => index.order.bitOf(oid));
    if (bit < 0) throw new GitmidxError("not-closed", `object not in bitmap: '${toHex(oid)}'`, { path: index.path });
    await withRanges(() => types.check(bit, oid, graph.type(row) as ObjectTypeCode));
    reached.add(bit);
  };
  await withRanges(() => index.order.load());
  const walk = new RevisionWalk(graph, { objects: true }, pending);
  await walk.prepare();
  const step = new Step(test, "Verifying bitmap entries", total);
  const visitor: ObjectVisitor = { commit: add, object: add };
  await walkObjects(walk, visitor, { maxTreeDepth, tick: (objects) => step.tick(objects) });
  step.finish();
  return reached;
}

/** The bitmaps of types, each layer's for itself. */
class LayerTypes {
  readonly #index: BitmapIndex;
  readonly #bits = new Map<BitmapView, readonly BitSet[]>();

  constructor(index: BitmapIndex) {
    this.#index = index;
  }

  /** @throws GitmidxError `bad-object-types` unless the layer of the bit has it as of that type alone; NeedRange */
  check(bit: number, oid: Uint8Array, type: ObjectTypeCode): void {
    const view = this.#index.layers.findLast(({ layout }) => layout.place.objectsBelow <= bit)!;
    const sets = this.#setsOf(view);
    let found = 0;
    let count = 0;
    for (let i = 0; i < sets.length; i++) {
      if (!sets[i]!.has(bit)) continue;
      found = i + 1;
      count++;
    }
    const problem = () => {
      const name = `object '${toHex(oid)}'`;
      if (count === 0) return `${name} not found in type bitmaps`;
      if (count > 1) return `${name} does not have a unique type`;
      return `${name}: real type '${objectTypeName(type)}', expected: '${objectTypeName(found as ObjectTypeCode)}'`;
    };
    if (count !== 1 || found !== type)
      throw new GitmidxError("bad-object-types", problem(), { path: view.source.name });
  }

  #setsOf(view: BitmapView): readonly BitSet[] {
    const known = this.#bits.get(view);
    if (known !== undefined) return known;
    const sets = objectTypes.map((_, i) => view.typeBits((i + 1) as ObjectTypeCode).toBits());
    this.#bits.set(view, sets);
    return sets;
  }
}
