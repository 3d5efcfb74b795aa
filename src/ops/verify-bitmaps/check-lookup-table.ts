/** The lookup table: a row for each entry, in the order of commits, that says where the entry is and what it is a difference to. */

import { withRanges } from "../../bytes/source.js";
import { lookupRowByteLength } from "../../formats/bitmap/layout.js";
import type { EntryBits, TestedEntry } from "./entry-bits.js";
import type { TestedBitmap } from "./tested-bitmap.js";

const noRow = 0xffff_ffff;

/** Checks every row against the entries. Where entries could not be read, rows that lead to those are passed over. */
export async function checkLookupTable(bitmap: TestedBitmap, { entries }: EntryBits): Promise<void> {
  const { view, source, sections, findings } = bitmap;
  if (!view.hasLookupTable) return;
  const isWhole = entries.length === view.entryCount;
  const byOffset = new Map(entries.map((entry) => [entry.offset, entry]));
  const byteLength = lookupRowByteLength * view.entryCount;
  const bytes = await withRanges(() => source.copy(sections.lookupTable, byteLength));
  const rows = new DataView(bytes.buffer);
  let before = -1;
  for (let row = 0; row < view.entryCount; row++) {
    const at = lookupRowByteLength * row;
    const offset = sections.lookupTable + at;
    const position = rows.getUint32(at);
    if (position <= before) {
      const message = `row ${row} of the lookup table, of position ${position}, stands behind one of ${before}`;
      const wanted = "positions in ascending order, each once";
      findings.error("bad-lookup-table", "lookup table", message, { offset, found: String(position), wanted });
    }
    before = position;
    const place = rows.getUint32(at + 4) * 2 ** 32 + rows.getUint32(at + 8);
    const entry = byOffset.get(place);
    if (entry !== undefined) checkRow(bitmap, row, entry, entries, rows);
    else if (isWhole) {
      // An offset of 64 bits is told to its last digit.
      const found = String(rows.getBigUint64(at + 4));
      const message = `row ${row} of the lookup table leads to an offset where no entry begins`;
      const wanted = wantedPlace(entries, position);
      findings.error("bad-lookup-table", "lookup table", message, { offset: offset + 4, found, wanted });
    }
    await findings.drain();
  }
}

/** Where the entry of a commit begins. */
function wantedPlace(entries: readonly TestedEntry[], position: number): string {
  const entry = entries.find((each) => each.position === position);
  return entry === undefined ? "where an entry begins" : String(entry.offset);
}

/** A row that leads to an entry: it must be of the same commit, and name the row of the entry's base. */
function checkRow(
  { findings, sections, view }: TestedBitmap,
  row: number,
  entry: TestedEntry,
  entries: readonly TestedEntry[],
  rows: DataView,
): void {
  const at = lookupRowByteLength * row;
  const offset = sections.lookupTable + at;
  const position = rows.getUint32(at);
  if (position !== entry.position) {
    const message = `row ${row} of the lookup table is of position ${position}, but leads to the entry of ${entry.position}`;
    const [found, wanted] = [String(position), String(entry.position)];
    findings.error("bad-lookup-table", "lookup table", message, { offset, found, wanted });
  }
  const baseRow = rows.getUint32(at + 12);
  const base = entry.base < 0 ? undefined : entries[entry.base];
  // What an impossible base should be nobody knows.
  if (entry.base === -2) return;
  const has = baseRow < view.entryCount ? rows.getUint32(lookupRowByteLength * baseRow) : undefined;
  if (base === undefined ? baseRow === noRow : has === base.position) return;
  const what = baseRow >= view.entryCount ? "triplet position out of index" : "not the row of the entry's XOR base";
  const message = `corrupt bitmap lookup table: ${what} (row ${row})`;
  const found = baseRow === noRow ? "no row" : `row ${baseRow}, of position ${has ?? "none"}`;
  const wanted = base === undefined ? "no row" : `the row of position ${base.position}`;
  findings.error("bad-lookup-table", "lookup table", message, { offset: offset + 12, found, wanted });
}
