/** Uses an opened bitmap file in every way there is, and checks that each answer is one that can be, also where its bytes are nonsense. */

import assert from "node:assert/strict";
import type { BitSet } from "../../src/bytes/bit-set.js";
import type { ByteSource } from "../../src/bytes/source.js";
import type { BitmapPlace } from "../../src/formats/bitmap/layout.js";
import { type BitmapEntry, type BitmapView, openBitmap } from "../../src/formats/bitmap/view.js";
import type { Ewah } from "../../src/formats/ewah/ewah.js";
import { checkTyped } from "./exercise.js";

/** What using an opened file may throw: not `truncated`, as a view must not read outside of what it knows to be there. */
const useCodes = ["bad-ewah", "bad-bitmap-entry", "bad-lookup-table", "bad-pseudo-merge", "bad-size"];

/** Opens the file and asks it everything. @throws what opening throws @returns the answers, errors as their codes, places and messages */
export function useBitmap(source: ByteSource, place: BitmapPlace): unknown[] {
  const view = openBitmap(source, place);
  const answers: unknown[] = [view.flags, view.entryCount, view.checksum.length, view.trailer().length];
  const attempt = <T>(use: () => T, tell: (answer: T) => unknown): T | undefined => {
    try {
      const answer = use();
      answers.push(tell(answer));
      return answer;
    } catch (error) {
      const { code, message, offset } = checkTyped(error, source);
      assert.ok(useCodes.includes(code), `an opened file throws ${code}`);
      answers.push([code, message, offset]);
      return undefined;
    }
  };
  const tellEwah = (ewah: Ewah) => [ewah.checksum(), countIn(ewah.toBits(), view)];
  for (const type of [1, 2, 3, 4] as const) attempt(() => view.typeBits(type), tellEwah);
  const tellEntry = (entry: BitmapEntry | undefined) => entry && { ...entry };
  const entries =
    attempt(
      () => [...view.entries()],
      (list) => list.length,
    ) ?? [];
  for (const entry of [...entries, ...foundEntries(view, attempt)]) {
    attempt(() => view.find(entry.position), tellEntry);
    attempt(() => view.ewahOf(entry), tellEwah);
    attempt(() => view.xorBaseOf(entry), tellEntry);
    attempt(
      () => view.bitsOf(entry),
      (bits) => countIn(bits, view),
    );
    attempt(() => view.resolvedEwahOf(entry), tellEwah);
  }
  for (const position of [0, 1, place.objectCount - 1]) answers.push(view.nameHashAt(position));
  answers.push(view.copyNameHashes()?.reduce((sum, hash) => (sum + hash) | 0, 0));
  const merges = view.pseudoMerges();
  for (let i = 0; i < Math.min(50, merges?.count ?? 0); i++) {
    attempt(() => merges!.members(i), tellEwah);
    attempt(() => merges!.objects(i), tellEwah);
  }
  const bits =
    attempt(
      () => merges?.memberBits(),
      (list) => list?.length,
    ) ?? [];
  for (const bit of bits.slice(0, 50)) {
    attempt(
      () => merges!.mergesOf(bit),
      (list) => checkMerges(list, merges!.count),
    );
  }
  view.close();
  return answers;
}

type Attempt = <T>(use: () => T, tell: (answer: T) => unknown) => T | undefined;

/** What is found by searching some positions. */
function foundEntries(view: BitmapView, attempt: Attempt): BitmapEntry[] {
  const { objectsBelow, objectCount } = view.layout.place;
  const found: BitmapEntry[] = [];
  const step = Math.max(1, Math.floor(objectCount / 100));
  for (let position = objectsBelow - 1; position <= objectsBelow + objectCount; position += step) {
    const entry = attempt(
      () => view.find(position),
      (one) => one?.offset,
    );
    if (entry === undefined) continue;
    assert.equal(entry.position, position);
    found.push(entry);
  }
  return found;
}

function countIn(bits: BitSet, view: BitmapView): number {
  assert.equal(bits.next(view.bitLimit), -1, "no bit without an object");
  return bits.count();
}

function checkMerges(list: readonly number[], count: number): readonly number[] {
  for (const merge of list) assert.ok(Number.isInteger(merge) && merge >= 0 && merge < count);
  return list;
}
