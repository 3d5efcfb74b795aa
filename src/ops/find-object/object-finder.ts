/** Finds objects by id or prefix in all object directories of a repository, as git finds them. */

import { NeedRange, withRanges } from "../../bytes/source.js";
import { isHex, oidFromHex, oidPrefixFromHex, toHex } from "../../core/oid.js";
import { looseIds, loosePath } from "../../store/loose.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { PackedCopy } from "../../store/packed-copy.js";
import { contentsOf, type FindOptions, SearchedDirectory } from "../../store/searched-directory.js";
import { type Lookup, type LooseCopy, leastPrefixDigits, type ObjectCopy } from "./found-object.js";

/** How one lookup is made. */
export interface LookupOptions {
  /** Whether all other copies are looked for too, in every pack's own index. Default false. */
  readonly others?: boolean | undefined;
}

/** The object directories of a repository, opened for lookups. Close it when done. */
export class ObjectFinder {
  readonly #directories: readonly SearchedDirectory[];

  private constructor(directories: readonly SearchedDirectory[]) {
    this.#directories = directories;
  }

  /**
   * Opens the multi-pack-indexes, and the indexes of the packs that they do not cover.
   * @param directories at least one, in the order in which git looks.
   * @throws GitmidxError what the file system says; a file that cannot be read is a warning.
   */
  static async open(directories: readonly ObjectDirectory[], options: FindOptions = {}): Promise<ObjectFinder> {
    const opened: SearchedDirectory[] = [];
    try {
      for (const directory of directories) opened.push(await SearchedDirectory.open(directory, options));
    } catch (error) {
      for (const directory of opened) directory.close();
      throw error;
    }
    return new ObjectFinder(opened);
  }

  /**
   * The copy of the object in a pack that git would read: multi-pack-indexes go before other packs. Loose objects are not looked at.
   * @throws NeedRange on an asynchronous source: call it inside `withRanges`.
   */
  findPacked(oid: Uint8Array): PackedCopy | undefined {
    for (const directory of this.#directories) {
      const copy = directory.findInMidx(oid);
      if (copy?.present === true) return copy;
    }
    for (const directory of this.#directories) {
      const copy = directory.findUncovered(oid);
      if (copy !== undefined) return copy;
    }
    return undefined;
  }

  /**
   * Looks up many texts, without a promise for those that need none: full ids in packs.
   * @returns what came of each, in their order.
   */
  async lookUpMany(texts: readonly string[], options: LookupOptions = {}): Promise<readonly Lookup[]> {
    const lookups: Lookup[] = [];
    for (const text of texts) {
      const now = options.others === true ? undefined : this.#lookUpNow(text);
      lookups.push(now ?? (await this.lookUp(text, options)));
    }
    return lookups;
  }

  /** Looks up a full id or a prefix, in hex of either case. */
  async lookUp(text: string, options: LookupOptions = {}): Promise<Lookup> {
    const { format } = this.#directories[0]!.directory;
    if (text.length < leastPrefixDigits || text.length > format.hexLength || !isHex(text))
      return { outcome: "invalid" };
    if (text.length === format.hexLength) return this.#lookUpId(oidFromHex(text, format), options);
    const candidates = await this.idsWithPrefix(text);
    if (candidates.length > 1) return { outcome: "ambiguous", candidates };
    const [only] = candidates;
    return only === undefined ? { outcome: "missing" } : this.#lookUpId(oidFromHex(only, format), options);
  }

  /**
   * The ids of all objects, packed and loose, that begin with `text`; ascending.
   * @throws GitmidxError `bad-object-id`
   */
  async idsWithPrefix(text: string): Promise<readonly string[]> {
    const { format } = this.#directories[0]!.directory;
    const prefix = oidPrefixFromHex(text.toLowerCase(), format);
    const ids = new Set<string>();
    for (const searched of this.#directories) {
      for (const id of await withRanges(() => searched.idsWithPrefix(prefix))) ids.add(id);
      for (const id of await looseIds(searched.directory, text.toLowerCase())) ids.add(id);
    }
    return [...ids].toSorted();
  }

  /** Whether packs or multi-pack-indexes have come or gone since the directories were opened. */
  async isOutdated(): Promise<boolean> {
    for (const { directory, contents } of this.#directories) {
      if ((await contentsOf(directory)) !== contents) return true;
    }
    return false;
  }

  close(): void {
    for (const directory of this.#directories) directory.close();
  }

  /** The outcome for a full id that is in a pack and in reach; undefined where it takes more than that. */
  #lookUpNow(text: string): Lookup | undefined {
    const { format } = this.#directories[0]!.directory;
    if (text.length !== format.hexLength || !isHex(text)) return undefined;
    try {
      const copy = this.findPacked(oidFromHex(text, format));
      return copy && { outcome: "found", object: { oid: text.toLowerCase(), copy, others: [] } };
    } catch (error) {
      if (error instanceof NeedRange) return undefined;
      throw error;
    }
  }

  async #lookUpId(oid: Uint8Array, options: LookupOptions): Promise<Lookup> {
    const all = options.others === true;
    const read = await this.#readCopies(oid, all);
    // What the multi-pack-index points to and is not there comes first only if there is nothing else that git would read.
    const copy = read.find((found) => found.kind === "loose" || found.present) ?? read[0];
    const bypassed = all ? await this.#bypassedCopies(oid) : [];
    if (copy === undefined) return { outcome: "missing" };
    const others = all ? [...read.filter((found) => found !== copy), ...bypassed] : [];
    return { outcome: "found", object: { oid: toHex(oid), copy, others } };
  }

  /** The copies in the order in which git would read them; the first that is there ends the search unless `all` are wanted. */
  async #readCopies(oid: Uint8Array, all: boolean): Promise<readonly ObjectCopy[]> {
    const copies: ObjectCopy[] = [];
    for (const directory of this.#directories) {
      const copy = await withRanges(() => directory.findInMidx(oid));
      if (copy !== undefined) copies.push(copy);
      if (copy?.present === true && !all) return copies;
    }
    for (const directory of this.#directories) {
      const found = await withRanges(() => directory.uncoveredCopies(oid));
      copies.push(...found);
      if (found.length > 0 && !all) return copies;
    }
    return [...copies, ...(await this.#looseCopies(toHex(oid)))];
  }

  /** The copies that git never reads, because the multi-pack-index that covers their packs has another. */
  async #bypassedCopies(oid: Uint8Array): Promise<readonly ObjectCopy[]> {
    const copies: ObjectCopy[] = [];
    for (const directory of this.#directories) {
      await directory.openCovered();
      copies.push(...(await withRanges(() => directory.bypassedCopies(oid))));
    }
    return copies;
  }

  async #looseCopies(oid: string): Promise<readonly LooseCopy[]> {
    const copies: LooseCopy[] = [];
    for (const { directory } of this.#directories) {
      const path = loosePath(directory, oid);
      if ((await directory.fs.stat(path))?.kind === "file") {
        copies.push({ kind: "loose", directory: directory.path, path });
      }
    }
    return copies;
  }
}
