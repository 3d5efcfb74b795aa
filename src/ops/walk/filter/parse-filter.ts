/** Filter specifications, as `--filter` takes them. */

import { nameOfBytes } from "../../../bytes/name-text.js";
import { GitmidxError } from "../../../core/errors.js";
import { type ObjectType, objectTypeCode } from "../../../core/object-type.js";
import { hexValue } from "../../../core/oid.js";
import { parseUnsigned } from "../../../store/config/values.js";

/** What a filter takes. */
export type FilterSpec =
  | { readonly kind: "blob:none" }
  /** Bytes from which on blobs are left out. */
  | { readonly kind: "blob:limit"; readonly limit: number }
  | { readonly kind: "tree"; readonly depth: number }
  /** A revision of a blob with the patterns of a sparse checkout. */
  | { readonly kind: "sparse:oid"; readonly revision: string }
  | { readonly kind: "object:type"; readonly type: ObjectType }
  | { readonly kind: "combine"; readonly parts: readonly FilterSpec[] };

const reserved = "~`!@#$^&*()[]{}\\;'\",<>?";

const maxSize = (1n << 64n) - 1n;

/** @throws GitmidxError `bad-revision`, in git's words */
export function parseFilter(text: string): FilterSpec {
  if (text === "auto") throw bad("'auto' filter not supported by this command");
  if (text === "blob:none") return { kind: "blob:none" };
  const equals = after(text, "blob:limit=");
  if (equals !== undefined) {
    const limit = size(equals);
    if (limit !== undefined) return { kind: "blob:limit", limit };
  }
  const tree = after(text, "tree:");
  if (tree !== undefined) {
    const depth = size(tree);
    if (depth === undefined) throw bad("expected 'tree:<depth>'");
    return { kind: "tree", depth };
  }
  const revision = after(text, "sparse:oid=");
  if (revision !== undefined) return { kind: "sparse:oid", revision };
  if (text.startsWith("sparse:path=")) throw bad("sparse:path filters support has been dropped");
  const type = after(text, "object:type=");
  if (type !== undefined) {
    if (objectTypeCode(type) !== undefined) return { kind: "object:type", type: type as ObjectType };
    throw bad(`'${type}' for 'object:type=<type>' is not a valid object type`);
  }
  const combined = after(text, "combine:");
  if (combined !== undefined) return parseCombined(combined);
  throw bad(`invalid filter-spec '${text}'`);
}

/** Several `--filter` options: an object must pass all of them. Undefined for none. @throws as {@link parseFilter} */
export function parseFilters(texts: readonly string[]): FilterSpec | undefined {
  const parts = texts.map(parseFilter);
  return parts.length > 1 ? { kind: "combine", parts } : parts[0];
}

function parseCombined(text: string): FilterSpec {
  if (text === "") throw bad("expected something after combine:");
  const parts = text.split("+").filter((part) => part !== "");
  return { kind: "combine", parts: parts.map(parsePart) };
}

function parsePart(text: string): FilterSpec {
  for (const character of text) {
    if (character <= " " || reserved.includes(character)) {
      throw bad(`must escape char in sub-filter-spec: '${character}'`);
    }
  }
  return parseFilter(decodePercents(text));
}

/** Replaces `%41` by `A`; what is no such escape stays. */
function decodePercents(text: string): string {
  const bytes: number[] = [];
  const source = new TextEncoder().encode(text);
  for (let i = 0; i < source.length; i++) {
    const high = source[i] === 0x25 && i + 2 < source.length ? hexValue(source[i + 1]!) : -1;
    const low = high < 0 ? -1 : hexValue(source[i + 2]!);
    if (low < 0 || (high === 0 && low === 0)) bytes.push(source[i]!);
    else {
      bytes.push(high * 16 + low);
      i += 2;
    }
  }
  return nameOfBytes(Uint8Array.from(bytes));
}

function size(text: string): number | undefined {
  const value = parseUnsigned(text, maxSize);
  return typeof value === "bigint" ? Number(value) : undefined;
}

function after(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function bad(message: string): GitmidxError {
  return new GitmidxError("bad-revision", message);
}
