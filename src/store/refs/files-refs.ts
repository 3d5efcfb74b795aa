/** Refs kept in files: one each below the git directory, and `packed-refs` for those that have none. */

import { compareNames } from "../../bytes/name-text.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { isHex, type ObjectFormat, oidFromHex } from "../../core/oid.js";
import { type PackedRef, PackedRefs } from "../../formats/packed-refs.js";
import { decodeCString } from "../c-string.js";
import type { DirectoryEntry, FileKind, PackFs } from "../pack-fs.js";
import type { NamedRef, RefBackend, StoredRef } from "./ref.js";
import { isRefName, isSafeRefName, ownerOfRef, worktreeRefPrefixes } from "./ref-name.js";
import { parseReflog, type ReflogEntry } from "./reflog.js";

/** Where a repository's refs are. */
export interface RefPlaces {
  readonly gitDir: string;
  readonly commonDir: string;
  readonly format: ObjectFormat;
}

/** What the file of a ref says, in git's reading: white space ends an id, and is cut off the end of a symbolic ref. */
export function parseRefFile(bytes: Uint8Array, format: ObjectFormat): StoredRef {
  const text = decodeCString(bytes).replace(/[ \t\n\v\f\r]+$/, "");
  if (text.startsWith("ref:")) return { kind: "symbolic", target: text.slice(4).replace(/^[ \t\n\v\f\r]+/, "") };
  const hex = text.slice(0, format.hexLength);
  const next = text[format.hexLength];
  if (hex.length < format.hexLength || !isHex(hex) || (next !== undefined && !/\s/.test(next)))
    return { kind: "broken" };
  return { kind: "id", oid: oidFromHex(hex, format), peeled: undefined };
}

/** A repository's refs in files. */
export class FilesRefs implements RefBackend {
  readonly #fs: PackFs;
  readonly #places: RefPlaces;
  #packed: { readonly refs: PackedRefs; readonly fingerprint: string } | undefined;

  constructor(fs: PackFs, places: RefPlaces) {
    this.#fs = fs;
    this.#places = places;
  }

