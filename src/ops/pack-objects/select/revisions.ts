/** Objects reached from revisions: `--revs`, `--all` and what goes with them. */

import { GitmidxError, isGitmidxError } from "../../../core/errors.js";
import { commitCode, type ObjectTypeCode } from "../../../core/object-type.js";
import { isHex, oidFromHex } from "../../../core/oid.js";
import { addIndexedObjects } from "../../walk/add-indexed.js";
import { type AddRefsOptions, addAllRefs, addReflogs } from "../../walk/add-refs.js";
import { type EdgeHints, markEdges } from "../../walk/edges.js";
import { makeFilter } from "../../walk/filter/make-filter.js";
import type { ObjectFilter } from "../../walk/filter/object-filter.js";
import type { FilterSpec } from "../../walk/filter/parse-filter.js";
import { pathFilterProblem, sparseRevisions } from "../../walk/filter/path-filter.js";
import { uninterestingMark } from "../../walk/flags.js";
import type { ObjectGraph } from "../../walk/object-graph.js";
import { type ObjectVisitor, walkObjects } from "../../walk/object-walk.js";
import type { PathBuffer } from "../../walk/path-buffer.js";
import { RevArguments } from "../../walk/rev-arguments.js";
import { RevisionWalk, type RevisionWalkOptions } from "../../walk/revision-walk.js";
import type { BitmapAnswer } from "../bitmap/bitmap-answer.js";
import { type BitmapUse, selectByBitmap } from "../bitmap/select-by-bitmap.js";
import { selectByPath } from "./by-path.js";
import { PreferredBases } from "./preferred-bases.js";
import type { LooseningObject, PathRegion, Selection, SelectionOptions, SelectionSource } from "./selection.js";
import type { SelectionStep } from "./selection-step.js";
import { Selector } from "./selector.js";
import { addLooseObjects, addPackedObjects, loosenedObjects, recentObjects } from "./unreachable.js";

/** What becomes of objects that nothing reaches, of packs that are not kept. */
export type Unreachable =
  /** They are left out. */
  | { readonly kind: "leave" }
  /** `--keep-unreachable`: they are packed too. */
  | { readonly kind: "keep" }
  /** `--unpack-unreachable`: they are to be made loose, if a time is given only those that were used since, and what they reach. */
  | { readonly kind: "unpack"; readonly expiration?: number | undefined };

const noUnreachable: Unreachable = { kind: "leave" };

/** What is selected. Names and meanings are those of git's options. */
export interface RevisionSelectionOptions extends SelectionOptions {
  /** Lines of revisions (`--revs`), with `--not` and `--shallow ID`, up to an empty one; without their newlines. */
  readonly lines?: AsyncIterable<string> | Iterable<string> | undefined;
  readonly all?: boolean | undefined;
  readonly reflog?: boolean | undefined;
  readonly indexedObjects?: boolean | undefined;
  readonly unpacked?: boolean | undefined;
  readonly thin?: boolean | undefined;
  readonly shallow?: boolean | undefined;
  /** `--sparse`, `pack.useSparse`. Default true. */
  readonly sparse?: boolean | undefined;
  readonly filter?: FilterSpec | undefined;
  /** `--missing`: what is done about objects that are not there. Default `error`. */
  readonly missing?: "error" | "allow-any" | "allow-promisor" | undefined;
  /** `best effort` passes over what is in promisor packs, `exclude` leaves out all that is promised. */
  readonly promisorObjects?: "pack" | "exclude" | "best effort" | undefined;
  readonly unreachable?: Unreachable | undefined;
  readonly packLooseUnreachable?: boolean | undefined;
  readonly pathWalk?: boolean | undefined;
  /** `--topo-order`: commits come with their history, no parent before its children. Not with {@link pathWalk}. */
  readonly topologicalOrder?: boolean | undefined;
  /** `--window`: how many edges count for thin packs. */
  readonly window: number;
  /** `core.maxTreeDepth` */
  readonly maxTreeDepth?: number | undefined;
  /** How bitmaps are used; without it they are not. */
  readonly bitmaps?: BitmapUse | undefined;
}

/**
 * Selects what the revisions reach.
 * @throws GitmidxError `bad-revision`, `missing-object`, `bad-object`, in git's words
 */
export function selectRevisions(source: SelectionSource, options: RevisionSelectionOptions): Promise<Selection> {
  return Selector.run(source, options, "Enumerating objects", (selector, step) =>
    new RevisionSelection(selector, options, step).run(),
  );
}

