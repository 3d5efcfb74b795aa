/**
 * Uses an opened file in every way there is, and checks that each answer is one that can be: an answer, or a typed error with its place
 * in the file, also where the file's bytes are nonsense.
 */

import assert from "node:assert/strict";
import type { ByteSource } from "../../src/bytes/source.js";
import { errorCodes, GitmidxError } from "../../src/core/errors.js";
import { maxOffset } from "../../src/core/limits.js";
import { type ObjectFormat, toHex } from "../../src/core/oid.js";
import type { IdxPosition, LayerPackId, LayerPosition, PackPosition } from "../../src/core/positions.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { openMidx } from "../../src/formats/midx/view.js";
import { RevView } from "../../src/formats/rev.js";

const controls = /[\p{Cc}]/u;

/** Checks that `error` says what it is about: a code of the list, the file, a place in it, and a message that can be printed. */
export function checkTyped(error: unknown, source: Pick<ByteSource, "name" | "size">): GitmidxError {
  if (!(error instanceof GitmidxError)) throw error;
  assert.ok(errorCodes.includes(error.code), error.code);
  assert.equal(error.path, source.name);
  assert.ok(error.message.length > 5 && error.message.length < 1000 && !controls.test(error.message), error.message);
  const { offset } = error;
  assert.ok(offset !== undefined && Number.isInteger(offset) && offset >= 0 && offset <= source.size, `at ${offset}`);
  return error;
}

/** The codes that using an opened file may throw; `truncated` is not one: a view must not read outside of its file. */
const useCodes = ["bad-pack-id", "bad-large-offset"];

/** Calls `use` and returns its answer, or the code of the typed error that it throws. */
function attempt(source: ByteSource, use: () => unknown): unknown {
  try {
    return use();
  } catch (error) {
    const { code } = checkTyped(error, source);
    assert.ok(useCodes.includes(code), `an opened file throws ${code}`);
    return code;
  }
}

/** Every position of a small file, some of a large one. */
function positionsOf(count: number): number[] {
  if (count <= 64) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: 64 }, (_, i) => Math.floor((i * (count - 1)) / 63));
}

function checkNumber(value: unknown, most: number): void {
  if (typeof value === "string") return;
  assert.ok(Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most, `${value}`);
}

/** Searches for every id that is there and some that are not; returns what was found. */
function searches(table: {
  count: number;
  idAt(position: number): Uint8Array;
  find(oid: Uint8Array): number;
}): unknown[] {
  const answers: unknown[] = [];
  for (const position of positionsOf(table.count)) {
    const id = table.idAt(position);
    for (const last of [id.at(-1)!, id.at(-1)! ^ 1]) {
      const asked = id.slice();
      asked[asked.length - 1] = last;
      const found = table.find(asked);
      assert.ok(found >= -1 && found < Math.max(table.count, 1), `${found}`);
      if (found >= 0) assert.equal(toHex(table.idAt(found)), toHex(asked));
      answers.push(found);
    }
  }
  return answers;
}

/** What an index answers to everything it can be asked. @throws GitmidxError if it cannot be opened. */
export function useIdx(source: ByteSource, format: ObjectFormat): unknown[] {
  const view = new IdxView(source, format);
  assert.ok(view.count * (4 + format.byteLength) <= source.size, "more objects than the file has room for");
  assert.ok(view.largeOffsetCount * 8 <= source.size);
  const answers: unknown[] = [view.version, view.count, view.largeOffsetCount, ...searches(view.ids)];
  for (const position of positionsOf(view.count) as IdxPosition[]) {
    const offset = attempt(source, () => view.offsetAt(position));
    checkNumber(offset, maxOffset);
    answers.push(offset, view.rawOffsetAt(position), view.crc32At(position));
    const { start, end } = view.ids.prefixRange(view.ids.idAt(position), 3);
    assert.ok(start <= end && end <= view.count);
    answers.push(start, end);
  }
  answers.push(attempt(source, () => [...view.offsets()]));
  answers.push([...view.copyRows(0, view.count)], [...view.packChecksum()], [...view.checksum()]);
  if (view.version === 2) answers.push([...view.copyRawOffsets(0, view.count)]);
  return answers;
}

/** What a reverse index answers. @throws GitmidxError if it cannot be opened. */
export function useRev(source: ByteSource, format: ObjectFormat, count: number): unknown[] {
  const view = new RevView(source, format, count);
  const positions = positionsOf(count).map((position) => view.idxPositionAt(position as PackPosition));
  for (const position of positions) checkNumber(position, 0xffff_ffff);
  return [...positions, [...view.packChecksum()], [...view.checksum()]];
}

/** What a multi-pack-index answers. @throws GitmidxError if it cannot be opened. */
export function useMidx(source: ByteSource, format: ObjectFormat): unknown[] {
  const view = openMidx(source, format);
  assert.ok(view.count * (8 + format.byteLength) <= source.size, "more objects than the file has room for");
  assert.ok(view.packNames.length <= source.size);
  assert.equal(view.packNames.length, view.layout.header.packCount);
  const { layout } = view;
  const problems = layout.problems.map(({ code, chunk, offset }) => `${code} ${chunk} ${offset}`);
  const answers: unknown[] = [view.version, view.count, view.packNames, problems, view.largeOffsetCount];
  answers.push(...searches(view.ids));
  for (const position of positionsOf(view.count) as LayerPosition[]) {
    const packId = attempt(source, () => view.packIdAt(position));
    checkNumber(packId, view.packNames.length - 1);
    const offset = attempt(source, () => view.offsetAt(position));
    checkNumber(offset, maxOffset);
    answers.push(packId, offset, view.rawPackIdAt(position), view.rawOffsetAt(position));
    answers.push(view.hasReverseIndex ? view.reverseIndexAt(position) : undefined);
  }
  for (const packId of positionsOf(view.packNames.length) as LayerPackId[]) answers.push(view.bitmappedPackAt(packId));
  answers.push([...view.copyIds(0, view.count)], [...view.copyObjectOffsets(0, view.count)], view.checksumHex());
  return answers;
}
