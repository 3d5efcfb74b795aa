/** Paths as git puts them together and takes symbolic links out of them. */

import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { PackFs } from "./pack-fs.js";

const maxLinks = 40;

/** The absolute path that `path` means in directory `base`; its `..` and links stay as they are. */
export function resolveAgainst(base: string, path: string): string {
  if (path.startsWith("/")) return path;
  if (path === "." || path === "") return base;
  return base.endsWith("/") ? base + path : `${base}/${path}`;
}

/** The directory part of an absolute path, without a slash at its end unless it is the root. */
export function parentDirectory(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/**
 * An absolute path without symbolic links, `.` and `..`. The last name need not exist; where an earlier one does not, or is no
 * directory, there is no such path: undefined.
 */
export async function realPathOrNothing(fs: PackFs, path: string): Promise<string | undefined> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if (!isGitmidxError(error, "not-found")) return undefined;
  }
  let done = "";
  let names = path.split("/");
  let links = 0;
  while (names.length > 0) {
    const name = names.shift()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      done = done.slice(0, Math.max(0, done.lastIndexOf("/")));
      continue;
    }
    if ((await fs.stat(done === "" ? "/" : done))?.kind !== "directory") return undefined;
    const next = `${done}/${name}`;
    const stat = await fs.lstat(next);
    if (stat === undefined && names.length > 0) return undefined;
    if (stat?.kind !== "symlink") {
      done = next;
      continue;
    }
    if (++links > maxLinks) return undefined;
    const target = await fs.readlink(next);
    if (target.startsWith("/")) done = "";
    names = [...target.split("/"), ...names];
  }
  return done === "" ? "/" : done;
}

/** As {@link realPathOrNothing}. @throws GitmidxError `not-found` where there is no such path. */
export async function realPath(fs: PackFs, path: string): Promise<string> {
  const real = await realPathOrNothing(fs, path);
  if (real === undefined)
    throw new GitmidxError("not-found", `Invalid path '${path}': No such file or directory`, { path });
  return real;
}
