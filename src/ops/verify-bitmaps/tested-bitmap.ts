/** A `.bitmap` file under test. */

import { env } from "#env";
import { type ByteSource, withRanges } from "../../bytes/source.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import {
  bitmapHeaderByteLength,
  fullDagFlag,
  lookupTableFlag,
  nameHashesFlag,
  pseudoMergesFlag,
} from "../../formats/bitmap/layout.js";
import { type BitmapView, openBitmap } from "../../formats/bitmap/view.js";
import type { BitmapFindings } from "./bitmap-findings.js";
import type { FoundBitmap } from "./find-bitmaps.js";

/** Where the parts of the file lie. */
export interface BitmapSections {
  /** Where the entries begin, behind the type bitmaps. */
  readonly entries: number;
  /** Where the entries should end, and the pseudo-merges, if there are any, begin. */
  readonly pseudoMerges: number;
  /** Where the pseudo-merges end, and the lookup table, if there is one, begins. */
  readonly lookupTable: number;
  /** Where the lookup table ends, and the name hashes, if there are any, begin. */
  readonly nameHashes: number;
  /** Where the file's own checksum begins. */
  readonly trailer: number;
}

/** The file, opened. */
export interface TestedBitmap {
  readonly kind: FoundBitmap["kind"];
  readonly path: string;
  readonly source: ByteSource;
  readonly view: BitmapView;
  readonly format: ObjectFormat;
  readonly sections: BitmapSections;
  readonly findings: BitmapFindings;
  /** Objects of the pack or layer, and of the layers below. */
  readonly objectCount: number;
  readonly below: number;
}

/** What a bitmap should be about. */
export interface BitmapSubject {
  readonly format: ObjectFormat;
  readonly objectCount: number;
  readonly below: number;
  /** The checksum of the pack, or of the multi-pack-index file. */
  readonly checksum: Uint8Array;
}

const knownFlags = fullDagFlag | nameHashesFlag | lookupTableFlag | pseudoMergesFlag;
const flagsOffset = 6;

/**
 * Looks at the header and the trailer, and opens a view.
 * @returns undefined where the structure of the file does not allow for one.
 */
export async function testBitmap(
  { kind, path }: FoundBitmap,
  source: ByteSource,
  subject: BitmapSubject,
  findings: BitmapFindings,
  task: TaskOptions,
): Promise<TestedBitmap | undefined> {
  const { format, objectCount, below } = subject;
  await checkTrailer(source, format, findings, task);
  try {
    const view = await withRanges(() => openBitmap(source, { format, objectCount, objectsBelow: below }));
    await withRanges(() => checkHeader(view, subject, kind, findings));
    return { kind, path, source, view, format, sections: sectionsOf(view), findings, objectCount, below };
  } catch (error) {
    findings.thrown(error, "header");
    return undefined;
  }
}

async function checkTrailer(
  source: ByteSource,
  format: ObjectFormat,
  findings: BitmapFindings,
  task: TaskOptions,
): Promise<void> {
  const end = source.size - format.byteLength;
  // Opening says that the file is too small.
  if (end < 0) return;
  const step = new Step(task, "Verifying bitmap checksums", source.size);
  const hasher = env.createHasher(format);
  for (let at = 0; at < end; ) {
    const length = Math.min(1 << 20, end - at);
    hasher.update(await withRanges(() => source.copy(at, length)));
    at += length;
    await step.tick(length);
  }
  step.finish();
  const wanted = toHex(hasher.digest());
  const found = toHex(await withRanges(() => source.copy(end, format.byteLength)));
  if (found === wanted) return;
  const message = `bitmap file '${source.name}' has invalid checksum`;
  findings.error("bad-checksum", "trailer", message, { offset: end, found, wanted });
}

function checkHeader(
  view: BitmapView,
  subject: BitmapSubject,
  kind: FoundBitmap["kind"],
  findings: BitmapFindings,
): void {
  const [found, wanted] = [toHex(view.checksum), toHex(subject.checksum)];
  if (found !== wanted) {
    const message =
      kind === "pack"
        ? "the bitmap is about another pack than the one that it goes with"
        : "checksum doesn't match in MIDX and bitmap";
    findings.error("bad-header", "header", message, { offset: bitmapHeaderByteLength, found, wanted });
  }
  const unknown = view.flags & ~knownFlags;
  if (unknown === 0) return;
  const message = `unknown flags 0x${unknown.toString(16)}; git passes over them`;
  findings.note("needs-newer-git", "header", message, { offset: flagsOffset, found: `0x${view.flags.toString(16)}` });
}

/** Where the parts lie: each of those that a file may have not ends, if it has not, where it begins. */
function sectionsOf({ source, format, layout, entriesOffset }: BitmapView): BitmapSections {
  const trailer = source.size - format.byteLength;
  const nameHashes = layout.nameHashes?.offset ?? trailer;
  const lookupTable = layout.lookupTable?.offset ?? nameHashes;
  return { entries: entriesOffset, pseudoMerges: layout.entriesEnd, lookupTable, nameHashes, trailer };
}
