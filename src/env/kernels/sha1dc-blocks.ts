/** SHA-1's frame around whole blocks: the chaining value that messages begin with, their padding and their digest. */

/** Hashes whole blocks and looks for the traces of collision attacks in them. */
export interface BlockHasher {
  /**
   * Continues the chaining value `state`, five words, with `count` blocks of 64 bytes from `start`.
   * @returns whether one of them bears the traces of an attack.
   */
  hashBlocks(state: Uint32Array, bytes: Uint8Array, start: number, count: number): boolean;
}

/** Bytes of a block. */
export const blockByteLength = 64;
/** Bytes of a digest. */
export const digestByteLength = 20;

/** The chaining value that messages begin with. */
export function initialState(): Uint32Array {
  return Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
}

/** The blocks of a message of that many bytes: there is always room for a bit and the length. */
export function countBlocks(byteLength: number): number {
  return Math.ceil((byteLength + 9) / blockByteLength);
}

/** Writes the 64-bit length of a message, in bits, before `end`. */
export function writeBitLength(bytes: Uint8Array, end: number, byteLength: number): void {
  const high = Math.floor(byteLength / 0x20000000);
  const low = byteLength << 3;
  for (let i = 0; i < 4; i++) {
    bytes[end - 8 + i] = high >>> (24 - 8 * i);
    bytes[end - 4 + i] = low >>> (24 - 8 * i);
  }
}

/** Writes a chaining value as the digest that it is at the end. */
export function writeDigest(state: Uint32Array, target: Uint8Array, at: number): void {
  for (let i = 0; i < digestByteLength; i++) target[at + i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
}