/** One selection by revisions. */
class RevisionSelection {
  readonly #selector: Selector;
  readonly #options: RevisionSelectionOptions;
  readonly #step: SelectionStep;
  readonly #bases: PreferredBases;

  constructor(selector: Selector, options: RevisionSelectionOptions, step: SelectionStep) {
    this.#selector = selector;
    this.#options = options;
    this.#step = step;
    this.#bases = new PreferredBases(selector.adder, selector.source.store, options.window);
  }

  async run(): Promise<Selection> {
    const { list } = this.#selector;
    const graph = await this.#selector.graph();
    this.#noteForBitmap(graph);
    const byPath = this.#walksByPath();
    const walk = new RevisionWalk(graph, this.#walkOptions(byPath));
    await this.#addBeginnings(walk, graph);
    const answer = byPath || graph.isShallow ? undefined : await this.#askBitmaps(walk);
    if (answer !== undefined) return { list, answer };
    const regions = byPath ? await this.#walkByPath(walk) : await this.#walkAll(walk, graph, await this.#filter(graph));
    const loosening = await this.#unreachable(walk, graph);
    return { list, regions, loosening };
  }

  #noteForBitmap(graph: ObjectGraph): void {
    const { bitmap } = this.#options;
    if (bitmap === undefined) return;
    bitmap.graph = graph;
    this.#selector.adder.leftOut = () => bitmap.giveUp("as some objects are not being packed");
  }

  /** What bitmaps say; undefined where it must be walked. */
  async #askBitmaps(walk: RevisionWalk): Promise<BitmapAnswer | undefined> {
    const { bitmaps, unreachable, packLooseUnreachable, missing, promisorObjects } = this.#options;
    if (bitmaps === undefined) return undefined;
    // Git leaves out what nothing reaches where it has a bitmap, and dies of what is missing: here the answers do not depend on that.
    if ((unreachable ?? noUnreachable).kind !== "leave" || packLooseUnreachable === true) return undefined;
    if ((missing ?? "error") !== "error" || (promisorObjects ?? "pack") !== "pack") return undefined;
    const { unpacked, filter, maxTreeDepth, signal } = this.#options;
    const options = { use: bitmaps, unpacked, filter, maxTreeDepth, signal };
    return selectByBitmap(this.#selector, walk, this.#step, options);
  }

