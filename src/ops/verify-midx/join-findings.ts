/** What is said of rows that a pack's index does not agree with. */

import { toHex } from "../../core/oid.js";
import type { LayerPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import type { PackFile } from "../../store/object-directory.js";
import { type Reporter, reindexAdvice } from "./finding.js";
import type { IdRows } from "./id-rows.js";
import type { TestedLayer, TestedPack } from "./tested-layer.js";

/** A pack number that the layer does not have. */
export function reportPackId(
  reporter: Reporter,
  layer: TestedLayer,
  position: LayerPosition,
  object: string,
  packId: number,
): void {
  reporter.add({
    code: "bad-pack-id",
    message: `bad pack-int-id: ${packId} (${layer.packs.length} total packs)`,
    path: layer.path,
    chunk: "OOFF",
    offset: layer.view.objectOffsetPlace(position),
    object,
    found: String(packId),
    wanted: `0 to ${layer.packs.length - 1}`,
  });
}

/** An object that the pack's index does not have. */
export function reportMissing(
  reporter: Reporter,
  layer: TestedLayer,
  position: LayerPosition,
  object: string,
  pack: TestedPack,
): void {
  reporter.add({
    code: "missing-object",
    message: `failed to load pack entry for oid[${position}] = ${object}`,
    path: layer.path,
    chunk: "OOFF",
    offset: layer.view.objectOffsetPlace(position),
    object,
    found: `pack '${pack.name}', whose index does not have the object`,
    wanted: "a pack that has it",
  });
}

/** Another offset than those, one or more, that the pack's index has. */
export function reportOffset(
  reporter: Reporter,
  layer: TestedLayer,
  position: LayerPosition,
  object: string,
  offset: number,
  inIdx: readonly number[],
): void {
  const wanted = inIdx.map((value) => value.toString(16)).join(" or ");
  reporter.add({
    code: "bad-offset",
    message: `incorrect object offset for oid[${position}] = ${object}: ${offset.toString(16)} != ${wanted}`,
    path: layer.path,
    chunk: "OOFF",
    offset: layer.view.objectOffsetPlace(position) + 4,
    object,
    found: String(offset),
    wanted: inIdx.join(" or "),
  });
}

/** An offset behind the end of the pack. */
export function reportBeyond(reporter: Reporter, file: PackFile, offset: number, object: string): void {
  const { packPath, packSize } = file;
  reporter.add({
    code: "pack-index-mismatch",
    message: `object ${object} is at offset ${offset}, but packfile ${packPath} ends at ${packSize}`,
    path: packPath,
    offset: packSize,
    object,
    found: String(packSize),
    wanted: `more than ${offset}`,
  });
}

/** A row of a pack's index that is below the row before it. */
export function reportIdxOrder(reporter: Reporter, idx: IdxView, ids: IdRows, row: number): void {
  const { offset, stride } = idx.ids.layout;
  const object = toHex(ids.id(row));
  const before = toHex(ids.id(row - 1));
  reporter.add({
    code: "bad-order",
    message: `oid lookup out of order: oid[${ids.start + row - 1}] = ${before} > ${object} = oid[${ids.start + row}]`,
    path: idx.source.name,
    chunk: "ids",
    offset: offset + (ids.start + row) * stride,
    object,
    found: `${object} behind ${before}`,
    wanted: "ids in ascending order",
    advice: reindexAdvice,
  });
}

/** An object of a covered pack that no layer has. */
export function reportUncovered(reporter: Reporter, idx: IdxView, ids: IdRows, row: number): void {
  const object = toHex(ids.id(row));
  reporter.add({
    code: "missing-object",
    message: `object ${object} of a covered pack is not in the multi-pack-index, so that git does not find it`,
    path: idx.source.name,
    object,
    found: "no entry",
    wanted: "an entry in some layer",
  });
}
