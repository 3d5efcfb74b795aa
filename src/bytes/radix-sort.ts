/** Stable sorting of row numbers by numeric keys, in time proportional to the number of rows. */

const radixBits = 16;
const radixSize = 1 << radixBits;

/**
 * The permutation that sorts `keys` (whole numbers from 0 to 2^53 − 1) ascending; equal keys keep their order.
 * Takes as many passes as the largest key has 16-bit digits.
 */
export function radixSortPermutation(keys: Float64Array): Uint32Array {
  const count = keys.length;
  let order = Uint32Array.from({ length: count }, (_, i) => i);
  let largest = 0;
  for (let i = 0; i < count; i++) if (keys[i]! > largest) largest = keys[i]!;
  if (count < radixSize / 64) return order.sort((a, b) => keys[a]! - keys[b]! || a - b);
  let spare = new Uint32Array(count);
  const starts = new Uint32Array(radixSize + 1);
  for (let unit = 1; unit <= largest; unit *= radixSize) {
    starts.fill(0);
    const digit = unit === 1 ? (key: number) => key & 0xffff : (key: number) => Math.floor(key / unit) & 0xffff;
    for (let i = 0; i < count; i++) starts[digit(keys[i]!) + 1]!++;
    for (let i = 0; i < radixSize; i++) starts[i + 1]! += starts[i]!;
    for (let i = 0; i < count; i++) {
      const row = order[i]!;
      spare[starts[digit(keys[row]!)]!++] = row;
    }
    [order, spare] = [spare, order];
  }
  return order;
}
