/** From specifications to filters. */

import type { ObjectGraph } from "../object-graph.js";
import { CombinedFilter } from "./combined-filter.js";
import type { ObjectFilter } from "./object-filter.js";
import type { Omissions } from "./omissions.js";
import type { FilterSpec } from "./parse-filter.js";
import { BlobLimit, NoBlobs, OneType, TreeDepth } from "./simple-filters.js";
import { SparseFilter } from "./sparse-filter.js";
import { parseSparsePatterns } from "./sparse-patterns.js";

/** Reads the blob that a revision names. @throws GitmidxError if there is none */
export type ReadBlob = (revision: string) => Promise<Uint8Array>;

/** Makes the filter of a specification for one walk over `graph`. @param omissions where it notes what it leaves out. */
export async function makeFilter(
  graph: ObjectGraph,
  spec: FilterSpec,
  readBlob: ReadBlob,
  omissions?: Omissions,
): Promise<ObjectFilter> {
  switch (spec.kind) {
    case "blob:none":
      return new NoBlobs(omissions);
    case "blob:limit":
      return new BlobLimit(graph.objects, graph.source, spec.limit, omissions);
    case "tree":
      return new TreeDepth(spec.depth, omissions);
    case "object:type":
      return new OneType(spec.type);
    case "sparse:oid":
      return new SparseFilter(graph.objects, parseSparsePatterns(await readBlob(spec.revision)), omissions);
    case "combine": {
      const parts: ObjectFilter[] = [];
      for (const part of spec.parts) parts.push(await makeFilter(graph, part, readBlob, omissions?.part()));
      return new CombinedFilter(parts, graph.objects);
    }
  }
}