  async read(name: string): Promise<StoredRef | undefined> {
    const loose = await this.#readLoose(name);
    if (loose !== undefined) return loose;
    const packed = (await this.#packedRefs()).find(name);
    return packed && storedOf(packed);
  }

  async list(prefix: string): Promise<readonly NamedRef[]> {
    const loose = new Map<string, NamedRef>();
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    await this.#listLoose(folder, prefix, loose);
    for (const packed of (await this.#packedRefs()).list(prefix)) {
      if (!loose.has(packed.name)) loose.set(packed.name, { name: packed.name, stored: storedOf(packed) });
    }
    return [...loose.values()].toSorted((a, b) => compareNames(a.name, b.name));
  }

  async reflog(name: string): Promise<readonly ReflogEntry[] | undefined> {
    const path = this.#path(name, "logs/");
    if ((await kindOf(this.#fs, path)) !== "file") return undefined;
    return parseReflog(await this.#fs.readFile(path), this.#places.format);
  }

  logNames(directory: string): Promise<readonly string[]> {
    return this.#logNames(`${directory}/logs`, "");
  }

  async #logNames(folder: string, prefix: string): Promise<readonly string[]> {
    const names: string[] = [];
    const entries = (await this.#fs.stat(folder)) === undefined ? [] : await this.#fs.list(folder);
    for (const { name, kind } of entries) {
      if (kind === "directory") names.push(...(await this.#logNames(`${folder}/${name}`, `${prefix}${name}/`)));
      else if (!name.startsWith(".") && !name.endsWith(".lock")) names.push(prefix + name);
    }
    return names;
  }

  #path(name: string, folder: "" | "logs/" = ""): string {
    const { gitDir, commonDir } = this.#places;
    const owner = ownerOfRef(name);
    if (owner.kind === "current") return `${gitDir}/${folder}${owner.name}`;
    if (owner.kind === "other") return `${commonDir}/worktrees/${owner.worktree}/${folder}${owner.name}`;
    return `${commonDir}/${folder}${owner.name}`;
  }

  /** The ref in its own file; undefined if there is none. */
  async #readLoose(name: string): Promise<StoredRef | undefined> {
    const path = this.#path(name);
    const kind = await kindOf(this.#fs, path);
    if (kind === undefined || kind === "directory") return undefined;
    if (kind === "symlink") {
      const target = await this.#fs.readlink(path);
      if (target.startsWith("refs/") && isRefName(target)) return { kind: "symbolic", target };
      if ((await this.#fs.stat(path))?.kind !== "file") return undefined;
    }
    try {
      return parseRefFile(await this.#fs.readFile(path), this.#places.format);
    } catch (error) {
      // packed, or removed, since it was looked at
      if (isGitmidxError(error, "not-found")) return undefined;
      if (isGitmidxError(error)) return { kind: "broken" };
      throw error;
    }
  }

  async #listLoose(folder: string, prefix: string, found: Map<string, NamedRef>): Promise<void> {
    for (const { name: leaf, kind } of await this.#entries(folder)) {
      if (leaf.startsWith(".") || leaf.endsWith(".lock")) continue;
      const name = folder + leaf;
      const real = kind === "symlink" ? await this.#kindBehind(name) : kind;
      if (real === "directory") {
        if (prefix.startsWith(`${name}/`) || `${name}/`.startsWith(prefix)) {
          await this.#listLoose(`${name}/`, prefix, found);
        }
      } else if (real === "file" && name.startsWith(prefix)) {
        const stored = await this.#listed(name);
        if (stored !== undefined) found.set(name, { name, stored });
      }
    }
  }

  /** What a listed file holds: as git, what is ill-named is broken, if its name is safe at all. */
  async #listed(name: string): Promise<StoredRef | undefined> {
    if (isRefName(name, "one")) return this.#readLoose(name);
    if (isSafeRefName(name)) return { kind: "broken" };
    throw new GitmidxError("bad-ref", `loose refname is dangerous: ${name}`, { path: this.#path(name) });
  }

  async #kindBehind(name: string): Promise<FileKind | undefined> {
    return (await this.#fs.stat(this.#path(name)))?.kind;
  }

  async #entries(folder: string): Promise<readonly DirectoryEntry[]> {
    // the folders of a worktree's own refs lie elsewhere, and may be there where the common one is not
    const own = folder === "refs/" ? worktreeRefPrefixes.map((prefix) => prefix.slice("refs/".length, -1)) : [];
    const listed = await this.#listDirectory(this.#path(folder));
    const shared = listed.filter(({ name }) => !own.includes(name));
    return [...shared, ...own.map((name): DirectoryEntry => ({ name, kind: "directory" }))];
  }

  async #listDirectory(path: string): Promise<readonly DirectoryEntry[]> {
    try {
      return await this.#fs.list(path);
    } catch (error) {
      if (isGitmidxError(error)) return [];
      throw error;
    }
  }

  async #packedRefs(): Promise<PackedRefs> {
    const path = `${this.#places.commonDir}/packed-refs`;
    const stat = await this.#fs.stat(path);
    const fingerprint = stat === undefined ? "" : `${stat.identity} ${stat.size} ${stat.mtime}`;
    if (this.#packed?.fingerprint !== fingerprint) {
      const bytes = stat === undefined ? new Uint8Array(0) : await this.#fs.readFile(path);
      this.#packed = { refs: new PackedRefs(path, bytes, this.#places.format), fingerprint };
    }
    return this.#packed!.refs;
  }
}

function storedOf({ name, oid, peeled }: PackedRef): StoredRef {
  if (isRefName(name, "one")) return { kind: "id", oid, peeled };
  if (isSafeRefName(name)) return { kind: "broken" };
  throw new GitmidxError("bad-ref", `packed refname is dangerous: ${name}`);
}

async function kindOf(fs: PackFs, path: string): Promise<FileKind | undefined> {
  try {
    return (await fs.lstat(path))?.kind;
  } catch (error) {
    if (isGitmidxError(error)) return undefined;
    throw error;
  }
}
