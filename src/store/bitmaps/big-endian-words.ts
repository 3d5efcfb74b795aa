/** Tables of big-endian words, read whole. */

/** The u32 values of `bytes`, whose length is a multiple of 4. */
export function bigEndianWords(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(bytes.length / 4);
  for (let i = 0, at = 0; i < words.length; i++, at += 4) {
    words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  return words;
}
