/** Revisions as arguments: `REV`, `^REV`, `A..B`, `A...B`, `REV^@`, `REV^!`, `REV^-N`. */

import { bytesOfName } from "../../bytes/name-text.js";
import { GitmidxError } from "../../core/errors.js";
import { commitCode, objectTypeName, tagCode } from "../../core/object-type.js";
import { leftMark, uninterestingMark } from "./flags.js";
import { mergeBases } from "./merge-bases.js";
import type { AskOid } from "./parent-links.js";
import type { PendingObjects } from "./pending.js";

/** What a revision names; undefined if it names nothing. */
export type ResolveRevision = (
  text: string,
  disambiguation: "committish" | undefined,
) => Promise<{ readonly oid: Uint8Array; readonly path: string | undefined } | undefined>;

/** How arguments are taken. */
export interface RevArgumentOptions {
  readonly resolve: ResolveRevision;
  readonly isPromised?: AskOid | undefined;
  /** `--ignore-missing`: what names nothing, or nothing that is there, is passed over. */
  readonly ignoreMissing?: boolean | undefined;
  /** `--missing`: rows of objects that are named by ids but missing are added to it; without it they are an error. */
  readonly missing?: Set<number> | undefined;
  /** Told what git calls an error, though it goes on or says more. */
  readonly complain?: ((message: string) => void) | undefined;
  /** Told of each text that names something, before the object is looked at: throws if that will not do. */
  readonly check?: ((text: string) => Promise<void>) | undefined;
}

/** Adds what arguments name to what a walk begins with. */
export class RevArguments {
  readonly #pending: PendingObjects;
  readonly #options: RevArgumentOptions;

  constructor(pending: PendingObjects, options: RevArgumentOptions) {
    this.#pending = pending;
    this.#options = options;
  }

  /**
   * Takes one argument.
   * @param marks what all objects get that it names without `^`: 0, or `uninterestingMark` behind `--not`.
   * @throws GitmidxError `bad-revision`: `bad revision '…'`; `missing-object`
   */
  async add(argument: string, marks: number): Promise<void> {
    if (await this.tryAdd(argument, marks)) return;
    throw new GitmidxError("bad-revision", `bad revision '${argument}'`);
  }

