/** Bytes of objects as text. */

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8; what is none becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** A character for each byte. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
