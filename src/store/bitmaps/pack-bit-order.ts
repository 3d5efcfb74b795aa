/** The bits of a pack's own bitmap: its objects by their offsets. */

import { GitmidxError } from "../../core/errors.js";
import type { IdxPosition, PackPosition } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import { computeReverseIndex, type RevView, revHeaderByteLength } from "../../formats/rev.js";
import { bigEndianWords } from "./big-endian-words.js";
import { type BitOrderOptions, TabledBitOrder } from "./bit-order.js";

/** Positions are those of the `.idx`; the order is read from the `.rev`, or computed where there is none. */
export class PackBitOrder extends TabledBitOrder {
  readonly #idx: IdxView;
  readonly #rev: RevView | undefined;
  protected override readonly idStarts: readonly number[] = [0];

  constructor(idx: IdxView, rev?: RevView, options: BitOrderOptions = {}) {
    super({ format: idx.format, bitCount: idx.count, objectsBelow: 0 }, options);
    this.#idx = idx;
    this.#rev = rev;
  }

  override packAt(): number {
    return 0;
  }

  /** @throws GitmidxError as `IdxView.offsetAt` */
  override offsetAt(bit: number): number {
    return this.#idx.offsetAt(this.positionAt(bit) as IdxPosition);
  }

  protected override findInFile(oid: Uint8Array): number {
    return this.#idx.ids.find(oid);
  }

  protected override idInFile(position: number): Uint8Array {
    return this.#idx.ids.idAt(position);
  }

  protected override readIds(): Uint8Array {
    const { stride, idOffset, idByteLength } = this.#idx.ids.layout;
    const rows = this.#idx.copyRows(0, this.bitCount);
    if (stride === idByteLength) return rows;
    const ids = new Uint8Array(this.bitCount * idByteLength);
    for (let i = 0; i < this.bitCount; i++) {
      const from = i * stride + idOffset;
      ids.set(rows.subarray(from, from + idByteLength), i * idByteLength);
    }
    return ids;
  }

  protected override positionInFile(bit: number): number {
    return this.#rev === undefined ? -1 : this.#checked(bit, this.#rev.idxPositionAt(bit as PackPosition));
  }

  protected override searchBit(position: number): number {
    if (this.#rev === undefined) return -1;
    const offset = this.#idx.offsetAt(position as IdxPosition);
    let low = 0;
    let high = this.bitCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.positionInFile(middle);
      if (found === position) return middle;
      if (this.#idx.offsetAt(found as IdxPosition) < offset) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  protected override readPositions(): Uint32Array {
    if (this.#rev === undefined) return computeReverseIndex(this.#idx.offsets());
    const positions = bigEndianWords(this.#rev.source.copy(revHeaderByteLength, 4 * this.bitCount));
    for (let bit = 0; bit < positions.length; bit++) this.#checked(bit, positions[bit]!);
    return positions;
  }

  protected override missingPosition(position: number): Error {
    const path = this.#rev?.source.name ?? this.#idx.source.name;
    return new GitmidxError("bad-reverse-index", `${path}: no row of the reverse index is position ${position}`, {
      path,
    });
  }

  #checked(bit: number, position: number): number {
    if (position < this.bitCount) return position;
    const path = this.#rev!.source.name;
    const message = `${path}: the reverse index has position ${position} of ${this.bitCount} objects`;
    throw new GitmidxError("bad-reverse-index", message, { path, offset: revHeaderByteLength + 4 * bit });
  }
}
