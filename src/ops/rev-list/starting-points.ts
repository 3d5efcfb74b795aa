/** Takes what a command line, or standard input, says of where a walk begins. */

import { GitmidxError } from "../../core/errors.js";
import type { GitConfig } from "../../store/config/git-config.js";
import type { PackFs } from "../../store/pack-fs.js";
import { RefStore } from "../../store/refs/ref-store.js";
import { addIndexedObjects } from "../walk/add-indexed.js";
import { type AddRefsOptions, addAllRefs, addReflogs, addRefs, type RefPlace } from "../walk/add-refs.js";
import { type FilterSpec, parseFilter } from "../walk/filter/parse-filter.js";
import { uninterestingMark } from "../walk/flags.js";
import type { AskOid } from "../walk/parent-links.js";
import type { PendingObjects } from "../walk/pending.js";
import { type ResolveRevision, RevArguments } from "../walk/rev-arguments.js";
import { addAlternateRefs } from "./alternate-refs.js";
import type { PathArguments } from "./path-arguments.js";
import { RefExclusions } from "./ref-exclusions.js";
import { MissingValue, readStart, type Start } from "./start.js";

/** What names are looked up in. */
export interface StartSource {
  readonly fs: PackFs;
  readonly config: GitConfig;
  readonly place: RefPlace;
  /** GIT_INDEX_FILE */
  readonly indexFile: string | undefined;
  readonly resolve: ResolveRevision;
  readonly isPromised: AskOid | undefined;
  readonly missing: Set<number> | undefined;
  readonly paths: PathArguments;
  readonly objectDirectories: readonly string[];
  readonly warn: (message: string) => void;
  readonly complain: (message: string) => void;
}

type RefsStart = Start & { readonly kind: "branches" | "tags" | "remotes" };

const prefixes = { branches: "refs/heads/", tags: "refs/tags/", remotes: "refs/remotes/" } as const;

/** What has been taken so far. */
export class StartingPoints {
  /** Whether anything was given that could name an object. */
  given = false;
  /** Whether standard input was read. */
  readInput = false;
  /** Whether something was taken that git knows but does not want here: it ends with the usage. */
  refused = false;
  noWalk: "sorted" | "unsorted" | undefined;
  readonly #source: StartSource;
  readonly #pending: PendingObjects;
  readonly #exclusions = new RefExclusions();
  readonly #filters: FilterSpec[] = [];
  #unsorted = false;
  #ignoreMissing = false;
  #singleWorktree = false;
  #default: string | undefined;

  constructor(source: StartSource, pending: PendingObjects) {
    this.#source = source;
    this.#pending = pending;
  }

  /** All filters that were given as one; undefined without any. */
  get filter(): FilterSpec | undefined {
    return this.#filters.length > 1 ? { kind: "combine", parts: this.#filters } : this.#filters[0];
  }

