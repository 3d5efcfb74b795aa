/** Every object of a repository, wherever it is: in packs, with or without a multi-pack-index, loose, or in an alternate. */

import { NeedRange, withRanges } from "../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { type ObjectFormat, toHex } from "../core/oid.js";
import { checkAborted, type TaskOptions } from "../core/task.js";
import { EntryReader, type PackEntryHeader } from "./entry-reader.js";
import { loosePath } from "./loose.js";
import type { ObjectDirectory } from "./object-directory.js";
import { checkIdBytes, checkObjectId } from "./object-id.js";
import type { OpenPack } from "./open-pack.js";
import { LooseReader, readLoose, readLooseNow } from "./read-loose.js";
import { PackPlace } from "./searched-directory.js";
import { StoreDirectories } from "./store-directories.js";
import type { ObjectHeader, ObjectLocation, ObjectStream, PackedLocation, StoredObject } from "./stored-object.js";
import { readOnce, streamOfBytes, streamOfEntry, streamOfLoose } from "./streams.js";

/** How a store reads. */
export interface ObjectStoreOptions {
  /** `core.multiPackIndex`: false looks into the packs' indexes alone. Default true. */
  readonly useMidx?: boolean | undefined;
  /** `core.deltaBaseCacheLimit`: bytes of delta bases to keep. Git's 96 MiB unless given. */
  readonly deltaBaseCacheLimit?: number | undefined;
  /** Compares each object that is read with its id. Default false: reading trusts what is stored, as git does. */
  readonly verify?: boolean | undefined;
  /** The object that stands in for another (`refs/replace/`); undefined where none does. Nothing is replaced unless given. */
  readonly replace?: ((oid: Uint8Array) => Uint8Array | undefined) | undefined;
  /** Told what git would warn of: files that are left aside because they cannot be read. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Told instead what git calls an error, though it goes on: indexes of packs. {@link warn} is unless given. */
  readonly complain?: ((message: string) => void) | undefined;
}

/** How often directories that change while an object is looked for are read anew. */
const attempts = 5;
/** Objects above this size that are no deltas come as streams in pieces. */
const streamedByteLength = 1 << 20;

/** What is done with each copy of an object until one is good. */
interface CopyReader<T> {
  packed(pack: OpenPack, offset: number, tried: Set<string>): Promise<T>;
  loose(directory: ObjectDirectory, path: string): Promise<T>;
}

/**
 * The objects of the given directories. Reads are in the order of git: multi-pack-indexes, other packs, loose objects; a damaged copy is
 * passed over if there is another. Close it when done: after that, reading is a TypeError, as is an id that is no bytes; one of another
 * length than the store's ids have is a RangeError.
 */
export class ObjectStore {
  readonly format: ObjectFormat;
  readonly #options: ObjectStoreOptions;
  readonly #directories: StoreDirectories;
  readonly #reader: EntryReader;
  readonly #place = new PackPlace();
  /** Whether {@link #now} found last that no pack has the object. */
  #isUnpacked = false;
  #isClosed = false;

  private constructor(directories: StoreDirectories, format: ObjectFormat, options: ObjectStoreOptions) {
    this.format = format;
    this.#directories = directories;
    this.#options = options;
    this.#reader = new EntryReader(options.deltaBaseCacheLimit);
  }

  /**
   * Opens the multi-pack-indexes, and the indexes of the packs that they do not cover.
   * @param directories at least one, in the order in which git looks.
   * @throws GitmidxError what the file system says; a file that cannot be read is a warning.
   */
  static async open(directories: readonly ObjectDirectory[], options: ObjectStoreOptions = {}): Promise<ObjectStore> {
    return new ObjectStore(await StoreDirectories.open(directories, options), directories[0]!.format, options);
  }

  /** Whether any directory has a multi-pack-index that is used: it then decides which copy of an object is read. */
  get hasMidx(): boolean {
    return this.#directories.searched.some(({ stack }) => stack !== undefined);
  }

