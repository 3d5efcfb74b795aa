/** Lists what revisions reach: `git rev-list`. */

import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { Step } from "../../core/task.js";
import type { WriteBytes } from "../cat-file/byte-output.js";
import { testBitmap } from "../reach/test-bitmap.js";
import { markEdges } from "../walk/edges.js";
import { withEmptyTree } from "../walk/empty-tree.js";
import { makeFilter } from "../walk/filter/make-filter.js";
import type { ObjectFilter } from "../walk/filter/object-filter.js";
import type { FilterSpec } from "../walk/filter/parse-filter.js";
import { foundMark } from "../walk/flags.js";
import { readGrafts } from "../walk/grafts.js";
import { ObjectGraph } from "../walk/object-graph.js";
import { walkObjects } from "../walk/object-walk.js";
import { PendingObjects } from "../walk/pending.js";
import { RevisionWalk } from "../walk/revision-walk.js";
import { openIndex, printFromBitmaps } from "./bitmap-answers.js";
import { checkCounts, checkFields, checkLate, checkTogether } from "./checks.js";
import { humanSize } from "./human-size.js";
import { LineOutput } from "./line-output.js";
import { MissingObjects } from "./missing-objects.js";
import { OmittedObjects } from "./omitted-objects.js";
import { PackFacts } from "./pack-facts.js";
import { PathArguments } from "./path-arguments.js";
import { RevListPrinter } from "./printer.js";
import type { RevListRequest } from "./request.js";
import type { RevListSource } from "./source.js";
import { StartingPoints } from "./starting-points.js";

/** `usage`: nothing was done, since the command line makes no sense. */
export type RevListOutcome = "done" | "usage";

/**
 * Lists.
 * @throws GitmidxError `bad-revision`, `missing-object`, `bad-object`, `unsupported`, in git's words; `aborted`; what reading says
 */
export function revList(source: RevListSource, request: RevListRequest, write: WriteBytes): Promise<RevListOutcome> {
  return new RevList(source, request, write).run();
}

class RevList {
  readonly #source: RevListSource;
  readonly #request: RevListRequest;
  readonly #output: LineOutput;
  readonly #packs: PackFacts;
  readonly #missing: Set<number> | undefined;

  constructor(source: RevListSource, request: RevListRequest, write: WriteBytes) {
    this.#source = source;
    this.#request = request;
    this.#output = new LineOutput(write, request.format.end);
    this.#packs = new PackFacts(source);
    this.#missing = request.walk.missing === "error" ? undefined : new Set();
  }

  async run(): Promise<RevListOutcome> {
    const { walk, failure, complaints } = this.#request;
    if (walk.excludePromisorObjects && walk.missing !== "error") {
      throw refusal("options '--exclude_promisor_objects' and '--missing' cannot be used together");
    }
    try {
      const graph = await this.#graph();
      const pending = new PendingObjects(graph);
      const starts = await this.#start(pending);
      if (failure !== undefined) throw failure;
      if (walk.hasPaths) throw new GitmidxError("unsupported", "limiting a walk to paths is not supported");
      checkTogether(this.#request, starts.filter);
      const late = starts.refused ? "usage" : checkLate(complaints);
      if (late === "usage") return "usage";
      if (late === "test-bitmap") await this.#testBitmap(graph, pending);
      if (late !== undefined) return "done";
      checkFields(this.#request);
      if (!starts.given && !starts.readInput && !walk.objects && pending.objects.length === 0) return "usage";
      checkCounts(this.#request);
      await this.#list(graph, pending, starts);
      return "done";
    } finally {
      await this.#output.flush();
      this.#packs.close();
    }
  }

  async #graph(): Promise<ObjectGraph> {
    const { fs, format, store, places, shallowFile, graftFile, say } = this.#source;
    const graftPlaces = { commonDir: places.commonDir, shallowFile, graftFile };
    const source = withEmptyTree(store, format);
    return new ObjectGraph(format, source, await readGrafts(fs, format, graftPlaces, (text) => say("error", text)));
  }

  async #start(pending: PendingObjects): Promise<StartingPoints> {
    const { fs, config, places, resolver, directories, format, say } = this.#source;
    const { walk } = this.#request;
    const { gitDir, workTree, cwd = places.baseDirectory, indexFile } = places;
    const starts = new StartingPoints(
      {
        fs,
        config,
        place: { ...places, format },
        indexFile,
        resolve: async (text, disambiguation) => {
          const found = await resolver.resolve(text, { disambiguation });
          return found.outcome === "found" ? found : undefined;
        },
        isPromised: walk.excludePromisorObjects ? (oid) => this.#packs.isPromised(oid) : undefined,
        missing: this.#missing,
        paths: new PathArguments({ fs, gitDir, workTree, cwd }, resolver),
        objectDirectories: directories.map(({ path }) => path),
        warn: (text) => say("warning", text),
        complain: (text) => say("error", text),
      },
      pending,
    );
    await starts.take(walk.starts, walk.separated);
    return starts;
  }

  async #testBitmap(graph: ObjectGraph, pending: PendingObjects): Promise<void> {
    const { config, say } = this.#source;
    const { signal, progress } = this.#request;
    const index = await openIndex(this.#source);
    try {
      const tell = (line: string) => say("plain", line);
      await testBitmap({
        index,
        graph,
        pending,
        tell,
        maxTreeDepth: config.int("core.maxTreeDepth"),
        signal,
        progress,
      });
    } finally {
      index?.close();
    }
  }

  async #list(graph: ObjectGraph, pending: PendingObjects, starts: StartingPoints): Promise<void> {
    const { walk: asked } = this.#request;
    const { filter } = starts;
    if (asked.useBitmaps && starts.noWalk === undefined) {
      const answer = { source: this.#source, request: this.#request, packs: this.#packs, output: this.#output };
      if (await printFromBitmaps(answer, graph, pending, filter)) return;
    }
    const walk = new RevisionWalk(graph, this.#walkOptions(starts), pending);
    await walk.prepare();
    if (asked.objects) await this.#markEdges(walk);
    if (asked.filterProvidedObjects) {
      for (const { row } of pending.objects) graph.objects.mark(row, foundMark);
      for (const row of walk.commits) graph.objects.mark(row, foundMark);
    }
    await this.#print(walk, filter);
  }

  #walkOptions({ noWalk }: StartingPoints) {
    const { walk, format } = this.#request;
    const exclude = walk.excludePromisorObjects;
    return {
      objects: walk.objects,
      hides: walk.unpacked ? (oid: Uint8Array) => this.#packs.isPacked(oid) : undefined,
      hidesObjects: walk.unpacked,
      isPromised: exclude ? (oid: Uint8Array) => this.#packs.isPromised(oid) : undefined,
      promisorObjects: exclude ? () => this.#packs.promisorObjects() : undefined,
      complain: (text: string) => this.#source.say("error", text),
      missing: this.#missing,
      order: walk.order,
      choice: walk.choice,
      limited: walk.limited || format.children,
      noWalk,
      reverse: walk.reverse,
      firstParent: walk.firstParent,
      boundary: walk.boundary,
    };
  }

  async #markEdges(walk: RevisionWalk): Promise<void> {
    const { graph } = walk;
    const edges: string[] = [];
    const edge = (row: number) => void edges.push(`-${graph.objects.hex(row)}\n`);
    const { edges: hints } = this.#request.walk;
    await markEdges(graph, walk.commits, { sparse: false, hints, given: walk.pending.given, edge });
    for (const line of edges) await this.#output.text(line);
  }

