/** What a file system's error numbers mean: our codes, and the words that POSIX's strerror has for them. */

import { type ErrorCode, GitmidxError } from "../core/errors.js";

interface Errno {
  readonly code: ErrorCode;
  readonly text: string;
}

const errnos: ReadonlyMap<string, Errno> = new Map([
  ["ENOENT", { code: "not-found", text: "No such file or directory" }],
  ["ENOTDIR", { code: "not-found", text: "Not a directory" }],
  ["EACCES", { code: "permission-denied", text: "Permission denied" }],
  ["EPERM", { code: "permission-denied", text: "Operation not permitted" }],
  ["ENOSPC", { code: "no-space", text: "No space left on device" }],
  ["EDQUOT", { code: "no-space", text: "Disk quota exceeded" }],
  ["EROFS", { code: "read-only", text: "Read-only file system" }],
  ["EEXIST", { code: "exists", text: "File exists" }],
  ["EIO", { code: "io", text: "Input/output error" }],
  ["EISDIR", { code: "io", text: "Is a directory" }],
  ["ENOTEMPTY", { code: "io", text: "Directory not empty" }],
  ["ELOOP", { code: "io", text: "Too many levels of symbolic links" }],
  ["ENAMETOOLONG", { code: "io", text: "File name too long" }],
  ["EMFILE", { code: "io", text: "Too many open files" }],
  ["ENFILE", { code: "io", text: "Too many open files in system" }],
  ["EINVAL", { code: "io", text: "Invalid argument" }],
  ["EBADF", { code: "io", text: "Bad file descriptor" }],
  ["EBUSY", { code: "io", text: "Device or resource busy" }],
  ["EFBIG", { code: "io", text: "File too large" }],
  ["EMLINK", { code: "io", text: "Too many links" }],
  ["EXDEV", { code: "io", text: "Invalid cross-device link" }],
  ["ENOMEM", { code: "io", text: "Cannot allocate memory" }],
  ["ENOTSUP", { code: "io", text: "Operation not supported" }],
  ["ENOSYS", { code: "io", text: "Function not implemented" }],
  ["ESTALE", { code: "io", text: "Stale file handle" }],
  ["ETXTBSY", { code: "io", text: "Text file busy" }],
] satisfies readonly (readonly [string, Errno])[]);

/** The name of the system's error number, such as `ENOENT`, that `error` or one of its causes carries; undefined if none does. */
export function errnoName(error: unknown): string | undefined {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    const code = "code" in link ? link.code : undefined;
    if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return code;
  }
  return undefined;
}

/** What strerror says of the error number that `error` carries; where it carries none, the error's own message. */
export function systemErrorText(error: unknown): string {
  const name = errnoName(error);
  const known = name === undefined ? undefined : errnos.get(name);
  if (known !== undefined) return known.text;
  return error instanceof Error ? error.message : String(error);
}

/**
 * The {@link GitmidxError} for a failed call: `unable to ACTION 'PATH': No such file or directory`, with what was thrown as its cause.
 * An error number that is not known, and an error without one, has the code `io`.
 */
export function systemError(cause: unknown, action: string, path: string, target?: string): GitmidxError {
  const code = errnos.get(errnoName(cause) ?? "")?.code ?? "io";
  const paths = target === undefined ? `'${path}'` : `'${path}' to '${target}'`;
  return new GitmidxError(code, `unable to ${action} ${paths}: ${systemErrorText(cause)}`, { path, cause });
}
