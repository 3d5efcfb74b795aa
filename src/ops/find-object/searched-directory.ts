/** An object directory opened for lookups: its multi-pack-index, and the indexes of the packs that are not covered by it. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { type OidPrefix, toHex } from "../../core/oid.js";
import type { IdxPosition, PackId } from "../../core/positions.js";
import type { IdxView } from "../../formats/idx/view.js";
import { comparePackNames } from "../../formats/midx/pack-names.js";
import { type MidxStack, openMidxStack } from "../../store/midx-stack.js";
import { stateFingerprint } from "../../store/midx-state.js";
import type { ObjectDirectory, PackFile } from "../../store/object-directory.js";
import { openIdx } from "../../store/open-idx.js";
import type { PackedCopy } from "./found-object.js";

/** How lookups are made. */
export interface FindOptions {
  /** `core.multiPackIndex`: false looks into the packs' indexes alone. Default true. */
  readonly useMidx?: boolean | undefined;
  /** Told what git would warn of: files that are left aside because they cannot be read. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** A pack whose index is open. */
interface SearchedPack {
  readonly file: PackFile;
  readonly packId: PackId | undefined;
  readonly idx: IdxView;
}

/** How often a directory whose packs disappear while it is opened is listed anew. */
const attempts = 5;

/** One directory; close it when done. */
export class SearchedDirectory {
  readonly directory: ObjectDirectory;
  readonly stack: MidxStack | undefined;
  /** What was there when it was opened, see {@link contentsOf}. */
  readonly contents: string;
  readonly #files: ReadonlyMap<string, PackFile>;
  /** Packs not covered by the stack, youngest first. */
  readonly #uncovered: readonly SearchedPack[];
  readonly #options: FindOptions;
  #covered: readonly SearchedPack[] | undefined;

  private constructor(
    directory: ObjectDirectory,
    contents: string,
    files: readonly PackFile[],
    opened: { stack: MidxStack | undefined; uncovered: readonly SearchedPack[] },
    options: FindOptions,
  ) {
    this.directory = directory;
    this.contents = contents;
    this.stack = opened.stack;
    this.#files = new Map(files.map((file) => [file.name, file]));
    this.#uncovered = opened.uncovered;
    this.#options = options;
  }

  /** Opens what there is; what cannot be read is told to `warn` and left aside. */
  static async open(directory: ObjectDirectory, options: FindOptions): Promise<SearchedDirectory> {
    for (let attempt = 1; ; attempt++) {
      const contents = await contentsOf(directory);
      const stack = options.useMidx === false ? undefined : await openStack(directory, options);
      const files = await directory.listPacks();
      const covered = new Set(stack?.layers.flatMap(({ view }) => view.packNames));
      const fresh = files.filter(({ name }) => !covered.has(name));
      const uncovered = await openPacks(directory, fresh, undefined, options);
      const opened = { stack, uncovered };
      // A repack removes packs and multi-pack-indexes that we may have seen: then what it has put in their place counts.
      if (attempt === attempts || (await contentsOf(directory)) === contents) {
        return new SearchedDirectory(directory, contents, files, opened, options);
      }
      for (const { idx } of uncovered) idx.source.close();
      stack?.close();
    }
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
      present: this.#files.has(packName),
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
    const files = [...this.#files.values()].filter(({ name }) => names.has(name));
    this.#covered = await openPacks(this.directory, files, this.stack, this.#options);
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
    for (const { idx } of [...this.#uncovered, ...(this.#covered ?? [])]) idx.source.close();
  }

  #copiesIn(packs: readonly SearchedPack[], oid: Uint8Array): readonly PackedCopy[] {
    const copies = packs.map((pack) => this.#copyIn(pack, oid));
    return copies.filter((copy) => copy !== undefined);
  }

  #copyIn({ file, packId, idx }: SearchedPack, oid: Uint8Array): PackedCopy | undefined {
    const position: IdxPosition | undefined = idx.find(oid);
    if (position === undefined) return undefined;
    const offset = idx.offsetAt(position);
    const directory = this.directory.path;
    return { kind: "packed", directory, packName: file.name, offset, packId, midx: undefined, present: true };
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

async function openPacks(
  directory: ObjectDirectory,
  files: readonly PackFile[],
  stack: MidxStack | undefined,
  { warn }: FindOptions,
): Promise<readonly SearchedPack[]> {
  const packs: SearchedPack[] = [];
  for (const file of files.toSorted((a, b) => b.mtime - a.mtime || comparePackNames(a.name, b.name))) {
    try {
      packs.push({ file, packId: stack?.packIdOf(file.name), idx: await openIdx(directory, file.idxPath) });
    } catch (error) {
      if (!(error instanceof GitmidxError)) throw error;
      if (error.code !== "not-found") warn?.(error.message);
    }
  }
  return packs;
}
