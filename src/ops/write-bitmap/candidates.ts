/** The commits that a bitmap may be written for: what all refs reach and the pack, or the layer, has. */

import { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { commitCode, tagCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import type { RefStore } from "../../store/refs/ref-store.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import type { AskOid } from "../walk/parent-links.js";
import { RevisionWalk, type RevisionWalkOptions } from "../walk/revision-walk.js";
import type { SnapshotLine } from "./refs-snapshot.js";
import type { BitmapCandidates } from "./select-commits.js";
import type { CommitTip } from "./select-pseudo-merges.js";

/** Where a walk for candidates begins, and where it may end. */
export interface CandidateRequest extends TaskOptions, Pick<RevisionWalkOptions, "isPromised" | "promisorObjects"> {
  readonly graph: ObjectGraph;
  readonly order: BitOrder;
  /** Commits that refs lead to. */
  readonly tips: readonly CommitTip[];
  /** A snapshot to begin with instead of {@link tips}. */
  readonly snapshot?: readonly SnapshotLine[] | undefined;
  /** Beginnings of the names of refs whose commits are preferred (`pack.preferBitmapTips`); in a snapshot the marks count instead. */
  readonly preferredPrefixes: readonly string[];
  /** The bitmaps of the layers below: what these reach needs no walk. */
  readonly below?: BitmapIndex | undefined;
}

/** How refs are followed to commits. */
export interface CommitTipsOptions {
  /** What is done about refs to objects that are not there, and such as cannot be read. */
  readonly missing: "refuse" | "skip";
  /** Whether an object is promised: then it may be missing. */
  readonly isPromised?: AskOid | undefined;
}

/**
 * The commits that refs lead to, by the names of the refs.
 * @throws GitmidxError `missing-object` in git's words, for a ref to what is not there
 */
export async function commitTips(
  refs: RefStore,
  graph: ObjectGraph,
  { missing, isPromised }: CommitTipsOptions,
): Promise<readonly CommitTip[]> {
  const tips: CommitTip[] = [];
  for (const { name, oid } of await refs.list("refs/", { broken: true })) {
    // A symbolic ref may lead nowhere yet.
    if (oid === undefined && (await refs.read(name))?.kind === "symbolic") continue;
    let row = oid === undefined ? -1 : await graph.object(oid);
    if (row < 0 && missing === "refuse" && (oid === undefined || (await isPromised?.(oid)) !== true)) {
      throw new GitmidxError("missing-object", `unable to parse object: ${name}`);
    }
    while (row >= 0 && graph.type(row) === tagCode) {
      row = await graph.object(graph.objects.set.idAt(graph.tag(row).target));
    }
    if (row >= 0 && graph.type(row) === commitCode) tips.push({ name, row });
  }
  return tips;
}

/**
 * Walks from the tips.
 * @throws GitmidxError `missing-object` in git's words
 */
export async function collectCandidates(request: CandidateRequest): Promise<BitmapCandidates> {
  const { graph, order, isPromised, promisorObjects } = request;
  const includes = request.below && stopsBelow(request.below);
  const walk = new RevisionWalk(graph, { objects: false, isPromised, promisorObjects, includes });
  const preferred = await addBeginnings(walk, request);
  const step = new Step(request, "Finding commits for bitmaps");
  await walk.prepare();
  const rows: number[] = [];
  for (let row = await walk.next(); row >= 0; row = await walk.next()) {
    rows.push(row);
    await step.tick();
  }
  step.finish();
  return withRanges(() => candidatesOf(graph, order, rows, preferred));
}

async function addBeginnings(walk: RevisionWalk, request: CandidateRequest): Promise<ReadonlySet<number>> {
  const { graph, tips, snapshot, preferredPrefixes } = request;
  if (snapshot === undefined) {
    for (const { row } of tips) walk.pending.add(row);
    return preferredTips(tips, preferredPrefixes);
  }
  const preferred = new Set<number>();
  for (const line of snapshot) {
    const row = await graph.object(line.oid);
    if (row < 0) throw new GitmidxError("missing-object", `unable to parse object: ${toHex(line.oid)}`);
    walk.pending.add(row);
    if (line.preferred) preferred.add(row);
  }
  return preferred;
}

/** Whether the walk is to go on beyond a commit: not where a bitmap of the layers below says that all it reaches is there. */
function stopsBelow(below: BitmapIndex): (oid: Uint8Array) => boolean | Promise<boolean> {
  const covered = new BitSet(below.order.bitCount);
  const goesOn = (oid: Uint8Array): boolean => {
    const bit = below.order.bitOf(oid);
    if (bit < 0) return true;
    if (covered.has(bit)) return false;
    const bits = below.bitsOf(oid);
    if (bits === undefined) return true;
    covered.or(bits);
    return false;
  };
  return (oid) => withRanges(() => goesOn(oid));
}

/** Candidates that a walk of another purpose has come across, in its order: those of them that the order has. */
export function candidatesOf(
  graph: ObjectGraph,
  order: BitOrder,
  rows: Iterable<number>,
  preferred: ReadonlySet<number>,
): BitmapCandidates {
  const inOrder: number[] = [];
  for (const row of rows) if (order.bitOf(graph.objects.oid(row)) >= order.objectsBelow) inOrder.push(row);
  return { rows: inOrder, preferred };
}

/** Names of refs as pack-objects takes `pack.preferBitmapTips`: of folders, whose refs begin with them and a slash. */
export function asFolders(names: readonly string[]): readonly string[] {
  return names.map((name) => (name.endsWith("/") ? name : `${name}/`));
}

/** The commits of refs whose names begin with any of these. */
export function preferredTips(tips: readonly CommitTip[], prefixes: readonly string[]): ReadonlySet<number> {
  const isPreferred = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
  return new Set(tips.filter(({ name }) => isPreferred(name)).map(({ row }) => row));
}
