/** What a walk begins with, in the order of the command line: git heeds that order. */

/** One thing that is asked for, or that changes how those behind it are taken. Names and meanings are those of git's options. */
export type Start =
  | { readonly kind: "revision"; readonly text: string }
  | { readonly kind: "not" }
  | { readonly kind: "all" }
  | { readonly kind: "branches" | "tags" | "remotes"; readonly pattern?: string | undefined }
  | { readonly kind: "glob"; readonly pattern: string }
  | { readonly kind: "exclude"; readonly pattern: string }
  | { readonly kind: "exclude-hidden"; readonly section: string }
  | { readonly kind: "reflog" | "indexed-objects" | "alternate-refs" | "single-worktree" | "ignore-missing" }
  /** `--no-walk[=sorted|unsorted]`: it stays as it was unless given, by date at first. */
  | { readonly kind: "no-walk"; readonly order?: string | undefined }
  /** `--do-walk`, and what implies it. */
  | { readonly kind: "walk" }
  | { readonly kind: "filter"; readonly text: string }
  | { readonly kind: "no-filter" }
  /** `--default`: what is meant where nothing is given. */
  | { readonly kind: "default"; readonly text: string }
  /** `--stdin` */
  | { readonly kind: "lines"; readonly lines: AsyncIterable<string> | Iterable<string> };

/** An option, and how many words it takes. */
export interface ReadStart {
  readonly start: Start;
  readonly words: 1 | 2;
}

/** Thrown for an option without its value: git dies of it. */
export class MissingValue extends Error {}

/** Reads the option `word`, with `next` behind it, if it says where to begin; undefined for others. @throws MissingValue */
export function readStart(word: string, next: string | undefined): ReadStart | undefined {
  const plain = plainStarts.get(word);
  if (plain !== undefined) return { start: plain, words: 1 };
  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  if (value === undefined && !detachable.has(name)) return undefined;
  const text = value ?? next;
  if (text === undefined) throw new MissingValue(`Option '${name}' requires a value`);
  const start = startWithValue(name, text);
  return start && { start, words: value === undefined ? 2 : 1 };
}

/** Options whose value may be the next word. */
const detachable: ReadonlySet<string> = new Set(["--glob", "--exclude", "--exclude-hidden"]);

const plainStarts: ReadonlyMap<string, Start> = new Map([
  ["--not", { kind: "not" }],
  ["--all", { kind: "all" }],
  ["--branches", { kind: "branches" }],
  ["--tags", { kind: "tags" }],
  ["--remotes", { kind: "remotes" }],
  ["--reflog", { kind: "reflog" }],
  ["--indexed-objects", { kind: "indexed-objects" }],
  ["--alternate-refs", { kind: "alternate-refs" }],
  ["--single-worktree", { kind: "single-worktree" }],
  ["--no-walk", { kind: "no-walk" }],
  ["--do-walk", { kind: "walk" }],
  ["--no-filter", { kind: "no-filter" }],
]);

function startWithValue(name: string, value: string): Start | undefined {
  switch (name) {
    case "--branches":
    case "--tags":
    case "--remotes":
      return { kind: name.slice(2) as "branches", pattern: value };
    case "--glob":
      return { kind: "glob", pattern: value };
    case "--exclude":
      return { kind: "exclude", pattern: value };
    case "--exclude-hidden":
      return { kind: "exclude-hidden", section: value };
    case "--no-walk":
      return { kind: "no-walk", order: value };
    case "--filter":
      return { kind: "filter", text: value };
    default:
      return undefined;
  }
}
