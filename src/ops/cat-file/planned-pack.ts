/** Prints every object of a pack in the order of their entries, by plan. */

import { withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import type { PackPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { PackPlan } from "../../store/pack-plan.js";
import { type ContentTarget, type Inflated, PlannedReader } from "../../store/planned-reader.js";
import type { ObjectVisitor, SeenIds } from "./all-objects.js";
import type { ByteOutput } from "./byte-output.js";
import { blockEnd, InflateAhead, isCarried } from "./inflate-ahead.js";
import { longestDetails, writePlainLine } from "./plain-line.js";

/** Threads that may help. */
export interface BatchWorkers {
  /** The worker module. */
  readonly url: string;
  /** Threads in all, this one included. */
  readonly threads: number;
  /** Bytes of a pack from which on help is worth while; 4 MiB unless given. */
  readonly leastPackByteLength?: number | undefined;
}

/** How objects are printed. */
export interface PlannedOutput {
  readonly output: ByteOutput;
  /** What ends lines and contents. */
  readonly endByte: number;
  /** Prints an object in the ordinary way: what cannot be made by plan. */
  readonly visit: ObjectVisitor;
  readonly workers: BatchWorkers | undefined;
  /** See {@link PlannedReader}. */
  readonly baseLimit: number | undefined;
  readonly task: TaskOptions;
}

const leastForThreads = 4 << 20;
/** More cannot be kept busy by the one that makes the objects. */
const mostHelpers = 2;

/** Prints the objects of `pack` that `seen` has not. @throws GitmidxError `aborted`; what befalls a thread; as `visit` */
export async function printPlanned(
  pack: OpenPack,
  plan: PackPlan,
  seen: SeenIds | undefined,
  how: PlannedOutput,
): Promise<void> {
  const { workers } = how;
  const helpers = Math.min(mostHelpers, (workers?.threads ?? 1) - 1);
  const isLarge = pack.view.source.size >= (workers?.leastPackByteLength ?? leastForThreads);
  const { packPath } = pack.file;
  const ahead = isLarge && helpers > 0 ? InflateAhead.start(workers!.url, helpers, packPath, plan) : undefined;
  try {
    await new PlannedPack(pack, plan, seen, how).print(ahead);
  } finally {
    await ahead?.stop();
  }
}

class PlannedPack implements ContentTarget {
  readonly #pack: OpenPack;
  readonly #plan: PackPlan;
  readonly #seen: SeenIds | undefined;
  readonly #how: PlannedOutput;
  readonly #reader: PlannedReader;
  #oid: Uint8Array = new Uint8Array(0);
  #type: ReturnType<typeof objectTypeName> = "blob";

  constructor(pack: OpenPack, plan: PackPlan, seen: SeenIds | undefined, how: PlannedOutput) {
    this.#pack = pack;
    this.#plan = plan;
    this.#seen = seen;
    this.#how = how;
    this.#reader = new PlannedReader(pack, plan, how.baseLimit);
  }

  async print(ahead: InflateAhead | undefined): Promise<void> {
    const { source, layout } = this.#pack.idx.ids;
    const ids = await withRanges(() => source.copy(layout.offset, this.#plan.count * layout.stride));
    const step = new Step({ signal: this.#how.task.signal }, "");
    const inflated: { bytes: Uint8Array; at: number } = { bytes: ids, at: 0 };
    for (let from = 0; from < this.#plan.count; ) {
      const block = await ahead?.next();
      const end = blockEnd(this.#plan, from);
      if (block !== undefined) inflated.bytes = block.bytes;
      inflated.at = 0;
      for (let i = from; i < end; i++) {
        const wait = this.#printEntry(i, ids, i < (block?.end ?? 0) && isCarried(this.#plan, i) ? inflated : undefined);
        if (wait !== undefined) await wait;
        if (isCarried(this.#plan, i)) inflated.at += this.#plan.sizes[i]!;
      }
      const turn = step.tick(end - from);
      if (turn !== undefined) await turn;
      from = end;
    }
  }

  get bytes(): Uint8Array {
    return this.#how.output.buffer;
  }

  /** Puts the line before the content, which follows it if there is room for both. */
  place(size: number): number {
    const at = this.#how.output.reserve(2 * this.#oid.length + longestDetails + size + 2);
    if (at < 0) return -1;
    const place = writePlainLine(this.bytes, at, this.#oid, this.#type, size);
    this.bytes[place] = this.#how.endByte;
    return place + 1;
  }

  #printEntry(i: number, ids: Uint8Array, inflated: Inflated | undefined): Promise<void> | undefined {
    const { idOffset, stride, idByteLength } = this.#pack.idx.ids.layout;
    const at = this.#plan.rows[i]! * stride + idOffset;
    const reader = this.#reader;
    if (this.#seen !== undefined && this.#seen.add(ids, at) < 0) {
      reader.pass(i);
      return undefined;
    }
    const oid = ids.subarray(at, at + idByteLength);
    const type = this.#plan.types[i]!;
    if (type === 0) {
      reader.pass(i);
      return this.#visit(oid, i);
    }
    this.#oid = oid;
    this.#type = objectTypeName(type as ObjectTypeCode);
    try {
      reader.make(i, this, inflated);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      return this.#visit(oid, i);
    }
    const { made } = reader;
    const { output, endByte } = this.#how;
    if (made.inPlace) {
      const end = made.start + made.length;
      this.bytes[end] = endByte;
      output.commit(end + 1);
      return undefined;
    }
    return this.#printAside(made.bytes.subarray(made.start, made.start + made.length));
  }

  #visit(oid: Uint8Array, i: number): Promise<void> | undefined {
    return this.#how.visit(oid, { pack: this.#pack, offset: this.#plan.offsets[i]!, position: i as PackPosition });
  }

  /** Prints an object that was made elsewhere. */
  #printAside(content: Uint8Array): Promise<void> | undefined {
    const { output, endByte } = this.#how;
    const at = this.place(content.length);
    if (at < 0) return this.#printLarge(content);
    const end = at + content.length;
    this.bytes.set(content, at);
    this.bytes[end] = endByte;
    output.commit(end + 1);
    return undefined;
  }

  async #printLarge(content: Uint8Array): Promise<void> {
    const { output, endByte } = this.#how;
    const end = String.fromCharCode(endByte);
    await output.flush();
    const line = new Uint8Array(2 * this.#oid.length + longestDetails);
    await output.bytes(line.subarray(0, writePlainLine(line, 0, this.#oid, this.#type, content.length)));
    await output.text(end);
    await output.bytes(content);
    await output.text(end);
  }
}
