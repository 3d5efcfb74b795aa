/** The objects of a walk and the links between them, read as they are needed. */

import { GitmidxError } from "../../core/errors.js";
import {
  commitCode,
  type ObjectType,
  type ObjectTypeCode,
  objectTypeCode,
  tagCode,
  treeCode,
} from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { CommitLinks } from "../../formats/object/commit.js";
import { readTagLinks } from "../../formats/object/tag.js";
import { CommitTable } from "./commit-table.js";
import { missingMark, parsedMark } from "./flags.js";
import type { Grafts } from "./grafts.js";
import { ObjectTable } from "./object-table.js";

/** An object as an object store gives it. */
export interface ReadObject {
  readonly type: ObjectType;
  /** The content: valid as long as it is held, not to be changed. */
  readonly bytes: Uint8Array;
}

/** What a walk needs of an object store. */
export interface ObjectSource {
  /** The object if it is in a pack that can be read at once; undefined says nothing of whether there is one. */
  readPacked(oid: Uint8Array): ReadObject | undefined;
  /** The same with bytes that are only valid until the next call of any method, for what is not held: no copy is made. */
  peekPacked?(oid: Uint8Array): ReadObject | undefined;
  /** The object wherever it is; undefined if there is none. */
  read(oid: Uint8Array): Promise<ReadObject | undefined>;
  /** Type and size of an object in a pack that can be read at once. */
  readPackedHeader(oid: Uint8Array): { readonly type: ObjectType; readonly size: number } | undefined;
  /** Its type and size; undefined if there is no such object. */
  readHeader(oid: Uint8Array): Promise<{ readonly type: ObjectType; readonly size: number } | undefined>;
}

/** What a tag points to. */
export interface TagTarget {
  /** Row of the tagged object. */
  readonly target: number;
  /** The tag's name as it stands in it. */
  readonly name: Uint8Array;
}

/** Rows for objects, and what they are linked to. */
export class ObjectGraph {
  readonly format: ObjectFormat;
  readonly source: ObjectSource;
  readonly objects: ObjectTable;
  readonly commits = new CommitTable();
  readonly #grafts: Grafts;
  readonly #links: CommitLinks;
  readonly #tags = new Map<number, TagTarget>();

  constructor(format: ObjectFormat, source: ObjectSource, grafts: Grafts) {
    this.format = format;
    this.source = source;
    this.objects = new ObjectTable(format.byteLength);
    this.#grafts = grafts;
    this.#links = new CommitLinks(format);
  }

  /** Whether any commit may have other parents than it says. */
  get hasGrafts(): boolean {
    return !this.#grafts.isEmpty;
  }

