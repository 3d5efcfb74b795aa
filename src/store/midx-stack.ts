/**
 * The multi-pack-index of an object directory as a reader sees it: one file, or the layers of a chain, oldest first.
 *
 * Objects and packs are numbered through all layers: a layer's own positions come after those of the layers below.
 */

import { withRanges } from "../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { OidPrefix } from "../core/oid.js";
import type { LayerPosition, MidxPosition, PackId } from "../core/positions.js";
import { parseChain } from "../formats/midx/chain.js";
import { type MidxView, openMidx } from "../formats/midx/view.js";
import { readChainFile } from "./chain-file.js";
import type { ObjectDirectory } from "./object-directory.js";

/** Largest total of objects or packs: both are numbered with 32 bits. */
const maxTotal = 0xffff_ffff;

/** How often a chain that changes while it is being opened is read anew. */
const attempts = 5;

/** One layer, or the single file, with its place in the whole. */
export interface MidxLayer {
  readonly view: MidxView;
  readonly path: string;
  /** The checksum at the end of the file, in hex: the layer's name in a chain. */
  readonly checksum: string;
  /** Number of the layer, 0 for the oldest. */
  readonly index: number;
  /** Objects in all layers below. */
  readonly objectsBelow: number;
  /** Packs in all layers below. */
  readonly packsBelow: number;
}

/** An object as the MIDX has it. */
export interface MidxObject {
  readonly position: MidxPosition;
  readonly layer: MidxLayer;
  readonly packId: PackId;
  /** Name of the pack's `.idx` file. */
  readonly packName: string;
  /** Where in the pack the object's entry begins. */
  readonly offset: number;
}

/** An opened multi-pack-index. Close it when done. */
export class MidxStack {
  readonly kind: "single" | "chain";
  /** Oldest first; at least one. */
  readonly layers: readonly MidxLayer[];
  /** Why there are fewer layers than the chain file names, if there are: git warns and goes on with those it has. */
  readonly problems: readonly GitmidxError[];
  readonly #tipFirst: readonly MidxLayer[];

  constructor(kind: "single" | "chain", layers: readonly MidxLayer[], problems: readonly GitmidxError[] = []) {
    this.kind = kind;
    this.layers = layers;
    this.problems = problems;
    this.#tipFirst = layers.toReversed();
  }

  /** The youngest layer. */
  get tip(): MidxLayer {
    return this.#tipFirst[0]!;
  }

  /** Objects in all layers. */
  get objectCount(): number {
    return this.tip.objectsBelow + this.tip.view.count;
  }

  /** Packs in all layers. */
  get packCount(): number {
    return this.tip.packsBelow + this.tip.view.packNames.length;
  }

  /** The position of `oid`, or undefined: the youngest layer is asked first. */
  find(oid: Uint8Array): MidxPosition | undefined {
    for (const layer of this.#tipFirst) {
      const position = layer.view.find(oid);
      if (position !== undefined) return (layer.objectsBelow + position) as MidxPosition;
    }
    return undefined;
  }

  /** The layer that holds the object, and its position there. @throws RangeError for a position outside 0 to `objectCount` − 1. */
  locate(position: MidxPosition): { layer: MidxLayer; position: LayerPosition } {
    for (const layer of this.#tipFirst) {
      if (position >= layer.objectsBelow && position < layer.objectsBelow + layer.view.count) {
        return { layer, position: (position - layer.objectsBelow) as LayerPosition };
      }
    }
    throw new RangeError(`position ${position} is not in 0 to ${this.objectCount - 1}`);
  }

  /** The id of the object at `position`: a copy. */
  idAt(position: MidxPosition): Uint8Array {
    const found = this.locate(position);
    return found.layer.view.ids.idAt(found.position);
  }

  /** Everything the MIDX says of the object at `position`. @throws GitmidxError `bad-pack-id` or `bad-large-offset` */
  objectAt(position: MidxPosition): MidxObject {
    const { layer, position: inLayer } = this.locate(position);
    const packId = layer.view.packIdAt(inLayer);
    return {
      position,
      layer,
      packId: (layer.packsBelow + packId) as PackId,
      packName: layer.view.packNames[packId]!,
      offset: layer.view.offsetAt(inLayer),
    };
  }

  /** The object `oid`, or undefined. */
  findObject(oid: Uint8Array): MidxObject | undefined {
    const position = this.find(oid);
    return position === undefined ? undefined : this.objectAt(position);
  }

  /** Positions of all objects whose ids begin with `prefix`, layer by layer from the oldest, ascending in each. */
  findPrefix(prefix: OidPrefix): readonly MidxPosition[] {
    return this.layers.flatMap((layer) => {
      const { start, end } = layer.view.ids.prefixRange(prefix.bytes, prefix.digits);
      return Array.from({ length: end - start }, (_, i) => (layer.objectsBelow + start + i) as MidxPosition);
    });
  }

