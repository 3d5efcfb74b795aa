/** What our walk gives for arguments, in the form in which `git rev-list --objects` prints it. */

import assert from "node:assert/strict";
import { nameOfBytes } from "../../../src/bytes/name-text.js";
import { openRevisions } from "../../../src/ops/resolve-revision/open-revisions.js";
import { addAllRefs } from "../../../src/ops/walk/add-refs.js";
import { markEdges } from "../../../src/ops/walk/edges.js";
import { makeFilter } from "../../../src/ops/walk/filter/make-filter.js";
import { parseFilter } from "../../../src/ops/walk/filter/parse-filter.js";
import { uninterestingMark } from "../../../src/ops/walk/flags.js";
import { readGrafts } from "../../../src/ops/walk/grafts.js";
import { ObjectGraph } from "../../../src/ops/walk/object-graph.js";
import { walkObjects } from "../../../src/ops/walk/object-walk.js";
import { RevArguments } from "../../../src/ops/walk/rev-arguments.js";
import { RevisionWalk } from "../../../src/ops/walk/revision-walk.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { RefStore } from "../../../src/store/refs/ref-store.js";
import { discover } from "../../store/discovered.js";

/** Walks a repository. @param args revisions, `--all`, `--not`, `--filter=…`, `--objects-edge`, `--no-objects`. */
export async function walked(path: string, args: readonly string[]): Promise<string> {
  const fs = new NodeFs();
  const location = await discover(path);
  assert.ok(typeof location !== "string", String(location));
  const { format, config } = location;
  const directories = [new ObjectDirectory(fs, location.objectDirectory, format)];
  const refs = RefStore.open(fs, location);
  const { resolver, store, close } = await openRevisions({ fs, format, config, directories, refs, places: location });
  try {
    const graph = new ObjectGraph(format, store, await readGrafts(fs, format, location));
    const objects = !args.includes("--no-objects");
    const walk = new RevisionWalk(graph, { objects, boundary: args.includes("--boundary") });
    const revisions = new RevArguments(walk.pending, {
      resolve: async (text, disambiguation) => {
        const found = await resolver.resolve(text, { disambiguation });
        return found.outcome === "found" ? found : undefined;
      },
    });
    let marks = 0;
    for (const arg of args) {
      if (arg === "--all") await addAllRefs(walk.pending, fs, location, { marks });
      else if (arg === "--not") marks ^= uninterestingMark;
      else if (!arg.startsWith("--")) await revisions.add(arg, marks);
    }
    const filterText = args.find((arg) => arg.startsWith("--filter="))?.slice("--filter=".length);
    const readBlob = async (name: string) =>
      (await store.read(((await resolver.resolve(name)) as { oid: Uint8Array }).oid))!.bytes;
    const filter = filterText === undefined ? undefined : await makeFilter(graph, parseFilter(filterText), readBlob);
    const lines: string[] = [];
    const { objects: table } = graph;
    const hints = args.includes("--objects-edge-aggressive")
      ? "all"
      : args.includes("--objects-edge")
        ? "parents"
        : "none";
    await walk.prepare();
    if (objects) {
      const edge = (row: number) => void lines.push(`-${table.hex(row)}\n`);
      await markEdges(graph, walk.commits, { sparse: false, hints, given: walk.pending.given, edge });
    }
    await walkObjects(
      walk,
      {
        commit: (row) => void lines.push(`${table.has(row, uninterestingMark) ? "-" : ""}${table.hex(row)}\n`),
        object: (row, _, name) => void lines.push(`${table.hex(row)} ${nameOfBytes(name.view())}\n`),
      },
      { filter },
    );
    return lines.join("");
  } finally {
    close();
  }
}
