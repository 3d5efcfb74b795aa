/** The object directories of a store, opened, and looked at again when they have changed. */

import { withRanges } from "../bytes/source.js";
import { type GitmidxError, isGitmidxError } from "../core/errors.js";
import { PackWindows } from "../formats/pack/windows.js";
import type { MidxStack } from "./midx-stack.js";
import type { ObjectDirectory, PackFile } from "./object-directory.js";
import { OpenPack } from "./open-pack.js";
import { contentsOf, type FindOptions, PackPlace, SearchedDirectory } from "./searched-directory.js";

/** A copy of an object in a pack. */
interface PackedPlace {
  readonly pack: OpenPack;
  readonly offset: number;
}

/** The directories; close them when done. */
export class StoreDirectories {
  readonly #directories: readonly ObjectDirectory[];
  readonly #options: FindOptions;
  readonly #windows = new PackWindows();
  readonly #opened = new Map<string, OpenPack>();
  #searched: readonly SearchedDirectory[] = [];
  /** Packs that are not there any more: whoever holds one may go on reading it. */
  #gone: readonly OpenPack[] = [];
  /** Multi-pack-indexes that are no longer in effect, but may be in use by what is under way. */
  #retired: MidxStack[] = [];
  #users = 0;
  #refreshing: Promise<boolean> | undefined;

  private constructor(directories: readonly ObjectDirectory[], { useMidx, warn, complain }: FindOptions) {
    this.#directories = directories;
    const openPack = (directory: ObjectDirectory, file: PackFile) => this.#openPack(directory, file);
    this.#options = { useMidx, warn, complain, openPack };
  }

  /** Opens what there is. @throws GitmidxError as `SearchedDirectory.open` */
  static async open(directories: readonly ObjectDirectory[], options: FindOptions): Promise<StoreDirectories> {
    const opened = new StoreDirectories(directories, options);
    opened.#searched = await opened.#search();
    return opened;
  }

  /** The directories in the order in which git looks. */
  get searched(): readonly SearchedDirectory[] {
    return this.#searched;
  }

  /** Every pack, directory by directory, youngest first. */
  packs(): readonly OpenPack[] {
    return this.#searched.flatMap(({ packs }) => packs);
  }

  /** Whether the object is in a pack: then `place` is where git would read it. @throws as `SearchedDirectory.placeInMidx`; NeedRange */
  findPacked(oid: Uint8Array, place: PackPlace): boolean {
    for (const directory of this.#searched) if (directory.placeInMidx(oid, place)) return true;
    for (const directory of this.#searched) if (directory.placeInUncovered(oid, place)) return true;
    return false;
  }

  /** The copies in packs that git would read, in its order. What is wrong with indexes is added to `damage`. */
  async packedCopies(oid: Uint8Array, damage: GitmidxError[]): Promise<readonly PackedPlace[]> {
    const copies: PackedPlace[] = [];
    const searches = [
      ...this.#searched.map((directory) => (place: PackPlace) => directory.placeInMidx(oid, place)),
      ...this.#searched.map((directory) => (place: PackPlace) => directory.placeInUncovered(oid, place)),
    ];
    for (const search of searches) {
      const place = new PackPlace();
      try {
        if (await withRanges(() => search(place))) copies.push({ pack: place.pack!, offset: place.offset });
      } catch (error) {
        if (!isGitmidxError(error)) throw error;
        damage.push(error);
      }
    }
    return copies;
  }

  /** Calls `work`, during which nothing is closed that it may have found. */
  async using<T>(work: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      this.#closeRetired();
    }
  }

  /** Looks at the directories again if packs or multi-pack-indexes have come or gone. @returns whether they had */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#lookAgain().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  close(): void {
    for (const { stack } of this.#searched) stack?.close();
    for (const stack of this.#retired) stack.close();
    for (const pack of [...this.#opened.values(), ...this.#gone]) pack.close();
    this.#searched = [];
    this.#retired = [];
    this.#opened.clear();
    this.#gone = [];
  }

  async #search(): Promise<readonly SearchedDirectory[]> {
    const searched: SearchedDirectory[] = [];
    try {
      for (const directory of this.#directories) searched.push(await SearchedDirectory.open(directory, this.#options));
    } catch (error) {
      for (const { stack } of searched) stack?.close();
      throw error;
    }
    return searched;
  }

  /** The pack of a file, the same one for as long as the file is the same. */
  #openPack(directory: ObjectDirectory, file: PackFile): OpenPack {
    const key = `${file.packPath} ${file.mtime} ${file.packSize}`;
    let pack = this.#opened.get(key);
    if (pack === undefined) {
      pack = new OpenPack(directory, file, this.#windows, this.#options.warn);
      this.#opened.set(key, pack);
    }
    return pack;
  }

  async #lookAgain(): Promise<boolean> {
    let outdated = false;
    for (const { directory, contents } of this.#searched) {
      if ((await contentsOf(directory)) !== contents) outdated = true;
    }
    if (!outdated) return false;
    const before = this.#searched.map(({ stack }) => stack);
    this.#searched = await this.#search();
    this.#retired.push(...before.filter((stack) => stack !== undefined));
    this.#closeRetired();
    const there = new Set(this.packs());
    for (const [key, pack] of this.#opened) {
      if (there.has(pack)) continue;
      this.#opened.delete(key);
      this.#gone = [...this.#gone, pack];
    }
    return true;
  }

  #closeRetired(): void {
    if (this.#users > 0) return;
    for (const stack of this.#retired) stack.close();
    this.#retired = [];
  }
}
