/** The entries of a file, one after the other and never all at once: `show --objects`. */

import { type ByteSource, withRanges } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { IdxPosition, LayerPosition, PackPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { IdxView } from "../../formats/idx/view.js";
import { readMidxLayout } from "../../formats/midx/layout.js";
import { canView, MidxView } from "../../formats/midx/view.js";
import { MtimesView } from "../../formats/mtimes.js";
import { RevView } from "../../formats/rev.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { InspectedKind } from "./file-report.js";
import { type InspectOptions, recogniseFile } from "./inspect-file.js";
import { rowCount } from "./inspect-idx.js";

/** An object as a file has it; a reverse index has positions alone, and a cruft pack's file of times those. */
export interface FileEntry {
  /** The object's id, lower-case hex. */
  readonly oid?: string;
  /** Where in its pack its entry begins; undefined with a `problem` where that cannot be read. */
  readonly offset?: number | undefined;
  /** CRC32 of the packed entry, as eight hex digits: only in an index of version 2. */
  readonly crc32?: string | undefined;
  /** Number of its pack in this file, as it stands there. */
  readonly packNumber?: number;
  /** Name of that pack's `.idx` file; undefined if there is no such number. */
  readonly pack?: string | undefined;
  /** A row of a reverse index: the position in the pack's index. */
  readonly idxPosition?: number;
  /** A row of modification times: seconds since 1970. */
  readonly mtime?: number;
  readonly problem?: string;
}

/** Rows to read at a time. */
const batchSize = 1024;

/**
 * Lists the entries of a file in its own order, in batches; none for a pack, whose entries are not in any table, and a chain file.
 * @throws GitmidxError `aborted`, the codes of a file whose structure does not hold, or what the file system says.
 */
export async function* fileEntries(
  fs: PackFs,
  path: string,
  options: InspectOptions & TaskOptions = {},
): AsyncGenerator<readonly FileEntry[], void, undefined> {
  const source = await fs.openSource(path);
  try {
    const rows = await withRanges(() => {
      const { kind, format } = recogniseFile(source, options);
      return openRows(source, kind, format);
    });
    if (rows === undefined) return;
    const step = new Step(options, "Listing objects", rows.count);
    for (let row = 0; row < rows.count; ) {
      const batch: FileEntry[] = [];
      const end = Math.min(rows.count, row + batchSize);
      // Run again after a range was fetched, the work goes on where it stopped.
      await withRanges(() => {
        for (; row < end; row++) batch.push(rows.at(row));
      });
      yield batch;
      await step.tick(batch.length);
    }
    step.finish();
  } finally {
    source.close();
  }
}

interface Rows {
  readonly count: number;
  at(row: number): FileEntry;
}

function openRows(source: ByteSource, kind: InspectedKind, format: ObjectFormat): Rows | undefined {
  switch (kind) {
    case "multi-pack-index": {
      const layout = readMidxLayout(source, undefined);
      return canView(layout) ? midxRows(new MidxView(source, layout)) : undefined;
    }
    case "pack-index":
      return idxRows(new IdxView(source, format));
    case "reverse-index":
      return revRows(source, format);
    case "modification-times":
      return mtimesRows(source, format);
    default:
      return undefined;
  }
}

function midxRows(view: MidxView): Rows {
  return {
    count: view.count,
    at(row) {
      const position = row as LayerPosition;
      const packNumber = view.rawPackIdAt(position);
      const oid = toHex(view.ids.idAt(row));
      const pack = view.packNames[packNumber];
      const problem =
        pack === undefined ? { problem: `bad pack-int-id: ${packNumber} (${view.packNames.length} total packs)` } : {};
      return { oid, packNumber, pack, ...readOffset(() => view.offsetAt(position)), ...problem };
    },
  };
}

function idxRows(view: IdxView): Rows {
  return {
    count: view.count,
    at(row) {
      const position = row as IdxPosition;
      const crc32 = view.crc32At(position)?.toString(16).padStart(8, "0");
      return { oid: toHex(view.ids.idAt(row)), ...readOffset(() => view.offsetAt(position)), crc32 };
    },
  };
}

function revRows(source: ByteSource, format: ObjectFormat): Rows {
  const count = rowCount(source, format);
  const view = new RevView(source, format, count);
  return { count, at: (row) => ({ idxPosition: view.idxPositionAt(row as PackPosition) }) };
}

function mtimesRows(source: ByteSource, format: ObjectFormat): Rows {
  const count = rowCount(source, format);
  const view = new MtimesView(source, format, count);
  return { count, at: (row) => ({ mtime: view.mtimeAt(row as IdxPosition) }) };
}

function readOffset(read: () => number): { offset?: number; problem?: string } {
  try {
    return { offset: read() };
  } catch (error) {
    if (isGitmidxError(error)) return { problem: error.message };
    throw error;
  }
}
