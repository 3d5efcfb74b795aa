/** An object directory opened for lookups: its multi-pack-index, and the indexes of the packs that are not covered by it. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import { type OidPrefix, toHex } from "../core/oid.js";
import type { PackId } from "../core/positions.js";
import { comparePackNames } from "../formats/midx/pack-names.js";
import { PackWindows } from "../formats/pack/windows.js";
import { type MidxStack, openMidxStack } from "./midx-stack.js";
import { stateFingerprint } from "./midx-state.js";
import type { ObjectDirectory, PackFile } from "./object-directory.js";
import { OpenPack } from "./open-pack.js";
import type { PackedCopy } from "./packed-copy.js";

/** How lookups are made. */
export interface FindOptions {
  /** `core.multiPackIndex`: false looks into the packs' indexes alone. Default true. */
  readonly useMidx?: boolean | undefined;
  /** Told what git would warn of: files that are left aside because they cannot be read. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Told instead what git calls an error, though it goes on: indexes of packs. {@link warn} is unless given. */
  readonly complain?: ((message: string) => void) | undefined;
  /** Gives the pack of a file: one that was opened before, or a new one. New ones unless given. */
  readonly openPack?: ((directory: ObjectDirectory, file: PackFile) => OpenPack) | undefined;
}

/** Where a search ended. One is filled again and again. */
export class PackPlace {
  /** The pack that has the object; undefined before the first search that found something. */
  pack: OpenPack | undefined;
  /** Where in the pack its entry begins. */
  offset = 0;
}

/** How often a directory whose packs disappear while it is opened is listed anew. */
const attempts = 5;

/** One directory; close it when done. */
export class SearchedDirectory {
  readonly directory: ObjectDirectory;
  readonly stack: MidxStack | undefined;
  /** What was there when it was opened, see {@link contentsOf}. */
  readonly contents: string;
  /** Every pack, youngest first. */
  readonly packs: readonly OpenPack[];
  readonly #byName: ReadonlyMap<string, OpenPack>;
  /** Packs not covered by the stack whose index can be read, youngest first. */
  readonly #uncovered: readonly OpenPack[];
  /** Of each layer the packs in the order of their numbers; undefined for those that are not there. */
  readonly #byLayer: readonly (readonly (OpenPack | undefined)[])[];
  readonly #options: FindOptions;
  #covered: readonly OpenPack[] | undefined;

  private constructor(
    directory: ObjectDirectory,
    contents: string,
    opened: { stack: MidxStack | undefined; packs: readonly OpenPack[]; uncovered: readonly OpenPack[] },
    options: FindOptions,
  ) {
    const { stack, packs, uncovered } = opened;
    this.directory = directory;
    this.contents = contents;
    this.stack = stack;
    this.packs = packs;
    this.#byName = new Map(packs.map((pack) => [pack.name, pack]));
    this.#uncovered = uncovered;
    this.#byLayer = stack?.layers.map(({ view }) => view.packNames.map((name) => this.#byName.get(name))) ?? [];
    this.#options = options;
  }

  /** Opens what there is; what cannot be read is told to `warn` and left aside. */
  static async open(directory: ObjectDirectory, options: FindOptions): Promise<SearchedDirectory> {
    for (let attempt = 1; ; attempt++) {
      const contents = await contentsOf(directory);
      const stack = options.useMidx === false ? undefined : await openStack(directory, options);
      const openPack = options.openPack ?? newPacks(options);
      const files = (await directory.listPacks()).toSorted(youngestFirst);
      const packs = files.map((file) => openPack(directory, file));
      const covered = new Set(stack?.layers.flatMap(({ view }) => view.packNames));
      const fresh = packs.filter(({ name }) => !covered.has(name));
      const opened = { stack, packs, uncovered: await withIndexes(fresh, options) };
      // A repack removes packs and multi-pack-indexes that we may have seen: then what it has put in their place counts.
      if (attempt === attempts || (await contentsOf(directory)) === contents) {
        return new SearchedDirectory(directory, contents, opened, options);
      }
      if (options.openPack === undefined) for (const pack of packs) pack.close();
      stack?.close();
    }
  }

  /**
   * Where git would read the object: fills `place` if the multi-pack-index has it in a pack that is there. Makes no garbage.
   * @throws GitmidxError as `MidxView.packIdAt` and `offsetAt`; NeedRange
   */
  placeInMidx(oid: Uint8Array, place: PackPlace): boolean {
    if (this.stack === undefined) return false;
    const { layers } = this.stack;
    for (let i = layers.length - 1; i >= 0; i--) {
      const { view } = layers[i]!;
      const position = view.find(oid);
      if (position === undefined) continue;
      const pack = this.#byLayer[i]![view.packIdAt(position)];
      if (pack === undefined) return false;
      place.pack = pack;
      place.offset = view.offsetAt(position);
      return true;
    }
    return false;
  }

  /** The same for the packs that the multi-pack-index does not cover, youngest first. */
  placeInUncovered(oid: Uint8Array, place: PackPlace): boolean {
    for (const pack of this.#uncovered) {
      const offset = pack.find(oid);
      if (offset === undefined) continue;
      place.pack = pack;
      place.offset = offset;
      return true;
    }
    return false;
  }

