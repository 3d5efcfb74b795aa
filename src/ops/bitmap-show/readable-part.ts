/** What can be read of a bitmap file, however damaged it is. */

import { env } from "#env";
import { type ByteSource, withRanges } from "../../bytes/source.js";
import { toHex } from "../../core/oid.js";
import { checkAborted, type TaskOptions } from "../../core/task.js";
import { type BitmapEntry, readEntry } from "../../formats/bitmap/entries.js";
import {
  type BitmapLayout,
  type BitmapPlace,
  bitmapHeaderByteLength,
  bitmapProblem,
  bitmapSignature,
  entryHeaderByteLength,
  readBitmapLayout,
  shortestEntryByteLength,
} from "../../formats/bitmap/layout.js";
import { BitmapView } from "../../formats/bitmap/view.js";
import { ewahByteLengthAt } from "../../formats/ewah/read.js";
import { type InspectedProblem, problemOf } from "../inspect/file-report.js";

/** What the header says. */
export interface ReadableHeader {
  readonly version: number;
  readonly flags: number;
  readonly commits: number;
  /** Checksum of the pack or MIDX in hex. */
  readonly owner: string;
}

/** An entry, maybe with what makes it useless. */
export interface ReadableEntry extends BitmapEntry {
  readonly problem?: InspectedProblem | undefined;
}

export interface ReadablePart {
  readonly header: ReadableHeader | undefined;
  /** Of the parts that can be read: others are as if they were not there. */
  readonly view: BitmapView | undefined;
  readonly entries: readonly ReadableEntry[];
  /** Whether the entries are all there, and the view finds each. */
  readonly entriesAreSound: boolean;
  readonly problems: readonly InspectedProblem[];
}

/** Reads heads of all parts, and the whole file once for its checksum. @throws GitmidxError `aborted`, or what the file system says */
export async function readablePart(source: ByteSource, place: BitmapPlace, task: TaskOptions): Promise<ReadablePart> {
  const problems = await trailerProblems(source, place, task);
  const part = await withRanges(() => readParts(source, place));
  return { ...part, problems: [...part.problems, ...problems] };
}

function readParts(source: ByteSource, place: BitmapPlace): ReadablePart {
  const problems: InspectedProblem[] = [];
  const note = (problem: InspectedProblem) => {
    if (!problems.some(({ message, offset }) => message === problem.message && offset === problem.offset))
      problems.push(problem);
  };
  const header = headerOf(source, place);
  for (const layoutOf of [
    () => readBitmapLayout(source, place),
    () => ({ ...readBitmapLayout(source, place), pseudoMerges: undefined }),
    () => bareLayout(source, place, header),
  ]) {
    try {
      const layout = layoutOf();
      if (layout === undefined) break;
      return readEntries(new BitmapView(source, layout), header, problems, note);
    } catch (error) {
      note(problemOf(error));
    }
  }
  return { header, view: undefined, entries: [], entriesAreSound: false, problems };
}

function headerOf(source: ByteSource, { format }: BitmapPlace): ReadableHeader | undefined {
  if (source.size < bitmapHeaderByteLength + 2 * format.byteLength || source.u32(0) !== bitmapSignature)
    return undefined;
  const versionAndFlags = source.u32(4);
  return {
    version: versionAndFlags >>> 16,
    flags: versionAndFlags & 0xffff,
    commits: source.u32(8),
    owner: toHex(source.copy(bitmapHeaderByteLength, format.byteLength)),
  };
}

/** The header, the types and the entries, which can be found without all that is found from the end. */
function bareLayout(
  source: ByteSource,
  place: BitmapPlace,
  header: ReadableHeader | undefined,
): BitmapLayout | undefined {
  if (header === undefined || header.version !== 1) return undefined;
  const typesOffset = bitmapHeaderByteLength + place.format.byteLength;
  const entriesEnd = source.size - place.format.byteLength;
  const most = Math.floor((entriesEnd - typesOffset) / shortestEntryByteLength);
  const entryCount = Math.min(header.commits, place.objectCount, most);
  const none = { pseudoMerges: undefined, lookupTable: undefined, nameHashes: undefined };
  return { place, flags: header.flags, entryCount, typesOffset, entriesEnd, ...none };
}

function readEntries(
  view: BitmapView,
  header: ReadableHeader | undefined,
  problems: readonly InspectedProblem[],
  note: (problem: InspectedProblem) => void,
): ReadablePart {
  const found = { header, problems };
  const isWhole = problems.length === 0;
  try {
    const entries = [...view.entries()];
    return { ...found, view, entries, entriesAreSound: true };
  } catch (error) {
    const problem = problemOf(error);
    // Where the entries end is not known to a view of a part, and no fault of theirs.
    const { entries, end, stop } = scan(view);
    if (stop !== undefined) note(stop);
    else if (isWhole && entries.every((entry) => entry.problem === undefined)) note(problem);
    const layout = { ...view.layout, lookupTable: undefined, entryCount: entries.length, entriesEnd: end };
    const shown = isWhole ? view : new BitmapView(view.source, layout);
    return { ...found, view: shown, entries, entriesAreSound: false };
  }
}

/** Reads on behind entries that say something impossible, as long as their length is told. */
function scan(view: BitmapView): { entries: ReadableEntry[]; end: number; stop?: InspectedProblem } {
  const { layout } = view;
  const entries: ReadableEntry[] = [];
  let offset = view.entriesOffset;
  for (let i = 0; i < layout.entryCount; i++) {
    const entry = entryAt(view, offset, i);
    if (!("byteLength" in entry)) return { entries, end: offset, stop: entry.stop };
    entries.push(entry);
    offset += entry.byteLength;
  }
  return { entries, end: offset };
}

function entryAt(
  { source, layout }: BitmapView,
  offset: number,
  index: number,
): ReadableEntry | { stop: InspectedProblem } {
  try {
    const entry = readEntry(source, layout, offset, `entry ${index}`);
    if (entry.xorOffset <= index) return entry;
    const problem = bitmapProblem(source, "bad-bitmap-entry", offset, "corrupted bitmap pack index");
    return { ...entry, problem: problemOf(problem) };
  } catch (error) {
    const problem = problemOf(error);
    try {
      const ewah = ewahByteLengthAt(source, offset + entryHeaderByteLength, layout.entriesEnd);
      const position = source.u32(offset);
      const [xorOffset, flags] = [source.u8(offset + 4), source.u8(offset + 5)];
      return { position, offset, xorOffset, flags, byteLength: entryHeaderByteLength + ewah, problem };
    } catch (again) {
      problemOf(again);
      return { stop: problem };
    }
  }
}

async function trailerProblems(
  source: ByteSource,
  { format }: BitmapPlace,
  task: TaskOptions,
): Promise<readonly InspectedProblem[]> {
  const end = source.size - format.byteLength;
  // That the file is too small is said anyway.
  if (end < 0) return [];
  const hasher = env.createHasher(format);
  for (let at = 0; at < end; ) {
    checkAborted(task);
    const length = Math.min(1 << 20, end - at);
    hasher.update(await withRanges(() => source.copy(at, length)));
    at += length;
  }
  const found = toHex(await withRanges(() => source.copy(end, format.byteLength)));
  if (found === toHex(hasher.digest())) return [];
  const message = `bitmap file '${source.name}' has invalid checksum`;
  return [{ code: "bad-checksum", message, offset: end }];
}
