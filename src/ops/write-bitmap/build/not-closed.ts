/** The one reason why bitmaps cannot be written: something is reachable that they have no bit for. */

import { GitmidxError } from "../../../core/errors.js";
import { toHex } from "../../../core/oid.js";

/** The error in git's words. @param oid of the object that has no bit */
export function notClosed(oid: Uint8Array): GitmidxError {
  const hex = toHex(oid);
  const message = `Failed to write bitmap index. Packfile doesn't have full closure (object ${hex} is missing)`;
  return new GitmidxError("not-closed", message);
}
