/** What is printed, counted or summed up of each object that a walk gives. */

import { NeedRange } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { blobCode, commitCode, type ObjectTypeCode } from "../../core/object-type.js";
import type { ObjectStore } from "../../store/object-store.js";
import { diskSizeOf } from "../reach/bitmapped-packs.js";
import { isEmptyTree } from "../walk/empty-tree.js";
import { boundaryMark, leftMark, uninterestingMark } from "../walk/flags.js";
import type { ObjectVisitor } from "../walk/object-walk.js";
import type { PathBuffer } from "../walk/path-buffer.js";
import type { RevisionWalk } from "../walk/revision-walk.js";
import type { LineOutput } from "./line-output.js";
import type { MissingObjects } from "./missing-objects.js";
import { PackedIds } from "./packed-ids.js";
import type { RevListFormat } from "./request.js";

/** What a printer works with. */
export interface PrinterParts {
  readonly walk: RevisionWalk;
  /** Says which objects are there, whatever stands in for them. */
  readonly store: ObjectStore;
  readonly output: LineOutput;
  readonly missing: MissingObjects;
  /** Whether trees may be missing too. */
  readonly mayMissTrees: boolean;
}

/** Prints. Once the walk is through, {@link total} and {@link diskUsage} are what was counted. */
export class RevListPrinter implements ObjectVisitor {
  diskUsage = 0;
  #left = 0;
  #right = 0;
  readonly #parts: PrinterParts;
  readonly #format: RevListFormat;
  readonly #children: ReadonlyMap<number, readonly number[]> | undefined;
  readonly #isPlain: boolean;
  readonly #packed: PackedIds;

  constructor(parts: PrinterParts, format: RevListFormat) {
    this.#parts = parts;
    this.#format = format;
    this.#packed = new PackedIds(parts.store);
    const { leftRight, parents, children, timestamp } = format;
    this.#children = children ? childrenIn(parts.walk) : undefined;
    this.#isPlain = !leftRight && !parents && !children && !timestamp && parts.walk.options.boundary !== true;
  }

  /** The counts as they are printed. */
  get total(): string {
    return this.#format.leftRight ? `${this.#left}\t${this.#right}` : `${this.#left + this.#right}`;
  }

  commit(row: number): void | Promise<void> {
    const { walk, missing } = this.#parts;
    if (walk.missing?.has(row) === true) return missing.meet(row, commitCode, undefined);
    if (this.#format.diskUsage !== undefined) return this.#addDiskUsage(row);
    if (this.#format.quiet) return undefined;
    if (this.#format.count) return this.#count(row);
    if (this.#isPlain) return this.#parts.output.id(walk.graph.objects, row);
    return this.#decorated(row);
  }

  object(row: number, type: ObjectTypeCode, path: PathBuffer): void | Promise<void> {
    if (type !== blobCode && !this.#parts.mayMissTrees) return this.#there(row, path);
    const packed = this.#packed.has(this.#parts.walk.graph.objects, row);
    if (packed === true) return this.#there(row, path);
    return packed === false ? this.#late(row, type, path) : packed.then(() => this.#late(row, type, path));
  }

  async #late(row: number, type: ObjectTypeCode, path: PathBuffer): Promise<void> {
    const { walk, store, missing } = this.#parts;
    const name = path.view().slice();
    const oid = walk.graph.objects.set.idAt(row);
    if (isEmptyTree(oid, store.format) || (await store.has(oid))) await this.#there(row, path);
    else await missing.meet(row, type, name);
  }

  #there(row: number, path: PathBuffer): void | Promise<void> {
    const { diskUsage, quiet, count, names } = this.#format;
    if (diskUsage !== undefined) return this.#addDiskUsage(row);
    if (quiet) return undefined;
    if (count) {
      this.#right++;
      return undefined;
    }
    const { output, walk } = this.#parts;
    return names ? output.idAndPath(walk.graph.objects, row, path) : output.id(walk.graph.objects, row);
  }

  #count(row: number): void {
    if (this.#parts.walk.graph.objects.has(row, leftMark)) this.#left++;
    else this.#right++;
  }

  #decorated(row: number): Promise<void> | undefined {
    const { walk, output } = this.#parts;
    const { graph } = walk;
    const { timestamp, parents, end } = this.#format;
    let line = timestamp ? `${graph.date(row)} ` : "";
    if (end === "LF") line += this.#mark(row);
    line += graph.objects.hex(row);
    if (end === "NUL" && graph.objects.has(row, boundaryMark)) line += "\0boundary=yes";
    for (let i = 0; parents && i < graph.parentCount(row); i++) line += ` ${graph.objects.hex(graph.parent(row, i))}`;
    for (const child of this.#children?.get(row) ?? []) line += ` ${graph.objects.hex(child)}`;
    return output.text(line + (end === "LF" ? "\n" : "\0"));
  }

  #mark(row: number): string {
    const { objects } = this.#parts.walk.graph;
    if (objects.has(row, boundaryMark)) return "-";
    if (objects.has(row, uninterestingMark)) return "^";
    if (!this.#format.leftRight) return "";
    return objects.has(row, leftMark) ? "<" : ">";
  }

  #addDiskUsage(row: number): void | Promise<void> {
    const { walk, store } = this.#parts;
    const { objects } = walk.graph;
    // Git has it without storing it.
    if (isEmptyTree(objects.oid(row), store.format)) return undefined;
    try {
      const place = store.locatePacked(objects.oid(row));
      if (place !== undefined) {
        this.diskUsage += place.pack.entryEnd(place.offset) - place.offset;
        return undefined;
      }
    } catch (error) {
      if (!(error instanceof NeedRange) && !isGitmidxError(error) && !(error instanceof TypeError)) throw error;
    }
    return diskSizeOf(store, objects.set.idAt(row)).then((size) => {
      this.diskUsage += size;
    });
  }
}

/** The children of each commit, among the commits of a walk that found all of them first: the last one comes first, as in git. */
function childrenIn({ graph, commits, options }: RevisionWalk): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  if (options.noWalk !== undefined) return children;
  for (const row of commits) {
    for (let i = 0; i < graph.parentCount(row); i++) {
      const parent = graph.parent(row, i);
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [row]);
      else known.unshift(row);
    }
  }
  return children;
}
