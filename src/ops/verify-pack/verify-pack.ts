/** `verify-pack`: derives the index of a pack from the pack alone, and compares it with the one that is there. */

import { fanoutByteLength } from "../../bytes/oid-table.js";
import { type ByteSource, withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { IdxPosition } from "../../core/positions.js";
import type { IdxEncoding } from "../../formats/idx/encode.js";
import { IdxView, idxSignature } from "../../formats/idx/view.js";
import type { PackFs } from "../../store/pack-fs.js";
import { checkObjects } from "../index-pack/check-objects.js";
import { resolvePack } from "../index-pack/index-entries.js";
import { withSuffix } from "../index-pack/install.js";
import { openPackFile } from "../index-pack/open-pack-file.js";
import type { IndexPackOptions } from "../index-pack/options.js";
import { readPackFile } from "../index-pack/read-pack-file.js";
import { refuseUnresolved } from "../index-pack/second-pass.js";
import { WorkerTeam } from "../index-pack/worker-team.js";
import { encodeIndexes } from "../index-pack/write-indexes.js";
import { compareFile } from "./compare-file.js";
import { PackListing } from "./pack-listing.js";

/** Which pack is verified. */
export interface VerifiedPaths {
  /** Absolute path of the pack, which ends in `.pack`. */
  readonly packPath: string;
  /** Where its index is; beside it unless given. */
  readonly indexPath?: string | undefined;
  /** What messages call a path; the path itself unless given. */
  readonly shown?: ((path: string) => string) | undefined;
}

/** How a pack is verified. */
export interface VerifyPackOptions
  extends Omit<IndexPackOptions, "encoding" | "refuseDuplicates" | "keep" | "promisor"> {
  /** Told of the pack's objects when the pack itself has been found sound, before its index is compared. */
  readonly onListing?: ((listing: PackListing) => Promise<void>) | undefined;
}

/**
 * Verifies a pack, its index and, if there is one, its reverse index.
 * @returns how many objects objects point to that are not in the pack; undefined unless that was asked for.
 * @throws GitmidxError with the first thing that is wrong: what `indexPackFile` throws for the pack; `missing-pack`, `missing-index` or the
 *   code of a broken index; `pack-index-mismatch`, `truncated` or `trailing-garbage` where a file is not what the pack makes it.
 */
export async function verifyPackFile(
  fs: PackFs,
  paths: VerifiedPaths,
  options: VerifyPackOptions,
): Promise<number | undefined> {
  const { packPath, shown = (path) => path } = paths;
  const indexPath = paths.indexPath ?? withSuffix(packPath, "pack", "idx");
  const encoding = await readEncoding(fs, indexPath, shown(indexPath), options);
  const team = new WorkerTeam(options.workers);
  const source = await openPackFile(fs, packPath, shown(packPath));
  try {
    const pack = { path: packPath, source };
    const recording = { ...options, recordBases: options.onListing !== undefined };
    const read = await readPackFile(pack, options, team);
    const resolved = await resolvePack(pack, read, recording, read.memory, team);
    refuseUnresolved(read.table, resolved.count);
    const { foreignLinks } = await checkObjects(packPath, read.table, resolved, options);
    if (options.onListing !== undefined) await options.onListing(new PackListing(read.table, resolved.baseRows!));
    const indexes = encodeIndexes(read.table, read.checksum, { ...options, encoding, refuseDuplicates: true });
    await compareFile(fs, indexPath, shown(indexPath), indexes.idx, options.format);
    const reversePath = withSuffix(indexPath, "idx", "rev");
    if (indexes.rev !== undefined && (await fs.stat(reversePath)) !== undefined) {
      await compareFile(fs, reversePath, shown(reversePath), indexes.rev, options.format);
    }
    return foreignLinks;
  } finally {
    source.close();
    await team.stop();
  }
}

/** How the index that is there was encoded. */
async function readEncoding(
  fs: PackFs,
  path: string,
  shown: string,
  { format }: Pick<VerifyPackOptions, "format">,
): Promise<IdxEncoding> {
  const fail = (detail: unknown): GitmidxError => {
    const more = isGitmidxError(detail) && detail.code !== "not-found" ? `\n${detail.message}` : "";
    const code = isGitmidxError(detail) && detail.code !== "not-found" ? detail.code : "missing-index";
    const message = `Cannot open existing pack idx file for '${shown}'${more}`;
    return new GitmidxError(code, message, { path, cause: detail });
  };
  if ((await fs.stat(withSuffix(path, "idx", "pack")))?.kind !== "file") {
    throw new GitmidxError("missing-pack", `Cannot open existing pack file '${shown}'`, { path });
  }
  let source: ByteSource;
  try {
    source = await fs.openSource(path);
  } catch (error) {
    throw fail(error);
  }
  try {
    const view = await withRanges(() => new IdxView(source, format)).catch((error: unknown) => {
      if (isGitmidxError(error, "bad-size")) return undefined;
      throw fail(error);
    });
    if (view === undefined) return await encodingOfWrongSize(source, format, fail);
    return { version: view.version, largeOffsets: await withRanges(() => needlesslyLarge(view)) };
  } finally {
    source.close();
  }
}

/**
 * Git opens an index whose size only cannot be right, as long as it could have that many 64-bit offsets: what is wrong with it comes to light
 * when it is compared.
 */
async function encodingOfWrongSize(
  source: ByteSource,
  format: ObjectFormat,
  fail: (detail: unknown) => GitmidxError,
): Promise<IdxEncoding> {
  const isV2 = (await withRanges(() => source.u32(0))) === idxSignature;
  const fanoutEnd = (isV2 ? 8 : 0) + fanoutByteLength;
  const count = await withRanges(() => source.u32(fanoutEnd - 4));
  const least = fanoutEnd + count * (format.byteLength + 8) + 2 * format.byteLength;
  if (isV2 && source.size >= least && source.size <= least + 8 * Math.max(0, count - 1)) return { version: 2 };
  const message = `wrong index v${isV2 ? 2 : 1} file size in ${source.name}`;
  throw fail(new GitmidxError("bad-size", message, { path: source.name, offset: source.size }));
}

/** Offsets that stand in the table of 64-bit offsets and would fit into 32 bits: an index with such is sound. */
function needlesslyLarge(view: IdxView): ReadonlySet<number> {
  const offsets = new Set<number>();
  if (view.largeOffsetCount === 0) return offsets;
  for (let i = 0; i < view.count; i++) {
    const position = i as IdxPosition;
    if (view.rawOffsetAt(position) < 0x8000_0000) continue;
    const offset = view.offsetAt(position);
    if (offset <= 0xffff_ffff) offsets.add(offset);
  }
  return offsets;
}
