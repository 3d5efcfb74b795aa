/** What ends or disturbs the unpacking of a pack. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";

/**
 * A fault of which git says `error: …` and ends with status 1, or which it passes over if it was told to recover; every other it dies of.
 */
export class EntryFault extends Error {
  override readonly name = "EntryFault";
  /** Bytes of content that were there before the fault showed; undefined where it is none of the content. */
  readonly inflated: number | undefined;

  constructor(message: string, inflated?: number) {
    super(message);
    this.inflated = inflated;
  }
}

/** What zlib's inflate returns, as git shows it. */
export const inflateStatus = { streamEnd: 1, dataError: -3, bufferError: -5 } as const;

/** What git says of an entry's header where we say it otherwise. */
const headerWords: ReadonlyMap<string, string> = new Map([
  ["object size too large for this platform", "object size too large for this platform"],
  ["offset value overflow for delta base object", "offset value overflow for delta base object"],
  ["delta base offset is out of bound", "offset value out of bound for delta base object"],
]);

/** The error of a header, in the words that git has for it here. */
export function headerFault(error: unknown): unknown {
  if (!isGitmidxError(error, "bad-entry")) return error;
  const problem = /: (.*)$/.exec(error.message)?.[1] ?? "";
  const words = headerWords.get(problem);
  const { offset } = error;
  return words === undefined ? error : new GitmidxError("bad-entry", words, { offset, cause: error });
}
