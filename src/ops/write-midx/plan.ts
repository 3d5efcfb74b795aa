/** Decides what a write would write: the packs, the preferred one, and the objects. */

import { GitmidxError } from "../../core/errors.js";
import type { MidxPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import type { MidxContent } from "../../formats/midx/encode.js";
import { comparePackNames } from "../../formats/midx/pack-names.js";
import { type MidxLayer, MidxStack } from "../../store/midx-stack.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { openIdx } from "../../store/open-idx.js";
import { type CandidateList, IdxCandidates, LayerCandidates } from "../select-objects/candidates.js";
import { orderPseudoPack } from "../select-objects/pseudo-pack.js";
import { type IsExcluded, selectObjects } from "../select-objects/select-objects.js";
import { type GatheredPack, isPackNamed } from "./gather-packs.js";
import type { WriteMidxOptions } from "./options.js";

/** What goes into a file, before it is decided which copies. */
export interface WritePlan {
  /** All packs, in the order of names. */
  readonly packs: readonly GatheredPack[];
  /** Layers whose choices are copied: those of the file being replaced. */
  readonly copied: readonly MidxLayer[];
  /** Layers that the new one stands on, whose objects it leaves out. */
  readonly base: readonly MidxLayer[];
  readonly preferred: GatheredPack | undefined;
}

/** The objects of a pack; those copied from a multi-pack-index count as older than every pack. */
interface TimedList {
  readonly list: CandidateList;
  readonly mtime: number;
}

/** Indexes opened on the way, to be closed at the end. */
export type OpenIndexes = Set<IdxView>;

/**
 * The preferred pack: the one asked for, or where a bitmap wants one the oldest that has objects.
 * @throws GitmidxError `empty-preferred-pack` if the one asked for has none.
 */
export async function choosePreferred(
  directory: ObjectDirectory,
  packs: readonly GatheredPack[],
  options: WriteMidxOptions,
  opened: OpenIndexes,
): Promise<GatheredPack | undefined> {
  const { preferredPack, reverseIndex } = options;
  if (preferredPack === undefined) return reverseIndex === true ? oldestPack(directory, packs, opened) : undefined;
  const preferred = packs.find((pack) => isPackNamed(preferredPack, pack.name));
  if (preferred === undefined) {
    options.warn?.(`unknown preferred pack: '${preferredPack}'`);
    return undefined;
  }
  const found = await withIdx(directory, preferred, opened);
  if (found.idx!.count > 0) return found;
  const { packPath } = preferred.file;
  throw new GitmidxError("empty-preferred-pack", `cannot select preferred pack ${packPath} with no objects`, {
    path: packPath,
  });
}

async function oldestPack(
  directory: ObjectDirectory,
  packs: readonly GatheredPack[],
  opened: OpenIndexes,
): Promise<GatheredPack | undefined> {
  for (const pack of packs.toSorted((a, b) => a.file.mtime - b.file.mtime)) {
    const found = await withIdx(directory, pack, opened);
    if (found.idx!.count > 0) return found;
  }
  return undefined;
}

async function withIdx(directory: ObjectDirectory, pack: GatheredPack, opened: OpenIndexes): Promise<GatheredPack> {
  if (pack.idx !== undefined) return pack;
  const idx = await openIdx(directory, pack.file.idxPath);
  opened.add(idx);
  return { ...pack, idx };
}

/** Chooses a copy of every object and puts together what the file says. */
export async function buildContent(
  directory: ObjectDirectory,
  plan: WritePlan,
  options: WriteMidxOptions,
): Promise<MidxContent> {
  const { packs, preferred } = plan;
  const packNames = packs.map(({ name }) => name);
  const numbers = new Map(packNames.map((name, number) => [name, number]));
  const base = plan.base.length === 0 ? undefined : new MidxStack("chain", plan.base);
  const isExcluded: IsExcluded | undefined = base === undefined ? undefined : (oid) => base.find(oid) !== undefined;
  const lists = candidateLists(plan, numbers);
  const entries = await selectObjects(lists, directory.format.byteLength, isExcluded, options);
  const ordered = options.reverseIndex === true && entries.count > 0;
  const preferredNumber = preferred === undefined ? undefined : numbers.get(preferred.name);
  return {
    format: directory.format,
    version: options.version === 2 ? 2 : 1,
    packNames,
    entries,
    pseudoPack: ordered ? orderPseudoPack(entries, packs.length, preferredNumber) : undefined,
    objectsBelow: base?.objectCount ?? 0,
  };
}

/** All lists of objects, the ones whose copies win first: preferred pack, then younger before older, then by name. */
function candidateLists(plan: WritePlan, numbers: ReadonlyMap<string, number>): readonly CandidateList[] {
  const lists: TimedList[] = plan.copied.map(({ view }) => ({
    list: new LayerCandidates(
      view,
      Uint32Array.from(view.packNames, (name) => numbers.get(name)!),
    ),
    mtime: 0,
  }));
  for (const pack of plan.packs) {
    if (pack.idx === undefined || pack.name === plan.preferred?.name) continue;
    lists.push({ list: new IdxCandidates(pack.idx, numbers.get(pack.name)!), mtime: pack.file.mtime });
  }
  const ordered = lists.toSorted((a, b) => b.mtime - a.mtime).map(({ list }) => list);
  if (plan.preferred === undefined) return ordered;
  return [new IdxCandidates(plan.preferred.idx!, numbers.get(plan.preferred.name)!), ...ordered];
}

/** Whether `stack` has exactly these packs. */
export function hasSamePacks(stack: MidxStack, packs: readonly GatheredPack[]): boolean {
  const names = stack.layers.flatMap((layer) => layer.view.packNames).toSorted(comparePackNames);
  return names.length === packs.length && packs.every((pack, i) => pack.name === names[i]);
}

/** Whether every object of the pack is taken from it, and it comes first where an order is recorded. */
export function prefersPack(stack: MidxStack, pack: GatheredPack): boolean {
  const packId = stack.packIdOf(pack.name);
  const idx = pack.idx!;
  for (let i = 0; i < idx.count; i++) {
    const position = stack.find(idx.ids.idAt(i));
    if (position === undefined || stack.objectAt(position).packId !== packId) return false;
  }
  const { view } = stack.tip;
  if (stack.kind === "chain" || !view.hasReverseIndex || view.count === 0) return true;
  return stack.objectAt(view.reverseIndexAt(0) as MidxPosition).packId === packId;
}
