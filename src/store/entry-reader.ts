/** Reads the objects of opened packs, deltas of any depth included. */

import { env } from "#env";
import { allocateBytes, ByteSlabs } from "../bytes/byte-slabs.js";
import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { type ObjectTypeCode, objectTypeCode, objectTypeName } from "../core/object-type.js";
import { toHex } from "../core/oid.js";
import { applyDelta, checkDeltaResult, minDeltaByteLength, readDeltaSizes } from "../formats/delta/apply.js";
import { EntryHeader } from "../formats/pack/entry-header.js";
import { EntryInflater, EntryPieces, wholeByteLength } from "../formats/pack/inflate-entry.js";
import { BaseCache } from "./base-cache.js";
import type { OpenPack } from "./open-pack.js";
import type { ObjectHeader, StoredObject } from "./stored-object.js";
import { TypeMemo } from "./type-memo.js";

/** What an entry's header says; the base of a delta is an offset, or an id. */
export interface PackEntryHeader {
  /** 1 to 4 as `ObjectTypeCode`, 6 for an OFS delta, 7 for a REF delta. */
  readonly type: number;
  /** Inflated size of the entry's own data: of a delta the size of its instructions. */
  readonly size: number;
  /** Where in the pack the zlib stream begins. */
  readonly dataOffset: number;
  /** Where in the pack the base of an OFS delta begins. */
  readonly baseOffset: number | undefined;
  /** The id of a REF delta's base: a copy. */
  readonly baseId: Uint8Array | undefined;
}

/** Bytes of a delta that its two sizes can take. */
const deltaSizesByteLength = 20;
/** Results above this size are counted before memory is spent on them. */
const countedByteLength = 1 << 16;

/** The reader. It works synchronously and throws NeedRange for what must be opened or fetched first. */
export class EntryReader {
  readonly #cache: BaseCache;
  readonly #inflater = new EntryInflater(env);
  readonly #header = new EntryHeader();
  readonly #deltaStart = new Uint8Array(deltaSizesByteLength);
  /** Good copies of objects whose own entries are damaged, by pack number and offset: see {@link substitute}. */
  readonly #substitutes = new Map<string, StoredObject>();
  /** The deltas from the wanted object down to what it is made from: offsets of entries and of their streams, and sizes. */
  #entries = new Float64Array(64);
  #streams = new Float64Array(64);
  #sizes = new Float64Array(64);
  #depth = 0;
  /** The object that the reader has come to: `#bytes[#start, #start + #length)`, and what it will be in the end. */
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #length = 0;
  #type: ObjectTypeCode = 1;
  readonly #slabs = new ByteSlabs();
  readonly #types = new TypeMemo();

  /** @param cacheLimit bytes of bases to keep, see `core.deltaBaseCacheLimit`; git's 96 MiB unless given. */
  constructor(cacheLimit?: number) {
    this.#cache = new BaseCache(cacheLimit);
  }

