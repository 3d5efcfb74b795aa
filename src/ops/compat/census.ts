/**
 * Every object of a repository in the order of ids, with all places that know of it: packs' indexes, multi-pack-indexes, loose files.
 *
 * Works through the ids by their first byte, so that memory holds one part in 256 of them at a time.
 */

import { oidFromHex } from "../../core/oid.js";
import type { IdxPosition, LayerPosition } from "../../core/positions.js";
import { IdxView } from "../../formats/idx/view.js";
import { looseIds } from "../../store/loose.js";
import type { MidxLayer, MidxStack } from "../../store/midx-stack.js";
import type { ObjectDirectory, PackFile } from "../../store/object-directory.js";
import { BucketSorter } from "../select-objects/sort-bucket.js";
import { PackExtents } from "./pack-extents.js";
import type { SubjectStack } from "./subject-stacks.js";

/** A pack, by its index. */
export class CensusPack {
  readonly kind = "pack";
  /** Number of the object directory. */
  readonly directory: number;
  readonly file: PackFile;
  readonly idx: IdxView;
  /** Whether the directory's multi-pack-index has the pack. */
  readonly covered: boolean;
  #extents: PackExtents | undefined;

  constructor(directory: number, file: PackFile, idx: IdxView, covered: boolean) {
    this.directory = directory;
    this.file = file;
    this.idx = idx;
    this.covered = covered;
  }

  /** Bytes that the object at `position` of the index takes. */
  byteLengthAt(position: IdxPosition): number {
    this.#extents ??= new PackExtents(this.idx, this.file.packSize);
    return this.#extents.byteLengthAt(this.idx.offsetAt(position))!;
  }
}

/** A multi-pack-index file. */
export interface CensusLayer {
  readonly kind: "layer";
  readonly directory: number;
  readonly layer: MidxLayer;
}

/** The loose objects of a directory. */
export interface CensusLoose {
  readonly kind: "loose";
  readonly directory: number;
  readonly objects: ObjectDirectory;
}

type CensusSource = CensusPack | CensusLayer | CensusLoose;

/** One place that knows an object. */
export type CensusCopy =
  | { readonly kind: "pack"; readonly source: CensusPack; readonly position: IdxPosition }
  | { readonly kind: "layer"; readonly source: CensusLayer; readonly position: LayerPosition }
  | { readonly kind: "loose"; readonly source: CensusLoose };

/** The rows of one source whose ids begin with the current byte. */
interface Rows {
  readonly source: number;
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly stride: number;
  readonly idOffset: number;
}

/** The census; close it when done. */
export class Census {
  readonly #sources: readonly CensusSource[];
  readonly #idByteLength: number;
  #ids: Uint8Array = new Uint8Array(0);
  #sorter: BucketSorter;
  #rowSources = new Uint32Array(0);
  #rowPositions = new Uint32Array(0);
  #count = 0;
  #start = 0;
  #end = 0;

  private constructor(sources: readonly CensusSource[], idByteLength: number) {
    this.#sources = sources;
    this.#idByteLength = idByteLength;
    this.#sorter = new BucketSorter(this.#ids, idByteLength, 0);
  }

  /** @throws GitmidxError if a pack's index cannot be read. */
  static async open(stacks: readonly SubjectStack[]): Promise<Census> {
    const sources: CensusSource[] = [];
    try {
      for (const [number, { directory, stack }] of stacks.entries()) {
        await addPacks(sources, number, directory, stack);
        for (const layer of stack?.layers ?? []) sources.push({ kind: "layer", directory: number, layer });
        sources.push({ kind: "loose", directory: number, objects: directory });
      }
    } catch (error) {
      closeSources(sources);
      throw error;
    }
    return new Census(sources, stacks[0]!.directory.format.byteLength);
  }

  /** The packs, directory by directory. */
  get packs(): readonly CensusPack[] {
    return this.#sources.filter((source) => source.kind === "pack");
  }

