/** `core.sharedRepository`: which permission bits files and directories get on top of, or in place of, what the umask leaves. */

import { GitmidxError } from "../core/errors.js";
import type { GitConfig } from "./config/git-config.js";
import { parseMaybeBool } from "./config/values.js";
import type { PackFs } from "./pack-fs.js";
import { systemErrorText } from "./system-error.js";

/** What is done to the mode of a new file or directory. */
export interface SharedPermissions {
  /** `umask`: nothing. `add`: `bits` are added. `replace`: `bits` take the place of all permission bits. */
  readonly kind: "umask" | "add" | "replace";
  /** Read and write bits, 0 to 0o666. */
  readonly bits: number;
  /** Whether shared directories get the set-gid bit: everywhere but on BSDs, where files belong to their directory's group anyway. */
  readonly directorySetGid: boolean;
}

/** How {@link parseSharedRepository} may be told of the system. */
export interface SharedRepositoryOptions {
  /** False on systems with BSD's group semantics. */
  readonly directorySetGid?: boolean | undefined;
}

const umaskBits = 0;
const groupBits = 0o660;
const everybodyBits = 0o664;
const setGid = 0o2000;

/** Permissions as the umask leaves them: `core.sharedRepository` is not set. */
export const privatePermissions: SharedPermissions = { kind: "umask", bits: umaskBits, directorySetGid: false };

/** The number that strtol reads from all of `text` in base 8, where it does. */
function octal(text: string): number | undefined {
  const digits = /^[ \t\n\v\f\r]*([+-]?[0-7]+)$/.exec(text)?.[1];
  if (digits === undefined) return text === "" ? 0 : undefined;
  const value = Number.parseInt(digits, 8);
  return Number.isSafeInteger(value) ? value | 0 : -1;
}

/**
 * What `core.sharedRepository` asks for; as the umask leaves them if it is not set.
 * @throws GitmidxError `bad-config`
 */
export function sharedPermissionsOf(config: GitConfig, options: SharedRepositoryOptions = {}): SharedPermissions {
  const entry = config.entry("core.sharedRepository");
  return entry === undefined ? privatePermissions : parseSharedRepository(entry.value, options);
}

/**
 * Reads a value of `core.sharedRepository`; undefined is a key without a value.
 * @throws GitmidxError `bad-config`, in git's words, for a mode that takes away the owner's own permissions and for a value that is none.
 */
export function parseSharedRepository(
  value: string | undefined,
  { directorySetGid = true }: SharedRepositoryOptions = {},
): SharedPermissions {
  const add = (bits: number): SharedPermissions =>
    bits === umaskBits ? privatePermissions : { kind: "add", bits, directorySetGid };
  if (value === undefined || value === "group") return add(groupBits);
  if (value === "umask") return privatePermissions;
  if (value === "all" || value === "world" || value === "everybody") return add(everybodyBits);
  const mode = octal(value);
  if (mode === undefined) {
    const shared = parseMaybeBool(value);
    if (shared === undefined) {
      throw new GitmidxError("bad-config", `bad boolean config value '${value}' for 'core.sharedrepository'`);
    }
    return shared ? add(groupBits) : privatePermissions;
  }
  if (mode === 0) return privatePermissions;
  if (mode === 1) return add(groupBits);
  if (mode === 2) return add(everybodyBits);
  if ((mode & 0o600) !== 0o600) {
    const shown = (mode >>> 0).toString(8).padStart(3, "0");
    throw new GitmidxError(
      "bad-config",
      `problem with core.sharedRepository filemode value (0${shown}).\nThe owner of files must always have read and write permissions.`,
    );
  }
  return { kind: "replace", bits: mode & 0o666, directorySetGid };
}

/** The mode that a file or directory of mode `mode` gets. A file that its owner cannot write stays read-only for all. */
export function sharedMode(mode: number, kind: "file" | "directory", shared: SharedPermissions): number {
  if (shared.kind === "umask") return mode;
  let bits = shared.bits;
  if ((mode & 0o200) === 0) bits &= ~0o222;
  if ((mode & 0o100) !== 0) bits |= (bits & 0o444) >> 2;
  let result = shared.kind === "replace" ? (mode & ~0o777) | bits : mode | bits;
  if (kind === "directory") {
    result |= (result & 0o444) >> 2;
    if (shared.directorySetGid && (result & 0o060) !== 0) result |= setGid;
  }
  return result;
}

/**
 * Gives what is at `path` the permissions that a shared repository wants.
 * @throws GitmidxError what the file system says, in git's words: `unable to adjust shared permissions for 'PATH': …`
 */
export async function adjustSharedPermissions(fs: PackFs, path: string, shared: SharedPermissions): Promise<void> {
  if (shared.kind === "umask") return;
  try {
    const stat = await fs.lstat(path);
    if (stat === undefined) throw new GitmidxError("not-found", "No such file or directory", { path });
    const mode = sharedMode(stat.mode, stat.kind === "directory" ? "directory" : "file", shared);
    if (mode !== stat.mode) await fs.chmod(path, mode);
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    const message = `unable to adjust shared permissions for '${path}': ${systemErrorText(error)}`;
    throw new GitmidxError(error.code, message, { path, cause: error });
  }
}