  /**
   * Reads the object whose entry begins at `offset`.
   * @throws GitmidxError with the offset of the entry that is damaged: `bad-entry`, `bad-offset`, `bad-zlib-stream`, `bad-delta`,
   * `missing-base`, `unresolved-deltas` (a circle), `too-large`, `truncated`; what opening the pack's files throws; NeedRange.
   */
  read(pack: OpenPack, offset: number): StoredObject {
    this.#make(pack, offset);
    // What has an array of its own is never written to again.
    const isShared = this.#length < this.#bytes.length;
    const bytes = isShared ? this.#slabs.copy(this.#bytes, this.#start, this.#length) : this.#bytes;
    return { type: objectTypeName(this.#type), bytes };
  }

  /** As {@link read}, but the bytes are only valid until the next call of any method. */
  peek(pack: OpenPack, offset: number): StoredObject {
    this.#make(pack, offset);
    const bytes = this.#bytes.subarray(this.#start, this.#start + this.#length);
    return { type: objectTypeName(this.#type), bytes };
  }

  /** Type and size of the object whose entry begins at `offset`. @throws as {@link read} */
  header(pack: OpenPack, offset: number): ObjectHeader {
    if (this.#isKnown(pack, offset)) return { type: objectTypeName(this.#type), size: this.#length };
    const first = this.entry(pack, offset);
    if (first.baseOffset === undefined && first.baseId === undefined)
      return { type: objectTypeName(first.type as ObjectTypeCode), size: first.size };
    const { view } = pack;
    const length = this.#inflater.inflateStart(view, first.dataOffset, first.size, this.#deltaStart);
    try {
      const size = readDeltaSizes(this.#deltaStart, 0, length).resultSize;
      return { type: objectTypeName(this.#descend(pack, offset)), size };
    } catch (error) {
      throw isGitmidxError(error, "bad-delta") ? inapplicable(error, pack, offset) : error;
    }
  }

  /** What the header of the entry at `offset` says. @throws as {@link read}, but for what is behind the header */
  entry(pack: OpenPack, offset: number): PackEntryHeader {
    const header = this.#header;
    const { view } = pack;
    const at = this.#parse(pack, offset);
    const { type, size, byteLength, baseDistance, baseIdAt } = header;
    return {
      type,
      size,
      dataOffset: offset + byteLength,
      baseOffset: baseDistance === 0 ? undefined : offset - baseDistance,
      baseId: baseIdAt < 0 ? undefined : view.bytes.slice(baseIdAt, at + byteLength),
    };
  }

  /** The content of an entry that is no delta, piece by piece. @throws as {@link read} */
  pieces(pack: OpenPack, entry: PackEntryHeader): EntryPieces {
    return new EntryPieces(env, pack.view, entry.dataOffset, entry.size);
  }

  /** Has `object` stand in for the entry at `offset`, which is damaged, for whatever is made from it. */
  substitute(pack: OpenPack, offset: number, object: StoredObject): void {
    this.#substitutes.set(substituteKey(pack, offset), object);
  }

  /** Whether {@link substitute} was called for that entry. */
  isSubstituted(pack: OpenPack, offset: number): boolean {
    return this.#substitutes.has(substituteKey(pack, offset));
  }

  /** Makes the object at `offset`. */
  #make(pack: OpenPack, offset: number): void {
    this.#collect(pack, offset);
    for (let i = this.#depth - 1; i >= 0; i--) this.#apply(pack, i);
  }

  /** Collects the deltas between the object at `offset` and the first that is at hand or whole, and takes that one. */
  #collect(pack: OpenPack, offset: number): void {
    this.#depth = 0;
    for (let at = offset; ; ) {
      if (this.#isKnown(pack, at)) return;
      this.#parse(pack, at);
      const { isDelta, type, size, byteLength } = this.#header;
      if (!isDelta) {
        this.#type = type as ObjectTypeCode;
        this.#inflateWhole(pack, at, at + byteLength, size);
        return;
      }
      this.#push(at, at + byteLength, size);
      if (this.#depth > pack.view.count) throw circle(pack, at);
      at = this.#baseOffset(pack, at);
    }
  }

  /** Takes the object at `offset` if it is in memory. */
  #isKnown(pack: OpenPack, offset: number): boolean {
    const cache = this.#cache;
    if (cache.find(pack.number, offset)) {
      this.#take(cache.bytes, cache.start, cache.length);
      this.#type = cache.type;
      return true;
    }
    if (this.#substitutes.size === 0) return false;
    const substitute = this.#substitutes.get(substituteKey(pack, offset));
    if (substitute === undefined) return false;
    this.#take(substitute.bytes, 0, substitute.bytes.length);
    this.#type = objectTypeCode(substitute.type)!;
    return true;
  }

  #take(bytes: Uint8Array, start: number, length: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#length = length;
  }

  /** Takes an object that has an array of its own. */
  #takeOwn(pack: OpenPack, offset: number, bytes: Uint8Array): void {
    this.#take(bytes, 0, bytes.length);
    this.#cache.keepLarge(pack.number, offset, this.#type, bytes);
  }

  /** The type of what the delta at `offset` is made from in the end. */
  #descend(pack: OpenPack, offset: number): ObjectTypeCode {
    let at = offset;
    for (let depth = 0; depth <= pack.view.count; depth++) {
      const type = this.#typeAt(pack, at);
      if (type !== undefined) {
        this.#types.put(pack.number, offset, type);
        return type;
      }
      at = this.#baseOffset(pack, at);
    }
    throw circle(pack, offset);
  }

  /** The type of the object at `offset` if it is known or no delta. */
  #typeAt(pack: OpenPack, offset: number): ObjectTypeCode | undefined {
    const known = this.#types.get(pack.number, offset);
    if (known !== undefined) return known;
    if (this.#isKnown(pack, offset)) return this.#type;
    this.#parse(pack, offset);
    return this.#header.isDelta ? undefined : (this.#header.type as ObjectTypeCode);
  }

  #parse(pack: OpenPack, offset: number): number {
    try {
      return pack.view.headerAt(offset, this.#header);
    } catch (error) {
      throw placed(error, pack, offset);
    }
  }

  /** Where the base begins of the delta at `offset`, whose header was parsed last. */
  #baseOffset(pack: OpenPack, offset: number): number {
    const { baseDistance, baseIdAt } = this.#header;
    if (baseDistance > 0) return offset - baseDistance;
    const { byteLength } = pack.directory.format;
    const id = pack.view.bytes.subarray(baseIdAt, baseIdAt + byteLength);
    const base = pack.find(id);
    if (base !== undefined) return base;
    const path = pack.file.packPath;
    const message = `failed to validate delta base reference at offset ${offset} from ${path}\nthe base ${toHex(id)} is not in the pack`;
    throw new GitmidxError("missing-base", message, { path, offset });
  }

  #push(entry: number, stream: number, size: number): void {
    if (this.#depth === this.#entries.length) {
      this.#entries = grown(this.#entries);
      this.#streams = grown(this.#streams);
      this.#sizes = grown(this.#sizes);
    }
    this.#entries[this.#depth] = entry;
    this.#streams[this.#depth] = stream;
    this.#sizes[this.#depth] = size;
    this.#depth++;
  }

  /** Makes an object from delta number `index` of the chain and the object that was taken, and takes it. */
  #apply(pack: OpenPack, index: number): void {
    const deltaSize = this.#sizes[index]!;
    const entry = this.#entries[index]!;
    const delta = this.#inflateDelta(pack, index, deltaSize);
    try {
      const sizes = readDeltaSizes(delta, 0, deltaSize);
      const { baseSize, resultSize, start } = sizes;
      if (baseSize !== this.#length) {
        const message = `the delta is for a base of ${baseSize} bytes, but its base has ${this.#length}`;
        throw new GitmidxError("bad-delta", message);
      }
      if (resultSize > countedByteLength || deltaSize < minDeltaByteLength) checkDeltaResult(delta, sizes, deltaSize);
      const cache = this.#cache;
      const inRing = cache.allocate(resultSize);
      const target = inRing ? cache.bytes : allocateBytes(resultSize);
      const at = inRing ? cache.start : 0;
      applyDelta(delta, start, deltaSize, this.#bytes, this.#start, this.#start + baseSize, target, at, resultSize);
      if (inRing) {
        cache.keep(pack.number, entry, this.#type, resultSize);
        this.#take(target, at, resultSize);
      } else this.#takeOwn(pack, entry, target);
    } catch (error) {
      throw isGitmidxError(error, "bad-delta") ? inapplicable(error, pack, entry) : error;
    }
  }

  /** Takes an object that was inflated to an array of its own: the ring keeps more of them than it could have arrays. */
  #takeLong(pack: OpenPack, entry: number, bytes: Uint8Array): void {
    const cache = this.#cache;
    if (cache.allocate(bytes.length)) {
      cache.bytes.set(bytes, cache.start);
      cache.keep(pack.number, entry, this.#type, bytes.length);
      this.#take(bytes, 0, bytes.length);
    } else this.#takeOwn(pack, entry, bytes);
  }

  /** Inflates an object that is no delta, and takes it. */
  #inflateWhole(pack: OpenPack, entry: number, stream: number, size: number): void {
    const cache = this.#cache;
    try {
      const inRing = size <= wholeByteLength && cache.allocate(size);
      const { bytes, start } = cache;
      if (inRing && this.#inflater.inflateTo(pack.view, stream, size, bytes, start)) {
        cache.keep(pack.number, entry, this.#type, size);
        this.#take(bytes, start, size);
      } else this.#takeLong(pack, entry, this.#inflater.inflateLong(pack.view, stream, size));
    } catch (cause) {
      if (!isGitmidxError(cause, "bad-zlib-stream")) throw cause;
      throw new GitmidxError(cause.code, cause.message, { path: cause.path, offset: entry, cause });
    }
  }

  #inflateDelta(pack: OpenPack, index: number, size: number): Uint8Array {
    const stream = this.#streams[index]!;
    try {
      return this.#inflater.inflateBriefly(pack.view, stream, size);
    } catch (cause) {
      if (!isGitmidxError(cause, "bad-zlib-stream")) throw cause;
      const path = pack.file.packPath;
      const message = `failed to unpack compressed delta at offset ${stream} from ${path}\n${cause.message}`;
      throw new GitmidxError(cause.code, message, { path, offset: this.#entries[index]!, cause });
    }
  }
}

function substituteKey(pack: OpenPack, offset: number): string {
  return `${pack.number} ${offset}`;
}

function grown(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}

/** The error with the pack's path, where the format could not know it. */
function placed(error: unknown, pack: OpenPack, offset: number): unknown {
  if (!isGitmidxError(error) || error.path !== undefined) return error;
  const path = pack.file.packPath;
  return new GitmidxError(error.code, `${path}: ${error.message}`, { path, offset, cause: error });
}

function inapplicable(cause: GitmidxError, pack: OpenPack, offset: number): GitmidxError {
  const path = pack.file.packPath;
  const message = `failed to apply delta\n${cause.message} (the entry at offset ${offset} of ${path})`;
  return new GitmidxError(cause.code, message, { path, offset, cause });
}

function circle(pack: OpenPack, offset: number): GitmidxError {
  const path = pack.file.packPath;
  const message = `the deltas from offset ${offset} of ${path} on are made from each other, in a circle`;
  return new GitmidxError("unresolved-deltas", message, { path, offset });
}
