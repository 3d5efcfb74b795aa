/** What a bitmap says: which commits have one, the types of all objects, and what goes with them. */

import { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { blobCode, commitCode, objectTypeCode, tagCode, treeCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitmapContent, PseudoMergeContent } from "../../formats/bitmap/encode.js";
import { EwahBuilder, ewahOfBits } from "../../formats/ewah/build.js";
import type { Ewah } from "../../formats/ewah/ewah.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import { buildBits } from "./build/build-bits.js";
import type { BuildHelpers } from "./build/expand-ahead.js";
import type { PseudoMergeGroup } from "./pseudo-merge-groups.js";
import { type BitmapCandidates, type CommitFacts, selectCommits } from "./select-commits.js";
import { type CommitTip, selectPseudoMerges } from "./select-pseudo-merges.js";
import { xorEntries } from "./xor-entries.js";

/**
 * Where the hashes of names come from. `none`: the file has none. `copy`: from the existing bitmap, as git's multi-pack-indexes have them.
 * `compute`: also from the paths that the walk comes along. An array has them by index position in the pack, or the layer, and is taken as
 * it is.
 */
export type NameHashes = NameHashMode | Uint32Array;

/** The ways without a list. */
export type NameHashMode = "none" | "copy" | "compute";

/** What a bitmap is made from. */
export interface BitmapRequest extends TaskOptions {
  /** Objects as the store has them, without replacements. */
  readonly graph: ObjectGraph;
  readonly order: BitOrder;
  /** Of the pack or the multi-pack-index. */
  readonly checksum: Uint8Array;
  readonly candidates: BitmapCandidates;
  /** Groups of refs that get pseudo-merges. */
  readonly pseudoMergeGroups?: readonly PseudoMergeGroup[] | undefined;
  /** The refs that these are looked for in. */
  readonly tips?: readonly CommitTip[] | undefined;
  /** An older bitmap, or those of the layers below: what they know is not walked again, and hashes are copied from them. */
  readonly existing?: BitmapIndex | undefined;
  readonly nameHashes: NameHashes;
  /** Types by bit, less the bits below, where they are known beforehand: 0 where not. */
  readonly types?: Uint8Array | undefined;
  readonly lookupTable: boolean;
  /** Threads that may help. */
  readonly helpers?: BuildHelpers | undefined;
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * Makes a bitmap.
 * @throws GitmidxError `not-closed` if an object that is reached has no bit; `missing-object`, `bad-object` for what cannot be read;
 *   `aborted`
 */
export async function makeBitmap(request: BitmapRequest): Promise<BitmapContent> {
  const { graph, order, checksum, nameHashes: hashing, lookupTable, signal, progress } = request;
  const facts: CommitFacts = {
    date: (row) => graph.date(row),
    parentCount: (row) => graph.parentCount(row),
  };
  const task = { signal, progress };
  await withRanges(() => order.load());
  const selected = selectCommits(request.candidates, facts, task);
  const merges = await pseudoMergesOf(request, selected);
  // Older before younger: what follows one another differs least.
  const commits = selected.toSorted((a, b) => facts.date(a) - facts.date(b));
  const nameHashes = await startHashes(request);
  const built = await buildBits({
    graph,
    order,
    commits,
    pseudoMerges: merges,
    existing: request.existing,
    named: request.candidates.rows,
    nameHashes: hashing === "compute" ? nameHashes : undefined,
    helpers: request.helpers,
    ...task,
  });
  const entries = await xorEntries(built.ewahs, task);
  const types = await typeBitmaps(request, built.types);
  return withRanges(() => ({
    format: order.format,
    checksum,
    types,
    entries: entries.map((entry, i) => ({ ...entry, position: order.positionOf(graph.objects.oid(commits[i]!)) })),
    pseudoMerges: pseudoMergeContent(request, merges, built.mergeEwahs),
    lookupTable,
    nameHashes,
  }));
}

async function pseudoMergesOf(
  { graph, order, tips = [], pseudoMergeGroups = [], warn, signal, progress }: BitmapRequest,
  selected: readonly number[],
): Promise<readonly (readonly number[])[]> {
  if (pseudoMergeGroups.length === 0) return [];
  const here = await withRanges(() =>
    tips.filter(({ row }) => order.bitOf(graph.objects.oid(row)) >= order.objectsBelow),
  );
  const bitmapped = new Set(selected);
  const facts = { date: (row: number) => graph.date(row), isBitmapped: (row: number) => bitmapped.has(row) };
  return selectPseudoMerges(pseudoMergeGroups, here, facts, { warn, signal, progress });
}

/** The hashes that are known before anything is walked; undefined where there are to be none. */
async function startHashes({ order, existing, nameHashes }: BitmapRequest): Promise<Uint32Array | undefined> {
  if (typeof nameHashes !== "string") return nameHashes;
  if (nameHashes === "none") return undefined;
  return withRanges(() => copyHashes(order, existing));
}

/** The hashes that an existing bitmap has of objects of the youngest layer. */
function copyHashes(order: BitOrder, existing: BitmapIndex | undefined): Uint32Array {
  const hashes = new Uint32Array(order.bitCount - order.objectsBelow);
  if (existing === undefined || !existing.layers.some(({ hasNameHashes }) => hasNameHashes)) return hashes;
  const from = existing.order;
  from.load();
  for (let bit = 0; bit < from.bitCount; bit++) {
    const hash = existing.nameHashOf(bit);
    if (hash === 0) continue;
    const position = order.positionOf(from.oidAt(bit));
    if (position >= order.objectsBelow) hashes[position - order.objectsBelow] = hash;
  }
  return hashes;
}

/** The bitmaps of types; what no walk has come across is looked up. */
async function typeBitmaps(request: BitmapRequest, walked: Uint8Array): Promise<BitmapContent["types"]> {
  const { order } = request;
  const step = new Step(request, "Finding types of objects", walked.length);
  const builders = [0, commitCode, treeCode, blobCode, tagCode].map(() => new EwahBuilder());
  for (let i = 0; i < walked.length; i++) {
    const bit = order.objectsBelow + i;
    const type = walked[i]! || request.types?.[i] || (await storedType(request, bit));
    builders[type]!.add(bit);
    const wait = step.tick();
    if (wait !== undefined) await wait;
  }
  step.finish();
  const [, commits, trees, blobs, tags] = builders.map((builder) => builder.finish());
  return { commits: commits!, trees: trees!, blobs: blobs!, tags: tags! };
}

/** @throws GitmidxError `missing-object` */
async function storedType({ graph, order }: BitmapRequest, bit: number): Promise<number> {
  const oid = await withRanges(() => order.oidAt(bit));
  const header = graph.source.readPackedHeader(oid) ?? (await graph.source.readHeader(oid));
  const type = header && objectTypeCode(header.type);
  if (type === undefined) throw new GitmidxError("missing-object", `Missing type information for ${toHex(oid)} (-1/0)`);
  return type;
}

function pseudoMergeContent(
  { graph, order }: BitmapRequest,
  merges: readonly (readonly number[])[],
  objects: readonly Ewah[],
): PseudoMergeContent | undefined {
  if (merges.length === 0) return undefined;
  const mergesOf = new Map<number, number[]>();
  const pairs = merges.map((rows, merge) => {
    const members = new BitSet();
    for (const row of rows) {
      const bit = order.bitOf(graph.objects.oid(row));
      members.add(bit);
      const known = mergesOf.get(bit);
      if (known === undefined) mergesOf.set(bit, [merge]);
      else known.push(merge);
    }
    return { members: ewahOfBits(members), objects: objects[merge]! };
  });
  const commits = [...mergesOf].sort(([a], [b]) => a - b).map(([bit, numbers]) => ({ bit, merges: numbers }));
  return { merges: pairs, commits };
}
