/** Checks of what callers give: a range outside of its array is misuse, and native code must never be asked for one. */

/** @throws RangeError unless 0 ≤ start ≤ end ≤ bytes.length. */
export function checkRange(bytes: Uint8Array, start: number, end: number): void {
  if (!(start >= 0 && start <= end && end <= bytes.length)) {
    throw new RangeError(`[${start}, ${end}) is outside of ${bytes.length} bytes`);
  }
}

/** @throws RangeError unless `bytes` has room for `length` bytes from `at`. */
export function checkRoom(bytes: Uint8Array, at: number, length: number): void {
  if (!(at >= 0 && length >= 0 && at + length <= bytes.length)) {
    throw new RangeError(`${length} bytes from ${at} do not fit in ${bytes.length}`);
  }
}

/** `bytes[start, end)`: the array itself where that is all of it, since a view costs more than hashing a small object. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (start === 0 && end === bytes.length) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