  async #print(walk: RevisionWalk, spec: FilterSpec | undefined): Promise<void> {
    const { format, walk: asked, progressTitle } = this.#request;
    const { graph } = walk;
    const output = this.#output;
    const omitted = format.printOmitted ? new OmittedObjects(graph.objects) : undefined;
    const filter = spec === undefined ? undefined : await this.#filter(graph, spec, omitted);
    const missing = new MissingObjects(asked.missing, graph.objects, (oid) => this.#packs.isPromised(oid));
    const prints = asked.missing === "print" || asked.missing === "print-info";
    if (prints) {
      missing.noteTips(this.#missing!);
      this.#missing!.clear();
    }
    const mayMissTrees = this.#missing !== undefined;
    const store = this.#source.plainStore;
    const printer = new RevListPrinter({ walk, store, output, missing, mayMissTrees }, format);
    const step = new Step(
      progressTitle === undefined ? { signal: this.#request.signal } : this.#request,
      progressTitle ?? "",
    );
    const maxTreeDepth = this.#source.config.int("core.maxTreeDepth");
    const tick = (objects: number) => step.tick(objects);
    await walkObjects(walk, printer, { filter, maxTreeDepth, inCommitOrder: asked.inCommitOrder, tick });
    if (omitted !== undefined) await omitted.print(output);
    const highBytes = this.#source.config.bool("core.quotePath") === false ? "plain" : "escaped";
    if (prints) await missing.print(output, format.end, highBytes);
    step.finish();
    if (format.count) await output.text(`${printer.total}\n`);
    if (format.diskUsage !== undefined) {
      const { diskUsage } = printer;
      await output.text(`${format.diskUsage === "human" ? humanSize(diskUsage) : diskUsage}\n`);
    }
  }

  #filter(graph: ObjectGraph, spec: FilterSpec, omitted: OmittedObjects | undefined): Promise<ObjectFilter> {
    return makeFilter(graph, spec, (revision) => this.#readBlob(revision), omitted);
  }

  async #readBlob(revision: string): Promise<Uint8Array> {
    const { resolver, store } = this.#source;
    const found = await resolver.resolve(revision, { disambiguation: "blob" });
    const object = found.outcome === "found" ? await store.read(found.oid) : undefined;
    if (found.outcome !== "found") throw refusal(`unable to access sparse blob in '${revision}'`);
    if (object?.type !== "blob") throw refusal(`unable to parse sparse filter data in ${toHex(found.oid)}`);
    return object.bytes;
  }
}

function refusal(message: string): GitmidxError {
  return new GitmidxError("bad-revision", message);
}
