/** What each entry must reach at the least: its own commit, that one's tree, and its parents. */

import type { BitSet } from "../../bytes/bit-set.js";
import { withRanges } from "../../bytes/source.js";
import { toHex } from "../../core/oid.js";
import { Step } from "../../core/task.js";
import { CommitLinks } from "../../formats/object/commit.js";
import type { Grafts } from "../walk/grafts.js";
import type { BitObjects } from "./bit-objects.js";
import { type ComparedHistory, noteGrafted } from "./compared-history.js";
import type { EntryBits, TestedEntry } from "./entry-bits.js";
import type { TestedBitmap } from "./tested-bitmap.js";

/** Checks each entry that can be resolved. It costs one object read for each, and is no proof: that takes a walk. */
export async function checkClosure(
  bitmap: TestedBitmap,
  objects: BitObjects,
  bits: EntryBits,
  task: ComparedHistory,
): Promise<void> {
  const check = new ClosureCheck(bitmap, objects, task);
  const step = new Step(task, "Verifying what bitmaps reach", bits.entries.length);
  for (const entry of bits.entries) {
    const resolved = entry.bit < 0 ? undefined : bits.bitsOf(entry.index);
    if (resolved !== undefined) await check.entry(entry, resolved);
    const turn = step.tick();
    if (turn !== undefined) await turn;
    await bitmap.findings.drain();
  }
  step.finish();
}

class ClosureCheck {
  readonly #bitmap: TestedBitmap;
  readonly #objects: BitObjects;
  readonly #grafts: Grafts | undefined;
  readonly #grafted: boolean;
  readonly #links: CommitLinks;

  constructor(bitmap: TestedBitmap, objects: BitObjects, { grafts, grafted }: ComparedHistory) {
    this.#bitmap = bitmap;
    this.#objects = objects;
    this.#grafts = grafts;
    this.#grafted = grafted === true;
    this.#links = new CommitLinks(bitmap.format);
  }

  async entry(entry: TestedEntry, resolved: BitSet): Promise<void> {
    const { findings, format } = this.#bitmap;
    const oid = this.#objects.order.oidAt(entry.bit).slice();
    this.#reaches(entry, resolved, "commit", oid, 0);
    try {
      const object = await this.#objects.read(oid);
      // What the types have said of it already.
      if (object?.type !== "commit") return;
      this.#links.parse(object.bytes, 0, object.bytes.length, oid);
    } catch (error) {
      findings.thrown(error, "entries");
      return;
    }
    await withRanges(() => {
      this.#reaches(entry, resolved, "tree", this.#links.tree, 0);
      const { parents, count } = this.#grafts?.of(oid) ?? {
        parents: this.#links.parents,
        count: this.#links.parentCount,
      };
      for (let i = 0; i < count; i++) this.#reaches(entry, resolved, "parent", parents, i * format.byteLength);
    });
  }

  /** The entry has the bit of an object that its commit leads to. */
  #reaches(
    entry: TestedEntry,
    resolved: BitSet,
    what: "commit" | "tree" | "parent",
    ids: Uint8Array,
    at: number,
  ): void {
    const { order } = this.#objects;
    const bit = order.bitOf(ids, at);
    if (bit >= 0 && bit < 32 * resolved.words.length && resolved.has(bit)) return;
    const { findings, format, kind } = this.#bitmap;
    const commit = this.#objects.hexAt(entry.bit);
    const object = toHex(ids, at, format.byteLength);
    const place = { offset: entry.offset, object, wanted: "its bit" };
    if (bit < 0) {
      const where = kind === "pack" ? "the pack" : "the multi-pack-index";
      const message = `Packfile doesn't have full closure (object ${object} is missing): it is the ${what} of ${commit}`;
      findings.error("not-closed", "entries", message, { ...place, found: `no such object in ${where}` });
      return;
    }
    const message =
      what === "commit"
        ? `the bitmap of commit ${commit} does not have the commit itself`
        : `the bitmap of commit ${commit} does not have its ${what}, ${object}`;
    const details = { ...place, found: "no bit" };
    if (what === "parent" && this.#grafted) noteGrafted(findings, "entries", message, details);
    else findings.error("wrong-bitmap", "entries", message, details);
  }
}
