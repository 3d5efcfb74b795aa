/** The entries of a pack in the order of their offsets, with what can be told of each without making its object. */

import { withRanges } from "../bytes/source.js";
import { GitmidxError } from "../core/errors.js";
import { type ObjectType, type ObjectTypeCode, objectTypeName } from "../core/object-type.js";
import { toHex } from "../core/oid.js";
import type { PackPosition } from "../core/positions.js";
import { Step, type TaskOptions } from "../core/task.js";
import { EntryHeader } from "../formats/pack/entry-header.js";
import type { OpenPack } from "./open-pack.js";

/** What a delta is made from. */
export interface EntryDelta {
  /** The base's id, lower-case hex. */
  readonly baseOid: string;
  /** Where in the pack the base's entry begins. */
  readonly baseOffset: number;
  /** Deltas up to an object that is whole: 1 or more. */
  readonly depth: number;
}

/** One entry of a pack. */
export interface PackEntry {
  /** The object's id, lower-case hex. */
  readonly oid: string;
  /** Where in the pack the entry begins. */
  readonly offset: number;
  /** The object's type, of a delta that of its base. */
  readonly type: ObjectType;
  /** Inflated size of the entry's own data: of a delta the size of its instructions, not of the object. */
  readonly size: number;
  /** Bytes that the entry takes in the pack, its header included. */
  readonly packedSize: number;
  /** CRC32 of those bytes as the index has it; undefined in an index of version 1. */
  readonly crc32: number | undefined;
  /** Undefined for an object that is whole. */
  readonly delta: EntryDelta | undefined;
}

/** Entries to read at a time. */
const batchSize = 1024;

/**
 * Lists the entries of a pack in batches. Memory grows by some bytes with each entry: its depth and type, which those after it may need.
 * @throws GitmidxError `aborted`; `bad-entry`, `missing-base` or `unresolved-deltas` for what is damaged; as `OpenPack`.
 */
export async function* packEntries(
  pack: OpenPack,
  task: TaskOptions = {},
): AsyncGenerator<readonly PackEntry[], void, undefined> {
  await pack.open();
  const { count } = pack.order;
  const step = new Step(task, "Listing entries", count);
  const families = new Families(pack, count);
  for (let position = 0; position < count; ) {
    const batch: PackEntry[] = [];
    const end = Math.min(count, position + batchSize);
    // Run again after a range was fetched, the work goes on where it stopped.
    await withRanges(() => {
      for (; position < end; position++) batch.push(families.entryAt(position as PackPosition));
    });
    yield batch;
    await step.tick(batch.length);
  }
  step.finish();
}

/** Which entries are made from which. */
class Families {
  readonly #pack: OpenPack;
  /** Of each entry that was looked at its type and, times 8, its depth. */
  readonly #known: Uint32Array;
  readonly #header = new EntryHeader();

  constructor(pack: OpenPack, count: number) {
    this.#pack = pack;
    this.#known = new Uint32Array(count);
  }

  entryAt(position: PackPosition): PackEntry {
    const { idx, order } = this.#pack;
    const offset = this.#pack.offsetAt(position);
    const end = this.#pack.offsetAt((position + 1) as PackPosition);
    const known = this.#resolve(position, offset);
    const base = this.#parse(offset);
    const idxPosition = order.idxPositionAt(position);
    return {
      oid: toHex(idx.ids.idAt(idxPosition)),
      offset,
      type: objectTypeName((known & 7) as ObjectTypeCode),
      size: this.#header.size,
      packedSize: end - offset,
      crc32: idx.crc32At(idxPosition),
      delta: base === undefined ? undefined : this.#delta(base, known >>> 3),
    };
  }

  #delta(baseOffset: number, depth: number): EntryDelta {
    const id = this.#pack.idAt(baseOffset);
    if (id === undefined) throw this.#orphan(baseOffset, "no entry begins where its base should");
    return { baseOid: toHex(id), baseOffset, depth };
  }

  /** Type and depth of an entry: bases are nearly always before their deltas, so that they are known already. */
  #resolve(position: PackPosition, offset: number): number {
    const trail: PackPosition[] = [];
    let at = position;
    let atOffset = offset;
    while (this.#known[at] === 0) {
      const base = this.#parse(atOffset);
      if (base === undefined) {
        this.#known[at] = this.#header.type;
        break;
      }
      trail.push(at);
      if (trail.length > this.#known.length) throw this.#orphan(offset, "it is made from itself, in a circle");
      const next = this.#pack.positionOf(base);
      if (next === undefined) throw this.#orphan(atOffset, "no entry begins where its base should");
      at = next;
      atOffset = base;
    }
    let known = this.#known[at]!;
    for (let i = trail.length - 1; i >= 0; i--) {
      known += 8;
      this.#known[trail[i]!] = known;
    }
    return known;
  }

  /** Parses a header. @returns where the base begins; undefined for an entry that is no delta */
  #parse(offset: number): number | undefined {
    const { view, directory } = this.#pack;
    view.headerAt(offset, this.#header);
    const { isDelta, baseDistance, baseIdAt } = this.#header;
    if (!isDelta) return undefined;
    if (baseDistance > 0) return offset - baseDistance;
    const base = this.#pack.find(view.bytes.subarray(baseIdAt, baseIdAt + directory.format.byteLength));
    if (base === undefined) throw this.#orphan(offset, "its base is not in the pack", "missing-base");
    return base;
  }

  #orphan(
    offset: number,
    problem: string,
    code: "unresolved-deltas" | "missing-base" = "unresolved-deltas",
  ): GitmidxError {
    const path = this.#pack.file.packPath;
    return new GitmidxError(code, `${path}: the delta at offset ${offset} cannot be resolved: ${problem}`, {
      path,
      offset,
    });
  }
}
