/**
 * Every object: git's list of ids against ours, and the bytes that the copy takes which git finds against the copy that we find.
 *
 * Git finds an object through the multi-pack-index if there is one, so that its answer tells what it read there.
 */

import { GitmidxError } from "../../../core/errors.js";
import { toHex } from "../../../core/oid.js";
import { Step } from "../../../core/task.js";
import { loosePath } from "../../../store/loose.js";
import type { ByteLines } from "../byte-lines.js";
import { Census, type CensusCopy } from "../census.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted, type Verdict } from "../comparison.js";
import { decimalAt, hexPrefixOrder } from "../hex-order.js";
import { checkMidxEntries, placeOf } from "../midx-entries.js";
import { blindness, SubjectStacks, withoutMidx } from "../subject-stacks.js";

export const check: Check = {
  name: "objects",
  title: "every object, and the copy of it that is found",
  since: [2, 30],
  async run(context) {
    const stacks = await SubjectStacks.open(context.subject);
    try {
      const census = await Census.open(stacks.entries);
      try {
        return await new ObjectsCheck(context, stacks, census).run();
      } finally {
        census.close();
      }
    } finally {
      stacks.close();
    }
  },
};

const arguments_ = [
  "cat-file",
  "--batch-all-objects",
  "--buffer",
  "--batch-check=%(objectname) %(objectsize:disk)",
] as const;

class ObjectsCheck {
  readonly #context: CheckContext;
  readonly #stacks: SubjectStacks;
  readonly #census: Census;
  readonly #comparison = new Comparison();
  /** Why git does not read the multi-pack-index: it then finds any copy. */
  readonly #blind: string | undefined;
  /** The line of git that has not been dealt with. */
  #line: Uint8Array | undefined;
  #objects = 0;

  constructor(context: CheckContext, stacks: SubjectStacks, census: Census) {
    this.#context = context;
    this.#stacks = stacks;
    this.#census = census;
    this.#blind = blindness(context.git, context.subject, stacks);
  }

  async run(): Promise<Verdict> {
    const { git, subject, task } = this.#context;
    const place = this.#blind === undefined ? subject.place : withoutMidx(subject.place);
    const lines = git.lines(place, { args: arguments_ }, task);
    const step = new Step(task, `Comparing objects with git ${git.versionText}`);
    try {
      this.#line = await lines.next();
      for (let byte = 0; byte < 256; byte++) {
        await this.#census.load(byte);
        while (this.#census.next()) {
          // A promise for each of ten million objects would cost more than the comparison.
          if (!this.#agrees()) await this.#disagree(lines);
          else this.#line = lines.take() ?? (await lines.next());
          const turn = step.tick();
          if (turn !== undefined) await turn;
        }
      }
      while (this.#line !== undefined) await this.#gitOnly(lines);
    } finally {
      await lines.close();
    }
    step.finish();
    return this.#comparison.verdict(this.#summary());
  }

  #summary(): string {
    const inMidx = this.#stacks.objectCount;
    const through =
      inMidx === 0
        ? "no multi-pack-index"
        : this.#blind === undefined
          ? `${inMidx} through the multi-pack-index`
          : `not through the multi-pack-index: ${this.#blind}`;
    return `${counted(this.#objects, "object")}, ${through}`;
  }

  /** Whether the line that git is at is about the object that the census is at, and of the length of a packed copy that git may find. */
  #agrees(): boolean {
    this.#objects++;
    const { id } = this.#census;
    const copies = this.#census.copies();
    checkMidxEntries(id, copies, this.#stacks, this.#comparison);
    const line = this.#line;
    if (line === undefined || hexPrefixOrder(line, id) !== 0) return false;
    const { value, end } = decimalAt(line, 2 * id.length + 1);
    if (end !== line.length) return false;
    return this.#findable(copies).some((copy) => copy.kind === "pack" && packedLength(copy) === value);
  }

  /** Says what is different, unless the object is loose and its file as long as git says. */
  async #disagree(lines: ByteLines): Promise<void> {
    const { id } = this.#census;
    const copies = this.#census.copies();
    // What git lists before it, we do not have.
    while (this.#line !== undefined && hexPrefixOrder(this.#line, id) < 0) await this.#gitOnly(lines);
    if (this.#line === undefined || hexPrefixOrder(this.#line, id) !== 0) {
      const ours = copies.map((copy) => placeOf(id, copy)).join(", ");
      this.#comparison.differ({ what: "git does not list the object", object: toHex(id), ours, git: "not there" });
      return;
    }
    await this.#compareLengths(id, this.#findable(copies), decoder.decode(this.#line.subarray(2 * id.length + 1)));
    this.#line = await lines.next();
  }

  async #gitOnly(lines: ByteLines): Promise<void> {
    const line = decoder.decode(this.#line);
    const object = line.split(" ", 1)[0]!;
    this.#comparison.differ({ what: "only git has the object", object, ours: "not there", git: line });
    this.#line = await lines.next();
  }

  /** Compares with loose files too, whose sizes must be asked for. */
  async #compareLengths(id: Uint8Array, found: readonly CensusCopy[], told: string): Promise<void> {
    const candidates: string[] = [];
    for (const copy of found) {
      if (copy.kind === "layer") continue;
      const length = copy.kind === "pack" ? packedLength(copy) : await looseLength(id, copy);
      if (`${length}` === told) return;
      candidates.push(`${length} bytes: ${placeOf(id, copy)}`);
    }
    const what = "git finds another copy of the object, or reads it elsewhere";
    const git = /^\d+$/.test(told) ? `${told} bytes` : told;
    this.#comparison.differ({ what, object: toHex(id), ours: candidates.join(" or "), git });
  }

  /** The copies of which git may find each: that of the first multi-pack-index, and those of directories before it. */
  #findable(copies: readonly CensusCopy[]): readonly CensusCopy[] {
    if (copies.length === 1 || this.#blind !== undefined) return copies;
    const first = copies.find(({ kind }) => kind === "layer")?.source.directory;
    if (first === undefined) return copies;
    // The youngest layer of the directory is the last one in the list.
    const entry = copies.findLast((copy) => copy.kind === "layer" && copy.source.directory === first);
    if (entry?.kind !== "layer") return copies;
    const { view } = entry.source.layer;
    try {
      const name = view.packNames[view.packIdAt(entry.position)]!;
      const offset = view.offsetAt(entry.position);
      return copies
        .filter(({ source }) => source.directory < first)
        .concat(
          copies.filter(
            (copy) =>
              copy.kind === "pack" &&
              copy.source.directory === first &&
              copy.source.file.name === name &&
              copy.source.idx.offsetAt(copy.position) === offset,
          ),
        );
    } catch (error) {
      // An entry that cannot be is reported by checkMidxEntries.
      if (error instanceof GitmidxError) return copies;
      throw error;
    }
  }
}

type Copy<K extends CensusCopy["kind"]> = Extract<CensusCopy, { readonly kind: K }>;

function packedLength({ source, position }: Copy<"pack">): number {
  return source.byteLengthAt(position);
}

async function looseLength(id: Uint8Array, { source }: Copy<"loose">): Promise<number | undefined> {
  return (await source.objects.fs.stat(loosePath(source.objects, toHex(id))))?.size;
}

const decoder = new TextDecoder();
