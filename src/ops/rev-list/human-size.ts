/** Sizes as git prints them for people. */

/** A number of bytes with its unit: `1.50 KiB`, `12 bytes`. */
export function humanSize(bytes: number): string {
  const kib = 2 ** 10;
  const mib = 2 ** 20;
  const gib = 2 ** 30;
  if (bytes > gib) return `${Math.floor(bytes / gib)}.${hundredths(Math.floor((bytes % gib) / 10737419))} GiB`;
  if (bytes > mib) return rounded(bytes + 5243, mib, "MiB");
  if (bytes > kib) return rounded(bytes + 5, kib, "KiB");
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}

function rounded(bytes: number, unit: number, name: string): string {
  return `${Math.floor(bytes / unit)}.${hundredths(Math.floor(((bytes % unit) * 100) / unit))} ${name}`;
}

function hundredths(value: number): string {
  return String(value).padStart(2, "0");
}
