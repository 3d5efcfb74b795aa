/** Every pack's index, row by row, as `git show-index` prints it; and every reverse index against the order of git's offsets. */

import { withRanges } from "../../../bytes/source.js";
import { toHex } from "../../../core/oid.js";
import type { IdxPosition, PackPosition } from "../../../core/positions.js";
import { Step } from "../../../core/task.js";
import { IdxView } from "../../../formats/idx/view.js";
import { computeReverseIndex, RevView } from "../../../formats/rev.js";
import type { ObjectDirectory, PackFile } from "../../../store/object-directory.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted } from "../comparison.js";
import { decimalAt, hexPrefixOrder, hexWordAt } from "../hex-order.js";

export const check: Check = {
  name: "packs",
  title: "every row of the packs' indexes and reverse indexes",
  since: [2, 30],
  async run(context) {
    const comparison = new Comparison();
    let packs = 0;
    let objects = 0;
    let reverse = 0;
    const step = new Step(context.task, `Comparing pack indexes with git ${context.git.versionText}`);
    for (const directory of context.subject.directories) {
      for (const file of await directory.listPacks()) {
        const idx = await openIdx(directory, file);
        try {
          const rows = new PackRows(directory, file, idx, comparison);
          await rows.compare(context, step);
          if (await rows.compareReverseIndex()) reverse++;
        } finally {
          idx.source.close();
        }
        packs++;
        objects += idx.count;
      }
    }
    step.finish();
    return comparison.verdict(
      `${counted(packs, "pack")}, ${counted(objects, "object")}, ${counted(reverse, "reverse index file")}`,
    );
  },
};

async function openIdx(directory: ObjectDirectory, file: PackFile): Promise<IdxView> {
  const source = await directory.fs.openSource(file.idxPath);
  try {
    return await withRanges(() => new IdxView(source, directory.format));
  } catch (error) {
    source.close();
    throw error;
  }
}

/** Rows of an index to read at a time. */
const batchRows = 4096;

class PackRows {
  readonly #directory: ObjectDirectory;
  readonly #file: PackFile;
  readonly #idx: IdxView;
  readonly #comparison: Comparison;
  /** Where the objects are as git prints it, in the order of ids. */
  readonly #offsets: Float64Array;

  constructor(directory: ObjectDirectory, file: PackFile, idx: IdxView, comparison: Comparison) {
    this.#directory = directory;
    this.#file = file;
    this.#idx = idx;
    this.#comparison = comparison;
    this.#offsets = new Float64Array(idx.count);
  }

  async compare({ git, subject, task }: CheckContext, step: Step): Promise<void> {
    const args = ["show-index", `--object-format=${this.#directory.format.name}`];
    const lines = git.lines(subject.place, { args, input: this.#file.idxPath }, task);
    let row = 0;
    try {
      for (let line = await lines.next(); line !== undefined; line = lines.take() ?? (await lines.next())) {
        if (row < this.#idx.count) this.#compareRow(row, line);
        row++;
        const turn = step.tick();
        if (turn !== undefined) await turn;
      }
    } finally {
      await lines.close();
    }
    if (row === this.#idx.count) return;
    const counts = { ours: `${this.#idx.count} objects`, git: `${row} objects` };
    this.#comparison.differ({ what: "the numbers of objects differ", path: this.#file.idxPath, ...counts });
  }

  /** The ids of the batch that holds the row read last. */
  #batch: { readonly first: number; readonly bytes: Uint8Array } = { first: -1, bytes: new Uint8Array(0) };

  #idAt(row: number): Uint8Array {
    const { stride, idOffset, idByteLength } = this.#idx.ids.layout;
    const first = row - (row % batchRows);
    if (this.#batch.first !== first) {
      this.#batch = { first, bytes: this.#idx.copyRows(first, Math.min(first + batchRows, this.#idx.count)) };
    }
    const at = (row - first) * stride + idOffset;
    return this.#batch.bytes.subarray(at, at + idByteLength);
  }

  /** A line is `OFFSET ID`, in version 2 followed by ` (CRC32)`. */
  #compareRow(row: number, line: Uint8Array): void {
    const { value, end } = decimalAt(line, 0);
    this.#offsets[row] = value;
    const id = this.#idAt(row);
    const offset = this.#idx.offsetAt(row as IdxPosition);
    const crc = this.#idx.crc32At(row as IdxPosition);
    const afterId = end + 1 + 2 * id.length;
    const crcMatches = crc === undefined ? line.length === afterId : hexWordAt(line, afterId + 2) === crc;
    if (value === offset && hexPrefixOrder(line, id, end + 1) === 0 && crcMatches) return;
    const crcText = crc === undefined ? "" : ` (${crc.toString(16).padStart(8, "0")})`;
    this.#comparison.differ({
      what: `row ${row} of the index differs`,
      path: this.#file.idxPath,
      object: toHex(id),
      ours: `${offset} ${toHex(id)}${crcText}`,
      git: new TextDecoder().decode(line),
    });
  }

  /** Compares the file of the reverse index with the order of git's offsets; false if there is no such file. */
  async compareReverseIndex(): Promise<boolean> {
    const { fs, format } = this.#directory;
    const path = this.#file.idxPath.replace(/\.idx$/, ".rev");
    if ((await fs.stat(path)) === undefined) return false;
    const source = await fs.openSource(path);
    try {
      const rev = new RevView(source, format, this.#idx.count);
      const wanted = computeReverseIndex(this.#offsets);
      for (let i = 0; i < wanted.length; i++) {
        const found = rev.idxPositionAt(i as PackPosition);
        if (found === wanted[i]) continue;
        const what = `row ${i} of the reverse index differs from the order of the offsets that git prints`;
        this.#comparison.differ({ what, path, offset: 12 + 4 * i, ours: `${found}`, git: `${wanted[i]}` });
      }
      return true;
    } finally {
      source.close();
    }
  }
}
