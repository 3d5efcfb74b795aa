/** What index-pack says of a pack that it refuses: git's sentence first, ours on the next line. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";

/** What zlib calls the ways in which a stream can be wrong; git shows the numbers. */
export const zlibStatus = { endedEarly: 1, badData: -3, noRoom: -5 } as const;

/** `pack has bad object at offset 12: …` */
export function badObject(
  code: "bad-entry" | "bad-zlib-stream" | "bad-delta",
  offset: number,
  problem: string,
  detail = "",
) {
  const more = detail === "" ? "" : `\n${detail}`;
  return new GitmidxError(code, `pack has bad object at offset ${offset}: ${problem}${more}`, { offset });
}

/** A zlib stream that is damaged, or does not hold what the entry's header says. */
export function badInflate(offset: number, status: number): GitmidxError {
  return badObject("bad-zlib-stream", offset, `inflate returned ${status}`);
}

/** A delta that cannot be applied to its base; `cause` says why. */
export function badDelta(offset: number, cause: unknown): unknown {
  if (!isGitmidxError(cause, "bad-delta")) return cause;
  return badObject("bad-delta", offset, "failed to apply delta", cause.message);
}

/** What `EntryHeader.parse` throws, as index-pack words it. */
export function badHeader(error: unknown): unknown {
  if (!isGitmidxError(error, "bad-entry", "truncated")) return error;
  const { code, offset, message } = error;
  if (code === "truncated") return new GitmidxError("truncated", "early EOF", { offset });
  // Git stops at such a size without saying where it stands.
  if (message.includes("too large"))
    return new GitmidxError("too-large", "object size too large for this platform", { offset });
  return new GitmidxError(code, `pack has ${message}`, { offset });
}

/** An object that bears the traces of an attack on SHA-1. */
export function attackFound(oid: Uint8Array): GitmidxError {
  return new GitmidxError("hash-collision", `SHA-1 appears to be part of a collision attack: ${toHex(oid)}`);
}

/** More input than `--max-input-size` allows. */
export function inputTooLarge(limit: number): GitmidxError {
  return new GitmidxError("too-large", `pack exceeds maximum allowed size (${humanByteLength(limit)})`);
}

const kibi = 2 ** 10;

/** A size as git writes it for people: `1.50 MiB`. */
function humanByteLength(bytes: number): string {
  const rounded = (unit: number, correction: number): string => {
    const value = bytes + correction;
    const whole = Math.floor(value / unit);
    const hundredths = Math.floor(((value % unit) * 100) / unit);
    return `${whole}.${String(hundredths).padStart(2, "0")}`;
  };
  if (bytes > kibi ** 3) {
    const hundredths = Math.floor((bytes % kibi ** 3) / 10737419);
    return `${Math.floor(bytes / kibi ** 3)}.${String(hundredths).padStart(2, "0")} GiB`;
  }
  if (bytes > kibi ** 2) return `${rounded(kibi ** 2, 5243)} MiB`;
  if (bytes > kibi) return `${rounded(kibi, 5)} KiB`;
  return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}
