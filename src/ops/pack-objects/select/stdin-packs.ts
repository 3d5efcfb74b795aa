/** `--stdin-packs`: the objects of packs that are named, less those of packs that are named with `^`. */

import { withRanges } from "../../../bytes/source.js";
import { GitmidxError } from "../../../core/errors.js";
import { blobCode, commitCode, objectTypeCode } from "../../../core/object-type.js";
import { toHex } from "../../../core/oid.js";
import { walkObjects } from "../../walk/object-walk.js";
import { RevisionWalk } from "../../walk/revision-walk.js";
import { type KnownPack, keptHere } from "./known-packs.js";
import { emptyName, type ObjectName } from "./object-adder.js";
import type { Selection, SelectionOptions, SelectionSource } from "./selection.js";
import type { SelectionStep } from "./selection-step.js";
import { Selector } from "./selector.js";
import { addLooseCommits, idsByOffset } from "./unreachable.js";

/** How packs are named. */
export interface StdinPacksOptions extends SelectionOptions {
  /** `follow` also packs what the packs' commits reach; then `!pack` leaves out a pack that may lack what it links to. Default `standard`. */
  readonly mode?: "standard" | "follow" | undefined;
  /** `--unpacked`: loose objects too. */
  readonly unpacked?: boolean | undefined;
  /** `--exclude-promisor-objects` */
  readonly excludePromisorObjects?: boolean | undefined;
}

/** What a pack is named for. */
interface NamedPack {
  readonly name: string;
  include: boolean;
  excludeClosed: boolean;
  excludeOpen: boolean;
  known: KnownPack | undefined;
}

/**
 * Selects the objects of packs.
 * @param lines names of `.pack` files, with `^` or `!` in front for packs to leave out.
 * @throws GitmidxError `missing-pack`: `could not find pack '…'`
 */
export function selectStdinPacks(
  source: SelectionSource,
  lines: AsyncIterable<string> | Iterable<string>,
  options: StdinPacksOptions,
): Promise<Selection> {
  return Selector.run(source, options, "Enumerating objects", async (selector, step) => {
    const follow = options.mode === "follow";
    const named = await namedPacks(selector, lines, options);
    selector.adder.ignoresKeptHere = true;
    selector.adder.ignoresKeptOpen = follow;
    const { packs, promisors, adder, list } = selector;
    const open = named.some(({ excludeOpen }) => excludeOpen);
    const graph = await selector.graph();
    const promisorObjects = options.excludePromisorObjects === true;
    const walk = new RevisionWalk(graph, {
      objects: true,
      ignoreMissingLinks: true,
      hides: (oid) => packs.isKept(oid, keptHere),
      includes: open ? async (oid) => !(await packs.isKept(oid, keptHere)) : undefined,
      isPromised: promisorObjects ? (oid) => promisors.isPromised(oid) : undefined,
      promisorObjects: promisorObjects ? () => promisors.ids() : undefined,
    });
    for (const { known, include, excludeOpen } of byTime(named)) {
      if (include || excludeOpen) await addPack(selector, walk, known!, step);
    }
    if (options.unpacked === true) await addLooseCommits(selector, walk, step);
    await walk.prepare();
    const hint = async (row: number, name: ObjectName) => {
      const found = list.find(graph.objects.oid(row));
      if (found >= 0) adder.rename(found, name);
    };
    await walkObjects(walk, {
      commit: (row) => (follow ? adder.add(graph.objects.oid(row), commitCode, emptyName) : undefined),
      object: async (row, type, path) => {
        if (!follow) return hint(row, path);
        const name = { bytes: path.bytes.slice(0, path.length), length: path.length };
        if (type === blobCode && !(await source.store.has(graph.objects.set.idAt(row)))) return;
        await adder.add(graph.objects.oid(row), type, name);
      },
    });
    return { list };
  });
}

async function namedPacks(
  { packs, options: { complain } }: Selector,
  lines: AsyncIterable<string> | Iterable<string>,
  options: StdinPacksOptions,
): Promise<readonly NamedPack[]> {
  const named = new Map<string, NamedPack>();
  for await (const line of lines) {
    if (line === "") continue;
    const open = line.startsWith("!") && options.mode === "follow";
    const closed = line.startsWith("^");
    const name = open || closed ? line.slice(1) : line;
    let pack = named.get(name);
    if (pack === undefined) {
      pack = { name, include: false, excludeClosed: false, excludeOpen: false, known: undefined };
      named.set(name, pack);
    }
    if (open) pack.excludeOpen = true;
    else if (closed) pack.excludeClosed = true;
    else pack.include = true;
  }
  for (const known of packs.all) {
    const pack = named.get(known.packName);
    if (pack === undefined) continue;
    if (pack.include && options.excludePromisorObjects === true && known.promisor) {
      const path = known.pack.file.packPath;
      const message = `packfile ${path} is a promisor but --exclude-promisor-objects was given`;
      throw new GitmidxError("unsupported", message, { path });
    }
    if (pack.excludeClosed) known.keptHere = true;
    if (pack.excludeOpen) known.keptOpen = true;
    pack.known = known;
  }
  for (const { name, known } of named.values()) {
    const unreadable = packs.unreadable.get(name);
    if (known === undefined && unreadable !== undefined) {
      const { path, damage } = unreadable;
      complain?.(`packfile ${path} index unavailable`);
      throw new GitmidxError(damage.code, `packfile ${path} cannot be accessed`, { path, cause: damage });
    }
    if (known === undefined) throw new GitmidxError("missing-pack", `could not find pack '${name}'`);
  }
  return [...named.values()];
}

/** Youngest first. */
function byTime(named: readonly NamedPack[]): readonly NamedPack[] {
  return named.toSorted((a, b) => b.known!.pack.file.mtime - a.known!.pack.file.mtime);
}

async function addPack(selector: Selector, walk: RevisionWalk, known: KnownPack, step: SelectionStep): Promise<void> {
  const { list, adder, source } = selector;
  const { store } = source;
  await known.pack.open();
  for await (const { oid, position } of idsByOffset(known)) {
    if (list.find(oid) >= 0) continue;
    const header = await withRanges(() => store.headerAt(known.pack, known.pack.idx.offsetAt(position)));
    const type = objectTypeCode(header.type)!;
    if (type === commitCode) {
      const row = await walk.graph.object(oid);
      if (row < 0) throw new GitmidxError("missing-object", `bad object ${toHex(oid)}`);
      walk.pending.add(row);
    }
    const wait = adder.add(oid, type, undefined) ?? step.tick();
    if (wait !== undefined) await wait;
  }
}
