/** A pack and the files that go with it, each opened when it is first needed. */

import { withRanges } from "../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { IdxPosition, PackPosition } from "../core/positions.js";
import type { IdxView } from "../formats/idx/view.js";
import { MtimesView } from "../formats/mtimes.js";
import { PackView } from "../formats/pack/view.js";
import type { PackWindows } from "../formats/pack/windows.js";
import { computeReverseIndex, type PackOrder, RevView } from "../formats/rev.js";
import { Deferred } from "./deferred.js";
import type { ObjectDirectory, PackFile } from "./object-directory.js";
import { openIdx } from "./open-idx.js";

/** A file beside a pack whose presence alone means something. */
export type PackMark = "keep" | "promisor" | "mtimes" | "bitmap";

let packCount = 0;

/** An opened pack. Its synchronous methods throw NeedRange for what is not open yet or must be fetched: call them inside `withRanges`. */
export class OpenPack {
  /** A number that no other opened pack has. */
  readonly number = packCount++;
  readonly directory: ObjectDirectory;
  readonly file: PackFile;
  readonly #idx: Deferred<IdxView>;
  readonly #view: Deferred<PackView>;
  readonly #order: Deferred<PackOrder>;

  /** @param windows shared by the packs of a store. @param warn told of a reverse index that is left aside because it cannot be read. */
  constructor(
    directory: ObjectDirectory,
    file: PackFile,
    windows: PackWindows,
    warn: ((message: string) => void) | undefined,
  ) {
    this.directory = directory;
    this.file = file;
    this.#idx = new Deferred(file.idxPath, () => openIdx(directory, file.idxPath));
    this.#view = new Deferred(file.packPath, () => this.#openView(windows));
    this.#order = new Deferred(this.companionPath("rev"), () => this.#openOrder(warn));
  }

  /** Name of the `.idx` file: `pack-….idx`. */
  get name(): string {
    return this.file.name;
  }

  /** The pack's index. @throws NeedRange */
  get idx(): IdxView {
    return this.#idx.value ?? this.#idx.get();
  }

  /** The pack itself. @throws NeedRange */
  get view(): PackView {
    return this.#view.value ?? this.#view.get();
  }

  /** Its objects in the order of their offsets: from the `.rev`, or computed once where there is none. @throws NeedRange */
  get order(): PackOrder {
    return this.#order.value ?? this.#order.get();
  }

  /** Opens the index. @throws GitmidxError as `openIdx` */
  openIdx(): Promise<IdxView> {
    return this.#idx.opened();
  }

  /** Why the index cannot be opened; undefined if it can. @throws GitmidxError `not-found` where the file has gone */
  async indexDamage(): Promise<GitmidxError | undefined> {
    try {
      await this.openIdx();
      return undefined;
    } catch (error) {
      if (isGitmidxError(error) && error.code !== "not-found") return error;
      throw error;
    }
  }

  /** Opens the pack, and its index to compare the two. @throws GitmidxError as `PackView`, `openIdx`, or what the file system says */
  openView(): Promise<PackView> {
    return this.#view.opened();
  }

  /** Opens or computes the order of offsets. @throws GitmidxError as {@link openIdx}, or a code of a damaged index */
  openOrder(): Promise<PackOrder> {
    return this.#order.opened();
  }

  /** Opens all that reading objects can need, so that nothing but the ranges of a fetched file is missing. */
  async open(): Promise<void> {
    await this.openView();
    await this.openOrder();
  }

  /** Path of the file that has another extension than the pack. */
  companionPath(extension: "pack" | "idx" | "rev" | PackMark): string {
    return `${this.file.packPath.slice(0, -"pack".length)}${extension}`;
  }

  /** Whether there is a `.keep`, `.promisor`, `.mtimes` or `.bitmap` file beside the pack. */
  async has(mark: PackMark): Promise<boolean> {
    return (await this.directory.fs.stat(this.companionPath(mark))) !== undefined;
  }

