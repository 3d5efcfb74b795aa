/** Errors on their way from one thread to another: structured cloning keeps neither the class nor the fields of ours. */

import { type ErrorCode, GitmidxError } from "../core/errors.js";

/** An error as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: PackedError | undefined;
  /** Set for a GitmidxError, with the rest. */
  readonly code: ErrorCode | undefined;
  readonly path: string | undefined;
  readonly offset: number | undefined;
  readonly chunk: string | undefined;
}

/** Causes of causes that are kept. */
const mostCauses = 4;

/** What was thrown, as data that can be cloned. */
export function packError(thrown: unknown, causes = mostCauses): PackedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack } = error;
  const cause = error.cause === undefined || causes === 0 ? undefined : packError(error.cause, causes - 1);
  const ours = error instanceof GitmidxError ? error : undefined;
  return { name, message, stack, cause, code: ours?.code, path: ours?.path, offset: ours?.offset, chunk: ours?.chunk };
}

/** The error that {@link packError} was given, made anew. */
export function unpackError(packed: PackedError): Error {
  const error = emptyError(packed, packed.cause && unpackError(packed.cause));
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}

function emptyError({ name, message, code, path, offset, chunk }: PackedError, cause: Error | undefined): Error {
  if (code !== undefined) return new GitmidxError(code, message, { path, offset, chunk, cause });
  const options = cause === undefined ? undefined : { cause };
  if (name === "TypeError") return new TypeError(message, options);
  if (name === "RangeError") return new RangeError(message, options);
  const error = new Error(message, options);
  if (name !== error.name) error.name = name;
  return error;
}
