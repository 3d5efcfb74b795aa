/** What a delta promises, held against what its instructions can keep, before memory is taken for it. */

import { GitmidxError } from "../../core/errors.js";

/** Git takes nothing shorter for a delta. */
const leastDeltaByteLength = 4;
/** Results up to this many bytes are made without looking at the instructions first. */
const modestByteLength = 1 << 23;

/** The sizes that a delta names, and the one that its base has. */
export interface DeltaPromise {
  /** Bytes of the delta. */
  readonly deltaSize: number;
  /** The size of the base that the delta wants. */
  readonly wanted: number;
  readonly baseSize: number;
  readonly resultSize: number;
}

/**
 * Checks that `delta[start, end)` is for a base of that size, and that its instructions make as much as it promises, if that is much.
 * @throws GitmidxError `bad-delta`
 */
export function checkDeltaResult(delta: Uint8Array, start: number, end: number, promise: DeltaPromise): void {
  const { deltaSize, wanted, baseSize, resultSize } = promise;
  if (deltaSize < leastDeltaByteLength) {
    throw new GitmidxError("bad-delta", `truncated delta: it has ${deltaSize} bytes`);
  }
  if (wanted !== baseSize) {
    throw new GitmidxError("bad-delta", `its base has ${baseSize} bytes, but it is for one of ${wanted}`);
  }
  if (resultSize <= modestByteLength) return;
  const made = instructedByteLength(delta, start, end);
  if (made !== resultSize) {
    throw new GitmidxError("bad-delta", `its instructions make ${made} bytes, but it promises ${resultSize}`);
  }
}

/** How many bytes the instructions make together. */
function instructedByteLength(delta: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; ) {
    const op = delta[at++]!;
    if (op < 128) {
      sum += op;
      at += op;
      continue;
    }
    for (let bit = 1; bit < 16; bit *= 2) if (op & bit) at++;
    let size = 0;
    for (let i = 0; i < 3; i++) if (op & (16 << i)) size |= delta[at++]! << (8 * i);
    sum += size === 0 ? 0x10000 : size;
  }
  return sum;
}
