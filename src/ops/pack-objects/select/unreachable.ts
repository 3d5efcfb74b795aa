/** Objects that nothing reaches, found by looking through packs and loose objects. */

import { OidSet } from "../../../bytes/oid-set.js";
import { withRanges } from "../../../bytes/source.js";
import { isGitmidxError } from "../../../core/errors.js";
import { commitCode, type ObjectTypeCode, objectTypeCode, tagCode } from "../../../core/object-type.js";
import { oidFromHex } from "../../../core/oid.js";
import type { IdxPosition, PackPosition } from "../../../core/positions.js";
import { looseIds, loosePath } from "../../../store/loose.js";
import { seenMark } from "../../walk/flags.js";
import type { ObjectGraph } from "../../walk/object-graph.js";
import { walkObjects } from "../../walk/object-walk.js";
import type { RevisionWalk } from "../../walk/revision-walk.js";
import { type KnownPack, keptHere } from "./known-packs.js";
import { emptyName } from "./object-adder.js";
import type { LooseningObject } from "./selection.js";
import type { SelectionStep } from "./selection-step.js";
import type { Selector } from "./selector.js";

/** An object in a pack. */
export interface PackedId {
  readonly oid: Uint8Array;
  readonly position: IdxPosition;
}

/** The objects of a pack in the order of their offsets. */
export async function* idsByOffset({ pack }: KnownPack): AsyncGenerator<PackedId, void, undefined> {
  const idx = await pack.openIdx();
  const order = await pack.openOrder();
  for (let i = 0; i < order.count; i++) {
    const read = () => {
      const position = order.idxPositionAt(i as PackPosition);
      return { oid: idx.ids.idAt(position), position };
    };
    yield await withRanges(read);
  }
}

/** A loose object of the repository's own directory. */
export interface LooseId {
  readonly oid: Uint8Array;
  readonly path: string;
}

/** The loose objects of the repository's own directory, by id. */
export async function* looseObjects({ packs }: Selector): AsyncGenerator<LooseId, void, undefined> {
  const directory = packs.directories[0]!;
  for (let first = 0; first < 256; first++) {
    for (const hex of await looseIds(directory, first.toString(16).padStart(2, "0"))) {
      yield { oid: oidFromHex(hex, directory.format), path: loosePath(directory, hex) };
    }
  }
}

/** The type of a loose object; 0, with git's warning, where it cannot be read. */
export async function looseType(selector: Selector, { oid, path }: LooseId): Promise<ObjectTypeCode | 0> {
  try {
    const header = await selector.source.store.readHeader(oid);
    if (header !== undefined) return objectTypeCode(header.type)!;
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    const [, ...details] = error.message.split("\n");
    for (const detail of details) selector.options.complain?.(detail);
  }
  selector.options.warn?.(`loose object at ${path} could not be examined`);
  return 0;
}

/** `--keep-unreachable`: adds everything in the repository's own packs that are not kept. */
export async function addPackedObjects(selector: Selector, step: SelectionStep): Promise<void> {
  for (const known of selector.packs.all) {
    if (!known.local || known.kept || known.keptHere) continue;
    for await (const { oid } of idsByOffset(known)) {
      const wait = selector.adder.add(oid, 0, emptyName) ?? step.tick();
      if (wait !== undefined) await wait;
    }
  }
}

/** `--pack-loose-unreachable`: adds every loose object. */
export async function addLooseObjects(selector: Selector, step: SelectionStep): Promise<void> {
  for await (const loose of looseObjects(selector)) {
    const type = await looseType(selector, loose);
    if (type === 0) continue;
    await selector.adder.add(loose.oid, type, emptyName);
    await step.tick();
  }
}

/** Adds every loose object, and the commits among them to what a walk begins with. */
export async function addLooseCommits(selector: Selector, walk: RevisionWalk, step: SelectionStep): Promise<void> {
  for await (const loose of looseObjects(selector)) {
    const type = await looseType(selector, loose);
    if (type === 0) continue;
    await selector.adder.add(loose.oid, type, emptyName);
    if (type === commitCode) {
      const row = await walk.graph.object(loose.oid);
      if (row >= 0) walk.pending.add(row);
    }
    await step.tick();
  }
}

/** Told of each object that was used since a time. */
export type RecentVisitor = (oid: Uint8Array, type: ObjectTypeCode, mtime: number) => void | Promise<void>;

/**
 * Adds the objects that were used after `time`, and were not seen by a walk before, to what a walk begins with.
 * @param skipsKept leaves out what is in packs that are `keptHere`.
 */
export async function addRecentObjects(
  selector: Selector,
  walk: RevisionWalk,
  time: number,
  skipsKept: boolean,
  visit?: RecentVisitor,
): Promise<void> {
  const { graph } = walk;
  const add = async (oid: Uint8Array, mtime: number, type: () => Promise<ObjectTypeCode | 0>) => {
    if (skipsKept && (await selector.packs.isKept(oid, keptHere))) return;
    if (mtime <= time) return;
    const code = await type();
    if (code === 0) return;
    const row = code === commitCode || code === tagCode ? await graph.object(oid) : graph.objects.row(oid);
    if (row < 0) return;
    graph.objects.setType(row, code);
    if (graph.objects.has(row, seenMark)) return;
    walk.pending.add(row);
    await visit?.(oid, code, mtime);
  };
  const fs = selector.source.fs;
  for await (const loose of looseObjects(selector)) {
    const stat = await fs.stat(loose.path);
    if (stat !== undefined) await add(loose.oid, stat.mtime, () => looseType(selector, loose));
  }
  for (const known of selector.packs.all) {
    if (!known.local || (skipsKept && known.keptHere)) continue;
    for await (const { oid, position } of idsByOffset(known)) {
      const mtime = await withRanges(() => selector.packs.mtimeIn(known, position));
      await add(oid, mtime, async () => {
        const header = await selector.source.store.readHeader(oid);
        return header === undefined ? 0 : objectTypeCode(header.type)!;
      });
    }
  }
}

/** The ids of what was used after `expiration`, and of what that reaches, apart from what the walk has seen already. */
export async function recentObjects(
  selector: Selector,
  walk: RevisionWalk,
  graph: ObjectGraph,
  expiration: number,
): Promise<OidSet> {
  const recent = new OidSet(graph.format.byteLength);
  walk.ignoreMissingLinks = true;
  await addRecentObjects(selector, walk, expiration, false);
  await walk.prepare();
  const note = (row: number) => void recent.add(graph.objects.oid(row));
  await walkObjects(walk, { commit: note, object: note });
  return recent;
}

/** The objects of packs that are to go which are in no pack that stays and not expired. */
export async function loosenedObjects(
  { packs, list }: Selector,
  expiration: number | undefined,
  recent: OidSet | undefined,
): Promise<readonly LooseningObject[]> {
  const loosened: LooseningObject[] = [];
  const done = new OidSet(list.format.byteLength);
  for (const known of packs.all) {
    if (!known.local || known.kept || known.keptHere) continue;
    const { mtime } = known.pack.file;
    const { ids, count } = await known.pack.openIdx();
    for (let i = 0; i < count; i++) {
      const oid = await withRanges(() => ids.idAt(i));
      if (list.find(oid) >= 0 || done.has(oid)) continue;
      if (await packs.has(oid, (other) => !other.local || other.kept || other.keptHere)) continue;
      const expired = expiration !== undefined && mtime <= expiration && recent?.has(oid) !== true;
      if (expired) continue;
      done.add(oid);
      loosened.push({ oid, mtime });
    }
  }
  return loosened;
}
