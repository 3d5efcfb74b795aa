/** Objects that the repository has under the same ids must be the same objects: else somebody has made a collision. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { looseIds } from "../../store/loose.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { ObjectStore } from "../../store/object-store.js";
import { EntryContents } from "./entry-contents.js";
import type { EntryReader } from "./entry-reader.js";
import type { EntryTable } from "./entry-table.js";

/** What is compared. */
export interface Comparison {
  /** The pack. */
  readonly path: string;
  readonly table: EntryTable;
  readonly reader: EntryReader;
  /** Of each delta the row of its base. */
  readonly baseRows: Int32Array;
  readonly store: ObjectStore;
  /** The repository's object directories. */
  readonly directories: readonly ObjectDirectory[];
  /** `core.deltaBaseCacheLimit`. */
  readonly baseCacheLimit: number;
}

/** @throws GitmidxError `hash-collision`, or what keeps an object of the repository from being read. */
export async function compareWithKnown(comparison: Comparison, task: TaskOptions): Promise<void> {
  const { table, reader, baseRows, baseCacheLimit, store } = comparison;
  const rows = await findKnown(comparison, task);
  const contents = new EntryContents(table.columns, baseRows, reader, baseCacheLimit);
  const step = new Step({ signal: task.signal }, "");
  for (const row of rows) {
    const oid = idOf(table, row);
    const type = objectTypeName(table.columns.objectTypes[row] as ObjectTypeCode);
    const known = await readKnown(store, oid);
    if (known.type !== type || !areSame(known.bytes, contents.read(row))) {
      throw new GitmidxError("hash-collision", `SHA1 COLLISION FOUND WITH ${toHex(oid)} !`);
    }
    await step.tick();
  }
}

async function readKnown(store: ObjectStore, oid: Uint8Array) {
  const hex = toHex(oid);
  try {
    const known = store.readPacked(oid) ?? (await store.read(oid));
    if (known !== undefined) return known;
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    throw new GitmidxError(error.code, `cannot read existing object ${hex}\n${error.message}`, { cause: error });
  }
  throw new GitmidxError("missing-object", `cannot read existing object info ${hex}`);
}

/** The rows of objects that the repository has too, other than in this very pack; in the order of the pack. */
async function findKnown(comparison: Comparison, task: TaskOptions): Promise<readonly number[]> {
  const { table, store, path, directories } = comparison;
  const hasPacks = store.packs().length > 0;
  const loose = new LooseNames(directories);
  const step = new Step({ signal: task.signal }, "");
  const rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const oid = idOf(table, row);
    const place = hasPacks ? store.locatePacked(oid) : undefined;
    if (place !== undefined) {
      const isThis = place.pack.file.packPath === path && place.offset === table.columns.offsets[row];
      if (!isThis) rows.push(row);
    } else if (await loose.has(oid)) rows.push(row);
    const turn = step.tick();
    if (turn !== undefined) await turn;
  }
  return rows;
}

function idOf({ columns, format }: EntryTable, row: number): Uint8Array {
  return columns.ids.slice(row * format.byteLength, (row + 1) * format.byteLength);
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Which loose objects there are: each directory of them is listed once, when an id that belongs there is first asked for. */
class LooseNames {
  readonly #directories: readonly ObjectDirectory[];
  readonly #listed: (ReadonlySet<string> | undefined)[] = [];

  constructor(directories: readonly ObjectDirectory[]) {
    this.#directories = directories;
  }

  async has(oid: Uint8Array): Promise<boolean> {
    const names = (this.#listed[oid[0]!] ??= await this.#list(toHex(oid, 0, 1)));
    return names.size > 0 && names.has(toHex(oid));
  }

  async #list(prefix: string): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (const directory of this.#directories) for (const id of await looseIds(directory, prefix)) names.add(id);
    return names;
  }
}
