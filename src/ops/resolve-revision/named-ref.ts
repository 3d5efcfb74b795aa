/** Refs by their short names, and what can stand for a name: `@`, `@{-N}`, `BRANCH@{upstream}`. */

import { GitmidxError } from "../../core/errors.js";
import { isHex, type ObjectFormat } from "../../core/oid.js";
import type { ReflogEntry } from "../../store/refs/reflog.js";
import type { RevisionSource } from "./revision.js";

/** The places in which git looks for a short name. */
const rules: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["refs/", ""],
  ["refs/tags/", ""],
  ["refs/heads/", ""],
  ["refs/remotes/", ""],
  ["refs/remotes/", "/HEAD"],
];

/** A ref that a short name was taken for. */
export interface ExpandedRef {
  readonly oid: Uint8Array;
  /** The full name of the ref that has the id. */
  readonly name: string;
  /** Whether other refs could have been meant. */
  readonly ambiguous: boolean;
}

/** A log that a short name was taken for. */
export interface ExpandedLog extends ExpandedRef {
  readonly entries: readonly ReflogEntry[];
}

/** Finds refs by short names. */
export class NamedRefs {
  readonly #source: RevisionSource;
  readonly #warnsOfAmbiguity: boolean;

  constructor(source: RevisionSource) {
    this.#source = source;
    this.#warnsOfAmbiguity = source.config.bool("core.warnAmbiguousRefs") ?? true;
  }

  /** Whether `core.warnAmbiguousRefs` is on. */
  get warnsOfAmbiguity(): boolean {
    return this.#warnsOfAmbiguity;
  }

  /** The ref that `text` is taken for; refs in the way that lead nowhere are warned of. */
  async expand(text: string): Promise<ExpandedRef | undefined> {
    const { refs, tell } = this.#source;
    const short = (await this.interpret(text)) ?? text;
    let found: ExpandedRef | undefined;
    for (const [before, after] of rules) {
      const full = before + short + after;
      const followed = await refs.follow(full);
      if (followed.oid !== undefined) {
        found = { oid: found?.oid ?? followed.oid, name: found?.name ?? followed.name, ambiguous: found !== undefined };
        if (!this.#warnsOfAmbiguity) break;
      } else if (followed.symbolic && full !== "HEAD") {
        tell({ kind: "warning", text: `ignoring dangling symref ${full}` });
      } else if (followed.broken && full.includes("/")) {
        tell({ kind: "warning", text: `ignoring broken ref ${full}` });
      }
    }
    return found;
  }

  /** The log that `text` is taken for; of an empty text that of HEAD's branch. */
  async expandLog(text: string): Promise<ExpandedLog | undefined> {
    const { refs } = this.#source;
    if (text === "") {
      const head = await this.expand("HEAD");
      return head && { ...head, entries: (await refs.reflog(head.name)) ?? [] };
    }
    const short = (await this.interpret(text)) ?? text;
    let found: ExpandedLog | undefined;
    for (const [before, after] of rules) {
      const full = before + short + after;
      const ref = await refs.resolve(full);
      if (ref === undefined) continue;
      const own = await refs.reflog(full);
      const entries = own ?? (ref.name === full ? undefined : await refs.reflog(ref.name));
      if (entries === undefined) continue;
      const name = own === undefined ? ref.name : full;
      found = found === undefined ? { oid: ref.oid, name, ambiguous: false, entries } : { ...found, ambiguous: true };
      if (!this.#warnsOfAmbiguity) break;
    }
    return found;
  }

  /**
   * The name that `@`, `@{-N}` and `@{upstream}` stand for.
   * @returns undefined for a text that is none of these wholly.
   * @throws GitmidxError `bad-revision` in git's words for a branch without an upstream; `unsupported` for `@{push}`
   */
  async interpret(text: string): Promise<string | undefined> {
    const prior = /^@\{-(\d+)\}/.exec(text);
    if (prior !== null && Number(prior[1]) > 0) {
      const branch = await this.priorCheckout(Number(prior[1]));
      if (branch === undefined) return undefined;
      const rest = text.slice(prior[0].length);
      return rest === "" ? branch : this.interpret(branch + rest);
    }
    if (text.startsWith("@") && text[1] !== "{") {
      const next = text.indexOf("@", 1);
      if (text.length === 1) return "HEAD";
      if (next === 1 && text[2] === "{") return (await this.interpret(`HEAD${text.slice(1)}`)) ?? undefined;
    }
    const mark = /^([^:]*?)@\{(u|upstream|push)\}$/is.exec(text);
    if (mark === null) return undefined;
    if (mark[2]!.toLowerCase() === "push") throw new GitmidxError("unsupported", `'${text}': @{push} is not supported`);
    return this.#upstream(mark[1]!);
  }

  /** The branch or id that was checked out before the last `count` checkouts. */
  async priorCheckout(count: number): Promise<string | undefined> {
    let left = count;
    for (const { message } of ((await this.#source.refs.reflog("HEAD")) ?? []).toReversed()) {
      const from = /^checkout: moving from (.*?) to /s.exec(message)?.[1];
      if (from !== undefined && --left === 0) return from;
    }
    return undefined;
  }

  /** The remote-tracking branch of a branch; of an empty text that of the one that is checked out. */
  async #upstream(text: string): Promise<string> {
    const { refs, config } = this.#source;
    const fail = (message: string) => new GitmidxError("bad-revision", message);
    let branch = (await this.interpret(text)) ?? text;
    if (branch === "" || branch === "HEAD") {
      const head = await refs.head();
      const target = head?.kind === "symbolic" ? head.target : "";
      if (!target.startsWith("refs/heads/")) throw fail("HEAD does not point to a branch");
      branch = target.slice("refs/heads/".length);
    }
    const remote = config.get(`branch.${branch}.remote`);
    const merge = config.getAll(`branch.${branch}.merge`)[0];
    if (remote === undefined || merge === undefined) {
      if ((await refs.resolve(`refs/heads/${branch}`)) === undefined) throw fail(`no such branch: '${branch}'`);
      throw fail(`no upstream configured for branch '${branch}'`);
    }
    if (remote === ".") return merge;
    for (const spec of config.getAll(`remote.${remote}.fetch`)) {
      const tracking = mappedBy(spec, merge);
      if (tracking !== undefined) return tracking;
    }
    throw fail(`upstream branch '${merge}' not stored as a remote-tracking branch`);
  }
}

/** Where a refspec puts a ref; undefined if it is not about it. */
function mappedBy(spec: string, ref: string): string | undefined {
  const [from = "", to = ""] = spec.replace(/^\+/, "").split(":");
  if (to === "" || from.startsWith("^")) return undefined;
  if (!from.includes("*")) return from === ref ? to : undefined;
  const [before = "", after = ""] = from.split("*");
  const fits = ref.startsWith(before) && ref.endsWith(after) && ref.length >= before.length + after.length;
  return fits ? to.replace("*", () => ref.slice(before.length, ref.length - after.length)) : undefined;
}

/** Whether a text is a full id. */
export function isFullId(text: string, format: ObjectFormat): boolean {
  return text.length === format.hexLength && isHex(text);
}
