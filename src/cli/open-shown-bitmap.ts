/** Finding the bitmap that `gitmidx bitmap show` is to show. */

import { isGitmidxError } from "../core/errors.js";
import {
  openFirstShown,
  openShownMidx,
  openShownPack,
  type ShownBitmap,
  shownIndex,
} from "../ops/bitmap-show/shown-bitmap.js";
import type { Repository } from "../repository.js";
import { idxNameOf, type OpenBitmapChoice, openChosenBitmap } from "../repository-bitmaps.js";
import { usesMidx } from "../settings.js";

/** A bitmap to look at. */
export interface BitmapToShow {
  /** Undefined if there is none. */
  readonly shown: ShownBitmap | undefined;
  /** Whether it is there, but cannot be used. */
  readonly unusable: boolean;
}

/** Opens a bitmap, damaged or not. @param anyLayer whether the youngest layer of a chain may be without */
export async function openBitmapToShow(
  repository: Repository,
  choice: OpenBitmapChoice,
  anyLayer: boolean,
  warn: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<BitmapToShow> {
  const task = { signal };
  const index = await openChosenBitmap(repository, choice, warn).catch((error) => {
    if (!isGitmidxError(error) || isGitmidxError(error, "aborted")) throw error;
    return error;
  });
  if (index !== undefined && !isGitmidxError(index)) return { shown: await shownIndex(index, task), unusable: false };
  const directory = repository.directoryAt(choice.directory);
  let shown: ShownBitmap | undefined;
  if (choice.pack !== undefined) {
    if (isGitmidxError(index, "missing-pack")) throw index;
    const pack = await directory.packFile(idxNameOf(choice.pack));
    shown = pack && (await openShownPack(directory, pack, task));
  } else if (choice.midx === true) shown = await openShownMidx(directory, anyLayer, task);
  else {
    const searched = choice.directory === undefined ? repository.directories : [directory];
    shown = await openFirstShown(searched, usesMidx(repository.config), task);
  }
  if (index !== undefined && shown === undefined) throw index;
  if (index !== undefined && shown!.layers.every(({ problems }) => problems.length === 0)) warn(index.message);
  return { shown, unusable: true };
}