  /** Every pack, directory by directory, youngest first. */
  packs(): readonly OpenPack[] {
    this.#checkOpen();
    return this.#directories.packs();
  }

  /**
   * Reads an object from a pack, at once. Undefined where that is not to be had: where it is in no pack, its pack must be opened or
   * fetched first, or it is damaged. {@link read} then knows more: `store.readPacked(oid) ?? (await store.read(oid))`.
   */
  readPacked(oid: Uint8Array): StoredObject | undefined {
    return this.#now(oid, (pack, offset, id) => this.#checked(id, this.#reader.read(pack, offset)));
  }

  /** As {@link readPacked}, but the bytes are only valid until the next call of any method: for those who pass on what they read. */
  peekPacked(oid: Uint8Array): StoredObject | undefined {
    return this.#now(oid, (pack, offset, id) => this.#checked(id, this.#reader.peek(pack, offset)));
  }

  /** The same for type and size: `store.readPackedHeader(oid) ?? (await store.readHeader(oid))`. */
  readPackedHeader(oid: Uint8Array): ObjectHeader | undefined {
    return this.#now(oid, (pack, offset) => this.#reader.header(pack, offset));
  }

  /** The same for the place in a pack: `store.locatePacked(oid) ?? (await store.location(oid))`. */
  locatePacked(oid: Uint8Array): PackedLocation | undefined {
    return this.#now(oid, (pack, offset) => ({ kind: "packed", pack, offset }));
  }

  /**
   * Reads an object.
   * @returns undefined if there is none, even after another look at directories that have changed.
   * @throws GitmidxError if every copy is damaged: what is wrong with the first, its cause the detail; `aborted`; what the file system
   *   says.
   */
  async read(oid: Uint8Array, task: Pick<TaskOptions, "signal"> = {}): Promise<StoredObject | undefined> {
    checkAborted(task);
    const now = this.readPacked(oid);
    if (now !== undefined) return now;
    const id = this.#replaced(oid);
    const object = this.#looseNow(id) ?? (await this.#fromCopies(id, this.#wholeReader(id)));
    checkAborted(task);
    return object;
  }

