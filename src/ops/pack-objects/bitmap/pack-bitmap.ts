/** The bitmap of a pack that has just been written. */

import { MemorySource } from "../../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../../core/errors.js";
import type { TaskOptions } from "../../../core/task.js";
import type { BitmapContent } from "../../../formats/bitmap/encode.js";
import { IdxView } from "../../../formats/idx/view.js";
import { ofsDeltaCode } from "../../../formats/pack/entry-header.js";
import { openBitmapIndex } from "../../../store/bitmaps/open-bitmap-index.js";
import { PackBitOrder } from "../../../store/bitmaps/pack-bit-order.js";
import type { GitConfig } from "../../../store/config/git-config.js";
import type { ObjectDirectory } from "../../../store/object-directory.js";
import type { RefStore } from "../../../store/refs/ref-store.js";
import { commitTips, preferredTips } from "../../write-bitmap/candidates.js";
import { makeBitmap } from "../../write-bitmap/make-bitmap.js";
import { isWhole } from "../../write-bitmap/repository-bitmap.js";
import { bitmapSettingsOf } from "../../write-bitmap/settings.js";
import { disregardUnsound } from "../../write-bitmap/sound-layers.js";
import type { PackEntries } from "../entries.js";
import type { PendingBitmap } from "./pending-bitmap.js";

/** A pack, and the order of its index. */
export interface IndexedPack {
  readonly checksum: Uint8Array;
  /** Rows in the order in which they were written. */
  readonly rows: readonly number[];
  /** By position in the index: the place in {@link rows}. */
  readonly order: Uint32Array;
  /** The bytes of the index. */
  readonly idx: Uint8Array;
}

/** The repository. */
export interface PackBitmapSource extends TaskOptions {
  readonly config: GitConfig;
  readonly refs: RefStore;
  readonly directories: readonly ObjectDirectory[];
  readonly warn: (message: string) => void;
  readonly complain: (message: string) => void;
}

/** Makes bitmaps of packs, until one is made or something stands against it. */
export class PackBitmaps {
  readonly pending: PendingBitmap;
  readonly #source: PackBitmapSource;

  constructor(pending: PendingBitmap, source: PackBitmapSource) {
    this.pending = pending;
    this.#source = source;
  }

  /**
   * The content of the pack's bitmap; undefined if none is to be written.
   * @throws GitmidxError `not-closed` if the pack lacks objects that its commits reach; as `makeBitmap`
   */
  async contentFor(entries: PackEntries, pack: IndexedPack): Promise<BitmapContent | undefined> {
    if (!this.pending.isOn) return undefined;
    this.pending.giveUp();
    try {
      return await this.#make(entries, pack);
    } catch (error) {
      if (!isGitmidxError(error, "not-closed")) throw error;
      this.#source.warn(error.message);
      throw new GitmidxError("not-closed", "failed to write bitmap index", { cause: error });
    }
  }

  async #make(entries: PackEntries, { checksum, rows, order, idx }: IndexedPack): Promise<BitmapContent> {
    const { config, refs, directories, warn, complain, signal, progress } = this.#source;
    const { commits } = this.pending;
    const graph = this.pending.graph!;
    const { list } = entries;
    const settings = bitmapSettingsOf(config, warn, complain);
    const { preferredTips: names, pseudoMergeGroups, lookupTable } = settings;
    const needsTips = names.length > 0 || pseudoMergeGroups.length > 0;
    const tips = needsTips ? await commitTips(refs, graph, { missing: "skip" }) : [];
    const useMidx = config.bool("core.multiPackIndex") ?? true;
    const found = await openBitmapIndex(directories, { useMidx, warn, complain });
    try {
      const existing = found !== undefined && (await isWhole(found, { signal }, warn)) ? found : undefined;
      if (existing !== undefined) await disregardUnsound(existing, graph, { signal }, warn);
      return await makeBitmap({
        graph,
        order: new PackBitOrder(new IdxView(new MemorySource("pack index", idx), list.format)),
        checksum,
        candidates: { rows: commits, preferred: preferredTips(tips, names) },
        pseudoMergeGroups,
        tips,
        existing,
        nameHashes: settings.hashCache ? order.map((i) => list.nameHashes[rows[i]!]!) : "none",
        types: Uint8Array.from(rows, (row) => typeOf(entries, row)),
        lookupTable,
        signal,
        progress,
        warn,
      });
    } finally {
      found?.close();
    }
  }
}

/** The type of a row as far as it is known. */
function typeOf({ type, list }: PackEntries, row: number): number {
  const known = type[row]!;
  return known < ofsDeltaCode ? known : list.types[row]!;
}
