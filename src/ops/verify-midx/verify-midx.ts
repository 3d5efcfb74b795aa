/** `verify`: everything that a multi-pack-index says, against itself and against its packs. */

import { GitmidxError } from "../../core/errors.js";
import type { TaskOptions } from "../../core/task.js";
import { stateFingerprint } from "../../store/midx-state.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { type BitmapDepth, type VerifiedBitmap, verifyBitmaps } from "../verify-bitmaps/verify-bitmaps.js";
import type { Grafts } from "../walk/grafts.js";
import { noteSurroundings } from "./check-coverage.js";
import { checkLargeOffsets } from "./check-large-offsets.js";
import { checkObjects } from "./check-objects.js";
import { checkIdxTrailers, openPacks } from "./check-packs.js";
import { checkReverseIndex } from "./check-reverse-index.js";
import { type Finding, type FindingSink, Reporter } from "./finding.js";
import { checkTrailers, type OpenedLayers, openLayers } from "./open-layers.js";
import type { TestedLayer } from "./tested-layer.js";

const advice =
  "it does no harm, but git's verify and fsck complain of it until it is written anew with packs that have new objects";

/** How often files that are replaced while they are opened are opened anew. */
const attempts = 5;

/** How bitmaps are checked, and findings told. */
export interface VerifyMidxOptions extends TaskOptions {
  /**
   * How thoroughly bitmaps are checked: not at all; by their structure, the real types of all objects, and what bitmapped commits link to;
   * or, on top of that, by walking all that they reach. Default `structure`.
   */
  readonly bitmaps?: BitmapDepth | undefined;
  /** The parents that commits have instead of their own, where bitmaps are written: those of a shallow history have none. */
  readonly grafts?: Grafts | undefined;
  /** Whether `info/grafts` gives commits other parents. Differences are notes then. */
  readonly grafted?: boolean | undefined;
  /** Told every finding as it is made: a badly damaged file has as many as it has objects. */
  readonly finding?: FindingSink | undefined;
  /** How many findings the report itself keeps, from the first. Default 1,000. */
  readonly keepFindings?: number | undefined;
}

/** A layer that could be read. */
export interface VerifiedLayer {
  readonly path: string;
  /** The checksum at its end, in hex. */
  readonly checksum: string;
  readonly version: number;
  readonly objects: number;
  readonly packs: number;
}

/** What `verify` found out. */
export interface VerifyReport {
  /** What is in effect: the single file, a chain, or nothing at all. */
  readonly kind: "single" | "chain" | "none";
  /** False where there is a multi-pack-index of which nothing could be read. */
  readonly readable: boolean;
  /** The layers that could be read, oldest first. */
  readonly layers: readonly VerifiedLayer[];
  /** The bitmaps that could be read: of layers, oldest first, and of packs, also of those that no multi-pack-index covers. */
  readonly bitmaps: readonly VerifiedBitmap[];
  /** Findings of severity `error`, all of them counted. */
  readonly errors: number;
  /** Findings of severity `note`. */
  readonly notes: number;
  /** The first of the findings. */
  readonly findings: readonly Finding[];
}

/**
 * Checks the multi-pack-index of a directory, every layer of it, and the bitmaps of it and of packs, and reports all that is wrong.
 *
 * Reads every byte of it and of the packs' indexes once or twice, in ranges; memory does not grow with the number of objects but for
 * 9 bytes an object of the largest layer that has a reverse index, and where there are bitmaps for these and some 60 bytes an object.
 * @throws GitmidxError `aborted`, `vanished`, or what the file system says; never for what a file says.
 */
export async function verifyMidx(directory: ObjectDirectory, options: VerifyMidxOptions = {}): Promise<VerifyReport> {
  const { bitmaps: wanted } = options;
  if (wanted !== undefined && !["none", "structure", "full"].includes(wanted))
    throw new TypeError(`bitmaps is ${String(wanted)}: it must be one of none, structure, full`);
  const { reporter, opened } = await openAll(directory, options);
  const { layers } = opened;
  try {
    await checkTrailers(layers, reporter, options);
    await checkIdxTrailers(layers, reporter, options);
    for (const { view, path } of layers) {
      // Git's own verify fails on such a file, though git writes it and nothing is damaged.
      if (view.count === 0)
        reporter.note({ code: "missing-object", message: "the midx contains no oid", path, advice });
    }
    if (layers.length > 0) await checkObjects(layers, reporter, options);
    let soundOrder = true;
    for (const layer of layers) {
      await checkLargeOffsets(layer, reporter, options);
      const before = reporter.errors;
      await checkReverseIndex(layer, reporter, options);
      soundOrder &&= reporter.errors === before;
    }
    const depth = options.bitmaps ?? "structure";
    const bitmaps = await verifyBitmaps(directory, opened, reporter, { ...options, depth, soundOrder });
    await noteSurroundings(directory, opened, reporter);
    await reporter.drain();
    const { errors, notes, findings } = reporter;
    const verified = layers.map(({ view, path }) => ({
      path,
      checksum: view.checksumHex(),
      version: view.version,
      objects: view.count,
      packs: view.packNames.length,
    }));
    const readable = opened.kind === "none" || layers.length > 0;
    return { kind: opened.kind, readable, layers: verified, bitmaps, errors, notes, findings };
  } finally {
    closeAll(layers);
  }
}

/** Opens all files, once more if a writer replaced them in between: what is then missing is no damage. */
async function openAll(
  directory: ObjectDirectory,
  options: VerifyMidxOptions,
): Promise<{ reporter: Reporter; opened: OpenedLayers }> {
  for (let attempt = 1; ; attempt++) {
    const before = await stateFingerprint(directory);
    const reporter = new Reporter(options.finding, options.keepFindings ?? 1000);
    const opened = await openLayers(directory, reporter);
    try {
      await openPacks(directory, opened.layers, reporter, options);
    } catch (error) {
      closeAll(opened.layers);
      throw error;
    }
    if ((await stateFingerprint(directory)) === before) {
      reporter.release();
      return { reporter, opened };
    }
    closeAll(opened.layers);
    if (attempt < attempts) continue;
    const message = `the multi-pack-index was replaced ${attempts} times by other processes while it was being opened`;
    throw new GitmidxError("vanished", message, { path: directory.packPath });
  }
}

function closeAll(layers: readonly TestedLayer[]): void {
  for (const { view, packs } of layers) {
    view.source.close();
    for (const { idx } of packs) idx?.source.close();
  }
}