  /** The copy that the multi-pack-index points to, whether its pack is there or not. @throws as `MidxStack.findObject` */
  findInMidx(oid: Uint8Array): PackedCopy | undefined {
    const object = this.stack?.findObject(oid);
    if (object === undefined) return undefined;
    const { layer, position, packId, packName, offset } = object;
    return {
      kind: "packed",
      directory: this.directory.path,
      packName,
      offset,
      packId,
      midx: { layer, position },
      present: this.#byName.has(packName),
    };
  }

  /** The copy in the youngest pack that the multi-pack-index does not cover. */
  findUncovered(oid: Uint8Array): PackedCopy | undefined {
    for (const pack of this.#uncovered) {
      const copy = this.#copyIn(pack, oid);
      if (copy !== undefined) return copy;
    }
    return undefined;
  }

  /** Every copy in a pack that the multi-pack-index does not cover, youngest pack first. */
  uncoveredCopies(oid: Uint8Array): readonly PackedCopy[] {
    return this.#copiesIn(this.#uncovered, oid);
  }

  /** The copies in packs that are covered, other than the one that the multi-pack-index points to. Call {@link openCovered} first. */
  bypassedCopies(oid: Uint8Array): readonly PackedCopy[] {
    const chosen = this.findInMidx(oid);
    const copies = this.#copiesIn(this.#covered ?? [], oid);
    return copies.filter(({ packName, offset }) => packName !== chosen?.packName || offset !== chosen.offset);
  }

  /** Opens the indexes of the packs that are covered: they are needed only to find further copies. */
  async openCovered(): Promise<void> {
    if (this.#covered !== undefined) return;
    const names = new Set(this.stack?.layers.flatMap(({ view }) => view.packNames));
    const packs = this.packs.filter(({ name }) => names.has(name));
    this.#covered = await withIndexes(packs, this.#options);
  }

  /** Every place that the object has in a pack whose index is open: covered packs have theirs after {@link openCovered}. */
  *allPlaces(oid: Uint8Array): Generator<{ readonly pack: OpenPack; readonly offset: number }, void, undefined> {
    for (const pack of [...this.#uncovered, ...(this.#covered ?? [])]) {
      const offset = pack.find(oid);
      if (offset !== undefined) yield { pack, offset };
    }
  }

  /** The ids, in hex, of the packed objects that begin with `prefix`; the same one may come several times. */
  idsWithPrefix(prefix: OidPrefix): readonly string[] {
    const inMidx = this.stack?.findPrefix(prefix).map((position) => toHex(this.stack!.idAt(position))) ?? [];
    const inPacks = this.#uncovered.flatMap(({ idx }) => {
      const { start, end } = idx.ids.prefixRange(prefix.bytes, prefix.digits);
      return Array.from({ length: end - start }, (_, i) => toHex(idx.ids.idAt(start + i)));
    });
    return [...inMidx, ...inPacks];
  }

  close(): void {
    this.stack?.close();
    for (const pack of this.packs) pack.close();
  }

  #copiesIn(packs: readonly OpenPack[], oid: Uint8Array): readonly PackedCopy[] {
    const copies = packs.map((pack) => this.#copyIn(pack, oid));
    return copies.filter((copy) => copy !== undefined);
  }

  #copyIn(pack: OpenPack, oid: Uint8Array): PackedCopy | undefined {
    const offset = pack.find(oid);
    if (offset === undefined) return undefined;
    const packId: PackId | undefined = this.stack?.packIdOf(pack.name);
    const directory = this.directory.path;
    return { kind: "packed", directory, packName: pack.name, offset, packId, midx: undefined, present: true };
  }
}

/** What lies in the directory, in a form that can be compared: the packs, and which multi-pack-index is in effect. */
export async function contentsOf(directory: ObjectDirectory): Promise<string> {
  const names = await directory.listIdxNames();
  return `${await stateFingerprint(directory)} ${JSON.stringify(names)}`;
}

/** The multi-pack-index; undefined with a warning if it cannot be read, as the packs' own indexes serve as well. */
async function openStack(directory: ObjectDirectory, { warn }: FindOptions): Promise<MidxStack | undefined> {
  try {
    const stack = await openMidxStack(directory);
    for (const { message } of stack?.problems ?? []) warn?.(message);
    return stack;
  } catch (error) {
    if (!isGitmidxError(error) || error.code === "aborted") throw error;
    warn?.(`the multi-pack-index of ${directory.path} cannot be used: ${error.message}`);
    return undefined;
  }
}

function newPacks({ warn }: FindOptions): (directory: ObjectDirectory, file: PackFile) => OpenPack {
  const windows = new PackWindows();
  return (directory, file) => new OpenPack(directory, file, windows, warn);
}

function youngestFirst(a: PackFile, b: PackFile): number {
  return b.mtime - a.mtime || comparePackNames(a.name, b.name);
}

/** The packs whose index can be read. */
async function withIndexes(
  packs: readonly OpenPack[],
  { warn, complain = warn }: FindOptions,
): Promise<readonly OpenPack[]> {
  const opened: OpenPack[] = [];
  for (const pack of packs) {
    try {
      await pack.openIdx();
      opened.push(pack);
    } catch (error) {
      if (!(error instanceof GitmidxError)) throw error;
      if (error.code !== "not-found") complain?.(error.message);
    }
  }
  return opened;
}
