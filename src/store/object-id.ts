/** The id that an object's content gives it. */

import { env } from "#env";
import { GitmidxError } from "../core/errors.js";
import { type ObjectFormat, toHex } from "../core/oid.js";
import type { StoredObject } from "./stored-object.js";

const encoder = new TextEncoder();

/** The hash of `TYPE SIZE`, a NUL and the content. */
export function objectIdOf(format: ObjectFormat, { type, bytes }: StoredObject): Uint8Array {
  const hasher = env.createHasher(format);
  hasher.update(encoder.encode(`${type} ${bytes.length}\0`));
  hasher.update(bytes);
  return hasher.digest();
}

/** @throws TypeError for what is no bytes; RangeError for bytes that are too many or too few for an id */
export function checkIdBytes(format: ObjectFormat, oid: Uint8Array): void {
  if (!ArrayBuffer.isView(oid)) throw new TypeError(`an object id is ${format.byteLength} bytes, not a ${typeof oid}`);
  if (oid.length !== format.byteLength) {
    throw new RangeError(`an object id is ${format.byteLength} bytes, not ${oid.length}`);
  }
}

/** @throws GitmidxError `object-id-mismatch`, in git's words, unless the object has that id */
export function checkObjectId(format: ObjectFormat, oid: Uint8Array, object: StoredObject): void {
  const actual = toHex(objectIdOf(format, object));
  const wanted = toHex(oid);
  if (actual === wanted) return;
  const message = `hash mismatch ${wanted}\nthe ${object.type} of ${object.bytes.length} bytes that was found has the id ${actual}`;
  throw new GitmidxError("object-id-mismatch", message);
}
