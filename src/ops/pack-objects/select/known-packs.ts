/** The packs of a repository with what the selection of objects must know of each. */

import { NeedRange, withRanges } from "../../../bytes/source.js";
import type { GitmidxError } from "../../../core/errors.js";
import type { IdxPosition } from "../../../core/positions.js";
import type { MtimesView } from "../../../formats/mtimes.js";
import type { ObjectDirectory } from "../../../store/object-directory.js";
import type { ObjectStore } from "../../../store/object-store.js";
import type { OpenPack } from "../../../store/open-pack.js";

/** A pack whose index is open. */
export interface KnownPack {
  readonly pack: OpenPack;
  /** Name of the `.pack` file. */
  readonly packName: string;
  /** Whether it is in the repository's own object directory. */
  readonly local: boolean;
  /** Whether there is a `.keep` file. */
  readonly kept: boolean;
  readonly promisor: boolean;
  /** The times of a cruft pack's objects. */
  readonly mtimes: MtimesView | undefined;
  readonly cruft: boolean;
  /** Was named as one to keep: `--keep-pack`, `^pack`, a fresh pack beside a cruft pack. */
  keptHere: boolean;
  /** Was named as one whose objects are left out, though what they link to may not be there: `!pack`. */
  keptOpen: boolean;
}

/** A pack whose index cannot be read. */
export interface UnreadablePack {
  /** Path of the `.pack` file. */
  readonly path: string;
  readonly damage: GitmidxError;
}

/** Reasons for which a pack may count as kept; sums are allowed. */
export const keptOnDisk = 1;
export const keptHere = 2;
export const keptOpen = 4;

/** All packs, the repository's own first, youngest first. */
export class KnownPacks {
  readonly all: readonly KnownPack[];
  /** Those whose index cannot be read, by the name of the `.pack` file. */
  readonly unreadable: ReadonlyMap<string, UnreadablePack>;
  readonly store: ObjectStore;
  readonly directories: readonly ObjectDirectory[];
  #kept: readonly KnownPack[] = [];
  #keptReasons = 0;

  private constructor(
    store: ObjectStore,
    directories: readonly ObjectDirectory[],
    all: readonly KnownPack[],
    unreadable: ReadonlyMap<string, UnreadablePack>,
  ) {
    this.store = store;
    this.directories = directories;
    this.all = all;
    this.unreadable = unreadable;
  }

  /**
   * Opens the indexes of all packs. As in git, a pack whose index is damaged is as good as not there.
   * @param directories those of the store, the repository's own first.
   * @throws GitmidxError what the file system says
   */
  static async open(store: ObjectStore, directories: readonly ObjectDirectory[]): Promise<KnownPacks> {
    const all: KnownPack[] = [];
    const unreadable = new Map<string, UnreadablePack>();
    for (const pack of store.packs()) {
      const packName = `${pack.name.slice(0, -"idx".length)}pack`;
      const damage = await pack.indexDamage();
      if (damage !== undefined) {
        unreadable.set(packName, { path: pack.file.packPath, damage });
        continue;
      }
      const cruft = await pack.has("mtimes");
      all.push({
        pack,
        packName,
        local: pack.directory.path === directories[0]!.path,
        kept: await pack.has("keep"),
        promisor: await pack.has("promisor"),
        mtimes: cruft ? await pack.openMtimes().catch(() => undefined) : undefined,
        cruft,
        keptHere: false,
        keptOpen: false,
      });
    }
    return new KnownPacks(store, directories, all, unreadable);
  }

  /** Whether any pack of which `chosen` is true has the object. */
  has(oid: Uint8Array, chosen: (pack: KnownPack) => boolean): boolean | Promise<boolean> {
    return now(() => this.all.some((known) => chosen(known) && known.pack.idx.find(oid) !== undefined));
  }

  /**
   * The packs that are kept for any of these reasons. As in git, what is found is remembered until another sum of reasons is asked for,
   * and does not follow changes before.
   */
  kept(reasons: number): readonly KnownPack[] {
    if (reasons !== this.#keptReasons) {
      this.#keptReasons = reasons;
      this.#kept = this.all.filter(
        (known) =>
          (known.kept && (reasons & keptOnDisk) !== 0) ||
          (known.keptHere && (reasons & keptHere) !== 0) ||
          (known.keptOpen && (reasons & keptOpen) !== 0),
      );
    }
    return this.#kept;
  }

  /** Whether a pack that is kept for any of these reasons has the object. */
  isKept(oid: Uint8Array, reasons: number): boolean | Promise<boolean> {
    const packs = this.kept(reasons);
    return now(() => packs.some(({ pack }) => pack.idx.find(oid) !== undefined));
  }

  /** The packs that have the object. */
  holders(oid: Uint8Array): readonly KnownPack[] | Promise<readonly KnownPack[]> {
    return now(() => this.all.filter(({ pack }) => pack.idx.find(oid) !== undefined));
  }

  /** When the object was last used as far as its pack tells, in seconds since 1970. */
  mtimeIn(known: KnownPack, position: IdxPosition): number {
    return known.mtimes?.mtimeAt(position) ?? known.pack.file.mtime;
  }

  close(): void {
    for (const { mtimes } of this.all) mtimes?.source.close();
  }
}

/** Does at once what can be done at once. */
export function now<T>(work: () => T): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error instanceof NeedRange) return withRanges(work);
    throw error;
  }
}
