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
    const { gitDir, commonDir } = this.#places;
    if (fileRefs.includes(name)) return this.#readFile(`${gitDir}/${name}`);
    const owner = ownerOfRef(name);
    const own =
      owner.kind === "current"
        ? gitDir
        : owner.kind === "other"
          ? `${commonDir}/worktrees/${owner.worktree}`
          : commonDir;
    const bytes = bytesOfName(owner.name);
    for (const table of await this.#tables(own)) {
      const found = table.find(bytes);
      if (found !== undefined) return storedOf(owner.name, found);
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

  reflog(name: string): Promise<readonly ReflogEntry[] | undefined> {
    return Promise.reject(
      new GitmidxError("unsupported", `logs in reftables are not read: the log of '${name}' is in one`),
    );
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
