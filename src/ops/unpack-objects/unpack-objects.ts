/** `unpack-objects`: writes the objects of a pack that comes as a stream as loose objects. */

import { env } from "#env";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { blobCode, type ObjectType, type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step } from "../../core/task.js";
import type { BatchHasher } from "../../env/contract.js";
import { applyDelta, checkDeltaResult, minDeltaByteLength, readDeltaSizes } from "../../formats/delta/apply.js";
import { objectHeader } from "../../formats/object/header.js";
import { refDeltaCode } from "../../formats/pack/entry-header.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { StoredObject } from "../../store/stored-object.js";
import { LooseWriter } from "../../store/write-loose.js";
import { BaseObjects } from "./base-objects.js";
import { EntryStream } from "./entry-stream.js";
import { HeldObjects } from "./held-objects.js";
import type { UnpackOptions, UnpackResult } from "./options.js";
import { EntryFault } from "./unpack-error.js";
import { type Waiting, WaitingDeltas } from "./waiting-deltas.js";
import { WriteQueue } from "./write-queue.js";

/** Objects that are being written at a time. */
const writesAtOnce = 8;

/** Where objects come from and go to. */
export interface UnpackPlace {
  /** All objects of the repository. */
  readonly store: ObjectStore;
  /** The object directories in git's order; the first is written to. */
  readonly directories: readonly ObjectDirectory[];
}

/**
 * Unpacks a pack. Objects that are there already are left as they are.
 *
 * Whatever happens, objects that were written are whole, and stay: they are what the pack has up to the fault.
 * @throws GitmidxError in git's words for everything that it dies of, `aborted`
 */
export async function unpackObjects(
  stream: AsyncIterable<Uint8Array>,
  place: UnpackPlace,
  options: UnpackOptions,
): Promise<UnpackResult> {
  const { directories } = place;
  const maxByteLength = options.maxByteLength === 0 ? undefined : options.maxByteLength;
  const entries = new EntryStream(stream, directories[0]!.format, { maxByteLength, header: options.header });
  const unpacker = new Unpacker(entries, place, options);
  try {
    return await unpacker.run();
  } finally {
    await unpacker.writesEnded();
    await entries.close();
  }
}

class Unpacker {
  readonly #entries: EntryStream;
  readonly #store: ObjectStore;
  readonly #options: UnpackOptions;
  readonly #writer: LooseWriter;
  readonly #hasher: BatchHasher;
  readonly #bases: BaseObjects;
  readonly #waiting = new WaitingDeltas();
  readonly #held: HeldObjects | undefined;
  readonly #writes = new WriteQueue(writesAtOnce);
  readonly #idByteLength: number;
  #written = 0;
  #faulty = false;
  #collision = false;

