/** What is checked when every object has its id, and before anything is put in place. */

import { type ObjectType, type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { compareWithKnown } from "./compare-with-known.js";
import { EntryContents } from "./entry-contents.js";
import type { EntryTable } from "./entry-table.js";
import type { ResolvedPack } from "./index-entries.js";
import type { IndexPackOptions } from "./options.js";
import { rowsById } from "./sort-entries.js";

/** What the checks have found that is no fault. */
export interface CheckedObjects {
  /** How many objects are pointed to that are not in the pack; undefined if that was not asked for. */
  readonly foreignLinks: number | undefined;
  /** Ids of missing `.gitmodules` files in hex. */
  readonly missingGitmodules: readonly string[];
}

const nothingFound: CheckedObjects = { foreignLinks: undefined, missingGitmodules: [] };

/**
 * Compares objects with those that the repository has, looks up what they point to, and checks the files that git reads itself.
 * @param path the pack.
 * @throws GitmidxError `hash-collision`, `disconnected`, `bad-object`
 */
export async function checkObjects(
  path: string,
  table: EntryTable,
  resolved: ResolvedPack,
  options: IndexPackOptions,
): Promise<CheckedObjects> {
  const { store, received, directories = [], settings } = options;
  const { reader, baseRows } = resolved;
  if (baseRows === undefined) return nothingFound;
  const { baseCacheLimit } = settings;
  if (store !== undefined) {
    await compareWithKnown({ path, table, reader, baseRows, store, directories, baseCacheLimit }, options);
  }
  if (received === undefined) return nothingFound;
  const find = rowsById(table);
  const lookUpType = async (oid: Uint8Array): Promise<ObjectType | undefined> =>
    (await (store?.readPackedHeader(oid) ?? store?.readHeader(oid)))?.type;
  const foreignLinks = options.checkLinks === true ? await received.checkLinks(lookUpType) : undefined;
  const contents = new EntryContents(table.columns, baseRows, reader, baseCacheLimit);
  const missingGitmodules = await received.finishFsck(async (oid) => {
    const row = find(oid);
    if (row < 0) return store?.read(oid);
    return { type: objectTypeName(table.columns.objectTypes[row] as ObjectTypeCode), bytes: contents.read(row) };
  });
  return { foreignLinks, missingGitmodules };
}