  /** The `.idx` name of a pack. @throws RangeError for an id outside 0 to `packCount` − 1. */
  packNameOf(packId: PackId): string {
    for (const layer of this.#tipFirst) {
      if (packId >= layer.packsBelow && packId < layer.packsBelow + layer.view.packNames.length) {
        return layer.view.packNames[packId - layer.packsBelow]!;
      }
    }
    throw new RangeError(`pack ${packId} is not in 0 to ${this.packCount - 1}`);
  }

  /** The number of the pack with that `.idx` name, or undefined. */
  packIdOf(name: string): PackId | undefined {
    for (const layer of this.#tipFirst) {
      const index = layer.view.packNames.indexOf(name);
      if (index >= 0) return (layer.packsBelow + index) as PackId;
    }
    return undefined;
  }

  close(): void {
    for (const layer of this.layers) layer.view.source.close();
  }
}

/** The layers numbered through. @throws GitmidxError `too-many-objects` or `too-many-packs` where 32 bits do not hold the sum. */
export function stackLayers(views: readonly MidxView[]): readonly MidxLayer[] {
  let objectsBelow = 0;
  let packsBelow = 0;
  return views.map((view, index) => {
    const path = view.source.name;
    const layer = { view, path, checksum: view.checksumHex(), index, objectsBelow, packsBelow };
    objectsBelow += view.count;
    packsBelow += view.packNames.length;
    if (packsBelow > maxTotal)
      throw new GitmidxError("too-many-packs", `pack count in base MIDX too high: ${layer.packsBelow}`, { path });
    if (objectsBelow > maxTotal) {
      throw new GitmidxError("too-many-objects", `object count in base MIDX too high: ${layer.objectsBelow}`, { path });
    }
    return layer;
  });
}

/**
 * Opens the multi-pack-index of a directory as git does: the single file if there is one, else the chain.
 * @returns undefined if there is neither.
 * @throws GitmidxError if the single file, or a chain's oldest layer, is there but cannot be read.
 */
export async function openMidxStack(directory: ObjectDirectory): Promise<MidxStack | undefined> {
  const single = await openIfThere(directory, directory.midxPath);
  if (single !== undefined) return makeStack("single", [single], []);
  return openChain(directory);
}

/** Opens the chain alone; undefined if there is no chain file, or it names no layer. */
export async function openChain(directory: ObjectDirectory): Promise<MidxStack | undefined> {
  for (let attempt = 1; ; attempt++) {
    const bytes = await readChainFile(directory);
    if (bytes === undefined || bytes.length === 0) return undefined;
    const { lines, problems } = parseChain(bytes, directory.format);
    const errors = problems
      .filter((problem) => problem.fatal)
      .map(({ code, message, offset }) => new GitmidxError(code, message, { path: directory.chainPath, offset }));
    const views: MidxView[] = [];
    // Git takes a layer that is named twice for two, but one open file serves for both.
    const opened = new Map<string, MidxView>();
    for (const { checksum, offset } of lines) {
      try {
        const view = opened.get(checksum) ?? (await openMidxFile(directory, directory.layerPath(checksum, "midx")));
        opened.set(checksum, view);
        views.push(view);
      } catch (cause) {
        if (!isGitmidxError(cause)) {
          closeViews(views);
          throw cause;
        }
        const missing = cause.code === "not-found";
        const message = missing ? "unable to find all multi-pack index files" : cause.message;
        const place = {
          path: missing ? directory.chainPath : cause.path,
          offset: missing ? offset : cause.offset,
          cause,
        };
        errors.unshift(new GitmidxError(missing ? "missing-layer" : cause.code, message, place));
        break;
      }
    }
    // A writer replaces the chain file before it removes what the old one named: then the new one is the chain.
    const replaced = errors.length > 0 && attempt < attempts && !sameBytes(bytes, await readChainFile(directory));
    if (!replaced && views.length > 0) return makeStack("chain", views, errors);
    closeViews(views);
    if (replaced) continue;
    if (errors.length > 0) throw errors[0];
    return undefined;
  }
}

/** A stack of those views, which are closed if they cannot make one. */
async function makeStack(
  kind: "single" | "chain",
  views: readonly MidxView[],
  problems: readonly GitmidxError[],
): Promise<MidxStack> {
  try {
    return new MidxStack(kind, await withRanges(() => stackLayers(views)), problems);
  } catch (error) {
    closeViews(views);
    throw error;
  }
}

function closeViews(views: readonly MidxView[]): void {
  for (const view of views) view.source.close();
}

async function openIfThere(directory: ObjectDirectory, path: string): Promise<MidxView | undefined> {
  if ((await directory.fs.stat(path)) === undefined) return undefined;
  try {
    return await openMidxFile(directory, path);
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return undefined;
    throw error;
  }
}

/** Opens one multi-pack-index file. @throws GitmidxError as `openMidx`, or `not-found` */
export async function openMidxFile(directory: ObjectDirectory, path: string): Promise<MidxView> {
  const source = await directory.fs.openSource(path);
  try {
    return await withRanges(() => openMidx(source, directory.format));
  } catch (error) {
    source.close();
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
