/** Revisions as git-rev-parse reads them: ids and prefixes, refs, `^{type}`, `~N`, `^N`, `@{N}`, `REV:PATH`, `:PATH`. */

import { oidFromHex, toHex } from "../../core/oid.js";
import { isRefName } from "../../store/refs/ref-name.js";
import { FileRevisions } from "./file-revision.js";
import { oidInLog } from "./log-entry.js";
import { isFullId, NamedRefs } from "./named-ref.js";
import { Peeler, type PeelTarget } from "./peel.js";
import {
  type Disambiguation,
  isFound,
  type Resolution,
  type ResolveOptions,
  type RevisionSource,
  type Step,
} from "./revision.js";
import { ShortIds } from "./short-id.js";

/** Parents and generations above this are not counted. */
const mostSteps = 2 ** 31 - 1;

const peelTargets: ReadonlyMap<string, PeelTarget> = new Map([
  ["commit", "commit"],
  ["tag", "tag"],
  ["tree", "tree"],
  ["blob", "blob"],
  ["object", "any"],
  ["", "untagged"],
]);

/** Resolves revisions of one repository. */
export class RevisionResolver {
  readonly #source: RevisionSource;
  readonly #refs: NamedRefs;
  readonly #peeler: Peeler;
  readonly #shortIds: ShortIds;
  readonly #files: FileRevisions;

  constructor(source: RevisionSource) {
    this.#source = source;
    this.#refs = new NamedRefs(source);
    this.#peeler = new Peeler(source);
    this.#shortIds = new ShortIds(source, this.#peeler);
    this.#files = new FileRevisions(source);
  }

  /** Tags, commits and trees, followed. */
  get peeler(): Peeler {
    return this.#peeler;
  }

  /**
   * What a revision names. What is found need not be there: a full id is found as it stands.
   * @throws GitmidxError `bad-revision` where git would die, always with `failure: "diagnosis"`; `unsupported` for what we do not read.
   */
  async resolve(text: string, options: ResolveOptions = {}): Promise<Resolution> {
    const { format } = this.#source;
    // most are full ids, and of those a program asks for millions
    if (options.checkIdNames === false && isFullId(text, format)) {
      return { outcome: "found", oid: oidFromHex(text, format), mode: undefined, path: undefined };
    }
    const step = await this.#plain(text, options.disambiguation, options);
    if (isFound(step)) return { outcome: "found", oid: step, mode: undefined, path: undefined };
    const file = await this.#files.resolve(text, options, (part) => this.#plain(part, "treeish", options));
    return file ?? { outcome: step };
  }