  /** As {@link add}. @returns false if the argument is no revision. */
  async tryAdd(argument: string, marks: number): Promise<boolean> {
    if (await this.#addRange(argument, marks)) return true;
    const opposite = marks ^ uninterestingMark;
    let text = argument;
    if (text.endsWith("^@") && text.indexOf("^@") === text.length - 2) {
      if (await this.#addParents(text.slice(0, -2), marks, 0)) return true;
    }
    if (text.endsWith("^!") && text.indexOf("^!") === text.length - 2) {
      if (await this.#addParents(text.slice(0, -2), opposite, 0)) text = text.slice(0, -2);
    }
    const minus = text.indexOf("^-");
    if (minus >= 0) {
      const number = text.slice(minus + 2);
      if (number !== "" && !/^\s*\+?0*[1-9]\d*$/.test(number)) return false;
      if (await this.#addParents(text.slice(0, minus), opposite, number === "" ? 1 : Number(number))) {
        text = text.slice(0, minus);
      }
    }
    return this.#addOne(text, marks);
  }

  async #addOne(text: string, marks: number): Promise<boolean> {
    const { resolve, check, ignoreMissing, missing } = this.#options;
    const excluded = text.startsWith("^");
    const name = excluded ? text.slice(1) : text;
    const found = await resolve(name, undefined);
    if (found === undefined) return ignoreMissing === true;
    await check?.(name);
    const row = await this.#object(name, found.oid);
    if (row < 0) return ignoreMissing === true || missing !== undefined;
    const path = found.path === undefined ? undefined : bytesOfName(found.path);
    this.#pending.addGiven(row, bytesOfName(name), excluded ? marks ^ uninterestingMark : marks, path);
    return true;
  }

  async #addRange(argument: string, marks: number): Promise<boolean> {
    const { resolve, check, ignoreMissing } = this.#options;
    const at = argument.indexOf("..");
    if (at < 0) return false;
    const symmetric = argument[at + 2] === ".";
    const names = [argument.slice(0, at) || "HEAD", argument.slice(at + (symmetric ? 3 : 2)) || "HEAD"];
    const found = [];
    for (const name of names) {
      const one = await resolve(name, "committish");
      if (one === undefined) return false;
      found.push(one);
    }
    await check?.(argument);
    const rows: number[] = [];
    for (const { oid } of found) rows.push(await this.#pending.graph.object(oid));
    if (rows.some((row) => row < 0)) {
      if (ignoreMissing === true) return true;
      throw badRange(argument, symmetric);
    }
    const opposite = marks ^ uninterestingMark;
    if (symmetric && !(await this.#addMergeBases(argument, rows, opposite))) return true;
    if (symmetric) this.#pending.graph.objects.mark(rows[0]!, leftMark);
    for (const [i, row] of rows.entries()) {
      const { path } = found[i]!;
      const own = i === 0 && !symmetric ? opposite : marks;
      this.#pending.addGiven(row, bytesOfName(names[i]!), own, path === undefined ? undefined : bytesOfName(path));
    }
    return true;
  }

  /** @returns false if the two are no commits, and that is passed over. */
  async #addMergeBases(argument: string, rows: readonly number[], marks: number): Promise<boolean> {
    const { graph } = this.#pending;
    const commits: number[] = [];
    for (const row of rows) {
      const commit = await this.#peeled(row);
      if (commit >= 0 && graph.type(commit) === commitCode) {
        commits.push(commit);
        continue;
      }
      const type = commit < 0 ? 0 : graph.type(commit);
      if (type !== 0) {
        const what = `is a ${objectTypeName(type)}, not a commit`;
        this.#options.complain?.(`object ${graph.objects.hex(row)} ${what}`);
      }
      if (this.#options.ignoreMissing === true) return false;
      throw badRange(argument, true);
    }
    for (const base of await mergeBases(graph, commits[0]!, commits[1]!)) {
      this.#pending.addGiven(base, bytesOfName(graph.objects.hex(base)), marks);
    }
    return true;
  }

  /** @param number which parent, from 1; 0 for all. @returns false if the text names no commit with such a parent */
  async #addParents(text: string, marks: number, number: number): Promise<boolean> {
    const excluded = text.startsWith("^");
    const name = excluded ? text.slice(1) : text;
    const found = await this.#options.resolve(name, "committish");
    if (found === undefined) return false;
    const { graph } = this.#pending;
    const row = await this.#peeled(await this.#object(name, found.oid));
    if (row < 0 || graph.type(row) !== commitCode || number > graph.parentCount(row)) return false;
    const own = excluded ? marks ^ uninterestingMark : marks;
    for (let i = 0; i < graph.parentCount(row); i++) {
      if (number === 0 || number === i + 1) this.#pending.addGiven(graph.parent(row, i), bytesOfName(name), own);
    }
    return true;
  }

  async #peeled(from: number): Promise<number> {
    const { graph } = this.#pending;
    let row = from;
    while (row >= 0 && graph.type(row) === tagCode)
      row = await graph.object(graph.objects.set.idAt(graph.tag(row).target));
    return row;
  }

  /** The row of an object that is named; −1 where it may be missing. */
  async #object(name: string, oid: Uint8Array): Promise<number> {
    const { graph } = this.#pending;
    const { ignoreMissing, isPromised, missing } = this.#options;
    const row = await graph.object(oid);
    if (row >= 0 || ignoreMissing === true || (await isPromised?.(oid)) === true) return row;
    if (missing === undefined) throw new GitmidxError("missing-object", `bad object ${name}`);
    missing.add(graph.objects.row(oid));
    return -1;
  }
}

function badRange(argument: string, symmetric: boolean): GitmidxError {
  const what = symmetric ? "Invalid symmetric difference expression" : "Invalid revision range";
  return new GitmidxError("bad-revision", `${what} ${argument}`);
}
