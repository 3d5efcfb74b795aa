/**
 * File names between bytes and text, without loss.
 *
 * To git and to POSIX a name is bytes. As text it is its UTF-8; a byte that is not part of valid UTF-8 becomes the lone surrogate
 * U+DC80 to U+DCFF that ends in the byte's value (as in Python's `surrogateescape`), and going back gives the same bytes.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Whether `text` holds a byte that UTF-8 cannot say: whether {@link bytesOfName} gives something else than plain UTF-8. */
export function hasEscapedBytes(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** The length of the valid UTF-8 sequence at `at`; 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  // Overlong forms, encoded surrogates and values above U+10FFFF show in the second byte.
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

/** The text of a name's bytes. */
export function nameOfBytes(bytes: Uint8Array): string {
  let text = "";
  let valid = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += strict.decode(bytes.subarray(valid, at)) + String.fromCharCode(0xdc00 + bytes[at]!);
      valid = at + 1;
    }
    at += Math.max(1, length);
  }
  return text + strict.decode(bytes.subarray(valid));
}

/** The bytes of a name; a surrogate that stands for no byte becomes U+FFFD. */
export function bytesOfName(text: string): Uint8Array {
  if (!hasEscapedBytes(text)) return encoder.encode(text);
  const bytes = new Uint8Array(3 * text.length);
  let filled = 0;
  // The pieces between escaped bytes, each an odd element of the split.
  for (const piece of text.split(/([\udc80-\udcff])/u)) {
    const code = piece.length === 1 ? piece.charCodeAt(0) : 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes[filled++] = code - 0xdc00;
    else filled += encoder.encodeInto(piece, bytes.subarray(filled)).written;
  }
  return bytes.slice(0, filled);
}

/** Text from a file as it may stand in a message: control characters escaped, cut behind `most` characters. */
export function printable(text: string, most = 100): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  // C0, DEL, C1 and the separators that some terminals and log readers take for line ends.
  return shown.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Compares names as `strcmp` does: by their bytes. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    return x < 0x80 && y < 0x80 ? x - y : compareBytes(bytesOfName(a), bytesOfName(b));
  }
  return a.length - b.length;
}

/** Compares bytes as `memcmp` does; a beginning goes before the whole. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
