/** Opening pack indexes. */

import { withRanges } from "../bytes/source.js";
import { IdxView } from "../formats/idx/view.js";
import type { ObjectDirectory } from "./object-directory.js";

/**
 * Opens a pack's index; its source belongs to the caller.
 * @throws GitmidxError as `IdxView`, or what the file system says.
 */
export async function openIdx(directory: ObjectDirectory, path: string): Promise<IdxView> {
  const source = await directory.fs.openSource(path);
  try {
    return await withRanges(() => new IdxView(source, directory.format));
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The number of objects in a pack, as its index counts them. @throws GitmidxError as {@link openIdx} */
export async function countObjects(directory: ObjectDirectory, idxPath: string): Promise<number> {
  const idx = await openIdx(directory, idxPath);
  idx.source.close();
  return idx.count;
}
