/** Names of refs: which are well-formed (git-check-ref-format), and whose they are where worktrees share a repository. */

/** What no part of a ref's name may hold: controls, blanks, `~ ^ : ? * [ \`, two dots in a row, and `@{`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{/;

/**
 * Whether git takes `name` for a ref's name.
 * @param levels `one` allows a name of a single part, such as HEAD.
 */
export function isRefName(name: string, levels: "one" | "two" = "two"): boolean {
  if (name === "@" || forbidden.test(name) || name.endsWith(".")) return false;
  const parts = name.split("/");
  if (parts.length < 2 && levels === "two") return false;
  return parts.every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Whether a name that is not well-formed at least leads to no file outside of `refs`, so that it may be shown as broken. */
export function isSafeRefName(name: string): boolean {
  if (!name.startsWith("refs/")) return /^[A-Z_]+$/.test(name);
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Refs under these belong to each worktree alone. */
export const worktreeRefPrefixes = ["refs/bisect/", "refs/rewritten/", "refs/worktree/"] as const;

/** Whether a ref belongs to one worktree: HEAD and its like, and what is under {@link worktreeRefPrefixes}. */
export function isWorktreeRef(name: string): boolean {
  return /^[A-Z_-]*$/.test(name) || worktreeRefPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Whose a ref is: a worktree's or that of all. */
export interface RefOwner {
  readonly kind: "current" | "main" | "other" | "shared";
  /** The id of the other worktree. */
  readonly worktree: string | undefined;
  /** The name in the owner's own words: without `main-worktree/` or `worktrees/ID/`. */
  readonly name: string;
}

/** Whose the ref of that name is. */
export function ownerOfRef(name: string): RefOwner {
  const other = /^worktrees\/([^/]*)\/(.*)$/s.exec(name);
  if (other !== null && isWorktreeRef(other[2]!)) return { kind: "other", worktree: other[1]!, name: other[2]! };
  const main = "main-worktree/";
  if (name.startsWith(main) && isWorktreeRef(name.slice(main.length))) {
    return { kind: "main", worktree: undefined, name: name.slice(main.length) };
  }
  return { kind: isWorktreeRef(name) ? "current" : "shared", worktree: undefined, name };
}
