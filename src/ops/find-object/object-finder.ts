/** Finds objects by id or prefix in all object directories of a repository, as git finds them. */

import { withRanges } from "../../bytes/source.js";
import { isHex, oidFromHex, oidPrefixFromHex, toHex } from "../../core/oid.js";
import { loosePath, looseIds } from "../../store/loose.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { type Lookup, leastPrefixDigits, type LooseCopy, type ObjectCopy, type PackedCopy } from "./found-object.js";
import { contentsOf, type FindOptions, SearchedDirectory } from "./searched-directory.js";

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

  /** Looks up a full id or a prefix, in hex of either case. */
  async lookUp(text: string, options: LookupOptions = {}): Promise<Lookup> {
    const { format } = this.#directories[0]!.directory;
    if (text.length < leastPrefixDigits || text.length > format.hexLength || !isHex(text)) return { outcome: "invalid" };
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

  async #lookUpId(oid: Uint8Array, options: LookupOptions): Promise<Lookup> {
    const copies = await this.#copiesOf(oid, options.others === true);
    // What the multi-pack-index points to and is not there comes first only if there is nothing else.
    const first = copies.find((copy) => copy.kind === "loose" || copy.present) ?? copies[0];
    if (first === undefined) return { outcome: "missing" };
    const others = options.others === true ? copies.filter((copy) => copy !== first) : [];
    return { outcome: "found", object: { oid: toHex(oid), copy: first, others } };
  }

  /** The copies in the order in which git would read them; the first that is there ends the search unless `all` are wanted. */
  async #copiesOf(oid: Uint8Array, all: boolean): Promise<readonly ObjectCopy[]> {
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
    copies.push(...(await this.#looseCopies(toHex(oid))));
    if (!all) return copies;
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
