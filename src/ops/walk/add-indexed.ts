/** What the index names as a place to begin a walk at: `--indexed-objects`. */

import { bytesOfName } from "../../bytes/name-text.js";
import { isGitmidxError } from "../../core/errors.js";
import { blobCode, treeCode } from "../../core/object-type.js";
import { extensionObjects } from "../../formats/index-extensions.js";
import { indexEntries } from "../../formats/index-file.js";
import { isGitlinkMode } from "../../formats/object/tree.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { PendingObjects } from "./pending.js";

/** Where indexes are. */
export interface IndexPlaces {
  readonly gitDir: string;
  readonly commonDir: string;
  /** GIT_INDEX_FILE; the index of the git directory unless given. */
  readonly indexFile?: string | undefined;
}

/** Adds what the indexes of this worktree and of the others name, with these marks. @throws GitmidxError as `indexEntries` */
export async function addIndexedObjects(
  pending: PendingObjects,
  fs: PackFs,
  places: IndexPlaces,
  marks = 0,
): Promise<void> {
  const { gitDir, commonDir } = places;
  await addIndex(pending, fs, places.indexFile ?? `${gitDir}/index`, marks);
  if (gitDir !== commonDir) await addIndex(pending, fs, `${commonDir}/index`, marks);
  const worktrees = `${commonDir}/worktrees`;
  if ((await fs.stat(worktrees)) === undefined) return;
  for (const { name } of await fs.list(worktrees)) {
    const own = `${worktrees}/${name}`;
    if (own !== gitDir && (await fs.stat(`${own}/gitdir`)) !== undefined)
      await addIndex(pending, fs, `${own}/index`, marks);
  }
}

async function addIndex(pending: PendingObjects, fs: PackFs, path: string, marks: number): Promise<void> {
  const { objects, format } = pending.graph;
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(path);
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return;
    throw error;
  }
  const entries = indexEntries(path, bytes, format);
  let step = entries.next();
  for (; !step.done; step = entries.next()) {
    const { mode, oid, name } = step.value;
    if (isGitlinkMode(mode)) continue;
    const isTree = (mode & 0o170000) === 0o040000;
    const row = objects.rowAs(isTree ? treeCode : blobCode, oid);
    if (row < 0) continue;
    objects.mark(row, marks);
    pending.add(row, undefined, bytesOfName(name.endsWith("/") && isTree ? name.slice(0, -1) : name));
  }
  for (const { kind, path: place, oid } of extensionObjects(bytes, step.value, format)) {
    const row = objects.rowAs(kind === "tree" ? treeCode : blobCode, oid);
    if (row < 0) continue;
    // Git marks trees, but not what conflicts were resolved with.
    if (kind === "tree") objects.mark(row, marks);
    pending.add(row, undefined, place);
  }
}
