/**
 * The one error type of gitmidx and the closed list of its codes.
 *
 * Damage and refusal are `GitmidxError`s; misuse of the library is a TypeError or RangeError; a broken invariant of ours is
 * `Error("BUG: …")`. `verify` reports findings with these same codes instead of throwing.
 */

/** Every code a {@link GitmidxError} or a finding can carry. The list is closed: scripts may match on it. */
export const errorCodes = [
  // what the file system says
  "not-found",
  "permission-denied",
  "no-space",
  "read-only",
  "exists",
  "io",
  // what the repository says
  "not-a-repository",
  "dubious-ownership",
  "bad-config",
  "unsupported-repository",
  "unsupported",
  "locked",
  "vanished",
  "aborted",
  // what a file's bytes say
  "truncated",
  "bad-size",
  "bad-signature",
  "bad-version",
  "bad-hash-id",
  "bad-header",
  "bad-chunk-table",
  "missing-chunk",
  "bad-chunk-size",
  "bad-padding",
  "bad-fanout",
  "bad-order",
  "duplicate-object",
  "bad-pack-name",
  "bad-pack-order",
  "bad-pack-id",
  "bad-offset",
  "bad-large-offset",
  "bad-reverse-index",
  "bad-bitmapped-packs",
  "bad-checksum",
  // what a pack's entries and objects say
  "bad-entry",
  "bad-zlib-stream",
  "bad-delta",
  "missing-base",
  "unresolved-deltas",
  "trailing-garbage",
  "bad-object",
  "object-id-mismatch",
  "hash-collision",
  "too-large",
  "disconnected",
  // what bitmaps say
  "bad-ewah",
  "bad-bitmap-entry",
  "bad-lookup-table",
  "bad-pseudo-merge",
  "bad-name-hash",
  "bad-object-types",
  "wrong-bitmap",
  "stale-bitmap",
  "not-closed",
  // what files say of each other
  "bad-chain",
  "missing-layer",
  "orphan-layer",
  "layer-name-mismatch",
  "missing-pack",
  "missing-index",
  "pack-index-mismatch",
  "missing-object",
  "uncovered-pack",
  "uncovered-object",
  "needs-newer-git",
  "stale-file",
  // what was asked for
  "bad-object-id",
  "unknown-object",
  "bad-revision",
  "bad-ref",
  "wrong-object-type",
  "ambiguous-object",
  "unknown-base",
  "no-packs",
  "empty-preferred-pack",
  "too-many-packs",
  "too-many-objects",
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Where in which file something was found. */
export interface ErrorPlace {
  /** The file, as a path or, for a source without one, its name. */
  readonly path?: string | undefined;
  /** Byte offset in the file. */
  readonly offset?: number | undefined;
  /** Four-letter chunk id, or a header's or table's name. */
  readonly chunk?: string | undefined;
  readonly cause?: unknown;
}

/** An error about a file, a repository or a request; the message says what was found before what was wanted. */
export class GitmidxError extends Error {
  override readonly name = "GitmidxError";
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly offset: number | undefined;
  readonly chunk: string | undefined;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    this.code = code;
    this.path = place.path;
    this.offset = place.offset;
    this.chunk = place.chunk;
  }
}

/** A broken invariant of this library: never the user's fault, always worth a report. */
export function bug(message: string): Error {
  return new Error(`BUG: ${message}`);
}

/** Whether `error` is a {@link GitmidxError}, of one of `codes` if any are given. */
export function isGitmidxError(error: unknown, ...codes: readonly ErrorCode[]): error is GitmidxError {
  return error instanceof GitmidxError && (codes.length === 0 || codes.includes(error.code));
}
