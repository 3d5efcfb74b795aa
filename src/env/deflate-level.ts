/** The levels that deflaters know. */

/** zlib's own choice, which is its level 6. */
export const defaultLevel = -1;

/** @throws RangeError unless `level` is −1 or 0 to 9. */
export function checkLevel(level: number): number {
  if (!Number.isInteger(level) || level < -1 || level > 9)
    throw new RangeError(`there is no compression level ${level}`);
  return level;
}

/** Room for what deflating `size` bytes gives but for odd streams, which get more when it is used up. */
export function firstRoom(size: number): number {
  return size + (size >> 10) + 64;
}

/** Room up to which the space for a stream is kept for the next one. */
export const keptRoom = 1 << 20;
