/** An object of a multi-pack-index as a listing gives it. */

import { toHex } from "../../core/oid.js";
import type { LayerPackId, LayerPosition, MidxPosition, PackId } from "../../core/positions.js";
import type { MidxLayer } from "../../store/midx-stack.js";

/** One object and where the multi-pack-index has it. */
export interface ListedObject {
  /** The object's id, lower-case hex. */
  readonly oid: string;
  /** Its position in the whole multi-pack-index. */
  readonly position: MidxPosition;
  /** The number of its pack in the whole multi-pack-index. */
  readonly packId: PackId;
  /** The name of the pack's `.idx` file. */
  readonly packName: string;
  /** Where in the pack its entry begins. */
  readonly offset: number;
  /** The layer that holds it. */
  readonly layer: MidxLayer;
}

/** Objects to list at a time: what an asynchronous source fetches for, and how often the event loop may turn. */
export const listingBatch = 1024;

/**
 * The object in row `position` of a layer.
 * @throws GitmidxError `bad-pack-id` or `bad-large-offset`
 */
export function listedObject(layer: MidxLayer, position: LayerPosition): ListedObject {
  const packId: LayerPackId = layer.view.packIdAt(position);
  return {
    oid: toHex(layer.view.ids.idAt(position)),
    position: (layer.objectsBelow + position) as MidxPosition,
    packId: (layer.packsBelow + packId) as PackId,
    packName: layer.view.packNames[packId]!,
    offset: layer.view.offsetAt(position),
    layer,
  };
}
