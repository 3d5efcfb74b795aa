/** The bitmap of a multi-pack-index that is being written: made before either has its name, and put in place just before the other. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { MidxBitOrder } from "../../store/bitmaps/midx-bit-order.js";
import { midxBitmapPath, openMidxBitmap } from "../../store/bitmaps/open-bitmap.js";
import { type MidxLayer, MidxStack, openMidxFile, stackLayers } from "../../store/midx-stack.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { removeIfThere } from "../../store/temporary-file.js";
import { bitmapOfRepository } from "../write-bitmap/repository-bitmap.js";
import { installBitmap, type StagedBitmap, stageBitmap } from "../write-bitmap/stage-bitmap.js";
import type { WriteMidxOptions, WrittenMidxBitmap } from "./options.js";

/** What a bitmap is made for. */
export interface BitmappedMidx {
  /** Where the multi-pack-index lies for now. */
  readonly path: string;
  /** Its checksum in hex. */
  readonly checksum: string;
  readonly kind: "single" | "chain";
  /** The layers below. */
  readonly base: readonly MidxLayer[];
  /** Whether the writer holds the lock. */
  readonly underLock: boolean;
}

/** A bitmap, first under a temporary name. Whoever made it installs or discards it. */
export class LayerBitmap {
  readonly #directory: ObjectDirectory;
  readonly #staged: StagedBitmap;
  readonly #options: WriteMidxOptions;
  /** The name that it gets. */
  readonly path: string;
  #state: "staged" | "installed" | "replaced another" | "gone" = "staged";

  private constructor(directory: ObjectDirectory, staged: StagedBitmap, path: string, options: WriteMidxOptions) {
    this.#directory = directory;
    this.#staged = staged;
    this.path = path;
    this.#options = options;
  }

  /**
   * Makes the bitmap of a multi-pack-index that is written, but not in place yet.
   * @returns undefined if none is wanted.
   * @throws GitmidxError `not-closed` if there cannot be one; as `bitmapOfRepository`.
   */
  static async make(
    directory: ObjectDirectory,
    midx: BitmappedMidx,
    options: WriteMidxOptions,
  ): Promise<LayerBitmap | undefined> {
    const { bitmap, settings, signal, progress, warn, complain } = options;
    if (bitmap === undefined) return undefined;
    const task = { signal, progress };
    const view = await openMidxFile(directory, midx.path);
    let below: BitmapIndex | undefined;
    try {
      below = await openBase(directory, midx.base, options);
      const views = [...midx.base.map((layer) => layer.view), view];
      const stack = await withRanges(() => new MidxStack(midx.kind, stackLayers(views)));
      const target = { order: new MidxBitOrder(stack), checksum: await withRanges(() => view.checksum()), below };
      const content = await bitmapOfRepository(bitmap.repository, target, bitmap, { ...task, warn, complain });
      const { underLock } = midx;
      const staged = await stageBitmap(directory, content, { ...settings, ...task, underLock });
      return new LayerBitmap(directory, staged, midxBitmapPath(directory, midx.kind, midx.checksum), options);
    } catch (error) {
      if (!isGitmidxError(error, "not-closed")) throw error;
      warn?.(error.message);
      throw new GitmidxError("not-closed", "could not write multi-pack bitmap", { cause: error });
    } finally {
      below?.close();
      view.source.close();
    }
  }

  /** What is told of it. */
  get written(): WrittenMidxBitmap {
    const { byteLength, commits, pseudoMerges } = this.#staged;
    return { path: this.path, byteLength, commits, pseudoMerges };
  }

  /** Gives it its name. */
  async install(): Promise<void> {
    const { fs } = this.#directory;
    const replaces = (await fs.stat(this.path)) !== undefined;
    this.#state = "gone";
    await installBitmap(this.#directory, this.#staged, this.path, this.#options.settings);
    this.#state = replaces ? "replaced another" : "installed";
  }

  /** Removes it, where what it belongs to did not come into effect. One that has taken the place of another belongs to what is there. */
  async discard(): Promise<void> {
    const { fs } = this.#directory;
    if (this.#state === "staged") await removeIfThere(fs, this.#staged.path);
    if (this.#state === "installed") await removeIfThere(fs, this.path);
    this.#state = "gone";
  }
}

/**
 * Whether a new layer can have a bitmap: all layers below must have one, and the order of their bits.
 * @throws GitmidxError `not-closed` if not
 */
export async function checkBase(
  directory: ObjectDirectory,
  base: readonly MidxLayer[],
  options: WriteMidxOptions,
): Promise<void> {
  (await openBase(directory, base, options))?.close();
}

const baseMessage = "could not open bitmap for base MIDX";

async function openBase(
  directory: ObjectDirectory,
  base: readonly MidxLayer[],
  { warn }: WriteMidxOptions,
): Promise<BitmapIndex | undefined> {
  const tip = base.at(-1);
  if (tip === undefined) return undefined;
  const unordered = base.find(({ view }) => !view.hasReverseIndex);
  if (unordered !== undefined) {
    const message = `could not load reverse index for MIDX ${unordered.checksum}`;
    const advice = "the layers below were written without --bitmap: write them anew with it";
    throw new GitmidxError("not-closed", `${message}\n${advice}`, { path: unordered.path, chunk: "RIDX" });
  }
  const kind = tip.path === directory.midxPath ? "single" : "chain";
  let below: BitmapIndex | undefined;
  let reason = `${midxBitmapPath(directory, kind, tip.checksum)} is not there`;
  try {
    below = await openMidxBitmap(directory, new MidxStack(kind, base), { warn });
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    // Of a layer further below git's words are the same.
    reason = `${error.path}${error.message === baseMessage ? " is not there" : `: ${error.message}`}`;
  }
  if (below !== undefined) return below;
  warn?.(`${baseMessage}: ${reason}`);
  throw new GitmidxError(
    "not-closed",
    "could not write multi-pack bitmap\nall layers below must have bitmaps: write them anew with --bitmap",
    { path: tip.path },
  );
}
