/**
 * The walk over all objects, in git's order: the commits as they come; then tags, trees and blobs, trees before what is in them, each
 * object once.
 */

import { nameOfBytes } from "../../bytes/name-text.js";
import { GitmidxError } from "../../core/errors.js";
import { blobCode, type ObjectTypeCode, tagCode, treeCode } from "../../core/object-type.js";
import { isBlobMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import {
  type FilterAnswer,
  type FilterSituation,
  markSeenAnswer,
  type ObjectFilter,
  showAnswer,
  skipTreeAnswer,
} from "./filter/object-filter.js";
import { foundMark, seenMark, uninterestingMark } from "./flags.js";
import type { ObjectGraph } from "./object-graph.js";
import { PathBuffer } from "./path-buffer.js";
import type { RevisionWalk } from "./revision-walk.js";
import { type TreePair, TreePairs } from "./tree-pairs.js";

/** Trees in trees that are looked into: `core.maxTreeDepth`. */
export const defaultMaxTreeDepth = 2048;

/** What is told of each object. A promise is waited for. */
export interface ObjectVisitor {
  commit(row: number): void | Promise<void>;
  /** @param path where it was found, or a tag's name; valid during the call. */
  object(row: number, type: ObjectTypeCode, path: PathBuffer): void | Promise<void>;
}

/** How objects are walked. */
export interface ObjectWalkOptions {
  readonly filter?: ObjectFilter | undefined;
  readonly maxTreeDepth?: number | undefined;
  /** `--in-commit-order`: what is in a commit's tree is told right behind it. */
  readonly inCommitOrder?: boolean | undefined;
  /** Called now and then with how many objects were told; a promise is waited for. */
  readonly tick?: ((objects: number) => Promise<void> | undefined) | undefined;
}

/** A tree whose entries are being gone through. */
interface OpenTree {
  readonly row: number;
  /** Its content; undefined for a tree that is not looked into. */
  readonly pair: TreePair | undefined;
  /** Where the next entry begins. */
  at: number;
  /** Length of the path of the directory that the tree is in, with its slash: where the tree's own name begins. */
  readonly parentLength: number;
  /** Length of the path with the slash behind the tree's name. */
  readonly pathLength: number;
}

const done = uninterestingMark | seenMark;

/** Whether an entry of that mode may be an object of that type. */
function isExpected(mode: number, type: number): boolean {
  return isTreeMode(mode) ? type === treeCode : type === blobCode && isBlobMode(mode);
}

/** Walks what a prepared revision walk gives, and what is still pending. */
export async function walkObjects(
  walk: RevisionWalk,
  visitor: ObjectVisitor,
  options: ObjectWalkOptions = {},
): Promise<void> {
  await new ObjectWalk(walk, visitor, options).run();
}

class ObjectWalk {
  readonly #walk: RevisionWalk;
  readonly #graph: ObjectGraph;
  readonly #visitor: ObjectVisitor;
  readonly #filter: ObjectFilter | undefined;
  readonly #options: ObjectWalkOptions;
  readonly #maxTreeDepth: number;
  readonly #path = new PathBuffer();
  readonly #cursor: TreeCursor;
  readonly #open: OpenTree[] = [];
  readonly #pairs: TreePairs;
  /** Whether everything in a tree that was gone through is done with: nothing is left aside that may be wanted at another place. */
  readonly #leavesNothing: boolean;

  constructor(walk: RevisionWalk, visitor: ObjectVisitor, options: ObjectWalkOptions) {
    this.#walk = walk;
    this.#graph = walk.graph;
    this.#visitor = visitor;
    this.#filter = options.filter;
    this.#options = options;
    this.#maxTreeDepth = options.maxTreeDepth ?? defaultMaxTreeDepth;
    this.#cursor = new TreeCursor(walk.graph.format);
    this.#pairs = new TreePairs(walk.graph.format.byteLength);
    const { isPromised, includes } = walk.options;
    this.#leavesNothing =
      options.filter === undefined && isPromised === undefined && includes === undefined && !walk.ignoreMissingLinks;
  }

  async run(): Promise<void> {
    await this.#commits();
    if (this.#walk.options.objects) await this.#pendingObjects();
  }

  async #commits(): Promise<void> {
    const { objects } = this.#graph;
    const { pending, options, missing } = this.#walk;
    for (;;) {
      const next = this.#walk.next();
      const row = typeof next === "number" ? next : await next;
      if (row < 0) return;
      const asked = this.#answer("commit", row, 0);
      const answer = typeof asked === "number" ? asked : await asked;
      const tree = options.objects && missing?.has(row) !== true ? this.#graph.tree(row) : -1;
      if (tree >= 0) {
        objects.mark(tree, foundMark);
        pending.add(tree);
      }
      if (answer & markSeenAnswer) objects.mark(row, seenMark);
      const shown = answer & showAnswer ? this.#visitor.commit(row) : undefined;
      if (shown !== undefined) await shown;
      const turn = this.#options.tick?.(1);
      if (turn !== undefined) await turn;
      if (this.#options.inCommitOrder === true) await this.#pendingObjects();
    }
  }

  async #pendingObjects(): Promise<void> {
    const { objects } = this.#graph;
    for (const { row, name, path } of this.#walk.pending.take()) {
      if (objects.has(row, uninterestingMark | seenMark)) continue;
      const type = this.#graph.type(row);
      this.#path.truncate(0);
      if (type === tagCode) {
        this.#path.append(name);
        const answer = await this.#answer("tag", row, 0);
        if (answer & markSeenAnswer) objects.mark(row, seenMark);
        if (answer & showAnswer) await this.#show(row, tagCode);
        continue;
      }
      if (path !== undefined) this.#path.append(path);
      if (type === treeCode) await this.#tree(row);
      else if (type === blobCode) await this.#blob(row, 0);
      else throw new GitmidxError("bad-object", `unknown pending object ${objects.hex(row)}`);
    }
  }

  /** Goes through a tree whose path is in the path buffer, and all trees in it. Promises for each tree would cost as much as the trees. */
  async #tree(root: number): Promise<void> {
    const entered = this.#enterTree(root, 0);
    if (typeof entered !== "boolean") await entered;
    for (let tree = this.#open.at(-1); tree !== undefined; tree = this.#open.at(-1)) {
      const entries = this.#entries(tree);
      if (typeof entries === "boolean" ? entries : await entries) continue;
      this.#open.pop();
      tree.pair?.finish();
      this.#path.truncate(tree.pathLength);
      const asked = this.#answer("end of tree", tree.row, tree.parentLength);
      const answer = typeof asked === "number" ? asked : await asked;
      if (answer & markSeenAnswer) this.#graph.objects.mark(tree.row, seenMark);
      const shown = answer & showAnswer ? this.#show(tree.row, treeCode) : undefined;
      if (shown !== undefined) await shown;
      this.#path.truncate(tree.parentLength);
    }
  }

  /** Goes on through a tree until it ends, or enters a tree in it: then true. */
  #entries(tree: OpenTree): boolean | Promise<boolean> {
    const { pair } = tree;
    if (pair === undefined) return false;
    const { objects } = this.#graph;
    const cursor = this.#cursor;
    const { bytes, length } = pair;
    for (let at = pair.pass(tree.at); at < length; at = pair.pass(at)) {
      cursor.reset(bytes, at, length);
      cursor.next();
      pair.note(cursor);
      const { mode, idAt } = cursor;
      at = idAt + this.#graph.format.byteLength;
      // Many entries are those of trees at other paths: that case must cost one look.
      const known = objects.set.find(bytes, idAt);
      if (known >= 0 && (objects.marks[known]! & done) !== 0 && isExpected(mode, objects.types[known]!)) continue;
      if (isTreeMode(mode)) {
        const row = this.#entryRow(tree, treeCode);
        this.#nameEntry(tree);
        tree.at = at;
        const entered = this.#enterTree(row, tree.pathLength);
        if (typeof entered !== "boolean") return entered.then((late) => late || this.#entries(tree));
        if (entered) return true;
      } else if (isBlobMode(mode)) {
        const row = this.#entryRow(tree, blobCode);
        if (objects.has(row, done)) continue;
        this.#nameEntry(tree);
        tree.at = at;
        const wait = this.#blob(row, tree.pathLength);
        if (wait !== undefined) return wait.then(() => this.#entries(tree));
      }
    }
    return false;
  }

  /** The row of the cursor's entry. @throws GitmidxError `wrong-object-type` */
  #entryRow(tree: OpenTree, type: ObjectTypeCode): number {
    const { objects } = this.#graph;
    const row = objects.rowAs(type, this.#cursor.bytes, this.#cursor.idAt);
    if (row < 0) throw this.#wrongType(tree, type === treeCode ? "tree" : "blob");
    objects.mark(row, foundMark);
    return row;
  }

  /** Puts the path of the cursor's entry into the path buffer. */
  #nameEntry(tree: OpenTree): void {
    const { bytes, nameStart, nameEnd } = this.#cursor;
    this.#path.truncate(tree.pathLength);
    this.#path.append(bytes, nameStart, nameEnd);
  }

  /** Opens the tree whose path is in the path buffer; false if it is left aside. */
  #enterTree(row: number, parentLength: number): boolean | Promise<boolean> {
    const { objects } = this.#graph;
    const { includes } = this.#walk.options;
    if (objects.has(row, uninterestingMark | seenMark)) return false;
    if (includes === undefined) return this.#readTree(row, parentLength);
    const included = includes(objects.set.idAt(row));
    if (typeof included === "boolean") return included && this.#readTree(row, parentLength);
    return included.then((late) => late && this.#readTree(row, parentLength));
  }

  #readTree(row: number, parentLength: number): boolean | Promise<boolean> {
    if (this.#open.length > this.#maxTreeDepth) {
      throw new GitmidxError("too-large", "exceeded maximum allowed tree depth");
    }
    const bytes = this.#graph.peekTree(row);
    return bytes === undefined ? this.#readTreeLate(row, parentLength) : this.#openTree(row, parentLength, bytes);
  }

  async #readTreeLate(row: number, parentLength: number): Promise<boolean> {
    const bytes = await this.#graph.treeLate(row);
    if (bytes === undefined && (await this.#mayBeMissing(row))) return false;
    return this.#openTree(row, parentLength, bytes);
  }

  #openTree(row: number, parentLength: number, bytes: Uint8Array | undefined): boolean | Promise<boolean> {
    const path = this.#path;
    const pair = bytes && this.#pairs.open(path.bytes, path.length, bytes, this.#leavesNothing);
    const answer = this.#answer("tree", row, parentLength);
    const tree = { row, pair, parentLength };
    return typeof answer === "number"
      ? this.#tellTree(tree, answer)
      : answer.then((late) => this.#tellTree(tree, late));
  }

  #tellTree(tree: Pick<OpenTree, "row" | "pair" | "parentLength">, answer: FilterAnswer): boolean | Promise<boolean> {
    if (answer & markSeenAnswer) this.#graph.objects.mark(tree.row, seenMark);
    const wait = answer & showAnswer ? this.#show(tree.row, treeCode) : undefined;
    return wait === undefined ? this.#beginTree(tree, answer) : wait.then(() => this.#beginTree(tree, answer));
  }

  #beginTree(tree: Pick<OpenTree, "row" | "pair" | "parentLength">, answer: FilterAnswer): boolean {
    const { row, pair, parentLength } = tree;
    const path = this.#path;
    if (path.length > 0) path.appendSlash();
    const skipped = (answer & skipTreeAnswer) !== 0;
    if (skipped) pair?.cancel();
    this.#open.push({ row, pair: skipped ? undefined : pair, at: 0, parentLength, pathLength: path.length });
    return true;
  }

  /** Whether a missing tree is passed over; false if it is told of nevertheless. @throws GitmidxError `missing-object` if it may not be */
  async #mayBeMissing(row: number): Promise<boolean> {
    const { isPromised } = this.#walk.options;
    const { objects } = this.#graph;
    if (this.#walk.missing !== undefined) return false;
    if (this.#walk.ignoreMissingLinks || (await isPromised?.(objects.set.idAt(row))) === true) return true;
    throw new GitmidxError("missing-object", `bad tree object ${objects.hex(row)}`);
  }

  /** Tells of the blob whose path is in the path buffer; a promise if something must be waited for. */
  #blob(row: number, nameStart: number): void | Promise<void> {
    if (this.#walk.options.isPromised !== undefined) return this.#promisedBlob(row, nameStart);
    return this.#presentBlob(row, nameStart);
  }

  async #promisedBlob(row: number, nameStart: number): Promise<void> {
    const oid = this.#graph.objects.set.idAt(row);
    const there = (await this.#graph.source.readHeader(oid)) !== undefined;
    if (!there && (await this.#walk.options.isPromised!(oid))) return;
    await this.#presentBlob(row, nameStart);
  }

  #presentBlob(row: number, nameStart: number): void | Promise<void> {
    const answer = this.#answer("blob", row, nameStart);
    if (typeof answer !== "number") return answer.then((late) => this.#answeredBlob(row, late));
    return this.#answeredBlob(row, answer);
  }

  #answeredBlob(row: number, answer: FilterAnswer): void | Promise<void> {
    if (answer & markSeenAnswer) this.#graph.objects.mark(row, seenMark);
    return answer & showAnswer ? this.#show(row, blobCode) : undefined;
  }

  #show(row: number, type: ObjectTypeCode): void | Promise<void> {
    const { hides } = this.#walk.options;
    if (hides !== undefined && this.#walk.options.hidesObjects === true) return this.#showUnlessHidden(row, type);
    const shown = this.#visitor.object(row, type, this.#path);
    return shown ?? this.#options.tick?.(1);
  }

  async #showUnlessHidden(row: number, type: ObjectTypeCode): Promise<void> {
    if (await this.#walk.options.hides!(this.#graph.objects.set.idAt(row))) return;
    await this.#visitor.object(row, type, this.#path);
    await this.#options.tick?.(1);
  }

  /** What the filter says; whoever asked for an object by name gets it. */
  #answer(situation: FilterSituation, row: number, nameStart: number): FilterAnswer | Promise<FilterAnswer> {
    const filter = this.#filter;
    if (filter !== undefined && this.#graph.objects.has(row, foundMark)) {
      return filter.ask(situation, row, this.#path, nameStart);
    }
    return situation === "end of tree" ? 0 : markSeenAnswer | showAnswer;
  }

  #wrongType(tree: OpenTree, mode: "tree" | "blob"): GitmidxError {
    const name = nameOfBytes(this.#cursor.bytes.subarray(this.#cursor.nameStart, this.#cursor.nameEnd));
    const hex = this.#graph.objects.hex(tree.row);
    return new GitmidxError(
      "wrong-object-type",
      `entry '${name}' in tree ${hex} has ${mode} mode, but is not a ${mode}`,
    );
  }
}