  /** Reads type and size alone. @returns and throws as {@link read} */
  async readHeader(oid: Uint8Array): Promise<ObjectHeader | undefined> {
    const now = this.readPackedHeader(oid);
    if (now !== undefined) return now;
    const id = this.#replaced(oid);
    return this.#fromCopies<ObjectHeader>(id, {
      packed: (pack, offset) => withRanges(() => this.#reader.header(pack, offset)),
      loose: async ({ fs }, path) => {
        const reader = await LooseReader.open(fs, { path, oid: toHex(id) });
        reader.close();
        return { type: reader.type, size: reader.size };
      },
    });
  }

  /** Whether there is such an object; whether it can be read is not looked at. */
  async has(oid: Uint8Array): Promise<boolean> {
    return (await this.location(oid)) !== undefined;
  }

  /** Where the copy is that would be read first. @returns undefined if there is no such object */
  async location(oid: Uint8Array): Promise<ObjectLocation | undefined> {
    const now = this.locatePacked(oid);
    if (now !== undefined) return now;
    return this.#fromCopies<ObjectLocation>(this.#replaced(oid), {
      packed: async (pack, offset) => ({ kind: "packed", pack, offset }),
      loose: async ({ fs }, path) => {
        const stat = await fs.stat(path);
        return { kind: "loose", path, diskSize: stat?.size ?? 0, mtime: stat?.mtime ?? 0 };
      },
    });
  }

  /**
   * Opens an object for reading piece by piece, in bounded memory unless it is stored as a delta.
   * @returns undefined if there is no such object.
   * @throws GitmidxError as {@link read}; damage that is found on the way, and `aborted`, are thrown while the pieces are read too.
   */
  async openStream(oid: Uint8Array, task: Pick<TaskOptions, "signal"> = {}): Promise<ObjectStream | undefined> {
    checkAborted(task);
    this.#checkOpen();
    checkIdBytes(this.format, oid);
    const id = this.#replaced(oid);
    const whole = this.#wholeReader(id);
    const stream = await this.#fromCopies<ObjectStream>(id, {
      packed: async (pack, offset, tried) => {
        const entry = await withRanges(() => this.#reader.entry(pack, offset));
        const isDelta = entry.baseOffset !== undefined || entry.baseId !== undefined;
        if (isDelta || entry.size <= streamedByteLength) return streamOfBytes(await whole.packed(pack, offset, tried));
        return streamOfEntry(this.#reader, pack, entry);
      },
      loose: (directory, path) => streamOfLoose(directory.fs, { path, oid: toHex(id) }, streamedByteLength),
    });
    checkAborted(task);
    return stream && { ...stream, chunks: readOnce(stream.chunks, task) };
  }

  /** The object whose entry begins at `offset` of a pack of this store. @throws as `EntryReader.read`; NeedRange */
  readAt(pack: OpenPack, offset: number): StoredObject {
    this.#checkOpen();
    return this.#reader.read(pack, offset);
  }

  /** As {@link readAt}, but the bytes are only valid until the next call of any method: for those who pass on what they read. */
  peekAt(pack: OpenPack, offset: number): StoredObject {
    this.#checkOpen();
    return this.#reader.peek(pack, offset);
  }

  /** Its type and size. @throws as {@link readAt} */
  headerAt(pack: OpenPack, offset: number): ObjectHeader {
    this.#checkOpen();
    return this.#reader.header(pack, offset);
  }

  /** What the entry's own header says. @throws as {@link readAt} */
  entryAt(pack: OpenPack, offset: number): PackEntryHeader {
    this.#checkOpen();
    return this.#reader.entry(pack, offset);
  }

  /**
   * Looks at the directories again if packs or multi-pack-indexes have come or gone.
   * @returns whether they had.
   */
  async refresh(): Promise<boolean> {
    this.#checkOpen();
    return this.#directories.refresh();
  }

  close(): void {
    this.#isClosed = true;
    this.#directories.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TypeError("the object store is closed");
  }

  #replaced(oid: Uint8Array): Uint8Array {
    return this.#options.replace?.(oid) ?? oid;
  }

  #checked(oid: Uint8Array, object: StoredObject): StoredObject {
    if (this.#options.verify === true) checkObjectId(this.format, oid, object);
    return object;
  }

  /** What `look` makes of the copy in a pack; undefined if there is none, or it takes more than looking. */
  #now<T>(oid: Uint8Array, look: (pack: OpenPack, offset: number, id: Uint8Array) => T): T | undefined {
    this.#checkOpen();
    checkIdBytes(this.format, oid);
    const id = this.#replaced(oid);
    this.#isUnpacked = false;
    try {
      if (this.#directories.findPacked(id, this.#place)) return look(this.#place.pack!, this.#place.offset, id);
      this.#isUnpacked = true;
      return undefined;
    } catch (error) {
      if (error instanceof NeedRange || isGitmidxError(error)) return undefined;
      throw error;
    }
  }

  /** A loose object that can be read at once, if {@link #now} has just found that it is in no pack. */
  #looseNow(id: Uint8Array): StoredObject | undefined {
    // What is compared with its id may turn out to be damaged: then other copies count.
    if (!this.#isUnpacked || this.#options.verify === true) return undefined;
    const oid = toHex(id);
    for (const { directory } of this.#directories.searched) {
      const object = readLooseNow(directory.fs, { path: loosePath(directory, oid), oid });
      if (object !== undefined) return object;
    }
    return undefined;
  }

  #wholeReader(id: Uint8Array): CopyReader<StoredObject> {
    return {
      packed: async (pack, offset, tried) => this.#checked(id, await this.#readRecovering(pack, offset, tried)),
      loose: async ({ fs }, path) => this.#checked(id, await readLoose(fs, { path, oid: toHex(id) })),
    };
  }

  /** Reads an object from a pack; what it is made from is taken from another copy where its own is damaged, as git does. */
  async #readRecovering(pack: OpenPack, offset: number, tried: Set<string>): Promise<StoredObject> {
    for (;;) {
      try {
        return await withRanges(() => this.#reader.read(pack, offset));
      } catch (error) {
        if (!isGitmidxError(error) || error.offset === undefined || error.offset === offset) throw error;
        const damaged = error.offset;
        if (this.#reader.isSubstituted(pack, damaged)) throw error;
        tried.add(copyKey(pack, damaged));
        const substitute = await this.#readOther(pack, damaged, tried);
        if (substitute === undefined) throw error;
        this.#options.warn?.(error.message);
        this.#reader.substitute(pack, damaged, substitute);
      }
    }
  }

  /** Another copy of the object at `offset`, which cannot be read. */
  async #readOther(pack: OpenPack, offset: number, tried: Set<string>): Promise<StoredObject | undefined> {
    await pack.openOrder();
    const id = await withRanges(() => pack.idAt(offset));
    if (id === undefined) return undefined;
    return this.#tryCopies(id, this.#wholeReader(id), tried, []);
  }

  /** What the first good copy gives; directories that have changed since they were opened are looked at again. */
  async #fromCopies<T>(id: Uint8Array, reader: CopyReader<T>): Promise<T | undefined> {
    return this.#directories.using(async () => {
      for (let attempt = 1; ; attempt++) {
        const damage: GitmidxError[] = [];
        const result = await this.#tryCopies(id, reader, new Set(), damage);
        if (result !== undefined) return result;
        if (attempt < attempts && (await this.refresh())) continue;
        if (damage.length > 0) throw damage[0];
        return undefined;
      }
    });
  }

  async #tryCopies<T>(
    id: Uint8Array,
    reader: CopyReader<T>,
    tried: Set<string>,
    damage: GitmidxError[],
  ): Promise<T | undefined> {
    const oid = toHex(id);
    const attempt = async (place: string, name: "packed" | "loose", path: string, read: () => Promise<T>) => {
      if (tried.has(place)) return undefined;
      tried.add(place);
      try {
        return await read();
      } catch (error) {
        if (!isGitmidxError(error) || error.code === "aborted") throw error;
        damage.push(isFileProblem(error) ? error : corruptCopy(error, name, oid, path));
        return undefined;
      }
    };
    const inPack = (pack: OpenPack, offset: number) =>
      attempt(copyKey(pack, offset), "packed", pack.file.packPath, () => reader.packed(pack, offset, tried));
    for (const { pack, offset } of await this.#directories.packedCopies(id, damage)) {
      const result = await inPack(pack, offset);
      if (result !== undefined) return result;
    }
    for (const { directory } of this.#directories.searched) {
      const path = loosePath(directory, oid);
      if ((await directory.fs.stat(path))?.kind !== "file") continue;
      const result = await attempt(path, "loose", path, () => reader.loose(directory, path));
      if (result !== undefined) return result;
    }
    // Copies that a multi-pack-index hides are the last resort.
    if (tried.size > 0 || damage.length > 0) {
      for (const directory of this.#directories.searched) {
        await directory.openCovered();
        for (const { pack, offset } of await withRanges(() => [...directory.allPlaces(id)])) {
          const result = await inPack(pack, offset);
          if (result !== undefined) return result;
        }
      }
    }
    return undefined;
  }
}

function copyKey(pack: OpenPack, offset: number): string {
  return `${pack.number} ${offset}`;
}

/** Whether an error is about a file that cannot be had, not about what it holds. */
function isFileProblem(error: GitmidxError): boolean {
  return isGitmidxError(error, "not-found", "vanished", "permission-denied", "io", "pack-index-mismatch", "too-large");
}

/** What git says of a copy that cannot be read; the cause is the detail. */
function corruptCopy(cause: GitmidxError, kind: "packed" | "loose", oid: string, path: string): GitmidxError {
  const message = `${kind} object ${oid} (stored in ${path}) is corrupt
${cause.message}`;
  return new GitmidxError(cause.code, message, { path: cause.path ?? path, offset: cause.offset, cause });
}