  /** A revision without a path. */
  async #plain(text: string, wanted: Disambiguation | undefined, options: ResolveOptions): Promise<Step> {
    const suffix = /^(.*)([~^])(\d*)$/s.exec(text);
    if (suffix !== null) {
      const count = suffix[3] === "" ? 1 : Number(suffix[3]);
      if (count > mostSteps) return "missing";
      return suffix[2] === "^" ? this.#parent(suffix[1]!, count, options) : this.#ancestor(suffix[1]!, count, options);
    }
    const peeled = await this.#peeled(text, options);
    if (peeled !== undefined) return peeled;
    const named = await this.#named(text, options);
    if (named !== undefined) return named;
    const described = await this.#described(text);
    if (described !== undefined) return described;
    return this.#shortIds.find(text, wanted, "loud");
  }

  async #parent(text: string, number: number, options: ResolveOptions): Promise<Step> {
    const step = await this.#plain(text, "committish", options);
    if (!isFound(step)) return step;
    const oid = await this.#peeler.commitOf(step);
    const commit = oid && (await this.#peeler.commit(oid));
    if (oid === undefined || commit === undefined) return "missing";
    return number === 0 ? oid : (commit.parents[number - 1] ?? "missing");
  }

  async #ancestor(text: string, generations: number, options: ResolveOptions): Promise<Step> {
    const step = await this.#plain(text, "committish", options);
    if (!isFound(step)) return step;
    let oid = await this.#peeler.commitOf(step);
    for (let i = 0; i < generations && oid !== undefined; i++) {
      const commit = await this.#peeler.commit(oid);
      if (commit === undefined && i > 0 && (await this.#source.objects.readHeader(oid)) === undefined) {
        this.#source.tell({ kind: "error", text: `Could not read ${toHex(oid)}` });
      }
      oid = commit?.parents[0];
    }
    return oid ?? "missing";
  }

  /** `REV^{type}`; undefined for anything else, and where it leads nowhere. */
  async #peeled(text: string, options: ResolveOptions): Promise<Uint8Array | undefined> {
    const parts = /^(.+)\^\{([^{]*)\}$/s.exec(text) ?? /^(.+?)\^\{(\/.*)\}$/s.exec(text);
    if (parts === null) return undefined;
    const [, name = "", type = ""] = parts;
    const search = type.startsWith("/");
    const target = search ? "commit" : peelTargets.get(type);
    if (target === undefined) return undefined;
    const hint = target === "commit" ? "committish" : target === "tree" ? "treeish" : undefined;
    const step = await this.#plain(name, hint, options);
    if (!isFound(step)) return undefined;
    const oid = await this.#peeler.peel(step, target, target === "untagged" ? name : text);
    if (search && type !== "/" && oid !== undefined) throw this.#files.unsupportedSearch(text);
    return oid;
  }

  /** A full id, or a ref with or without a place in its log; undefined for anything else. */
  async #named(text: string, options: ResolveOptions): Promise<Uint8Array | undefined> {
    const { format, tell, config } = this.#source;
    if (isFullId(text, format)) {
      const checks = options.checkIdNames !== false && this.#refs.warnsOfAmbiguity;
      if (checks && (await this.#refs.expand(text)) !== undefined) {
        tell({ kind: "warning", text: `refname '${text}' is ambiguous.` });
        if (config.bool("advice.objectNameWarning") ?? true) tell({ kind: "plain", text: objectNameAdvice });
      }
      return oidFromHex(text, format);
    }
    const { name, selector, isPrior } = logPartsOf(text);
    if (name === undefined || (name !== "" && endsBadly(name))) return undefined;
    if (isPrior) {
      const prior = await this.#refs.priorCheckout(Number(name.slice(3, -1)));
      if (prior !== undefined && isFullId(prior, format)) return oidFromHex(prior, format);
    }
    const log = selector === undefined ? undefined : await this.#refs.expandLog(name);
    const found = selector === undefined ? await this.#refs.expand(name) : log;
    if (found === undefined) return undefined;
    if (
      this.#refs.warnsOfAmbiguity &&
      (found.ambiguous || isFound(await this.#shortIds.find(name, undefined, "quiet")))
    ) {
      tell({ kind: "warning", text: `refname '${name}' is ambiguous.` });
    }
    if (selector === undefined || log === undefined) return found.oid;
    const branch = found.name.startsWith("refs/heads/") ? found.name.slice("refs/heads/".length) : "HEAD";
    const warn = (message: string) => tell({ kind: "warning", text: message });
    return oidInLog(log, { selector, name: name === "" ? branch : name, warn });
  }

  /** What git-describe prints: `TAG-N-gHEX`. */
  async #described(text: string): Promise<Step | undefined> {
    const digits = /[0-9a-f]*$/i.exec(text)![0];
    const before = text.slice(0, text.length - digits.length);
    const parts = /^(.+)-([0-9a-f]+)-g$/is.exec(before);
    if (parts === null || !isRefName(parts[1]!, "one")) return undefined;
    const step = await this.#shortIds.find(digits, "commit", "quiet");
    return isFound(step) ? step : undefined;
  }
}

/** Takes `NAME@{SELECTOR}` apart; `name` is undefined for a text that cannot name anything. */
function logPartsOf(text: string): { name: string | undefined; selector: string | undefined; isPrior: boolean } {
  let isPrior = false;
  for (let at = text.endsWith("}") ? text.length - 4 : -1; at >= 0; at--) {
    if (text[at] !== "@" || text[at + 1] !== "{") continue;
    if (text[at + 2] === "-") {
      if (at !== 0) return { name: undefined, selector: undefined, isPrior };
      isPrior = true;
      continue;
    }
    if (/^@\{(?:u|upstream|push)\}/i.test(text.slice(at))) break;
    return { name: text.slice(0, at), selector: text.slice(at + 2, -1), isPrior: false };
  }
  return { name: text, selector: undefined, isPrior };
}

/** Whether a text has an empty part, or ends in one or, behind a slash, in dots: no ref's name does. */
function endsBadly(name: string): boolean {
  let slash = true;
  for (const character of name) {
    if (character === "/") {
      if (slash) return true;
      slash = true;
    } else if (character !== ".") slash = false;
  }
  return slash;
}

const objectNameAdvice = `Git normally never creates a ref that ends with 40 hex characters
because it will be ignored when you just specify 40-hex. These refs
may be created by mistake. For example,

  git switch -c $br $(git rev-parse ...)

where "$br" is somehow empty and a 40-hex ref is created. Please
examine these refs and maybe delete them. Turn this message off by
running "git config set advice.objectNameWarning false"`;
