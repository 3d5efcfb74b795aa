/** Filters of objects that can be put to whole sets: those that need no path. */

import type { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { tickInterval } from "../../core/limits.js";
import { blobCode, type ObjectTypeCode, objectTypeCode, objectTypes, treeCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { FilterSpec } from "../walk/filter/parse-filter.js";
import type { BitmappedPacks } from "./bitmapped-packs.js";
import type { ReachResult } from "./reach-result.js";

/** Whether a filter is one of those. */
export function canFilterBits(spec: FilterSpec): boolean {
  switch (spec.kind) {
    case "tree":
      return spec.depth === 0;
    case "sparse:oid":
      return false;
    case "combine":
      return spec.parts.every(canFilterBits);
    default:
      return true;
  }
}

/** What filters go by. */
export interface BitFilterSource {
  readonly store: ObjectStore;
  readonly packs: BitmappedPacks;
  /** Bits of the objects that are never left out, as they were asked for by name. */
  readonly provided: BitSet;
}

/** Leaves out of a result what the filter does not take. @throws GitmidxError as reading sizes does */
export async function filterBits(result: ReachResult, spec: FilterSpec, source: BitFilterSource): Promise<void> {
  switch (spec.kind) {
    case "blob:none":
      return excludeType(result, blobCode, source.provided);
    case "blob:limit":
      return excludeLarge(result, spec.limit, source);
    case "tree":
      excludeType(result, treeCode, source.provided);
      return excludeType(result, blobCode, source.provided);
    case "object:type":
      for (const type of objectTypes) {
        if (type !== spec.type) excludeType(result, objectTypeCode(type)!, source.provided);
      }
      return;
    case "combine":
      for (const part of spec.parts) await filterBits(result, part, source);
      return;
    default:
      throw new Error("BUG: bitmaps know no paths");
  }
}

function excludeType(result: ReachResult, type: ObjectTypeCode, provided: BitSet): void {
  const { words } = result.bits;
  const types = result.index.typeBits(type).words;
  const count = Math.min(words.length, types.length);
  for (let i = 0; i < count; i++) words[i]! &= ~(types[i]! & ~(provided.words[i] ?? 0));
  forOutside(result, type, provided, (bit) => result.bits.delete(bit));
}

/** Calls `visit` for every object outside that is in the result, of that type, and was not asked for by name. */
function forOutside(
  result: ReachResult,
  type: ObjectTypeCode,
  provided: BitSet,
  visit: (bit: number, i: number) => void,
) {
  const { bits, outside, order } = result;
  for (let i = 0; i < outside.count; i++) {
    const bit = order.bitCount + i;
    if (outside.typeOf(i) === type && bits.has(bit) && !provided.has(bit)) visit(bit, i);
  }
}

async function excludeLarge(result: ReachResult, limit: number, source: BitFilterSource): Promise<void> {
  const { bits, outside, order } = result;
  const candidates = bits.clone();
  candidates.and(result.index.typeBits(blobCode));
  candidates.andNot(source.provided);
  let bit = candidates.next(0);
  // Run again after a range was fetched, the work goes on where it stopped.
  const some = () => {
    for (let n = 0; n < tickInterval && bit >= 0; n++, bit = candidates.next(bit + 1)) {
      if (sizeAt(result, bit, source) >= limit) bits.delete(bit);
    }
  };
  while (bit >= 0) await withRanges(some);
  const later: number[] = [];
  forOutside(result, blobCode, source.provided, (_, i) => void later.push(i));
  for (const i of later) {
    const oid = outside.oidAt(i);
    const header = await source.store.readHeader(oid);
    if (header === undefined) throw noSize(oid);
    if (header.size >= limit) bits.delete(order.bitCount + i);
  }
}

function sizeAt({ order }: ReachResult, bit: number, { packs }: BitFilterSource): number {
  try {
    return packs.sizeAt(bit);
  } catch (cause) {
    if (isGitmidxError(cause)) throw noSize(order.oidAt(bit), cause);
    throw cause;
  }
}

function noSize(oid: Uint8Array, cause?: GitmidxError): GitmidxError {
  const message = `unable to get size of ${toHex(oid)}`;
  if (cause === undefined) return new GitmidxError("missing-object", message);
  return new GitmidxError(cause.code, `${message}\n${cause.message}`, {
    path: cause.path,
    offset: cause.offset,
    cause,
  });
}
