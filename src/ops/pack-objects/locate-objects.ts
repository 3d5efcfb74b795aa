/** Finds out in which pack each object lies, and where in it. */

import { radixSortPermutation } from "../../bytes/radix-sort.js";
import { isGitmidxError } from "../../core/errors.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { PackedLocation } from "../../store/stored-object.js";
import type { PackEntries } from "./entries.js";
import type { ListedPlaces } from "./listed-places.js";
import type { ObjectReader } from "./object-reader.js";
import { isWorthGathering, SourcePack } from "./source-pack.js";

/**
 * Fills the columns `source`, `sourceOffset` and, where it can, `sourceEntry`, and opens the packs.
 * @param places where some of them are known to lie.
 * @returns the rows in the order in which their entries lie on the disk, those in no pack first.
 */
export async function locateObjects(
  entries: PackEntries,
  reader: ObjectReader,
  places?: ListedPlaces,
): Promise<Uint32Array> {
  const only = await onlyPack(reader, entries.count);
  if (only !== undefined) return locateInOnly(entries, only);
  const find = reader.hasMidx ? (id: Uint8Array) => reader.location(id) : await findInTurn(reader);
  await places?.openPacks();
  await locateEach(entries, find, places);
  return bySourceAndOffset(entries);
}

/** The repository's pack, where there is but one and a good part of it is wanted. */
async function onlyPack(reader: ObjectReader, count: number): Promise<OpenPack | undefined> {
  if (reader.hasMidx) return undefined;
  const [pack, ...others] = await reader.packs();
  if (pack === undefined || others.length > 0) return undefined;
  return isWorthGathering(pack, count) ? pack : undefined;
}

async function locateInOnly(entries: PackEntries, pack: OpenPack): Promise<Uint32Array> {
  const { source, sourceOffset, sourceEntry, sources, list, count } = entries;
  const opened = await SourcePack.openWithRows(pack, list);
  sources.push(opened);
  const rows = opened.rowOfEntry!;
  for (let entry = 0; entry < rows.length; entry++) {
    const row = rows[entry]!;
    if (row < 0) continue;
    source[row] = 0;
    sourceOffset[row] = opened.offsetOf(entry);
    sourceEntry[row] = entry;
  }
  const order = new Uint32Array(count);
  let to = 0;
  for (let row = 0; row < count; row++) if (source[row]! < 0) order[to++] = row;
  for (const [entry, row] of rows.entries()) if (row >= 0 && sourceEntry[row] === entry) order[to++] = row;
  return order;
}

type Find = (id: Uint8Array) => PackedLocation | undefined | Promise<PackedLocation | undefined>;

/**
 * Looks into the pack first in which the last object was: objects that belong together lie together, and which of several copies is taken
 * depends on it in git too.
 */
async function findInTurn(reader: ObjectReader): Promise<Find> {
  const packs = [...(await reader.packs())];
  return (id) => {
    for (const [turn, pack] of packs.entries()) {
      const offset = pack.find(id);
      if (offset === undefined) continue;
      if (turn > 0) {
        packs.splice(turn, 1);
        packs.unshift(pack);
      }
      return { kind: "packed", pack, offset };
    }
    return undefined;
  };
}

async function locateEach(
  { list, count, source, sourceOffset, sources }: PackEntries,
  find: Find,
  places: ListedPlaces | undefined,
): Promise<void> {
  const packs = new Map<OpenPack, number>();
  const wanted: number[] = [];
  for (let row = 0; row < count; row++) {
    const found = places?.placeOf(row) ?? find(list.idAt(row));
    const place = found instanceof Promise ? await found : found;
    if (place === undefined) continue;
    let number = packs.get(place.pack);
    if (number === undefined) {
      number = packs.size;
      packs.set(place.pack, number);
      wanted.push(0);
    }
    source[row] = number;
    sourceOffset[row] = place.offset;
    wanted[number]!++;
  }
  const numbers = new Int32Array(packs.size).fill(-1);
  for (const [pack, number] of packs) {
    const opened = await openSource(pack, wanted[number]!);
    if (opened !== undefined) numbers[number] = sources.push(opened) - 1;
  }
  if (sources.length === packs.size) return;
  for (let row = 0; row < count; row++) if (source[row]! >= 0) source[row] = numbers[source[row]!]!;
}

/** Opens a pack; undefined if a repack has removed it since: its objects are looked for anew when they are read. */
async function openSource(pack: OpenPack, count: number): Promise<SourcePack | undefined> {
  try {
    return await SourcePack.open(pack, count);
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return undefined;
    throw error;
  }
}

function bySourceAndOffset({ source, sourceOffset, count }: PackEntries): Uint32Array {
  const byOffset = radixSortPermutation(sourceOffset);
  const sources = new Float64Array(count);
  for (let i = 0; i < count; i++) sources[i] = source[byOffset[i]!]! + 1;
  return radixSortPermutation(sources).map((i) => byOffset[i]!);
}
