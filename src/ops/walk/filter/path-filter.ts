/** Filters of objects in the walk path by path, which knows fewer of them. */

import { everything, type PathWalkTypes } from "../path-walk.js";
import type { FilterSpec } from "./parse-filter.js";

/** Why a filter cannot be used in the walk path by path, in git's words; undefined if it can. */
export function pathFilterProblem(spec: FilterSpec): string | undefined {
  if (spec.kind === "tree" && spec.depth > 0) return `tree:${spec.depth} filter not supported by the path-walk API`;
  if (spec.kind !== "combine") return undefined;
  for (const part of spec.parts) {
    const problem = pathFilterProblem(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The revisions of the sparse patterns that a filter names. */
export function sparseRevisions(spec: FilterSpec): readonly string[] {
  if (spec.kind === "sparse:oid") return [spec.revision];
  return spec.kind === "combine" ? spec.parts.flatMap(sparseRevisions) : [];
}

/** What a filter that can be used lets through, but for sparse patterns. */
export function pathFilterTypes(spec: FilterSpec | undefined): PathWalkTypes {
  return spec === undefined ? everything : narrowed(spec, everything);
}

function narrowed(spec: FilterSpec, types: PathWalkTypes): PathWalkTypes {
  switch (spec.kind) {
    case "blob:none":
      return { ...types, blobs: false };
    case "blob:limit":
      if (spec.limit === 0) return { ...types, blobs: false };
      return { ...types, blobLimit: Math.min(types.blobLimit ?? spec.limit, spec.limit) };
    case "tree":
      return { ...types, trees: false, blobs: false };
    case "object:type":
      return {
        commits: types.commits && spec.type === "commit",
        tags: types.tags && spec.type === "tag",
        trees: types.trees && spec.type === "tree",
        blobs: types.blobs && spec.type === "blob",
        strict: true,
        blobLimit: types.blobLimit,
      };
    case "sparse:oid":
      return types;
    case "combine":
      return spec.parts.reduce((before, part) => narrowed(part, before), types);
  }
}
