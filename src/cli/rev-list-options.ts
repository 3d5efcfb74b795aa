/** The options of `gitmidx rev-list`: what `-h`, completion and the page know of them. They are read by `rev-list-arguments.ts`. */

import type { FlagOption, OptionTable, ValueOption } from "./command.js";

function flag(help: string): FlagOption {
  return { type: "flag", negatable: false, help };
}

function value(argument: string, help: string): ValueOption {
  return { type: "value", negatable: false, argument, help };
}

function refs(help: string) {
  return { type: "optional-value", negatable: false, argument: "pattern", help } as const;
}

export const revListOptions = {
  "max-count": { ...value("n", "list at most <n> commits"), short: "n" },
  skip: value("n", "skip <n> commits before the first"),
  "max-age": value("epoch", "list commits since a time in seconds since 1970"),
  since: { ...value("date", "list commits since a date"), aliases: ["after"] },
  "since-as-filter": value("date", "list commits since a date, wherever they are"),
  "min-age": value("epoch", "list commits until a time in seconds since 1970"),
  until: { ...value("date", "list commits until a date"), aliases: ["before"] },
  merges: { type: "flag", help: "list merges only, or none of them" },
  "min-parents": { type: "value", argument: "n", help: "list commits with at least <n> parents" },
  "max-parents": { type: "value", argument: "n", help: "list commits with at most <n> parents" },
  "first-parent": flag("follow the first parents of merges only"),
  "left-only": flag("list the left side of A...B only"),
  "right-only": flag("list the right side of A...B only"),
  not: flag("swap what is wanted and what is not, for what follows"),
  all: flag("begin at all refs and HEAD"),
  branches: refs("begin at branches"),
  tags: refs("begin at tags"),
  remotes: refs("begin at remote-tracking branches"),
  glob: value("pattern", "begin at refs that match"),
  exclude: value("pattern", "leave out refs from the next option for refs"),
  "exclude-hidden": value("section", "leave out refs that transfer.hideRefs or <section>.hideRefs hides"),
  "single-worktree": flag("begin at the refs of this worktree only"),
  reflog: flag("begin at what logs of refs name"),
  "indexed-objects": flag("begin at what the index names"),
  "alternate-refs": flag("begin at the refs of repositories that objects are borrowed from"),
  default: value("revision", "begin there if nothing else is given"),
  stdin: flag("read revisions from standard input"),
  "ignore-missing": flag("pass over revisions that name nothing"),
  "no-walk": {
    type: "optional-value",
    negatable: false,
    argument: "order",
    help: "list what is given, and nothing beyond",
  },
  "do-walk": flag("walk nevertheless"),
  objects: flag("list trees, blobs and tags too"),
  "objects-edge": flag("list the commits at the edge too, with a dash"),
  "objects-edge-aggressive": flag("list all commits that are not wanted as edges"),
  "in-commit-order": flag("list what is in a commit behind it"),
  "object-names": { type: "flag", help: "print the paths of objects" },
  unpacked: flag("list objects that are in no pack"),
  filter: { type: "value", argument: "filter-spec", help: "leave out objects" },
  "filter-provided-objects": flag("let the filter decide on what was asked for by name, too"),
  "filter-print-omitted": flag("list what the filter leaves out, with a tilde"),
  missing: value("action", "what to do about objects that are not there"),
  "exclude-promisor-objects": flag("leave out what a promisor remote has"),
  "topo-order": flag("list no commit before its children, one line of history after the other"),
  "date-order": flag("list no commit before its children, the youngest first"),
  reverse: flag("list the last commit first"),
  parents: flag("print the parents of commits"),
  children: flag("print the children of commits"),
  timestamp: flag("print the dates of commits"),
  boundary: flag("list the commits at the boundary too, with a dash"),
  "left-right": flag("mark the sides of A...B"),
  count: flag("print how many there are"),
  "disk-usage": { type: "optional-value", negatable: false, argument: "human", help: "print how many bytes they take" },
  quiet: flag("print nothing, and find out whether all is there"),
  z: { type: "flag", short: "z", shortOnly: true, help: "end fields with NUL" },
  "use-bitmap-index": flag("answer from bitmaps where there are any"),
  "test-bitmap": flag("compare the bitmap of a commit with a walk"),
  progress: value("title", "count objects on standard error"),
  ...Object.fromEntries(
    ["dense", "sparse", "remove-empty", "full-history", "show-pulls", "commit-header", "abbrev"].map((name) => [
      name,
      { type: "flag", hidden: true, help: "heard, and without effect" } as FlagOption,
    ]),
  ),
} as const satisfies OptionTable;

/** Options of git's rev-list that gitmidx has not. */
const refused: ReadonlySet<string> = new Set([
  ...["--header", "--pretty", "--format", "--oneline", "--graph", "--graph-lane-limit", "--abbrev-commit", "-v"],
  ...["--encoding", "--expand-tabs", "--no-expand-tabs", "--notes", "--no-notes", "--show-notes", "--standard-notes"],
  ...["--no-standard-notes", "--show-signature", "--no-show-signature", "--relative-date", "--date", "--log-size"],
  ...["--author", "--committer", "--grep", "--grep-reflog", "--all-match", "--invert-grep", "--basic-regexp", "-E"],
  ...["--extended-regexp", "--fixed-strings", "--perl-regexp", "--regexp-ignore-case", "-F", "-P", "-i"],
  ...["--walk-reflogs", "-g", "--merge", "--cherry", "--cherry-mark", "--cherry-pick", "--ancestry-path"],
  ...["--simplify-merges", "--simplify-by-decoration", "--author-date-order", "--exclude-first-parent-only"],
  ...["--maximal-only", "--max-count-oldest", "--bisect", "--bisect-vars", "--bisect-all", "--verify-objects"],
  ...["--no-kept-objects", "--show-linear-break"],
]);

/** Whether git's rev-list has that option and ours has not. */
export function isRefusedRevListOption(word: string): boolean {
  return refused.has(word.replace(/=.*$/s, ""));
}
