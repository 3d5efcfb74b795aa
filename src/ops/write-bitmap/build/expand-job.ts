/** The part of a worker thread: reads trees that will be wanted, so that the one who sets bits finds them read. */

import { OidLookup } from "../../../bytes/oid-lookup.js";
import { withRanges } from "../../../bytes/source.js";
import { type ObjectFormat, type ObjectFormatName, objectFormatByName } from "../../../core/oid.js";
import type { BitOrderTables } from "../../../store/bitmaps/bit-order.js";
import { ObjectDirectory } from "../../../store/object-directory.js";
import { ObjectStore } from "../../../store/object-store.js";
import type { PackFs } from "../../../store/pack-fs.js";
import type { Expansions } from "./expansions.js";
import { type ExpanderOrder, type HashTarget, TreeExpander } from "./tree-expander.js";
import { entryRoom, type TreeTable } from "./tree-table.js";

/** Where the objects are, and what their bits are. */
export interface ExpandSetting {
  /** Absolute paths of the object directories, the repository's own first. */
  readonly directories: readonly string[];
  readonly format: ObjectFormatName;
  readonly useMidx: boolean;
  /** `core.deltaBaseCacheLimit` in bytes. */
  readonly deltaBaseCacheLimit: number | undefined;
  readonly order: BitOrderTables;
  /** Whether hashes of paths are wanted. */
  readonly hashes: boolean;
}

/** The message to a worker. */
export interface ExpandJob {
  readonly job: "bitmap-trees";
  /** With the first message. */
  readonly setting: ExpandSetting | undefined;
  /** For each commit the bits of its tree and of its first parent's: −1 for none. */
  readonly trees: Int32Array;
}

/** Takes hashes in the order of the entries. */
class EntryHashes implements HashTarget {
  table: TreeTable | undefined;
  positions: Int32Array<ArrayBuffer>;
  hashes: Uint32Array<ArrayBuffer>;

  /** @param room entries there is room for at first, as in the table. */
  constructor(room: number) {
    this.positions = new Int32Array(room);
    this.hashes = new Uint32Array(room);
  }

  set(position: number, hash: number): void {
    const at = this.table!.entryCount;
    if (at >= this.hashes.length) {
      const positions = new Int32Array(2 * at);
      positions.set(this.positions);
      this.positions = positions;
      const hashes = new Uint32Array(2 * at);
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    this.positions[at] = position;
    this.hashes[at] = hash;
  }
}

interface Expanding {
  readonly store: ObjectStore;
  readonly expander: TreeExpander;
  readonly hashes: EntryHashes | undefined;
}

let current: Expanding | undefined;

/** Reads the trees of some commits, with all in them that was not read before. @throws GitmidxError as `TreeExpander.expand` */
export async function expandTreesJob(fs: PackFs, job: ExpandJob): Promise<Expansions> {
  if (job.setting !== undefined) {
    current?.store.close();
    current = undefined;
    current = await begin(fs, job.setting);
  }
  const { expander, hashes } = current!;
  const { table } = expander;
  const firstTree = table.count;
  const firstEntry = table.entryCount;
  for (let i = 0; i < job.trees.length; i += 2) {
    await expandAll(expander, expander.root(job.trees[i]!, job.trees[i + 1]!));
  }
  return expansionsOf(table, hashes, firstTree, firstEntry);
}

async function begin(fs: PackFs, setting: ExpandSetting): Promise<Expanding> {
  const { useMidx, deltaBaseCacheLimit, order: tables } = setting;
  const format = objectFormatByName(setting.format)!;
  const directories = setting.directories.map((path) => new ObjectDirectory(fs, path, format));
  const order = orderOf(format, tables);
  const hashes = setting.hashes ? new EntryHashes(entryRoom(order.bitCount)) : undefined;
  const store = await ObjectStore.open(directories, { useMidx, deltaBaseCacheLimit });
  const types = new Uint8Array(order.bitCount - order.objectsBelow);
  const expander = new TreeExpander({ source: store, order, types, hashes });
  if (hashes !== undefined) hashes.table = expander.table;
  return { store, expander, hashes };
}

function orderOf(format: ObjectFormat, { ids, positions, idStarts, objectsBelow }: BitOrderTables): ExpanderOrder {
  const { byteLength } = format;
  const lookup = OidLookup.over(ids, byteLength, idStarts)!;
  const bits = new Uint32Array(positions.length);
  for (let bit = 0; bit < positions.length; bit++) bits[positions[bit]!] = bit;
  return {
    format,
    bitCount: positions.length,
    objectsBelow,
    positionOf: (oid, at) => lookup.find(oid, at),
    bitAt: (position) => bits[position]!,
    oidAt: (bit) => ids.subarray(positions[bit]! * byteLength, (positions[bit]! + 1) * byteLength),
  };
}

async function expandAll(expander: TreeExpander, root: number): Promise<void> {
  const { table } = expander;
  const stack = [root];
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    if (table.starts[number]! >= 0) continue;
    let needed = expander.expand(number, table.earlier[number]!);
    while (needed >= 0) {
      await expander.read(needed);
      needed = await withRanges(() => expander.expand(number!, table.earlier[number!]!));
    }
    for (let i = table.starts[number]!; i < table.ends[number]!; i++) {
      const entry = table.entries[i]!;
      if (entry < 0 && table.starts[-1 - entry]! < 0) stack.push(-1 - entry);
    }
  }
}

/** What came to the table since it had so many trees and entries. */
function expansionsOf(
  table: TreeTable,
  hashes: EntryHashes | undefined,
  firstTree: number,
  firstEntry: number,
): Expansions {
  const numbers: number[] = [];
  for (let number = firstTree; number < table.count; number++) numbers.push(number);
  numbers.sort((a, b) => table.starts[a]! - table.starts[b]!);
  const entries = table.entries.slice(firstEntry, table.entryCount);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    if (entry < 0) entries[i] = -1 - table.bits[-1 - entry]!;
  }
  return {
    bits: Int32Array.from(numbers, (number) => table.bits[number]!),
    earlier: Int32Array.from(numbers, (number) => table.earlier[number]!),
    pathHashes: Uint32Array.from(numbers, (number) => table.pathHashes[number]!),
    ends: Int32Array.from(numbers, (number) => table.ends[number]! - firstEntry),
    entries,
    positions: hashes?.positions.slice(firstEntry, table.entryCount) ?? new Int32Array(0),
    entryHashes: hashes?.hashes.slice(firstEntry, table.entryCount) ?? new Uint32Array(0),
  };
}