  /**
   * Learns what the object is: its type, and what a commit or tag is linked to.
   * @returns its row, −1 if there is no such object.
   * @throws GitmidxError `bad-object`, or what reading says
   */
  async object(oid: Uint8Array): Promise<number> {
    const known = this.objects.row(oid);
    if (this.objects.has(known, parsedMark) || this.#tags.has(known)) return known;
    const found = this.source.readPacked(oid) ?? (await this.source.read(oid));
    if (found === undefined) return -1;
    const type = objectTypeCode(found.type)!;
    this.objects.setType(known, type);
    if (type === commitCode) this.#parseCommit(known, found.bytes);
    else if (type === tagCode) this.#parseTag(known, found.bytes);
    return known;
  }

  /** The type of a row whose object was read; 0 if it was not. */
  type(row: number): ObjectTypeCode | 0 {
    return this.objects.types[row]! as ObjectTypeCode | 0;
  }

  /** What a tag that was read points to. */
  tag(row: number): TagTarget {
    return this.#tags.get(row)!;
  }

  /** Whether a commit was read. */
  isParsed(row: number): boolean {
    return this.objects.has(row, parsedMark);
  }

  /** Date of a commit that was read, in seconds since 1970. */
  date(row: number): number {
    const number = this.objects.numbers[row]!;
    return number < 0 ? 0 : this.commits.dates[number]!;
  }

  /** Row of the tree of a commit; −1 if it was not read. */
  tree(row: number): number {
    const number = this.objects.numbers[row]!;
    return number < 0 ? -1 : this.commits.trees[number]!;
  }

  /** Parents of a commit; 0 if it was not read. */
  parentCount(row: number): number {
    const number = this.objects.numbers[row]!;
    return number < 0 ? 0 : this.commits.parentCount(number);
  }

  /** Row of parent `index`, from 0, of a commit that was read. */
  parent(row: number, index: number): number {
    return this.commits.parent(this.objects.numbers[row]!, index);
  }

  /** Reads the commits that are a commit's parents; undefined if that is done at once. Those that cannot be read are marked as missing. */
  readParents(row: number): Promise<void> | undefined {
    const count = this.parentCount(row);
    for (let i = 0; i < count; i++) {
      const parent = this.parent(row, i);
      if (!this.objects.has(parent, parsedMark | missingMark) && !this.#readCommitNow(parent)) {
        return this.#readLateParents(row, i);
      }
    }
    return undefined;
  }

  /** Reads a commit; false if there is none. @throws GitmidxError `bad-object` */
  async readCommit(row: number): Promise<boolean> {
    if (this.objects.has(row, parsedMark)) return true;
    const found = await this.source.read(this.objects.set.idAt(row));
    if (found?.type !== "commit") {
      this.objects.mark(row, missingMark);
      return false;
    }
    this.objects.unmark(row, missingMark);
    this.#parseCommit(row, found.bytes);
    return true;
  }

  /** The content of a tree if it can be had at once. */
  treeNow(row: number): Uint8Array | undefined {
    const found = this.source.readPacked(this.objects.oid(row));
    return found?.type === "tree" ? found.bytes : undefined;
  }

  /** As {@link treeNow}, but valid only until the next object is read. */
  peekTree(row: number): Uint8Array | undefined {
    const found = this.#peek(row);
    return found?.type === "tree" ? found.bytes : undefined;
  }

  /** The content of a tree; undefined if there is no such tree. */
  async treeLate(row: number): Promise<Uint8Array | undefined> {
    const found = await this.source.read(this.objects.set.idAt(row));
    return found?.type === "tree" ? found.bytes : undefined;
  }

  /** Whether history ends early anywhere. */
  get isShallow(): boolean {
    return this.#grafts.isShallow;
  }

  /** Makes a commit one without parents from now on: `--shallow`. */
  cutHistory(oid: Uint8Array): void {
    this.#grafts.addShallow(oid);
    const row = this.objects.set.find(oid);
    if (row >= 0 && this.objects.numbers[row]! >= 0) this.commits.dropParents(this.objects.numbers[row]!);
  }

  async #readLateParents(row: number, from: number): Promise<void> {
    for (let i = from; i < this.parentCount(row); i++) {
      const parent = this.parent(row, i);
      if (!this.objects.has(parent, parsedMark | missingMark) && !this.#readCommitNow(parent)) {
        await this.readCommit(parent);
      }
    }
  }

  #readCommitNow(row: number): boolean {
    const found = this.#peek(row);
    if (found?.type !== "commit") return false;
    this.#parseCommit(row, found.bytes);
    return true;
  }

  #peek(row: number): ReadObject | undefined {
    const { source } = this;
    const oid = this.objects.oid(row);
    return source.peekPacked === undefined ? source.readPacked(oid) : source.peekPacked(oid);
  }

  #parseCommit(row: number, bytes: Uint8Array): void {
    const { objects, commits } = this;
    const links = this.#links;
    const oid = objects.set.idAt(row);
    links.parse(bytes, 0, bytes.length, oid);
    const tree = objects.rowAs(treeCode, links.tree);
    if (tree < 0) throw badLink(`bad tree pointer ${toHex(links.tree)}`, oid);
    objects.numbers[row] = commits.add(tree, links.committerSeconds);
    const graft = this.#grafts.of(oid);
    const parents = graft === undefined ? links.parents : graft.parents;
    const count = graft === undefined ? links.parentCount : graft.count;
    const { byteLength } = this.format;
    for (let i = 0; i < count; i++) {
      const parent = objects.rowAs(commitCode, parents, i * byteLength);
      if (parent < 0) throw badLink(`bad parent ${toHex(parents, i * byteLength, byteLength)}`, oid);
      commits.addParent(parent);
    }
    objects.types[row] = commitCode;
    objects.mark(row, parsedMark);
  }

  #parseTag(row: number, bytes: Uint8Array): void {
    const oid = this.objects.set.idAt(row);
    const links = readTagLinks(bytes, 0, bytes.length, this.format, oid);
    const target = this.objects.rowAs(links.targetType, links.target);
    if (target < 0) throw new GitmidxError("bad-object", `bad tag pointer to ${toHex(links.target)} in ${toHex(oid)}`);
    this.#tags.set(row, { target, name: bytes.slice(links.nameStart, links.nameEnd) });
  }
}

function badLink(problem: string, oid: Uint8Array): GitmidxError {
  return new GitmidxError("bad-object", `${problem} in commit ${toHex(oid)}`);
}
