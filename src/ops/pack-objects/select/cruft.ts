/** `--cruft`: the objects that no pack holds which stays, each with when it was last used. */

import { withRanges } from "../../../bytes/source.js";
import { GitmidxError } from "../../../core/errors.js";
import { blobCode, commitCode, type ObjectTypeCode } from "../../../core/object-type.js";
import { toHex } from "../../../core/oid.js";
import { loosePath } from "../../../store/loose.js";
import { walkObjects } from "../../walk/object-walk.js";
import type { PathBuffer } from "../../walk/path-buffer.js";
import { RevisionWalk } from "../../walk/revision-walk.js";
import { type KnownPack, keptHere } from "./known-packs.js";
import type { ObjectName } from "./object-adder.js";
import type { Selection, SelectionOptions, SelectionSource } from "./selection.js";
import { Selector } from "./selector.js";
import { addRecentObjects, idsByOffset, looseObjects, looseType } from "./unreachable.js";

/** What is kept. */
export interface CruftOptions extends SelectionOptions {
  /**
   * `--cruft-expiration`: objects that were not used after this time, in seconds since 1970, are left out unless younger ones reach them.
   * Everything is kept unless given.
   */
  readonly expiration?: number | undefined;
}

/** The list with times. */
class CruftList {
  readonly #selector: Selector;
  mtimes = new Uint32Array(1024);

  constructor(selector: Selector) {
    this.#selector = selector;
  }

  /** @param inPack whether the object was found in a pack. */
  async add(
    oid: Uint8Array,
    type: ObjectTypeCode | 0,
    name: ObjectName | undefined,
    mtime: number,
    inPack: boolean,
  ): Promise<void> {
    const { list, adder } = this.#selector;
    let row = list.find(oid);
    if (row >= 0) {
      if (name !== undefined) adder.rename(row, name);
    } else {
      if (!(await adder.wants(oid, mtime))) return;
      if (!inPack && type === blobCode && !(await this.#isThere(oid))) return;
      const hash = name === undefined ? 0 : adder.nameHash(name.bytes, name.length);
      row = list.add(oid, type, hash, 0);
      if (name !== undefined) adder.rename(row, name);
    }
    this.#note(row, mtime);
  }

  #note(row: number, mtime: number): void {
    if (row >= this.mtimes.length) {
      const longer = new Uint32Array(Math.max(row + 1, 2 * this.mtimes.length));
      longer.set(this.mtimes);
      this.mtimes = longer;
    }
    if (mtime > this.mtimes[row]!) this.mtimes[row] = mtime;
  }

  /** A blob that a tree links to may be missing. */
  async #isThere(oid: Uint8Array): Promise<boolean> {
    const { packs } = this.#selector;
    if ((await packs.has(oid, () => true)) === true) return true;
    const hex = toHex(oid);
    for (const directory of packs.directories) {
      if ((await directory.fs.stat(loosePath(directory, hex))) !== undefined) return true;
    }
    return false;
  }
}

/**
 * Selects cruft.
 * @param lines names of `.pack` files: those that hold what is reached, and with `-` in front those that are to go.
 * @throws GitmidxError `missing-pack`: `could not find pack '…'`
 */
export function selectCruft(
  source: SelectionSource,
  lines: AsyncIterable<string> | Iterable<string>,
  options: CruftOptions,
): Promise<Selection> {
  return Selector.run(source, options, "Enumerating cruft objects", async (selector, step) => {
    const fresh = await markPacks(selector, lines);
    const cruft = new CruftList(selector);
    if (options.expiration === undefined || options.expiration === 0) {
      for (const known of selector.packs.all) {
        if (!known.local || known.kept || known.keptHere) continue;
        for await (const { oid, position } of idsByOffset(known)) {
          const mtime = await withRanges(() => selector.packs.mtimeIn(known, position));
          await cruft.add(oid, 0, undefined, mtime, true);
          await step.tick();
        }
      }
      for await (const loose of looseObjects(selector)) {
        const type = await looseType(selector, loose);
        const stat = await source.fs.stat(loose.path);
        if (type !== 0 && stat !== undefined) await cruft.add(loose.oid, type, undefined, stat.mtime, false);
        await step.tick();
      }
    } else {
      const graph = await selector.graph();
      const includes = async (oid: Uint8Array) => !(await selector.packs.isKept(oid, keptHere));
      const walk = new RevisionWalk(graph, { objects: true, ignoreMissingLinks: true, includes });
      const { expiration } = options;
      await addRecentObjects(selector, walk, expiration, true, async (oid, type, mtime) => {
        await cruft.add(oid, type, undefined, mtime, false);
        await step.tick();
      });
      for (const known of selector.packs.all) known.keptHere = fresh.has(known);
      await walk.prepare();
      step.next("Traversing cruft objects");
      await walkObjects(walk, {
        commit: (row) => cruft.add(graph.objects.set.idAt(row), commitCode, undefined, expiration, false),
        object: (row, type, path: PathBuffer) => {
          const name = { bytes: path.bytes.slice(0, path.length), length: path.length };
          return cruft.add(graph.objects.set.idAt(row), type, name, expiration, false);
        },
      });
    }
    return { list: selector.list, mtimes: cruft.mtimes };
  });
}

/** Marks the packs whose objects are no cruft. @returns those that were named so */
async function markPacks(
  { packs, adder }: Selector,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<ReadonlySet<KnownPack>> {
  const freshNames = new Set<string>();
  const discardNames = new Set<string>();
  for await (const line of lines) {
    if (line.startsWith("-")) discardNames.add(line.slice(1));
    else if (line !== "") freshNames.add(line);
  }
  const byName = new Map<string, KnownPack>();
  for (const known of packs.all) byName.set(known.packName, known);
  for (const name of [...[...freshNames].sort(), ...[...discardNames].sort()]) {
    if (!byName.has(name) && !packs.unreadable.has(name))
      throw new GitmidxError("missing-pack", `could not find pack '${name}'`);
  }
  const fresh = new Set<KnownPack>();
  for (const known of packs.all) {
    const isFresh = freshNames.has(known.packName);
    if (isFresh) {
      fresh.add(known);
      if (known.cruft) adder.comparesTimes = true;
    }
    known.keptHere = isFresh ? true : !discardNames.has(known.packName);
    if (discardNames.has(known.packName)) known.keptHere = false;
  }
  adder.ignoresKeptHere = true;
  return fresh;
}
