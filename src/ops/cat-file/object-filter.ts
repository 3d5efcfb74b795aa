/** Filters of `--filter`, as far as `cat-file` takes them. */

import { GitmidxError } from "../../core/errors.js";
import { type ObjectType, objectTypeCode } from "../../core/object-type.js";
import { parseUnsigned } from "../../store/config/values.js";

/** What is left out. */
export type ObjectFilter =
  | { readonly kind: "blob:none" }
  /** Blobs of so many bytes and more. */
  | { readonly kind: "blob:limit"; readonly limit: number }
  /** Everything else than objects of that type. */
  | { readonly kind: "object:type"; readonly type: ObjectType };

/** What a filter's text comes to: a filter, or the name of one that git knows and `cat-file` does not take. */
export type ParsedFilter = ObjectFilter | { readonly kind: "unsupported"; readonly name: string };

const maxUint64 = (1n << 64n) - 1n;

/** Parses the filters that were given, in their order; several are one that combines them. @throws GitmidxError `unsupported`, in git's words */
export function parseFilters(texts: readonly string[]): ParsedFilter | undefined {
  const filters = texts.map(parseFilter);
  return filters.length > 1 ? { kind: "unsupported", name: "combine" } : filters[0];
}

function parseFilter(text: string): ParsedFilter {
  if (text === "blob:none") return { kind: "blob:none" };
  const value = (prefix: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : undefined);
  const limit = value("blob:limit=");
  if (limit !== undefined) {
    const number = parseUnsigned(limit, maxUint64);
    if (typeof number === "bigint") return { kind: "blob:limit", limit: Number(number) };
  }
  const depth = value("tree:");
  if (depth !== undefined) {
    if (typeof parseUnsigned(depth, maxUint64) === "bigint") return { kind: "unsupported", name: "tree" };
    throw new GitmidxError("unsupported", "expected 'tree:<depth>'");
  }
  if (text.startsWith("sparse:oid=")) return { kind: "unsupported", name: "sparse:oid" };
  if (text.startsWith("sparse:path="))
    throw new GitmidxError("unsupported", "sparse:path filters support has been dropped");
  const type = value("object:type=");
  if (type !== undefined) {
    if (objectTypeCode(type) === undefined) {
      throw new GitmidxError("unsupported", `'${type}' for 'object:type=<type>' is not a valid object type`);
    }
    return { kind: "object:type", type: type as ObjectType };
  }
  if (text.startsWith("combine:")) return { kind: "unsupported", name: "combine" };
  throw new GitmidxError("unsupported", `invalid filter-spec '${text}'`);
}

/** Whether a filter leaves an object out. */
export function isExcluded(filter: ObjectFilter, type: ObjectType, size: number): boolean {
  switch (filter.kind) {
    case "blob:none":
      return type === "blob";
    case "blob:limit":
      return type === "blob" && size >= filter.limit;
    case "object:type":
      return type !== filter.type;
  }
}
