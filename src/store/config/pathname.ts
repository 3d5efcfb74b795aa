/** Paths in configuration: `~/`, `~user/` and `%(prefix)/` at their beginning. */

import { decodeCString } from "../c-string.js";
import type { PackFs } from "../pack-fs.js";
import type { ProcessFacts } from "../process-facts.js";

/** Where git is installed, unless the process facts say otherwise. */
export const defaultPrefix = "/usr";

/** How `~` alone is replaced: by HOME as it stands, or by what it is without symbolic links. */
export type HomeForm = "as-given" | "real";

/**
 * A path with its beginning replaced; undefined where there is no such home directory. A path that begins otherwise comes back as it is,
 * absolute or not.
 */
export async function expandPathname(
  fs: PackFs,
  facts: ProcessFacts,
  path: string,
  home: HomeForm = "as-given",
): Promise<string | undefined> {
  const prefix = "%(prefix)/";
  if (path.startsWith(prefix)) return `${facts.prefix ?? defaultPrefix}/${path.slice(prefix.length)}`;
  if (!path.startsWith("~")) return path;
  const slash = path.indexOf("/");
  const user = path.slice(1, slash < 0 ? path.length : slash);
  const rest = slash < 0 ? "" : path.slice(slash);
  const directory = user === "" ? facts.env.HOME : await homeOfUser(fs, user);
  if (directory === undefined) return undefined;
  return (user === "" && home === "real" ? await fs.realpath(directory) : directory) + rest;
}

/** The home directory in `/etc/passwd`: what a portable program can know of other users. */
async function homeOfUser(fs: PackFs, user: string): Promise<string | undefined> {
  if ((await fs.stat("/etc/passwd")) === undefined) return undefined;
  for (const line of decodeCString(await fs.readFile("/etc/passwd")).split("\n")) {
    const fields = line.split(":");
    if (fields[0] === user && fields.length >= 7) return fields[5]!;
  }
  return undefined;
}
