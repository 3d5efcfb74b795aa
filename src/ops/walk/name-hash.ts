/** Numbers that are near each other for paths that end alike: by them pack-objects finds objects that may be alike. */

const slash = 0x2f;

/** A function that makes a number of the path `bytes[0, length)`: 32 bits, unsigned. */
export type NameHash = (bytes: Uint8Array, length: number) => number;

/** White space as git has it, without vertical tab and form feed: it does not count. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 9 || byte === 10 || byte === 13;
}

/** The hash of every git: the last sixteen characters, the last ones most. */
export function nameHashV1(bytes: Uint8Array, length: number): number {
  let hash = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    if (!isSpace(byte)) hash = ((hash >>> 2) + (byte << 24)) | 0;
  }
  return hash >>> 0;
}

const reversedBits = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) reversed |= 128 >> bit;
  return reversed;
});

/** The hash of `--name-hash-version=2` (git 2.49): directories count too. */
export function nameHashV2(bytes: Uint8Array, length: number): number {
  let hash = 0;
  let base = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    if (isSpace(byte)) continue;
    if (byte === slash) {
      base = (base >>> 6) ^ hash;
      hash = 0;
    } else hash = ((hash >>> 2) + (reversedBits[byte]! << 24)) | 0;
  }
  return ((base >>> 6) ^ hash) >>> 0;
}
