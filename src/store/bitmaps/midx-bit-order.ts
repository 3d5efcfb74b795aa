/** The bits of a multi-pack-index's bitmap, or of all bitmaps of a chain: objects in the pseudo-pack order. */

import { GitmidxError } from "../../core/errors.js";
import type { LayerPosition, PackPosition } from "../../core/positions.js";
import { type RevView, revHeaderByteLength } from "../../formats/rev.js";
import type { MidxLayer, MidxStack } from "../midx-stack.js";
import { bigEndianWords } from "./big-endian-words.js";
import { type BitOrderOptions, TabledBitOrder } from "./bit-order.js";

/** How a multi-pack-index's order is read. */
export interface MidxBitOrderOptions extends BitOrderOptions {
  /** The `.rev` file of a single multi-pack-index that has no RIDX chunk: git 2.34 and 2.35 wrote one. */
  readonly rev?: RevView | undefined;
}

/** Positions are counted through all layers; the order is what the RIDX chunks say. */
export class MidxBitOrder extends TabledBitOrder {
  readonly stack: MidxStack;
  readonly #layers: readonly MidxLayer[];
  readonly #rev: RevView | undefined;
  protected override readonly idStarts: readonly number[];

  /** @throws GitmidxError `bad-reverse-index` if a layer has no RIDX chunk that can be used. */
  constructor(stack: MidxStack, options: MidxBitOrderOptions = {}) {
    const { format } = stack.tip.view;
    super({ format, bitCount: stack.objectCount, objectsBelow: stack.tip.objectsBelow }, options);
    this.stack = stack;
    this.#layers = stack.layers;
    this.#rev = stack.kind === "single" ? options.rev : undefined;
    this.idStarts = stack.layers.map(({ objectsBelow }) => objectsBelow);
    const without = stack.layers.find(({ view }) => !view.hasReverseIndex);
    if (without !== undefined && this.#rev === undefined) {
      const message = "multi-pack bitmap is missing required reverse index";
      throw new GitmidxError("bad-reverse-index", message, { path: without.path, chunk: "RIDX" });
    }
  }

  /** @throws GitmidxError as `MidxView.packIdAt` */
  override packAt(bit: number): number {
    const position = this.positionAt(bit);
    const { view, objectsBelow, packsBelow } = this.#layerOf(position);
    return packsBelow + view.packIdAt((position - objectsBelow) as LayerPosition);
  }

  /** @throws GitmidxError as `MidxView.offsetAt` */
  override offsetAt(bit: number): number {
    return this.#offsetOf(this.positionAt(bit));
  }

  protected override findInFile(oid: Uint8Array): number {
    return this.stack.find(oid) ?? -1;
  }

  protected override idInFile(position: number): Uint8Array {
    const { view, objectsBelow } = this.#layerOf(position);
    return view.ids.idAt(position - objectsBelow);
  }

  protected override readIds(): Uint8Array {
    if (this.#layers.length === 1) return this.stack.tip.view.copyIds(0, this.bitCount);
    const { byteLength } = this.format;
    const ids = new Uint8Array(this.bitCount * byteLength);
    for (const { view, objectsBelow } of this.#layers) ids.set(view.copyIds(0, view.count), objectsBelow * byteLength);
    return ids;
  }

  protected override positionInFile(bit: number): number {
    const layer = this.#layerOf(bit);
    const index = bit - layer.objectsBelow;
    if (this.#rev !== undefined) return this.#checked(layer, index, this.#rev.idxPositionAt(index as PackPosition));
    return this.#checked(layer, index, layer.view.reverseIndexAt(index));
  }

  protected override searchBit(position: number): number {
    const { view, objectsBelow } = this.#layerOf(position);
    const packId = view.packIdAt((position - objectsBelow) as LayerPosition);
    const pack = view.bitmappedPackAt(packId);
    if (pack === undefined) return -1;
    const offset = this.#offsetOf(position);
    let low = Math.max(objectsBelow, pack.firstBit);
    let high = Math.min(objectsBelow + view.count, pack.firstBit + pack.count);
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = this.positionInFile(middle);
      if (found === position) return middle;
      if (this.#offsetOf(found) < offset) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  protected override readPositions(): Uint32Array {
    const all = new Uint32Array(this.bitCount);
    for (const layer of this.#layers) {
      const { view, objectsBelow } = layer;
      const bytes =
        this.#rev === undefined
          ? view.source.copy(view.reverseIndexOffset, 4 * view.count)
          : this.#rev.source.copy(revHeaderByteLength, 4 * view.count);
      const positions = bigEndianWords(bytes);
      for (let i = 0; i < positions.length; i++) this.#checked(layer, i, positions[i]!);
      all.set(positions, objectsBelow);
    }
    return all;
  }

  protected override missingPosition(position: number): Error {
    const { path } = this.#layerOf(position);
    const message = `bad multi-pack-index reverse index: no row is position ${position}`;
    return new GitmidxError("bad-reverse-index", message, { path: this.#rev?.source.name ?? path, chunk: "RIDX" });
  }

  #offsetOf(position: number): number {
    const { view, objectsBelow } = this.#layerOf(position);
    return view.offsetAt((position - objectsBelow) as LayerPosition);
  }

  /** The layer of a position or a bit. */
  #layerOf(position: number): MidxLayer {
    const layers = this.#layers;
    let at = layers.length - 1;
    while (at > 0 && position < layers[at]!.objectsBelow) at--;
    return layers[at]!;
  }

  #checked({ view, path, objectsBelow }: MidxLayer, index: number, position: number): number {
    if (position >= objectsBelow && position < objectsBelow + view.count) return position;
    const last = objectsBelow + view.count - 1;
    const message = `bad multi-pack-index reverse index: position ${position} is not in ${objectsBelow} to ${last}`;
    const place =
      this.#rev === undefined
        ? { path, offset: view.reverseIndexOffset + 4 * index, chunk: "RIDX" }
        : { path: this.#rev.source.name, offset: revHeaderByteLength + 4 * index };
    throw new GitmidxError("bad-reverse-index", message, place);
  }
}