  /** Whether it is walked path by path: where that was asked for and can be done with the filter. */
  #walksByPath(): boolean {
    const { pathWalk, filter, complain, warn } = this.#options;
    if (pathWalk !== true || filter === undefined) return pathWalk === true;
    const problem = pathFilterProblem(filter);
    if (problem !== undefined) {
      complain?.(problem);
      warn?.("cannot use --filter with --path-walk");
    }
    return problem === undefined && sparseRevisions(filter).length === 0;
  }

  async #walkByPath(walk: RevisionWalk): Promise<readonly PathRegion[]> {
    try {
      const commit = (row: number) => void this.#options.bitmap?.commits.push(row);
      return await selectByPath(walk, this.#selector, this.#step, { ...this.#options, commit });
    } catch (error) {
      if (isGitmidxError(error, "missing-object") && error.message.startsWith("bad tree object")) {
        this.#options.complain?.(error.message);
        this.#options.warn?.("failed to pack objects via path-walk");
      }
      throw error;
    }
  }

  async #filter(graph: ObjectGraph): Promise<ObjectFilter | undefined> {
    const { filter, pathWalk, complain, warn } = this.#options;
    if (filter === undefined) return undefined;
    try {
      return await makeFilter(graph, filter, (name) => this.#readBlob(name));
    } catch (error) {
      if (pathWalk === true && pathFilterProblem(filter) === undefined && isGitmidxError(error, "bad-revision")) {
        complain?.(error.message);
        warn?.("failed to pack objects via path-walk");
      }
      throw error;
    }
  }

  #walkOptions(byPath: boolean): RevisionWalkOptions {
    const { packs, promisors, source } = this.#selector;
    const { unpacked, promisorObjects, complain, topologicalOrder } = this.#options;
    const exclude = promisorObjects === "exclude";
    return {
      objects: true,
      hides: unpacked === true ? (oid) => packs.has(oid, () => true) : undefined,
      hidesObjects: unpacked,
      isPromised: exclude ? (oid) => promisors.isPromised(oid) : undefined,
      promisorObjects: exclude ? () => promisors.ids() : undefined,
      includes:
        promisorObjects === "best effort"
          ? async (oid) => {
              const location = await source.store.location(oid);
              if (location?.kind !== "packed") return true;
              return !packs.all.some(({ pack, promisor }) => promisor && pack === location.pack);
            }
          : undefined,
      boundary: byPath,
      order: topologicalOrder === true ? "graph" : undefined,
      complain,
    };
  }

  async #addBeginnings(walk: RevisionWalk, graph: ObjectGraph): Promise<void> {
    const { fs, place, resolve, indexFile } = this.#selector.source;
    const { all, reflog, indexedObjects, lines, warn } = this.#options;
    const { isPromised } = walk.options;
    const refs: AddRefsOptions = { isPromised, warn };
    if (all === true) await addAllRefs(walk.pending, fs, place, refs);
    if (reflog === true) await addReflogs(walk.pending, fs, place, refs);
    if (indexedObjects === true) await addIndexedObjects(walk.pending, fs, { ...place, indexFile });
    const revisions = new RevArguments(walk.pending, { resolve, isPromised });
    let marks = 0;
    for await (const line of lines ?? []) {
      if (line === "") break;
      if (line === "--not") {
        marks ^= uninterestingMark;
        this.#options.bitmap?.giveUp();
      } else if (line.startsWith("--shallow ")) graph.cutHistory(this.#shallowId(line.slice("--shallow ".length)));
      else if (line.startsWith("-")) throw new GitmidxError("bad-revision", `not a rev '${line}'`);
      else await revisions.add(line, marks);
    }
  }

  #shallowId(text: string): Uint8Array {
    const { format } = this.#selector.source;
    const hex = text.slice(0, format.hexLength);
    if (hex.length === format.hexLength && isHex(hex)) return oidFromHex(hex, format);
    throw new GitmidxError("bad-object-id", `not an object name '${text}'`);
  }

  async #readBlob(revision: string): Promise<Uint8Array> {
    const { resolve, store } = this.#selector.source;
    const found = await resolve(revision, undefined);
    const object = found && (await store.read(found.oid));
    if (object?.type === "blob") return object.bytes;
    throw new GitmidxError("bad-revision", `unable to access sparse blob in '${revision}'`);
  }

  async #walkAll(walk: RevisionWalk, graph: ObjectGraph, filter: ObjectFilter | undefined): Promise<undefined> {
    const { thin, shallow, sparse, maxTreeDepth } = this.#options;
    const hints: EdgeHints = thin !== true ? "none" : shallow === true ? "all" : "parents";
    await walk.prepare();
    const edges: Uint8Array[] = [];
    await markEdges(graph, walk.commits, {
      sparse: sparse !== false,
      hints,
      given: walk.pending.given,
      edge: (row) => void edges.push(graph.objects.set.idAt(row)),
    });
    for (const edge of edges) await this.#bases.addEdge(edge);
    const tick = (objects: number) => this.#step.tick(objects);
    await walkObjects(walk, this.#visitor(graph), { filter, maxTreeDepth, tick });
  }

  #visitor(graph: ObjectGraph): ObjectVisitor {
    const { adder } = this.#selector;
    const { missing } = this.#options;
    const { objects } = graph;
    const bases = this.#bases;
    const show = (row: number, type: ObjectTypeCode, path: PathBuffer): void | Promise<void> =>
      bases.isEmpty
        ? adder.add(objects.oid(row), type, path)
        : bases.addAt(path).then(() => adder.add(objects.oid(row), type, path));
    const showIfThere = async (row: number, type: ObjectTypeCode, path: PathBuffer) => {
      if (!(await this.#mayBeMissing(objects.set.idAt(row)))) await show(row, type, path);
    };
    return {
      commit: (row) => {
        this.#options.bitmap?.commits.push(row);
        return adder.add(objects.oid(row), commitCode, undefined);
      },
      object: missing === undefined || missing === "error" ? show : showIfThere,
    };
  }

  async #mayBeMissing(oid: Uint8Array): Promise<boolean> {
    const { source, promisors } = this.#selector;
    if (await source.store.has(oid)) return false;
    return this.#options.missing === "allow-any" || promisors.isPromised(oid);
  }

  async #unreachable(walk: RevisionWalk, graph: ObjectGraph): Promise<readonly LooseningObject[] | undefined> {
    const unreachable = this.#options.unreachable ?? noUnreachable;
    const selector = this.#selector;
    const expiration = unreachable.kind === "unpack" ? unreachable.expiration : undefined;
    const recent = expiration === undefined ? undefined : await recentObjects(selector, walk, graph, expiration);
    if (unreachable.kind === "keep") await addPackedObjects(selector, this.#step);
    if (this.#options.packLooseUnreachable === true) await addLooseObjects(selector, this.#step);
    return unreachable.kind === "unpack" ? loosenedObjects(selector, expiration, recent) : undefined;
  }
}
