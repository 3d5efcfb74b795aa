/** Revisions as arguments: `REV`, `^REV`, `A..B`, `A...B`, `REV^@`, `REV^!`, `REV^-N`. */

import { bytesOfName } from "../../bytes/name-text.js";
import { GitmidxError } from "../../core/errors.js";
import { commitCode, tagCode } from "../../core/object-type.js";
import { uninterestingMark } from "./flags.js";
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
    if (await this.#addRange(argument, marks)) return;
    const opposite = marks ^ uninterestingMark;
    let text = argument;
    if (text.endsWith("^@") && text.indexOf("^@") === text.length - 2) {
      if (await this.#addParents(text.slice(0, -2), marks, 0)) return;
    }
    if (text.endsWith("^!") && text.indexOf("^!") === text.length - 2) {
      if (await this.#addParents(text.slice(0, -2), opposite, 0)) text = text.slice(0, -2);
    }
    const minus = text.indexOf("^-");
    if (minus >= 0) {
      const number = text.slice(minus + 2);
      if (number !== "" && !/^ *\+?0*[1-9]\d*$/.test(number)) throw badRevision(argument);
      if (await this.#addParents(text.slice(0, minus), opposite, number === "" ? 1 : Number(number))) {
        text = text.slice(0, minus);
      }
    }
    await this.#addOne(argument, text, marks);
  }

  async #addOne(argument: string, text: string, marks: number): Promise<void> {
    const excluded = text.startsWith("^");
    const name = excluded ? text.slice(1) : text;
    const found = await this.#options.resolve(name, undefined);
    if (found === undefined) throw badRevision(argument);
    const row = await this.#object(name, found.oid);
    if (row < 0) throw badRevision(argument);
    const path = found.path === undefined ? undefined : bytesOfName(found.path);
    this.#pending.addGiven(row, bytesOfName(name), excluded ? marks ^ uninterestingMark : marks, path);
  }

  async #addRange(argument: string, marks: number): Promise<boolean> {
    const at = argument.indexOf("..");
    if (at < 0) return false;
    const symmetric = argument[at + 2] === ".";
    const names = [argument.slice(0, at) || "HEAD", argument.slice(at + (symmetric ? 3 : 2)) || "HEAD"];
    const found = [];
    for (const name of names) {
      const one = await this.#options.resolve(name, "committish");
      if (one === undefined) return false;
      found.push(one);
    }
    const rows: number[] = [];
    for (const { oid } of found) rows.push(await this.#pending.graph.object(oid));
    if (rows.some((row) => row < 0)) throw badRange(argument, symmetric);
    const opposite = marks ^ uninterestingMark;
    if (symmetric) await this.#addMergeBases(argument, rows, opposite);
    for (const [i, row] of rows.entries()) {
      const { path } = found[i]!;
      const own = i === 0 && !symmetric ? opposite : marks;
      this.#pending.addGiven(row, bytesOfName(names[i]!), own, path === undefined ? undefined : bytesOfName(path));
    }
    return true;
  }

  async #addMergeBases(argument: string, rows: readonly number[], marks: number): Promise<void> {
    const { graph } = this.#pending;
    const commits: number[] = [];
    for (const row of rows) {
      const commit = await this.#peeled(row);
      if (commit < 0 || graph.type(commit) !== commitCode) throw badRange(argument, true);
      commits.push(commit);
    }
    for (const base of await mergeBases(graph, commits[0]!, commits[1]!)) {
      this.#pending.addGiven(base, bytesOfName(graph.objects.hex(base)), marks);
    }
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
    const row = await this.#pending.graph.object(oid);
    if (row >= 0 || (await this.#options.isPromised?.(oid)) === true) return row;
    throw new GitmidxError("missing-object", `bad object ${name}`);
  }
}

function badRevision(argument: string): GitmidxError {
  return new GitmidxError("bad-revision", `bad revision '${argument}'`);
}

function badRange(argument: string, symmetric: boolean): GitmidxError {
  const what = symmetric ? "Invalid symmetric difference expression" : "Invalid revision range";
  return new GitmidxError("bad-revision", `${what} ${argument}`);
}