  constructor(entries: EntryStream, { store, directories }: UnpackPlace, options: UnpackOptions) {
    const { settings, strict, trusted, tell } = options;
    const { format } = store;
    const [own, ...alternates] = directories;
    this.#entries = entries;
    this.#store = store;
    this.#options = options;
    this.#idByteLength = format.byteLength;
    const locatePacked = (oid: Uint8Array) => store.locatePacked(oid);
    this.#writer = new LooseWriter(own!, settings.writing, { alternates, locatePacked });
    this.#bases = new BaseObjects(format.byteLength, settings.baseCacheLimit);
    this.#hasher = env.createBatchHasher(format, { detectCollisions: trusted !== true }, () => {
      this.#collision = true;
    });
    if (strict === undefined) return;
    this.#held = new HeldObjects(format, {
      fsck: strict,
      tell: (line) => tell?.(line),
      lookUp: async (oid) => (await store.readHeader(oid))?.type,
      write: (oid, object) => this.#write(oid, object),
    });
  }

  async run(): Promise<UnpackResult> {
    const entries = this.#entries;
    const count = await entries.begin();
    const step = new Step(this.#options, "Unpacking objects", count);
    for (let i = 0; i < count; i++) {
      try {
        await this.#readEntry();
      } catch (error) {
        if (!(error instanceof EntryFault)) throw error;
        this.#options.tell?.(`error: ${error.message}`);
        this.#faulty = true;
        if (this.#options.recover !== true) return this.#result(i, new Uint8Array(0));
      }
      await step.tick();
    }
    step.finish();
    if (this.#waiting.count > 0) throw new GitmidxError("unresolved-deltas", "unresolved deltas left after unpacking");
    await this.#writes.settled();
    await this.#held?.finish((oid) => this.#store.read(oid));
    await this.#writes.settled();
    return this.#result(count, await entries.finish());
  }

  /** Waits for the writes that are under way when the work ends, whichever way it does. */
  writesEnded(): Promise<void> {
    return this.#writes.settled().catch(() => undefined);
  }

  async #result(objects: number, rest: Uint8Array): Promise<UnpackResult> {
    await this.#writes.settled();
    return { outcome: this.#faulty ? "faulty" : "complete", objects, written: this.#written, rest };
  }

  async #readEntry(): Promise<void> {
    const entries = this.#entries;
    await entries.next();
    const entry = this.#bases.begin(entries.offset);
    const { isDelta, type, size } = entries.header;
    if (this.#options.dryRun === true) return entries.skip();
    if (isDelta) return this.#readDelta(entry);
    if (type === blobCode && size > this.#options.settings.bigFileThreshold) return this.#streamBlob(entry, size);
    const bytes = await entries.data();
    await this.#resolve(entry, { type: objectTypeName(type as ObjectTypeCode), bytes });
  }

  async #streamBlob(entry: number, size: number): Promise<void> {
    const hasher = env.createContentHasher(this.#store.format, { detectCollisions: this.#options.trusted !== true });
    let oid: Uint8Array;
    try {
      oid = await this.#writer.writeStream("blob", size, this.#entries.pieces(), hasher);
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error;
      throw streamFault(error, size);
    }
    if (hasher.foundCollision) throw attacked(oid);
    this.#written++;
    this.#held?.addBlob(oid);
    this.#bases.know(entry, oid, undefined);
    // Deltas that came before their base: it is read back for them, as big as it is.
    if (this.#waiting.isFor(oid, this.#bases.offsetOf(entry))) await this.#resolveWaiting(entry, oid);
  }

  async #resolveWaiting(entry: number, oid: Uint8Array): Promise<void> {
    const object = await this.#store.read(oid);
    if (object === undefined) throw new GitmidxError("missing-object", `unable to read ${toHex(oid)}`);
    await this.#resolveDeltas([{ object, deltas: this.#waiting.take(oid, this.#bases.offsetOf(entry)) }]);
  }

  async #readDelta(entry: number): Promise<void> {
    const entries = this.#entries;
    const bases = this.#bases;
    let baseId: Uint8Array | undefined;
    if (entries.header.type === refDeltaCode) {
      const named = entries.baseId();
      const delta = await entries.data();
      baseId = bases.has(named) || (await this.#store.has(named)) ? named : undefined;
      if (baseId === undefined) return this.#waiting.addForId(named, { entry, delta });
      return this.#applyTo(baseId, { entry, delta });
    }
    const baseOffset = entries.offset - entries.header.baseDistance;
    const delta = await entries.data();
    baseId = bases.idAt(baseOffset);
    if (baseId === undefined) return this.#waiting.addForOffset(baseOffset, { entry, delta });
    return this.#applyTo(baseId, { entry, delta });
  }

  async #applyTo(baseId: Uint8Array, { entry, delta }: Waiting): Promise<void> {
    const base = await this.#readBase(baseId);
    await this.#resolve(entry, this.#applied(base, delta));
  }

  async #readBase(oid: Uint8Array): Promise<StoredObject> {
    const known = this.#held?.get(oid) ?? this.#bases.content(oid);
    if (known !== undefined) return known;
    await this.#writes.settled();
    try {
      const read = await this.#store.read(oid);
      if (read !== undefined) return read;
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      this.#options.tell?.(`error: ${error.message}`);
    }
    throw new EntryFault(`failed to read delta-pack base object ${toHex(oid)}`);
  }

  #applied({ type, bytes: base }: StoredObject, delta: Uint8Array): StoredObject {
    try {
      const sizes = readDeltaSizes(delta);
      if (sizes.baseSize !== base.length) throw new GitmidxError("bad-delta", "");
      checkDeltaResult(delta, sizes, delta.length);
      const bytes = new Uint8Array(sizes.resultSize);
      applyDelta(delta, sizes.start, delta.length, base, 0, base.length, bytes, 0, bytes.length);
      return { type, bytes };
    } catch (error) {
      if (!isGitmidxError(error, "bad-delta")) throw error;
      if (isToldOf(delta, base, error)) this.#options.tell?.(`error: ${error.message}`);
      throw new GitmidxError("bad-delta", "failed to apply delta", { cause: error });
    }
  }

  /** Takes an object, and makes all that waited for it, and what waited for that: in a loop, holding one chain at a time. */
  async #resolve(entry: number, object: StoredObject): Promise<void> {
    const deltas = await this.#take(entry, object);
    if (deltas.length > 0) await this.#resolveDeltas([{ object, deltas }]);
  }

  async #resolveDeltas(chain: { readonly object: StoredObject; readonly deltas: Waiting[] }[]): Promise<void> {
    for (let top = chain.at(-1); top !== undefined; top = chain.at(-1)) {
      const waiting = top.deltas.pop();
      if (waiting === undefined) {
        chain.pop();
        continue;
      }
      const object = this.#applied(top.object, waiting.delta);
      const deltas = await this.#take(waiting.entry, object);
      if (deltas.length > 0) chain.push({ object, deltas });
    }
  }

  /** Writes or holds an object. @returns the deltas that waited for it */
  async #take(entry: number, object: StoredObject): Promise<Waiting[]> {
    const oid = this.#idOf(object.type, object.bytes);
    if (this.#held === undefined || object.type === "blob") {
      await this.#write(oid, object);
      this.#held?.addBlob(oid);
      this.#bases.know(entry, oid, object);
    } else {
      this.#held.add(oid, object);
      this.#bases.know(entry, oid, undefined);
    }
    return this.#waiting.take(oid, this.#bases.offsetOf(entry));
  }

  #idOf(type: ObjectType, bytes: Uint8Array): Uint8Array {
    const header = objectHeader(type, bytes.length);
    const whole = new Uint8Array(header.length + bytes.length);
    whole.set(header);
    whole.set(bytes, header.length);
    const oid = new Uint8Array(this.#idByteLength);
    this.#hasher.add(whole, 0, whole.length, oid, 0);
    this.#hasher.flush();
    if (this.#collision) throw attacked(oid);
    return oid;
  }

  #write(oid: Uint8Array, { type, bytes }: StoredObject): Promise<void> {
    return this.#writes.add(async () => {
      if (await this.#writer.write(oid, type, bytes)) this.#written++;
    });
  }
}

/** Whether git says why a delta cannot be applied: not of one that is too short, or that is not for this base. */
function isToldOf(delta: Uint8Array, base: Uint8Array, { message }: GitmidxError): boolean {
  if (delta.length < minDeltaByteLength || !/^(delta replay|unexpected delta)/.test(message)) return false;
  return readDeltaSizes(delta).baseSize === base.length;
}

/** What git says where the content of a blob that is not held in memory is faulty; its numbers count the object's header. */
function streamFault(fault: EntryFault, size: number): GitmidxError {
  const { inflated = 0 } = fault;
  if (inflated === size) return new GitmidxError("bad-zlib-stream", fault.message.replace(/-?\d+$/, "($&)"));
  const header = objectHeader("blob", size).length;
  const message = `write stream object ${inflated + header} != ${size + header}`;
  return new GitmidxError("bad-zlib-stream", message, { cause: fault });
}

function attacked(oid: Uint8Array): GitmidxError {
  const message = `SHA-1 appears to be part of a collision attack: ${toHex(oid)}`;
  return new GitmidxError("hash-collision", message);
}