  /**
   * Opens the modification times of a cruft pack's objects; undefined if there is no `.mtimes` file: it is what makes a pack a cruft pack.
   * The caller closes its source.
   * @throws GitmidxError as `MtimesView`, or what the file system says.
   */
  async openMtimes(): Promise<MtimesView | undefined> {
    if (!(await this.has("mtimes"))) return undefined;
    const { count } = await this.openIdx();
    const source = await this.directory.fs.openSource(this.companionPath("mtimes"));
    try {
      return await withRanges(() => new MtimesView(source, this.directory.format, count));
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Where the object's entry begins, or undefined if it is not in the pack. @throws NeedRange; as `IdxView.offsetAt` */
  find(oid: Uint8Array): number | undefined {
    const { idx } = this;
    const position = idx.find(oid);
    return position === undefined ? undefined : idx.offsetAt(position);
  }

  /** The offset of entry number `position`; for the number behind the last, where the trailer begins. @throws NeedRange */
  offsetAt(position: PackPosition): number {
    const { order } = this;
    return position === order.count ? this.view.entriesEnd : this.idx.offsetAt(order.idxPositionAt(position));
  }

  /** Which entry begins at `offset`; undefined if none does. @throws NeedRange */
  positionOf(offset: number): PackPosition | undefined {
    let low = 0;
    let high = this.order.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.offsetAt(middle as PackPosition);
      if (found === offset) return middle as PackPosition;
      if (found < offset) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** The id of the object whose entry begins at `offset`: a copy. Undefined if none does. @throws NeedRange */
  idAt(offset: number): Uint8Array | undefined {
    const position = this.positionOf(offset);
    return position === undefined ? undefined : this.idx.ids.idAt(this.order.idxPositionAt(position));
  }

  /** The position in the index of the object whose entry begins at `offset`. Undefined if none does. @throws NeedRange */
  idxPositionOf(offset: number): IdxPosition | undefined {
    const position = this.positionOf(offset);
    return position === undefined ? undefined : this.order.idxPositionAt(position);
  }

  /** Where the entry that begins at `offset` ends. @throws GitmidxError `bad-offset` if none begins there; NeedRange */
  entryEnd(offset: number): number {
    const position = this.positionOf(offset);
    if (position !== undefined) return this.offsetAt((position + 1) as PackPosition);
    const path = this.file.packPath;
    throw new GitmidxError("bad-offset", `could not find object at offset ${offset} in pack ${path}`, { path, offset });
  }

  /** Closes what is open. It is opened again if it is needed again. */
  close(): void {
    this.#idx.value?.source.close();
    this.#view.value?.source.close();
    const order = this.#order.value;
    if (order instanceof RevView) order.source.close();
    for (const file of [this.#idx, this.#view, this.#order]) file.close();
  }

  async #openView(windows: PackWindows): Promise<PackView> {
    const idx = await this.openIdx();
    const source = await this.directory.fs.openSource(this.file.packPath);
    try {
      const checksum = await withRanges(() => idx.packChecksum());
      const expected = { count: idx.count, checksum };
      return await withRanges(() => new PackView(source, this.directory.format, expected, windows));
    } catch (error) {
      source.close();
      throw error;
    }
  }

  async #openOrder(warn: ((message: string) => void) | undefined): Promise<PackOrder> {
    const idx = await this.openIdx();
    const path = this.companionPath("rev");
    if ((await this.directory.fs.stat(path)) !== undefined) {
      const source = await this.directory.fs.openSource(path);
      try {
        return await withRanges(() => new RevView(source, this.directory.format, idx.count));
      } catch (error) {
        source.close();
        if (!isGitmidxError(error)) throw error;
        warn?.(error.message);
      }
    }
    const positions = computeReverseIndex(await withRanges(() => idx.offsets()));
    return { count: idx.count, idxPositionAt: (position) => positions[position]! as IdxPosition };
  }
}
