/** What the refs of the repositories name that objects are borrowed from: `--alternate-refs`. */

import type { PackFs } from "../../store/pack-fs.js";
import { parentDirectory } from "../../store/paths.js";
import { RefStore } from "../../store/refs/ref-store.js";
import { type AddRefsOptions, addId } from "../walk/add-refs.js";
import type { PendingObjects } from "../walk/pending.js";

/** What is added, and how. */
export interface AlternateRefsOptions extends AddRefsOptions {
  /** `core.alternateRefsPrefixes`: only refs below one of these, unless there are none. */
  readonly prefixes: readonly string[];
}

/**
 * Adds it.
 * @param directories the repository's object directories, its own first: that one does not count.
 * @throws GitmidxError `missing-object`: `bad object .alternate`; `bad-ref`
 */
export async function addAlternateRefs(
  pending: PendingObjects,
  fs: PackFs,
  directories: readonly string[],
  options: AlternateRefsOptions,
): Promise<void> {
  for (const directory of directories.slice(1)) {
    if (!directory.endsWith("/objects")) continue;
    const gitDir = parentDirectory(directory);
    if ((await fs.stat(`${gitDir}/refs`))?.kind !== "directory") continue;
    const isReftable = (await fs.stat(`${gitDir}/reftable/tables.list`)) !== undefined;
    const refStorage = isReftable ? "reftable" : "files";
    const { format } = pending.graph;
    const refs = RefStore.open(fs, { gitDir, commonDir: gitDir, format, repositoryFormat: { refStorage } });
    for (const { name, oid } of await refs.list("refs/")) {
      if (oid !== undefined && isBelow(name, options.prefixes)) await addId(pending, ".alternate", oid, options);
    }
  }
}

function isBelow(name: string, prefixes: readonly string[]): boolean {
  if (prefixes.length === 0) return true;
  return prefixes.some((prefix) => name === prefix || name.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`));
}