  /** Goes to the objects whose ids begin with that byte; {@link next} goes through them. */
  async load(firstByte: number): Promise<void> {
    const rows: Rows[] = [];
    for (const [source, { kind }] of this.#sources.entries()) {
      const found = kind === "loose" ? await this.#looseRows(source, firstByte) : this.#rowsOf(source, firstByte);
      if (found.count > 0) rows.push(found);
    }
    const length = this.#idByteLength;
    this.#count = rows.reduce((sum, { count }) => sum + count, 0);
    this.#ids = new Uint8Array(this.#count * length);
    this.#rowSources = new Uint32Array(this.#count);
    this.#rowPositions = new Uint32Array(this.#count);
    this.#sorter = new BucketSorter(this.#ids, length, this.#count);
    let row = 0;
    for (const { source, first, count, bytes, stride, idOffset } of rows) {
      for (let i = 0; i < count; i++, row++) {
        const at = i * stride + idOffset;
        this.#ids.set(bytes.subarray(at, at + length), row * length);
        this.#rowSources[row] = source;
        this.#rowPositions[row] = first + i;
        this.#sorter.rows[row] = row;
      }
    }
    this.#sorter.sort(this.#count);
    this.#end = 0;
  }

  /** Goes to the next object; false behind the last one that begins with the loaded byte. */
  next(): boolean {
    this.#start = this.#end;
    if (this.#start === this.#count) return false;
    const { rows } = this.#sorter;
    do this.#end++;
    while (this.#end < this.#count && this.#sorter.compareIds(rows[this.#start]!, rows[this.#end]!) === 0);
    return true;
  }

  /** The id of the object: a view, valid until the next byte is loaded. */
  get id(): Uint8Array {
    const row = this.#sorter.rows[this.#start]!;
    return this.#ids.subarray(row * this.#idByteLength, (row + 1) * this.#idByteLength);
  }

  /** All that know the object, in the order of the directories; in each its packs, its layers from the oldest, loose files. */
  copies(): readonly CensusCopy[] {
    const copies: CensusCopy[] = [];
    for (let i = this.#start; i < this.#end; i++) {
      const row = this.#sorter.rows[i]!;
      const source = this.#sources[this.#rowSources[row]!]!;
      const position = this.#rowPositions[row]!;
      if (source.kind === "pack") copies.push({ kind: "pack", source, position: position as IdxPosition });
      else if (source.kind === "layer") copies.push({ kind: "layer", source, position: position as LayerPosition });
      else copies.push({ kind: "loose", source });
    }
    return copies;
  }

  close(): void {
    closeSources(this.#sources);
  }

  #rowsOf(number: number, firstByte: number): Rows {
    const source = this.#sources[number]!;
    if (source.kind === "loose") throw new TypeError("loose objects have no table");
    const { ids } = source.kind === "pack" ? source.idx : source.layer.view;
    const first = ids.bucketStart(firstByte);
    const end = ids.fanout[firstByte]!;
    const bytes = source.kind === "pack" ? source.idx.copyRows(first, end) : source.layer.view.copyIds(first, end);
    const { stride, idOffset } = ids.layout;
    return { source: number, first, count: end - first, bytes, stride, idOffset };
  }

  async #looseRows(number: number, firstByte: number): Promise<Rows> {
    const source = this.#sources[number]!;
    const length = this.#idByteLength;
    if (source.kind !== "loose") throw new TypeError("only loose objects are listed");
    const ids = await looseIds(source.objects, firstByte.toString(16).padStart(2, "0"));
    const bytes = new Uint8Array(ids.length * length);
    for (const [i, id] of ids.entries()) bytes.set(oidFromHex(id, source.objects.format), i * length);
    return { source: number, first: 0, count: ids.length, bytes, stride: length, idOffset: 0 };
  }
}

async function addPacks(
  sources: CensusSource[],
  number: number,
  directory: ObjectDirectory,
  stack: MidxStack | undefined,
): Promise<void> {
  const covered = new Set(stack?.layers.flatMap(({ view }) => view.packNames));
  for (const file of await directory.listPacks()) {
    const source = await directory.fs.openSource(file.idxPath);
    try {
      sources.push(new CensusPack(number, file, new IdxView(source, directory.format), covered.has(file.name)));
    } catch (error) {
      source.close();
      throw error;
    }
  }
}

function closeSources(sources: readonly CensusSource[]): void {
  for (const source of sources) if (source.kind === "pack") source.idx.source.close();
}
