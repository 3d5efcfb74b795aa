/**
 * Which objects of an answer from a bitmap are taken over as they lie in their packs, without being looked at one by one.
 *
 * An entry can be taken over if it is no delta, or if the object that it is a delta of lies before it in the same pack and is taken over
 * too: then only the distance between the two may have to be written anew.
 */

import { BitSet } from "../../../bytes/bit-set.js";
import { isGitmidxError } from "../../../core/errors.js";
import { Step, type TaskOptions } from "../../../core/task.js";
import { EntryHeader, ofsDeltaCode } from "../../../formats/pack/entry-header.js";
import { now } from "../select/known-packs.js";
import { PackBlocks } from "./pack-blocks.js";
import type { ReusedPack } from "./reused-pack.js";

/** What is taken over. */
export interface ReusePlan {
  /** Packs by their first bits. */
  readonly packs: readonly ReusedPack[];
  /** The objects. */
  readonly bits: BitSet;
  readonly count: number;
}

/** Words of 32 bits that git decides of at a time. */
const wordsAtOnce = 2;
const fullWord = 0xffff_ffff;

/**
 * Decides on the objects `wanted` of the packs, which are in the order of their bits.
 * @returns undefined if nothing can be taken over.
 * @throws GitmidxError what reading throws
 */
export async function planReuse(
  packs: readonly ReusedPack[],
  wanted: BitSet,
  { signal }: Pick<TaskOptions, "signal"> = {},
): Promise<ReusePlan | undefined> {
  const bits = new BitSet(packs.at(-1)?.endBit);
  const step = new Step({ signal }, "Choosing what is reused");
  for (const pack of packs) await new PackChoice(pack, wanted, bits).run(step);
  const count = bits.count();
  return count === 0 ? undefined : { packs, bits, count };
}

class PackChoice {
  readonly #pack: ReusedPack;
  readonly #wanted: BitSet;
  readonly #reused: BitSet;
  readonly #blocks: PackBlocks;
  readonly #header = new EntryHeader();

  constructor(pack: ReusedPack, wanted: BitSet, reused: BitSet) {
    this.#pack = pack;
    this.#wanted = wanted;
    this.#reused = reused;
    this.#blocks = new PackBlocks(pack.source.view);
  }

  async run(step: Step): Promise<void> {
    const { endBit } = this.#pack;
    const wanted = this.#wanted;
    for (let bit = wanted.next(this.#takeLeadingWords()); bit >= 0 && bit < endBit; bit = wanted.next(bit + 1)) {
      const found = now(() => this.#pack.offsetOf(bit));
      const offset = typeof found === "number" ? found : await found;
      if (offset < 0) continue;
      if (!this.#blocks.holdsHeader(offset)) {
        const turning = this.#blocks.turn(offset);
        if (turning !== undefined) await turning;
      }
      const decided = now(() => this.#canReuse(offset));
      const answer = typeof decided === "object" ? await decided : decided;
      if (answer === undefined) return;
      if (answer) this.#reused.add(bit);
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
  }

  /**
   * Takes what is wanted from the beginning of the first pack without a gap: what a delta stands on there lies before it, and is wanted
   * too. @returns the bit to go on with.
   */
  #takeLeadingWords(): number {
    const { firstBit, endBit, isWhole } = this.#pack;
    if (firstBit !== 0 || !isWhole) return firstBit;
    const { words } = this.#wanted;
    const most = Math.min(words.length, wordsAtOnce * Math.floor(endBit / (32 * wordsAtOnce)));
    let count = 0;
    while (count + wordsAtOnce <= most && words[count] === fullWord && words[count + 1] === fullWord) {
      count += wordsAtOnce;
    }
    this.#reused.words.fill(fullWord, 0, count);
    return 32 * count;
  }

  /** Whether the entry at `offset` can be taken over; undefined if nothing from there on can: the pack is damaged. */
  #canReuse(offset: number): boolean | undefined {
    const header = this.#header;
    const blocks = this.#blocks;
    try {
      blocks.headerAt(offset, header);
    } catch (error) {
      if (isGitmidxError(error)) return undefined;
      throw error;
    }
    if (!header.isDelta) return true;
    const baseOffset = header.type === ofsDeltaCode ? offset - header.baseDistance : this.#namedBase();
    if (baseOffset === undefined || baseOffset >= offset) return false;
    const base = this.#pack.bitAt(baseOffset);
    return base >= 0 && this.#reused.has(base);
  }

  /** Where in the pack the base is that the header names by its id. */
  #namedBase(): number | undefined {
    const { bytes } = this.#blocks;
    const { baseIdAt } = this.#header;
    const { idx, view } = this.#pack.source;
    const position = idx.find(bytes.subarray(baseIdAt, baseIdAt + view.format.byteLength));
    return position === undefined ? undefined : idx.offsetAt(position);
  }
}
