/** What refs are, and what a way of keeping them can do. */

import type { ReflogEntry } from "./reflog.js";

/** A ref as it is stored. */
export type StoredRef =
  /** An object id; `peeled` is the object behind the tags that it names, itself where it names none, undefined where that is not known. */
  | { readonly kind: "id"; readonly oid: Uint8Array; readonly peeled: Uint8Array | undefined }
  /** The name of another ref, unchecked. */
  | { readonly kind: "symbolic"; readonly target: string }
  /** Something is stored that is neither. */
  | { readonly kind: "broken" };

/** A ref in a list. */
export interface Ref {
  /** Its full name: `refs/heads/main`. Bytes that are not UTF-8 as `bytes/name-text.ts` writes them. */
  readonly name: string;
  /** The object that it names, where it is symbolic through other refs; undefined if it is {@link broken}. */
  readonly oid: Uint8Array | undefined;
  /** What `oid` is when tags are followed; undefined where the store does not know. */
  readonly peeled: Uint8Array | undefined;
  /** Of a symbolic ref the name of the ref that it leads to in the end. */
  readonly target: string | undefined;
  /** Whether it names no object: dangling, unreadable or ill-named. */
  readonly broken: boolean;
}

/** What a name stands for after following symbolic refs. */
export interface FollowedRef {
  /** The name at the end. */
  readonly name: string;
  /** Undefined if there is nothing at the end, or too far away. */
  readonly oid: Uint8Array | undefined;
  readonly peeled: Uint8Array | undefined;
  /** Whether a symbolic ref was on the way. */
  readonly symbolic: boolean;
  /** Whether something that is no ref was on the way. */
  readonly broken: boolean;
}

/** A stored ref with its name. */
export interface NamedRef {
  readonly name: string;
  readonly stored: StoredRef;
}

/** A way of keeping refs. */
export interface RefBackend {
  /** What is stored under a well-formed name; undefined if there is nothing. */
  read(name: string): Promise<StoredRef | undefined>;
  /** What is stored under names that begin with `prefix`, by name. */
  list(prefix: string): Promise<readonly NamedRef[]>;
  /** The log of a ref, oldest first; undefined if it has none. */
  reflog(name: string): Promise<readonly ReflogEntry[] | undefined>;
  /** The names of the refs that have logs in a git directory, a worktree's or the one that worktrees share; some may be empty. */
  logNames(directory: string): Promise<readonly string[]>;
}
