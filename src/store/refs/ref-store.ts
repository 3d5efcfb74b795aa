/** The refs of a repository, however they are kept. They are only read. */

import type { RefStorage } from "../discovery/repository-format.js";
import type { PackFs } from "../pack-fs.js";
import { FilesRefs, type RefPlaces } from "./files-refs.js";
import type { FollowedRef, NamedRef, Ref, RefBackend, StoredRef } from "./ref.js";
import { isRefName } from "./ref-name.js";
import type { ReflogEntry } from "./reflog.js";
import { ReftableRefs } from "./reftable-refs.js";

/** What a repository's refs are opened from: what `discoverRepository` finds has all of it. */
export interface RefLocation extends RefPlaces {
  /** How they are kept; in files unless given. */
  readonly repositoryFormat?: { readonly refStorage: RefStorage } | undefined;
}

/** A ref that leads to an object. */
export interface ResolvedRef {
  readonly oid: Uint8Array;
  /** What `oid` is when tags are followed; undefined where the store does not know. */
  readonly peeled: Uint8Array | undefined;
  /** The name of the ref that has the id: another one than was asked for if that is symbolic. */
  readonly name: string;
}

/** How {@link RefStore.list} lists. */
export interface ListRefsOptions {
  /** Whether refs that name no object are listed too. Default false. */
  readonly broken?: boolean | undefined;
}

/** Symbolic refs that are followed from one. */
const mostSymbolicRefs = 5;

const nothing: FollowedRef = { name: "", oid: undefined, peeled: undefined, symbolic: false, broken: false };

/** The refs of one worktree: those it shares with others, and its own. */
export class RefStore {
  readonly #backend: RefBackend;

  private constructor(backend: RefBackend) {
    this.#backend = backend;
  }

  /** The refs of a repository; nothing is read yet. */
  static open(fs: PackFs, location: RefLocation): RefStore {
    const reftable = location.repositoryFormat?.refStorage === "reftable";
    return new RefStore(reftable ? new ReftableRefs(fs, location) : new FilesRefs(fs, location));
  }

  /**
   * The object that a ref names, through at most five symbolic refs.
   * @param name the full name: `HEAD`, `refs/heads/main`, `worktrees/ID/HEAD`.
   * @returns undefined if there is no such ref, or it leads to nothing.
   * @throws GitmidxError `bad-ref` for damaged files, or what the file system says.
   */
  async resolve(name: string): Promise<ResolvedRef | undefined> {
    const { oid, peeled, name: last } = await this.follow(name);
    return oid === undefined ? undefined : { oid, peeled, name: last };
  }

  /** Like {@link resolve}, and tells how it ended if it ended nowhere. */
  async follow(name: string): Promise<FollowedRef> {
    if (!isRefName(name, "one")) return { ...nothing, name };
    return this.#follow(name, await this.#backend.read(name));
  }

  /** What HEAD is: the ref that it leads to, born or not; undefined if it is no ref at all. */
  head(): Promise<StoredRef | undefined> {
    return this.read("HEAD");
  }

  /** What is stored under a full name; undefined if there is nothing, or the name is none. */
  async read(name: string): Promise<StoredRef | undefined> {
    return isRefName(name, "one") ? this.#backend.read(name) : undefined;
  }

  /**
   * The refs whose names begin with `prefix`, `refs/` or longer, in git's order: by the bytes of their names.
   * @throws GitmidxError `bad-ref`, or what the file system says.
   */
  async list(prefix = "refs/", options: ListRefsOptions = {}): Promise<readonly Ref[]> {
    if (!prefix.startsWith("refs/")) throw new TypeError(`refs are listed below refs/, not below '${prefix}'`);
    const refs: Ref[] = [];
    for (const named of await this.#backend.list(prefix)) {
      const ref = named.stored.kind === "id" ? plainRef(named, named.stored) : await this.#listed(named);
      if (!ref.broken || options.broken === true) refs.push(ref);
    }
    return refs;
  }

  /** The log of a ref, oldest entry first; undefined if it has none. @throws GitmidxError */
  reflog(name: string): Promise<readonly ReflogEntry[] | undefined> {
    return this.#backend.reflog(name);
  }

  /** The names of the refs that have logs in a git directory, a worktree's or the one that worktrees share; some may be empty. */
  logNames(directory: string): Promise<readonly string[]> {
    return this.#backend.logNames(directory);
  }

  async #listed({ name, stored }: NamedRef): Promise<Ref> {
    const { oid, peeled, name: target } = await this.#follow(name, stored);
    const broken = oid === undefined || isNull(oid);
    return { name, oid, peeled, target: stored.kind === "symbolic" && !broken ? target : undefined, broken };
  }

  async #follow(from: string, first: StoredRef | undefined): Promise<FollowedRef> {
    let name = from;
    let stored = first;
    for (let hops = 1; stored?.kind === "symbolic"; hops++) {
      name = stored.target;
      if (hops === mostSymbolicRefs || !isRefName(name, "one")) return { ...nothing, name, symbolic: true };
      stored = await this.#backend.read(name);
    }
    const symbolic = name !== from;
    if (stored?.kind === "id") return { name, oid: stored.oid, peeled: stored.peeled, symbolic, broken: false };
    return { ...nothing, name, symbolic, broken: stored?.kind === "broken" };
  }
}

function plainRef({ name }: NamedRef, { oid, peeled }: StoredRef & { readonly kind: "id" }): Ref {
  return { name, oid, peeled, target: undefined, broken: isNull(oid) };
}

function isNull(oid: Uint8Array): boolean {
  return oid.every((byte) => byte === 0);
}
