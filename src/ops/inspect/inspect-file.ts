/** `show` of one file: what it is and what it holds, as far as that can be read. */

import { type ByteSource, withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, sha1, sha256 } from "../../core/oid.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { FileReport, InspectedKind } from "./file-report.js";
import { inspectBitmap } from "./inspect-bitmap.js";
import { inspectChain } from "./inspect-chain.js";
import { inspectIdx, inspectMtimes, inspectPack, inspectRev } from "./inspect-idx.js";
import { inspectMidx } from "./inspect-midx.js";
import { firstLineFormat, kindByName, type Recognised, recognise } from "./recognise.js";

/** What is known of a file before it is read. */
export interface InspectOptions {
  /** The hash to assume where the file itself does not tell; from its name, or SHA-1, unless given. */
  readonly format?: ObjectFormat | undefined;
  /** What the file must be, where its place says so; what its content says unless given, or else its name. */
  readonly kind?: InspectedKind | undefined;
}

/**
 * Reports on a file: its structure, not its contents. A damaged one is reported with its problems.
 * @throws GitmidxError `bad-signature` for a file that is none of those known by content or name, or what the file system says.
 */
export async function inspectFile(fs: PackFs, path: string, options: InspectOptions = {}): Promise<FileReport> {
  const source = await fs.openSource(path);
  try {
    const { kind, format } = await withRanges(() => recogniseFile(source, options));
    if (kind === "multi-pack-index-chain") return await inspectChain(fs, path, format);
    if (kind === "bitmap") return await inspectBitmap(fs, source, format);
    return await withRanges(() => inspectors[kind](source, format));
  } finally {
    source.close();
  }
}

const inspectors: Record<
  Exclude<InspectedKind, "multi-pack-index-chain" | "bitmap">,
  (source: ByteSource, format: ObjectFormat) => FileReport
> = {
  "multi-pack-index": inspectMidx,
  "pack-index": inspectIdx,
  "reverse-index": inspectRev,
  "modification-times": inspectMtimes,
  pack: inspectPack,
};

/** What the file is. @throws GitmidxError `bad-signature` if nothing known */
export function recogniseFile(source: ByteSource, { format, kind }: InspectOptions): Recognised {
  const hint = format ?? formatOfName(source.name);
  const recognised = recognise(source, hint);
  if (recognised !== undefined && (kind === undefined || recognised.kind === kind)) return recognised;
  const named = kind ?? kindByName(source.name);
  if (named !== undefined) {
    const ofLine = named === "multi-pack-index-chain" ? firstLineFormat(source) : undefined;
    return { kind: named, format: hint ?? ofLine ?? sha1 };
  }
  const message = `${source.name} is no multi-pack-index, chain file, pack index, reverse index, file of modification times, bitmap or pack`;
  throw new GitmidxError("bad-signature", message, { path: source.name, offset: 0 });
}

/** The hash whose ids are as long as the one in the file's name, if there is one. */
function formatOfName(path: string): ObjectFormat | undefined {
  const digits = /-([0-9a-f]+)\.[a-z]+$/.exec(path)?.[1]?.length;
  return [sha1, sha256].find(({ hexLength }) => hexLength === digits);
}