  /**
   * Takes them in order.
   * @param separated whether `--` follows: then each text must be a revision.
   * @throws GitmidxError `bad-revision`, `missing-object`, `unsupported`, in git's words
   */
  async take(starts: readonly Start[], separated: boolean): Promise<void> {
    let marks = 0;
    for (const [i, start] of starts.entries()) {
      if (start.kind === "not") marks ^= uninterestingMark;
      else if (start.kind === "revision") await this.#argument(start.text, marks, separated, starts.slice(i + 1));
      else await this.#take(start, marks);
    }
    if (this.#default === undefined || this.#pending.objects.length > 0 || this.given) return;
    if (!(await this.#revisions(true).tryAdd(this.#default, 0))) throw await this.#missingDefault(this.#default);
  }

  async #missingDefault(name: string): Promise<GitmidxError> {
    const { fs, place } = this.#source;
    const ref = await RefStore.open(fs, place).read(name);
    if (ref?.kind !== "symbolic") return new GitmidxError("bad-revision", "your current branch appears to be broken");
    const branch = ref.target.replace(/^refs\/heads\//, "");
    return new GitmidxError("bad-revision", `your current branch '${branch}' does not have any commits yet`);
  }

  async #take(start: Start, marks: number): Promise<void> {
    const before = this.#pending.objects.length;
    await this.#takeOne(start, marks);
    if (this.noWalk === undefined) return;
    const { graph, objects } = this.#pending;
    for (const { row } of objects.slice(before)) if (graph.objects.has(row, uninterestingMark)) this.noWalk = undefined;
  }

  async #takeOne(start: Start, marks: number): Promise<void> {
    const { fs, place, indexFile, warn } = this.#source;
    switch (start.kind) {
      case "all":
        this.given = true;
        await addAllRefs(this.#pending, fs, place, this.#refOptions(marks), this.#singleWorktree);
        return this.#exclusions.clear();
      case "branches":
      case "tags":
      case "remotes":
        return this.#refs(start, marks);
      case "glob":
        return this.#glob(start.pattern, marks);
      case "exclude":
        return this.#exclusions.exclude(start.pattern);
      case "exclude-hidden":
        return this.#exclusions.excludeHidden(start.section, this.#source.config);
      case "reflog":
        return addReflogs(this.#pending, fs, place, { marks, warn }, this.#singleWorktree);
      case "indexed-objects":
        return addIndexedObjects(this.#pending, fs, { ...place, indexFile }, marks);
      case "alternate-refs":
        return this.#alternateRefs(marks);
      case "lines":
        return this.#lines(start.lines);
      default:
        return this.#takeMode(start);
    }
  }

  #alternateRefs(marks: number): Promise<void> {
    const { fs, config, objectDirectories } = this.#source;
    if (config.has("core.alternateRefsCommand")) {
      throw new GitmidxError("unsupported", "core.alternateRefsCommand is not supported");
    }
    const prefixes = (config.get("core.alternateRefsPrefixes") ?? "").split(" ").filter((prefix) => prefix !== "");
    return addAlternateRefs(this.#pending, fs, objectDirectories, { ...this.#refOptions(marks), prefixes });
  }

  #takeMode(start: Start): void {
    switch (start.kind) {
      case "single-worktree":
        this.#singleWorktree = true;
        return;
      case "ignore-missing":
        this.#ignoreMissing = true;
        return;
      case "no-walk":
        this.#setNoWalk(start.order);
        return;
      case "walk":
        this.noWalk = undefined;
        return;
      case "filter":
        this.#filters.push(parseFilter(start.text));
        return;
      case "no-filter":
        this.#filters.length = 0;
        return;
      case "default":
        this.#default = start.text;
    }
  }

  #setNoWalk(order: string | undefined): void {
    if (order !== undefined && order !== "sorted" && order !== "unsorted") {
      this.#refuse("invalid argument to --no-walk");
      return;
    }
    if (order !== undefined) this.#unsorted = order === "unsorted";
    this.noWalk = this.#unsorted ? "unsorted" : "sorted";
  }

  async #argument(text: string, marks: number, separated: boolean, rest: readonly Start[]): Promise<void> {
    const before = this.#pending.objects.length;
    const isParent = !separated && text === "..";
    if (!isParent && (await this.#revisions(separated).tryAdd(text, marks))) {
      this.given = true;
      const { graph, objects } = this.#pending;
      for (const { row } of objects.slice(before)) {
        if (graph.objects.has(row, uninterestingMark)) this.noWalk = undefined;
      }
      return;
    }
    if (separated || text.startsWith("^")) throw badRevision(text);
    const texts = rest.flatMap((start) => (start.kind === "revision" ? [start.text] : []));
    throw await this.#source.paths.refusal([text, ...texts]);
  }

  #revisions(separated: boolean): RevArguments {
    const { resolve, isPromised, missing, paths, complain } = this.#source;
    const check = separated ? undefined : (text: string) => paths.checkIsNone(text);
    const ignoreMissing = this.#ignoreMissing;
    return new RevArguments(this.#pending, { resolve, isPromised, missing, ignoreMissing, check, complain });
  }

  #refOptions(marks: number): AddRefsOptions {
    const { isPromised, missing, warn } = this.#source;
    const isExcluded = (name: string) => this.#exclusions.has(name);
    return { marks, isPromised, missing, warn, ignoreMissing: this.#ignoreMissing, isExcluded };
  }

  async #refs({ kind, pattern }: RefsStart, marks: number): Promise<void> {
    if (this.#exclusions.hides) {
      return this.#refuse(`options '--exclude-hidden' and '--${kind}' cannot be used together`);
    }
    const prefix = prefixes[kind];
    const full = pattern === undefined ? undefined : prefix + withStars(pattern);
    await this.#addRefs({ prefix, pattern: full }, marks);
  }

  async #glob(pattern: string, marks: number): Promise<void> {
    const full = withStars(pattern.startsWith("refs/") ? pattern : `refs/${pattern}`);
    await this.#addRefs({ prefix: "refs/", pattern: full, keepsPrefix: true }, marks);
  }

  async #addRefs(range: Parameters<typeof addRefs>[2], marks: number): Promise<void> {
    const { fs, place } = this.#source;
    this.given = true;
    await addRefs(this.#pending, RefStore.open(fs, place), range, this.#refOptions(marks));
    this.#exclusions.clear();
  }

  /** `--stdin`: what a line begins with `-` is an option, of those that say where to begin. */
  async #lines(lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
    if (this.readInput) throw new GitmidxError("bad-revision", "--stdin given twice?");
    this.readInput = true;
    let marks = 0;
    let optionsEnded = false;
    let pathsBegun = false;
    for await (const line of lines) {
      if (pathsBegun) throw this.#source.paths.unsupported();
      if (line === "") return;
      if (line === "--") pathsBegun = true;
      else if (optionsEnded || !line.startsWith("-")) await this.#line(line, marks);
      else if (line === "--end-of-options") optionsEnded = true;
      else if (line === "--not") marks ^= uninterestingMark;
      else await this.#option(line, marks);
    }
  }

  async #line(line: string, marks: number): Promise<void> {
    const before = this.#pending.objects.length;
    if (!(await this.#revisions(true).tryAdd(line, marks))) throw badRevision(line);
    this.given = true;
    const { graph, objects } = this.#pending;
    for (const { row } of objects.slice(before)) if (graph.objects.has(row, uninterestingMark)) this.noWalk = undefined;
  }

  async #option(line: string, marks: number): Promise<void> {
    let start: Start | undefined;
    try {
      start = readStart(line, undefined)?.start;
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      throw new GitmidxError("bad-revision", error.message);
    }
    if (start !== undefined) await this.#take(start, marks);
    if (start !== undefined && !this.refused) return;
    throw new GitmidxError("bad-revision", `invalid option '${line}' in --stdin mode`);
  }

  #refuse(message: string): void {
    this.#source.complain(message);
    this.refused = true;
  }
}

/** A pattern that has nothing special in it stands for what is below it. */
function withStars(pattern: string): string {
  if (/[*?[\\]/.test(pattern)) return pattern;
  return pattern.endsWith("/") ? `${pattern}*` : `${pattern}/*`;
}

function badRevision(text: string): GitmidxError {
  return new GitmidxError("bad-revision", `bad revision '${text}'`);
}
