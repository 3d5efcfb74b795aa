/** Stable sorting of row numbers by numeric keys, in time proportional to the number of rows. */

/** Few enough that the heads of all lists stay in the processor's nearest cache. */
const radixBits = 11;
const radixSize = 1 << radixBits;
/** Fewer keys are sorted sooner by comparing. */
const worthDigits = 1024;

/**
 * The permutation that sorts `keys` (whole numbers from 0 to 2^53 − 1) ascending; equal keys keep their order.
 * Takes as many passes as the largest key has 11-bit digits.
 */
export function radixSortPermutation(keys: Float64Array): Uint32Array {
  const count = keys.length;
  let order = new Uint32Array(count);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    order[i] = i;
    if (keys[i]! > largest) largest = keys[i]!;
  }
  if (count < worthDigits) return order.sort((a, b) => keys[a]! - keys[b]! || a - b);
  let spare = new Uint32Array(count);
  const digits = new Uint16Array(count);
  const starts = new Uint32Array(radixSize + 1);
  for (let unit = 1; unit <= largest; unit *= radixSize) {
    starts.fill(0);
    if (unit === 1) for (let i = 0; i < count; i++) digits[i] = keys[i]! & (radixSize - 1);
    else for (let i = 0; i < count; i++) digits[i] = Math.floor(keys[i]! / unit) & (radixSize - 1);
    for (let i = 0; i < count; i++) starts[digits[i]! + 1]!++;
    // Where all keys have the same digit nothing moves.
    if (starts[digits[0]! + 1] === count) continue;
    for (let i = 0; i < radixSize; i++) starts[i + 1]! += starts[i]!;
    for (let i = 0; i < count; i++) {
      const row = order[i]!;
      spare[starts[digits[row]!]!++] = row;
    }
    [order, spare] = [spare, order];
  }
  return order;
}
