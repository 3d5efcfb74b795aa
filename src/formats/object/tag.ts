/**
 * Tags: lines of a key, a space and a value, an empty line, the message.
 *
 *     object HEX
 *     type commit|tree|blob|tag
 *     tag NAME
 *     tagger NAME <EMAIL> SECONDS ZONE     not in tags of git's first months
 */

import { GitmidxError } from "../../core/errors.js";
import { type ObjectType, type ObjectTypeCode, objectTypeCode, objectTypeName } from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { type ExtraHeader, readObjectHeaders } from "./commit.js";
import { readHexId, startsWith } from "./hex-id.js";
import { type Identity, readIdentity } from "./identity.js";
import { latin1Text, utf8Text } from "./text.js";

const newline = 0x0a;
/** Bytes of the shortest tag besides the id that it names. */
const leastByteLength = 24;
/** Bytes of a type's name that git has room for. */
const maxTypeByteLength = 19;

/** What a walk needs of a tag. */
export interface TagLinks {
  /** Id of the tagged object: a copy. */
  readonly target: Uint8Array;
  readonly targetType: ObjectTypeCode;
  /** Where the tag's name stands in the bytes. */
  readonly nameStart: number;
  readonly nameEnd: number;
}

/**
 * Reads what the tag `bytes[start, end)` points to, as strictly as git does.
 * @param oid its id, for the message of an error.
 * @throws GitmidxError `bad-object`; for a type that there is not in git's words: `unknown tag type 'x' in …`
 */
export function readTagLinks(
  bytes: Uint8Array,
  start: number,
  end: number,
  format: ObjectFormat,
  oid: Uint8Array,
): TagLinks {
  const { byteLength, hexLength } = format;
  const target = new Uint8Array(byteLength);
  const idStart = start + "object ".length;
  const idEnd = idStart + hexLength;
  if (end - start < hexLength + leastByteLength || !startsWith(bytes, start, end, "object ")) throw badTag(oid);
  if (!readHexId(bytes, idStart, end, target, 0, byteLength) || bytes[idEnd] !== newline) throw badTag(oid);
  if (!startsWith(bytes, idEnd + 1, end, "type ")) throw badTag(oid);
  const typeStart = idEnd + 1 + "type ".length;
  const typeEnd = lineEnd(bytes, typeStart, end);
  if (typeEnd < 0 || typeEnd - typeStart > maxTypeByteLength) throw badTag(oid);
  const type = latin1Text(bytes.subarray(typeStart, typeEnd)).split("\0", 1)[0]!;
  const targetType = objectTypeCode(type);
  if (targetType === undefined) throw new GitmidxError("bad-object", `unknown tag type '${type}' in ${toHex(oid)}`);
  const nameLine = typeEnd + 1;
  if (nameLine + "tag ".length >= end || !startsWith(bytes, nameLine, end, "tag ")) throw badTag(oid);
  const nameStart = nameLine + "tag ".length;
  const nameEnd = lineEnd(bytes, nameStart, end);
  if (nameEnd < 0) throw badTag(oid);
  return { target, targetType, nameStart, nameEnd };
}

function lineEnd(bytes: Uint8Array, at: number, end: number): number {
  const found = bytes.indexOf(newline, at);
  return found < end ? found : -1;
}

function badTag(oid: Uint8Array): GitmidxError {
  return new GitmidxError("bad-object", `could not parse tag object ${toHex(oid)}`);
}

/** A tag, read wholly. */
export interface Tag {
  /** Id of the tagged object in lower-case hex. */
  readonly target: string;
  readonly targetType: ObjectType;
  /** The tag's name as it stands in the object. */
  readonly name: string;
  /** Undefined in tags of git's first months. */
  readonly tagger: Identity | undefined;
  /** All other headers in their order. */
  readonly headers: readonly ExtraHeader[];
  /** The message as UTF-8 text, a signature behind it included. */
  readonly message: string;
}

/**
 * Reads all of a tag.
 * @param oid its id, for the message of an error.
 * @throws GitmidxError `bad-object` as {@link readTagLinks}
 */
export function readTag(bytes: Uint8Array, format: ObjectFormat, oid: Uint8Array): Tag {
  const links = readTagLinks(bytes, 0, bytes.length, format, oid);
  const { headers, messageStart } = readObjectHeaders(bytes);
  const usual = new Set(["object", "type", "tag", "tagger"]);
  const tagger = headers.find(([key]) => key === "tagger")?.[1];
  return {
    target: toHex(links.target),
    targetType: objectTypeName(links.targetType),
    name: utf8Text(bytes.subarray(links.nameStart, links.nameEnd)),
    tagger: tagger === undefined ? undefined : readIdentity(tagger),
    headers: headers.filter(([key]) => !usual.has(key)).map(([key, value]) => ({ key, value: utf8Text(value) })),
    message: utf8Text(bytes.subarray(messageStart)),
  };
}
