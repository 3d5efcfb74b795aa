/** Checks every `.bitmap` file of an object directory: those of the multi-pack-index, layer by layer, and those of packs. */

import type { ByteSource } from "../../bytes/source.js";
import { withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import type { TaskOptions } from "../../core/task.js";
import { RevView } from "../../formats/rev.js";
import type { BitOrder } from "../../store/bitmaps/bit-order.js";
import { MidxBitOrder } from "../../store/bitmaps/midx-bit-order.js";
import { PackBitOrder } from "../../store/bitmaps/pack-bit-order.js";
import { MidxStack, stackLayers } from "../../store/midx-stack.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { ObjectStore } from "../../store/object-store.js";
import { openIdx } from "../../store/open-idx.js";
import type { Reporter } from "../verify-midx/finding.js";
import type { OpenedLayers } from "../verify-midx/open-layers.js";
import type { Grafts } from "../walk/grafts.js";
import { BitObjects } from "./bit-objects.js";
import { BitmapFindings } from "./bitmap-findings.js";
import { checkClosure } from "./check-closure.js";
import { checkEntries } from "./check-entries.js";
import { checkLookupTable } from "./check-lookup-table.js";
import { checkPseudoMerges } from "./check-pseudo-merges.js";
import { checkTypes } from "./check-types.js";
import { type FoundBitmap, findBitmaps } from "./find-bitmaps.js";
import { History } from "./history.js";
import { checkNameHashes } from "./name-hashes.js";
import type { ReadBitmap } from "./read-bitmap.js";
import { recompute } from "./recompute.js";
import { type BitmapSubject, type TestedBitmap, testBitmap } from "./tested-bitmap.js";

/** How thoroughly bitmaps are checked: not at all, by what stands in them and beside them, or against a walk over all history. */
export type BitmapDepth = "none" | "structure" | "full";

/** What is checked, and how. */
export interface VerifyBitmapsOptions extends TaskOptions {
  readonly depth: BitmapDepth;
  /** Where the history of a shallow clone ends. */
  readonly grafts?: Grafts | undefined;
  /** Whether `info/grafts` gives commits other parents: whether bitmaps have these or the commits' own depends on who wrote them. */
  readonly grafted?: boolean | undefined;
  /** Whether the order of the multi-pack-index's bits has been found right. */
  readonly soundOrder: boolean;
}

/** A bitmap that could be read. */
export interface VerifiedBitmap {
  readonly path: string;
  /** Whether it is of a pack, of the single multi-pack-index, or of a layer. */
  readonly kind: "pack" | "single" | "layer";
  /** Objects of the pack or layer. */
  readonly objects: number;
  /** Commits that have a bitmap. */
  readonly entries: number;
  readonly pseudoMerges: number;
  readonly lookupTable: boolean;
  readonly nameHashes: boolean;
}

/**
 * Checks all bitmaps, and tells the reporter. The packs' entries are read for their headers, and the bitmapped commits; with `full` every
 * commit and tree that the bitmaps reach.
 * @throws GitmidxError `aborted`, or what the file system says
 */
export async function verifyBitmaps(
  directory: ObjectDirectory,
  opened: OpenedLayers,
  reporter: Reporter,
  options: VerifyBitmapsOptions,
): Promise<readonly VerifiedBitmap[]> {
  if (options.depth === "none") return [];
  const found = await findBitmaps(directory, opened, reporter);
  if (found.length === 0) return [];
  const store = await ObjectStore.open([directory], { useMidx: false });
  const verifier = new Verifier(directory, store, reporter, options);
  try {
    await verifier.midx(opened, found);
    for (const one of found) if (one.kind === "pack") await verifier.pack(one);
    return verifier.verified;
  } finally {
    verifier.close();
    store.close();
  }
}

class Verifier {
  readonly verified: VerifiedBitmap[] = [];
  readonly #directory: ObjectDirectory;
  readonly #store: ObjectStore;
  readonly #reporter: Reporter;
  readonly #options: VerifyBitmapsOptions;
  readonly #sources: ByteSource[] = [];

  constructor(directory: ObjectDirectory, store: ObjectStore, reporter: Reporter, options: VerifyBitmapsOptions) {
    this.#directory = directory;
    this.#store = store;
    this.#reporter = reporter;
    this.#options = options;
  }

  close(): void {
    for (const source of this.#sources.splice(0)) source.close();
  }

  /** The bitmaps of the single multi-pack-index, or of all layers: their bits are of one order. */
  async midx({ kind, layers }: OpenedLayers, found: readonly FoundBitmap[]): Promise<void> {
    const above = layers.findIndex(({ objectsBelow }) => objectsBelow === undefined);
    const known = above < 0 ? layers : layers.slice(0, above);
    const tested: TestedBitmap[] = [];
    for (const one of found) {
      if (one.kind === "pack" || !known.includes(one.layer)) continue;
      const { view, objectsBelow = 0 } = one.layer;
      const checksum = await withRanges(() => view.checksum());
      const subject = { format: view.format, objectCount: view.count, below: objectsBelow, checksum };
      const bitmap = await this.#test(one, subject);
      if (bitmap !== undefined) tested.push(bitmap);
    }
    if (tested.length === 0 || kind === "none" || !this.#options.soundOrder) return;
    try {
      const stack = new MidxStack(kind, await withRanges(() => stackLayers(known.map(({ view }) => view))));
      const order = new MidxBitOrder(stack, { rev: await this.#midxRev(stack) });
      await withRanges(() => order.load());
      await this.#verify(
        tested,
        order,
        known.flatMap(({ view }) => view.packNames),
      );
    } catch (error) {
      for (const { findings } of tested) findings.thrown(error);
    } finally {
      this.close();
    }
  }

  /** The order that git 2.34 and 2.35 wrote to a file of its own. */
  async #midxRev({ kind, tip }: MidxStack): Promise<RevView | undefined> {
    if (kind === "chain" || tip.view.hasReverseIndex) return undefined;
    const source = await this.#open(this.#directory.midxCompanionPath(tip.checksum, "rev"));
    return source && withRanges(() => new RevView(source, this.#directory.format, tip.view.count));
  }

  /** The bitmap of a pack. */
  async pack(found: FoundBitmap & { readonly kind: "pack" }): Promise<void> {
    const findings = new BitmapFindings(this.#reporter, found.path);
    try {
      const idx = await openIdx(this.#directory, found.pack.idxPath);
      this.#sources.push(idx.source);
      const checksum = await withRanges(() => idx.packChecksum());
      const bitmap = await this.#test(found, { format: idx.format, objectCount: idx.count, below: 0, checksum });
      if (bitmap === undefined) return;
      // Not by the pack's `.rev`, which nobody has checked here.
      const order = new PackBitOrder(idx);
      await withRanges(() => order.load());
      await this.#verify([bitmap], order, [found.pack.name]);
    } catch (error) {
      findings.thrown(error);
    } finally {
      this.close();
    }
  }

  async #test(found: FoundBitmap, subject: BitmapSubject): Promise<TestedBitmap | undefined> {
    const findings = new BitmapFindings(this.#reporter, found.path);
    try {
      const source = await this.#open(found.path);
      return source && (await testBitmap(found, source, subject, findings, this.#options));
    } catch (error) {
      findings.thrown(error);
      return undefined;
    }
  }

  /** Opens a file; undefined if it has gone. */
  async #open(path: string): Promise<ByteSource | undefined> {
    try {
      const source = await this.#directory.fs.openSource(path);
      this.#sources.push(source);
      return source;
    } catch (error) {
      if (isGitmidxError(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #verify(tested: readonly TestedBitmap[], order: BitOrder, packNames: readonly string[]): Promise<void> {
    const { depth, grafts, grafted = false } = this.#options;
    const packs = new Map(this.#store.packs().map((pack) => [pack.name, pack]));
    const objects = new BitObjects(
      order,
      this.#store,
      packNames.map((name) => packs.get(name)),
    );
    const read: ReadBitmap[] = [];
    for (const bitmap of tested) {
      const commits = await checkTypes(bitmap, objects, this.#options);
      const bits = await checkEntries(bitmap, objects, commits, this.#options);
      await checkLookupTable(bitmap, bits);
      const merges = await checkPseudoMerges(bitmap, objects, commits);
      if (depth === "structure") await checkClosure(bitmap, objects, bits, { ...this.#options, grafts, grafted });
      read.push({ bitmap, bits, merges });
      this.verified.push({
        path: bitmap.path,
        kind: bitmap.kind,
        objects: bitmap.objectCount,
        entries: bitmap.view.entryCount,
        pseudoMerges: merges.length,
        lookupTable: bitmap.view.hasLookupTable,
        nameHashes: bitmap.view.hasNameHashes,
      });
    }
    if (depth !== "full") return;
    const history = new History(objects, grafts);
    await recompute(read, objects, history, this.#options);
    for (const bitmap of tested) await checkNameHashes(bitmap, objects, history, this.#options);
  }
}
