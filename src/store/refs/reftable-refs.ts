/** Refs kept in reftables: a stack of tables for what worktrees share, and one for each worktree's own. */

import { bytesOfName, compareNames, nameOfBytes } from "../../bytes/name-text.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { type ReftableRef, ReftableView } from "../../formats/reftable.js";
import { decodeCString } from "../c-string.js";
import type { PackFs } from "../pack-fs.js";
import { parseRefFile, type RefPlaces } from "./files-refs.js";
import type { NamedRef, RefBackend, StoredRef } from "./ref.js";
import { isRefName, isSafeRefName, isWorktreeRef, ownerOfRef } from "./ref-name.js";
import type { ReflogEntry } from "./reflog.js";

/** The tables of one directory as its list named them, newest first. */
interface Stack {
  readonly list: string;
  readonly tables: readonly ReftableView[];
}

/** How often a list whose tables disappear is read anew. */
const attempts = 5;

/** Refs that are files whatever the storage. */
const fileRefs = ["FETCH_HEAD", "MERGE_HEAD"];

/** A repository's refs in reftables. */
export class ReftableRefs implements RefBackend {
  readonly #fs: PackFs;
  readonly #places: RefPlaces;
  readonly #stacks = new Map<string, Stack>();

  constructor(fs: PackFs, places: RefPlaces) {
    this.#fs = fs;
    this.#places = places;
  }

  async read(name: string): Promise<StoredRef | undefined> {
    if (fileRefs.includes(name)) return this.#readFile(`${this.#places.gitDir}/${name}`);
    const { directory, name: own } = this.#placeOf(name);
    const bytes = bytesOfName(own);
    for (const table of await this.#tables(directory)) {
      const found = table.find(bytes);
      if (found !== undefined) return storedOf(own, found);
    }
    return undefined;
  }

  async list(prefix: string): Promise<readonly NamedRef[]> {
    const { gitDir, commonDir } = this.#places;
    const found = new Map<string, StoredRef | undefined>();
    const directories = gitDir === commonDir ? [gitDir] : [gitDir, commonDir];
    for (const directory of directories) {
      for (const table of await this.#tables(directory)) {
        for (const ref of table.from(bytesOfName(prefix))) {
          const name = nameOfBytes(ref.name);
          if (!name.startsWith(prefix)) break;
          const isOurs = directories.length === 1 || isWorktreeRef(name) === (directory === gitDir);
          if (isOurs && !found.has(name)) found.set(name, storedOf(name, ref));
        }
      }
    }
    const refs = [...found].flatMap(([name, stored]) => (stored === undefined ? [] : [{ name, stored }]));
    return refs.toSorted((a, b) => compareNames(a.name, b.name));
  }

  async reflog(name: string): Promise<readonly ReflogEntry[] | undefined> {
    const { directory, name: own } = this.#placeOf(name);
    const updates = new Map<bigint, ReflogEntry | undefined>();
    for (const table of await this.#tables(directory)) {
      for (const [update, entry] of table.log(own) ?? []) if (!updates.has(update)) updates.set(update, entry);
    }
    const newestLast = [...updates].sort(([a], [b]) => (a < b ? -1 : 1));
    const entries = newestLast.flatMap(([, entry]) => (entry === undefined ? [] : [entry]));
    // An entry without ids only says that there is a log.
    return entries.length === 0
      ? undefined
      : entries.filter(({ oldOid, newOid }) => !isNull(oldOid) || !isNull(newOid));
  }

  async logNames(directory: string): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const table of await this.#tables(directory)) for (const name of table.logNames()) names.add(name);
    return [...names];
  }

  /** The git directory whose tables have a ref, and what it is called there. */
  #placeOf(name: string): { readonly directory: string; readonly name: string } {
    const { gitDir, commonDir } = this.#places;
    const owner = ownerOfRef(name);
    if (owner.kind === "other") return { directory: `${commonDir}/worktrees/${owner.worktree}`, name: owner.name };
    return { directory: owner.kind === "current" ? gitDir : commonDir, name: owner.name };
  }

  async #readFile(path: string): Promise<StoredRef | undefined> {
    if ((await this.#fs.stat(path))?.kind !== "file") return undefined;
    return parseRefFile(await this.#fs.readFile(path), this.#places.format);
  }

  /** The tables of a git directory, newest first; none where it has no refs of its own. */
  async #tables(directory: string): Promise<readonly ReftableView[]> {
    const folder = `${directory}/reftable`;
    for (let attempt = 1; ; attempt++) {
      const list = await this.#list(folder);
      const known = this.#stacks.get(folder);
      if (known?.list === list) return known.tables;
      try {
        const names = list.split("\n").filter((name) => name !== "");
        const tables: ReftableView[] = [];
        for (const name of names.toReversed()) tables.push(await this.#open(`${folder}/${name}`));
        this.#stacks.set(folder, { list, tables });
        return tables;
      } catch (error) {
        // a compaction removes tables that the list we read still names
        if (!isGitmidxError(error, "not-found") || attempt === attempts) throw error;
      }
    }
  }

  async #list(folder: string): Promise<string> {
    const path = `${folder}/tables.list`;
    const there = (await this.#fs.stat(path)) !== undefined;
    return there ? decodeCString(await this.#fs.readFile(path)) : "";
  }

  async #open(path: string): Promise<ReftableView> {
    return new ReftableView(path, await this.#fs.readFile(path), this.#places.format);
  }
}

function storedOf(name: string, { value }: ReftableRef): StoredRef | undefined {
  if (value.kind === "removed") return undefined;
  if (isRefName(name, "one")) return value;
  if (isSafeRefName(name)) return { kind: "broken" };
  throw new GitmidxError("bad-ref", `reftable refname is dangerous: ${name}`);
}

function isNull(oid: Uint8Array): boolean {
  return oid.every((byte) => byte === 0);
}
